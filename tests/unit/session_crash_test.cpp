// What a session holds after its writer was killed in the middle, or after the disk was full. The writer is a child process.
#include "session/session.h"

#include "session_test_files.h"
#include "session_test_records.h"
#include "support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <random>
#include <set>
#include <thread>

namespace armillary::session {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

// A record large enough that a kill often falls into its writing.
RunRecord largeRecord(int seed)
{
    RunRecord record = test::fullRecord(seed);
    record.tensors["hidden.0"] =
        test::tensorOf<float>(ElementType::Float32, {512, 1024}, std::vector<float>(512 * 1024, float(seed)));
    return record;
}

// The seed of fullRecord stands at the end of its question.
int seedOf(const RunSummary& run)
{
    return std::stoi(run.question.substr(run.question.rfind(' ') + 1));
}

struct Child {
    pid_t id = -1;
    int output = -1;  // what the child said, byte by byte
};

// Runs `work` in a child; what it writes to the descriptor can be read here, also after its death.
Child startChild(const std::function<void(int output)>& work)
{
    int ends[2] = {-1, -1};
    EXPECT_EQ(::pipe(ends), 0);
    const pid_t id = ::fork();
    if (id == 0) {
        ::close(ends[0]);
        work(ends[1]);
        ::_exit(0);
    }
    ::close(ends[1]);
    return {id, ends[0]};
}

std::vector<int> numbersFrom(int descriptor)
{
    std::vector<int> out;
    int number = 0;
    while (::read(descriptor, &number, sizeof(number)) == sizeof(number))
        out.push_back(number);
    ::close(descriptor);
    return out;
}

void say(int descriptor, int number)
{
    [[maybe_unused]] const ssize_t written = ::write(descriptor, &number, sizeof(number));
}

std::vector<std::string> halfWritten(const std::string& folder)
{
    std::vector<std::string> out;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.path().extension() == ".part")
            out.push_back(entry.path().string());
    return out;
}

TEST(CrashedSession, KilledAtTenRandomMomentsKeepsEveryFinishedRun)
{
    const std::string path = test::makeTemporaryFolder() + "/s.armillary";
    ASSERT_TRUE(Session::create(path));
    const unsigned randomSeed = std::random_device()();
    SCOPED_TRACE("random seed " + std::to_string(randomSeed));
    std::mt19937 random(randomSeed);
    std::set<int> finished;
    for (int kill = 0; kill < 10; ++kill) {
        const Child child = startChild([&path, kill](int output) {
            auto session = Session::open(path);
            for (int i = 0; session; ++i) {
                const int seed = kill * 1000 + i;
                if (!(*session)->append(largeRecord(seed)))
                    ::_exit(1);
                say(output, seed);
            }
        });
        std::this_thread::sleep_for(
            std::chrono::microseconds(std::uniform_int_distribution<int>(1000, 200000)(random)));
        ::kill(child.id, SIGKILL);
        int status = 0;
        ASSERT_EQ(::waitpid(child.id, &status, 0), child.id);
        EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself";
        for (const int seed : numbersFrom(child.output))
            finished.insert(seed);

        const auto session = test::openedSession(path);
        EXPECT_THAT(session->problems(), IsEmpty());
        std::set<int> found;
        for (const RunSummary& run : session->runs()) {
            const auto record = session->record(run.id);
            ASSERT_TRUE(record) << record.error().message;
            test::expectSameRecord(**record, largeRecord(seedOf(run)));
            EXPECT_TRUE(found.insert(seedOf(run)).second) << "twice: " << run.question;
        }
        for (const int seed : finished)
            EXPECT_TRUE(found.contains(seed)) << "run " << seed << " was finished before the kill and is lost";
        // At most the run in progress may be there beyond those that were reported.
        EXPECT_LE(found.size(), finished.size() + static_cast<std::size_t>(kill) + 1);
    }
    EXPECT_GE(finished.size(), 5u) << "the kills came too early to prove anything";
    ASSERT_TRUE(test::openedSession(path)->append(test::fullRecord(1)));
    EXPECT_THAT(halfWritten(path), IsEmpty());
}

TEST(SharedSession, SeveralProcessesAppendAtOnce)
{
    const std::string path = test::makeTemporaryFolder() + "/s.armillary";
    ASSERT_TRUE(Session::create(path));
    constexpr int kWriters = 4, kRunsEach = 8;
    std::vector<Child> children;
    for (int writer = 0; writer < kWriters; ++writer)
        children.push_back(startChild([&path, writer](int output) {
            auto session = Session::open(path);
            for (int i = 0; session && i < kRunsEach; ++i)
                if ((*session)->append(test::fullRecord(writer * 100 + i)))
                    say(output, writer * 100 + i);
        }));
    std::set<int> appended;
    for (const Child& child : children) {
        int status = 0;
        ::waitpid(child.id, &status, 0);
        for (const int seed : numbersFrom(child.output))
            appended.insert(seed);
    }
    ASSERT_EQ(appended.size(), std::size_t{kWriters * kRunsEach});
    const auto session = test::openedSession(path);
    EXPECT_THAT(session->problems(), IsEmpty());
    std::set<int> found;
    std::set<std::string> numbers;
    for (const RunSummary& run : session->runs()) {
        found.insert(seedOf(run));
        numbers.insert(run.id.substr(0, run.id.find('-')));
        const auto record = session->record(run.id);
        ASSERT_TRUE(record) << record.error().message;
        test::expectSameRecord(**record, test::fullRecord(seedOf(run)));
    }
    EXPECT_EQ(found, appended);
    EXPECT_EQ(numbers.size(), appended.size()) << "two runs took one number";
    EXPECT_THAT(halfWritten(path), IsEmpty());
}

