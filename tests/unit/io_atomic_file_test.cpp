#include "io/atomic_file.h"

#include "support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace armillary::io {
namespace {

std::string readFile(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t filesIn(const std::string& folder)
{
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

TEST(AtomicFile, WritesAndReplaces)
{
    const std::string folder = test::makeTemporaryFolder();
    const std::string path = folder + "/note.txt";
    ASSERT_TRUE(writeFileAtomically(path, "first").has_value());
    EXPECT_EQ(readFile(path), "first");
    const std::vector<std::uint8_t> a{'s', 'e', 'c'};
    const std::vector<std::uint8_t> b{'o', 'n', 'd'};
    ASSERT_TRUE(writeFileAtomically(path, {std::span<const std::uint8_t>(a), {}, std::span<const std::uint8_t>(b)})
                    .has_value());
    EXPECT_EQ(readFile(path), "second");
    EXPECT_EQ(filesIn(folder), 1U);
}

TEST(AtomicFile, LeavesNothingBehindWhenItFails)
{
    const std::string folder = test::makeTemporaryFolder();
    const std::string target = folder + "/taken";
    std::filesystem::create_directories(target + "/inside");
    for (const std::string& path : {target, folder + "/missing/note.txt"}) {
        const Result<void> written = writeFileAtomically(path, "text");
        ASSERT_FALSE(written.has_value()) << path;
        EXPECT_EQ(written.error().code, ErrorCode::FileWrite);
        EXPECT_TRUE(written.error().message.ends_with(": " + path)) << written.error().message;
    }
    EXPECT_EQ(filesIn(folder), 1U);
}

// A limit on the size of files stands in for a full disk: the write fails half way.
TEST(AtomicFile, KeepsTheOldFileWhenTheDiskIsFull)
{
    const std::string folder = test::makeTemporaryFolder();
    const std::string path = folder + "/record.bin";
    ASSERT_TRUE(writeFileAtomically(path, "old content").has_value());
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto handlerBefore = std::signal(SIGXFSZ, SIG_IGN);
    rlimit small = before;
    small.rlim_cur = 100'000;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const Result<void> written = writeFileAtomically(path, std::string(300'000, 'x'));
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handlerBefore);
    ASSERT_FALSE(written.has_value());
    EXPECT_EQ(written.error().code, ErrorCode::FileWrite);
    EXPECT_EQ(readFile(path), "old content");
    EXPECT_EQ(filesIn(folder), 1U);
}

}  // namespace
}  // namespace armillary::io