// Appends in a child whose files may not grow beyond `mostBytes`, as on a disk that fills up. What append said: 0 it
// failed with a sentence about writing, 1 it succeeded, 2 it failed otherwise.
int appendWithLimit(const std::string& path, const RunRecord& record, std::uint64_t mostBytes)
{
    const Child child = startChild([&](int output) {
        ::signal(SIGXFSZ, SIG_IGN);
        auto session = Session::open(path);
        const rlimit limit{mostBytes, mostBytes};
        if (!session || ::setrlimit(RLIMIT_FSIZE, &limit) != 0)
            ::_exit(1);
        const auto id = (*session)->append(record);
        // A pipe is no file: the limit does not hold for it.
        say(output, id ? 1 : id.error().code == ErrorCode::FileWrite ? 0 : 2);
    });
    int status = 0;
    ::waitpid(child.id, &status, 0);
    const auto said = numbersFrom(child.output);
    return said.size() == 1 ? said[0] : -1;
}

TEST(FullDisk, AFailedAppendLeavesEarlierRunsAndNoRest)
{
    const std::string path = test::makeTemporaryFolder() + "/s.armillary";
    {
        const auto session = Session::create(path);
        ASSERT_TRUE(session);
        ASSERT_TRUE((*session)->append(test::fullRecord(1)));
        ASSERT_TRUE((*session)->append(test::fullRecord(2)));
    }
    const auto before = test::openedSession(path)->runs();
    // Nothing fits; the new pictures fit but not the run; most of the run fits.
    for (const std::uint64_t limit : {std::uint64_t{0}, std::uint64_t{1000}, std::uint64_t{2000000}}) {
        SCOPED_TRACE(limit);
        EXPECT_EQ(appendWithLimit(path, largeRecord(50), limit), 0);
        const auto session = test::openedSession(path);
        EXPECT_THAT(session->problems(), IsEmpty());
        EXPECT_EQ(session->runs(), before);
        for (const int seed : {1, 2}) {
            const auto record = session->record(session->runs()[static_cast<std::size_t>(seed) - 1].id);
            ASSERT_TRUE(record) << record.error().message;
            test::expectSameRecord(**record, test::fullRecord(seed));
        }
        EXPECT_THAT(halfWritten(path), IsEmpty());
    }
    const auto later = test::openedSession(path);
    ASSERT_TRUE(later->append(largeRecord(50)));
    EXPECT_EQ(later->runs().size(), 3u);
}

TEST(FullDisk, ARunWhoseIndexDoesNotFitIsFoundAgain)
{
    const std::string path = test::makeTemporaryFolder() + "/s.armillary";
    constexpr int kRuns = 40;
    {
        const auto session = Session::create(path);
        ASSERT_TRUE(session);
        for (int i = 0; i < kRuns; ++i)
            ASSERT_TRUE((*session)->append(test::fullRecord(i)));
    }
    const auto runBytes = static_cast<std::uint64_t>(test::openedSession(path)->runs().back().fileBytes);
    const std::uint64_t indexBytes = fs::file_size(path + "/session.json");
    ASSERT_GT(indexBytes, runBytes + 1000) << "the index must be the larger file for this test";
    EXPECT_EQ(appendWithLimit(path, test::fullRecord(99), runBytes + 500), 1);
    EXPECT_EQ(fs::file_size(path + "/session.json"), indexBytes);
    const auto session = test::openedSession(path);
    ASSERT_EQ(session->runs().size(), static_cast<std::size_t>(kRuns) + 1);
    const auto record = session->record(session->runs().back().id);
    ASSERT_TRUE(record) << record.error().message;
    test::expectSameRecord(**record, test::fullRecord(99));
}

TEST(FullDisk, TheSentenceNamesTheFile)
{
    const std::string path = test::makeTemporaryFolder() + "/s.armillary";
    ASSERT_TRUE(Session::create(path));
    const Child child = startChild([&](int output) {
        ::signal(SIGXFSZ, SIG_IGN);
        auto session = Session::open(path);
        const rlimit limit{0, 0};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const auto id = (*session)->append(test::fullRecord(1));
        say(output, !id && id.error().message.find(path) != std::string::npos ? 1 : 0);
    });
    int status = 0;
    ::waitpid(child.id, &status, 0);
    EXPECT_THAT(numbersFrom(child.output), testing::ElementsAre(1));
}

}  // namespace
}  // namespace armillary::session
