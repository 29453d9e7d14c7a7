#include "session/session.h"

#include "io/atomic_file.h"
#include "io/image_file.h"
#include "io/json_file.h"
#include "session/auto_save.h"
#include "session_test_files.h"
#include "session_test_records.h"
#include "support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace armillary::session {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::unique_ptr<Session> newSession(const std::string& path)
{
    auto session = Session::create(path);
    EXPECT_TRUE(session) << session.error().message;
    return session ? std::move(*session) : nullptr;
}

// A session with so many runs, closed again; its path.
std::string sessionWith(int runs)
{
    std::string path = test::makeTemporaryFolder() + "/s.armillary";
    const auto session = newSession(path);
    for (int i = 0; i < runs; ++i) {
        const auto id = session->append(test::fullRecord(i));
        EXPECT_TRUE(id) << id.error().message;
    }
    return path;
}

void writeAll(const std::string& path, const std::string& text)
{
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

std::vector<std::string> filesIn(const std::string& folder)
{
    std::vector<std::string> out;
    for (const auto& entry : fs::directory_iterator(folder))
        out.push_back(entry.path().filename().string());
    return out;
}

TEST(Session, ARunComesBackFieldByField)
{
    const std::string path = test::makeTemporaryFolder() + "/s.armillary";
    std::string first, second;
    {
        const auto session = newSession(path);
        first = session->append(test::fullRecord(1)).value();
        second = session->append(test::fullRecord(2)).value();
    }
    const auto session = test::openedSession(path);
    EXPECT_THAT(session->problems(), IsEmpty());
    for (const auto& [id, seed] : {std::pair(first, 1), std::pair(second, 2)}) {
        const auto record = session->record(id);
        ASSERT_TRUE(record) << record.error().message;
        test::expectSameRecord(**record, test::fullRecord(seed));
    }
}

TEST(Session, ARecordOfDefaultsComesBack)
{
    const auto session = newSession(test::makeTemporaryFolder() + "/s.armillary");
    RunRecord record;
    record.layout = std::make_shared<TokenLayout>();
    const auto id = session->append(record);
    ASSERT_TRUE(id) << id.error().message;
    const auto back = session->record(*id);
    ASSERT_TRUE(back) << back.error().message;
    test::expectSameRecord(**back, record);
}

TEST(Session, EveryOutcomeAndStopComesBack)
{
    const auto session = newSession(test::makeTemporaryFolder() + "/s.armillary");
    for (const RunOutcome outcome : {RunOutcome::Completed, RunOutcome::Cancelled, RunOutcome::Failed})
        for (const StopReason stop : {StopReason::EndOfTurn, StopReason::TokenLimit, StopReason::Cancelled}) {
            RunRecord record = test::fullRecord();
            record.outcome = outcome;
            record.stopReason = stop;
            const auto back = session->record(session->append(record).value());
            ASSERT_TRUE(back) << back.error().message;
            EXPECT_EQ((*back)->outcome, outcome);
            EXPECT_EQ((*back)->stopReason, stop);
        }
}

TEST(Session, TheListNeedsNoRecordFiles)
{
    const std::string path = sessionWith(3);
    // The list comes from the index: contents of the same length are not looked at until a record is asked for.
    const auto before = test::openedSession(path)->runs();
    ASSERT_EQ(before.size(), 3u);
    for (const RunSummary& run : before) {
        const std::string file = path + "/runs/" + run.id + ".safetensors";
        writeAll(file, std::string(fs::file_size(file), 'x'));
    }
    const auto session = test::openedSession(path);
    EXPECT_EQ(session->runs(), before);
    EXPECT_EQ(before[1].question, "And now? 1");
    EXPECT_EQ(before[1].outcome, "cancelled");
    EXPECT_EQ(before[1].promptPositions, 4);
    EXPECT_EQ(before[1].generatedTokens, 2);
    EXPECT_FALSE(before[1].isRollout);
    EXPECT_THAT(before[1].mediaPaths, ElementsAre("clip \u00e9.mp4", "still.png"));
    EXPECT_EQ(before[1].createdUtc.size(), std::string("2026-01-31T23:59:59Z").size());
    const auto record = session->record(before[0].id);
    ASSERT_FALSE(record);
    EXPECT_THAT(record.error().message, HasSubstr(before[0].id));
}

TEST(Session, FramesLieThereOnce)
{
    const std::string path = test::makeTemporaryFolder() + "/s.armillary";
    const auto session = newSession(path);
    ASSERT_TRUE(session->append(test::fullRecord(1)));
    EXPECT_EQ(filesIn(path + "/media").size(), 4u);  // two of the clip, its grid, the still
    ASSERT_TRUE(session->append(test::fullRecord(1)));
    EXPECT_EQ(filesIn(path + "/media").size(), 4u);
    ASSERT_TRUE(session->append(test::fullRecord(2)));  // shares one frame of the clip and the still
    EXPECT_EQ(filesIn(path + "/media").size(), 6u);
}

TEST(Session, TensorsCanBeReadOneByOne)
{
    const std::string path = test::makeTemporaryFolder() + "/s.armillary";
    const auto session = newSession(path);
    const std::string id = session->append(test::fullRecord(3)).value();
    const auto list = session->tensors(id);
    ASSERT_TRUE(list) << list.error().message;
    const auto latents = std::find_if(list->begin(), list->end(),
                                      [](const TensorEntry& entry) { return entry.name == "world.latents"; });
    ASSERT_NE(latents, list->end());
    EXPECT_EQ(latents->shape, (std::vector<std::int64_t>{1, 1, 1, 3}));
    EXPECT_EQ(latents->byteCount, 12);
    const auto tensor = session->tensor(id, "world.latents");
    ASSERT_TRUE(tensor) << tensor.error().message;
    EXPECT_EQ(tensor->floatAt(0), 3.0F);
    const auto missing = session->tensor(id, "query.0");
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message, HasSubstr("query.0"));
    const auto partial = session->record(id, [](const std::string& name) { return name == "scalar"; });
    ASSERT_TRUE(partial);
    ASSERT_EQ((*partial)->tensors.size(), 1u);
    EXPECT_TRUE((*partial)->tensors.contains("scalar"));
    EXPECT_EQ((*partial)->rolloutFrames, nullptr);
    EXPECT_EQ((*partial)->layout->size(), 4);
}

TEST(Session, NotesSelectionAndLayoutComeBack)
{
    const std::string path = sessionWith(1);
    const auto session = test::openedSession(path);
    const std::string id = session->runs().front().id;
    const SessionState state{"Look at \u843d\u3061", {{id, "good"}}, R"({"token":3})", R"(["a",{"b":null}])"};
    ASSERT_TRUE(session->setState(state));
    EXPECT_EQ(test::openedSession(path)->state(), state);
    const auto refused = session->setState({"", {}, "{", ""});
    ASSERT_FALSE(refused);
    EXPECT_EQ(test::openedSession(path)->state(), state);
    ASSERT_TRUE(session->setState({}));
    EXPECT_EQ(test::openedSession(path)->state(), SessionState());
}

TEST(Session, ResultsOfAnalysesComeBack)
{
    const std::string path = sessionWith(2);
    const auto session = test::openedSession(path);
    const std::string id = session->runs()[0].id;
    AnalysisResult result;
    result.request = {"cka", {{"layer", "3"}}};
    result.numbers = {{"cka", 0.1, ""},
                      {"gap", std::numeric_limits<double>::quiet_NaN(), "bits"},
                      {"far", -std::numeric_limits<double>::infinity(), ""}};
    result.tables = {{"rows",
                      {"token", "value"},
                      {{std::string("inf"), 0.5}, {std::string("\"x\",\n"), std::numeric_limits<double>::infinity()}}}};
    result.arrays["map"] = {{"row", "column"}, test::tensorOf<float>(ElementType::Float32, {2, 1}, {1, 2})};
    result.cautions = {"few tokens"};
    const std::string first = session->keepAnalysis(id, result).value();
    const std::string second = session->keepAnalysis(id, result).value();
    const auto reopened = test::openedSession(path);
    EXPECT_THAT(reopened->analyses(id), ElementsAre(first, second));
    EXPECT_THAT(reopened->analyses(session->runs()[1].id), IsEmpty());
    const auto back = reopened->analysis(second);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(back->request.name, "cka");
    EXPECT_EQ(back->request.arguments, result.request.arguments);
    ASSERT_EQ(back->numbers.size(), 3u);
    EXPECT_EQ(back->numbers[0].value, 0.1);
    EXPECT_TRUE(std::isnan(back->numbers[1].value));
    EXPECT_EQ(back->numbers[1].unit, "bits");
    EXPECT_EQ(back->numbers[2].value, -std::numeric_limits<double>::infinity());
    EXPECT_EQ(back->tables[0].rows, result.tables[0].rows);
    EXPECT_EQ(back->tables[0].columns, result.tables[0].columns);
    EXPECT_EQ(back->arrays.at("map").axes, result.arrays.at("map").axes);
    test::expectSameTensor(back->arrays.at("map").values, result.arrays.at("map").values);
    EXPECT_EQ(back->cautions, result.cautions);
    EXPECT_FALSE(reopened->analysis("../../etc/passwd"));
    EXPECT_FALSE(reopened->keepAnalysis("000009-aaaa", result));
}

TEST(Session, TwoWritersKeepEachOthersRuns)
{
    const std::string path = sessionWith(1);
    const auto one = test::openedSession(path);
    const auto other = test::openedSession(path);
    ASSERT_TRUE(one->append(test::fullRecord(10)));
    ASSERT_TRUE(other->append(test::fullRecord(11)));
    ASSERT_TRUE(one->append(test::fullRecord(12)));
    EXPECT_EQ(one->runs().size(), 4u);
    const auto session = test::openedSession(path);
    ASSERT_EQ(session->runs().size(), 4u);
    EXPECT_EQ(session->runs()[1].question, "And now? 10");
    EXPECT_EQ(session->runs()[2].question, "And now? 11");
    EXPECT_EQ(session->runs()[3].question, "And now? 12");
    EXPECT_THAT(session->problems(), IsEmpty());
}

TEST(Session, AFolderThatHoldsOtherThingsIsNoNewSession)
{
    const std::string folder = test::makeTemporaryFolder();
    writeAll(folder + "/thesis.txt", "dear");
    const auto created = Session::create(folder);
    ASSERT_FALSE(created);
    EXPECT_THAT(created.error().message, HasSubstr(folder));
    EXPECT_THAT(filesIn(folder), ElementsAre("thesis.txt"));
    const auto session = Session::openOrCreate(folder);
    ASSERT_FALSE(session);
    EXPECT_THAT(session.error().message, HasSubstr("no session"));
    EXPECT_FALSE(Session::open(folder + "/nowhere"));
    EXPECT_FALSE(Session::open(folder + "/thesis.txt"));
}

TEST(Session, TheIndexItselfNamesTheSession)
{
    const std::string path = sessionWith(1);
    EXPECT_EQ(test::openedSession(path + "/session.json")->runs().size(), 1u);
}

TEST(BrokenSession, AnIndexThatIsLostOrBrokenIsMadeAnew)
{
    for (const std::string& text :
         {std::string(), std::string("{"), std::string("[]"), std::string("{\"armillary.session\":1}"),
          std::string("{\"armillary.session\":1,\"runs\":[{}]}"), std::string("null"),
          std::string("{\"armillary.session\":1,\"runs\":[{\"id\":7}]}")}) {
        SCOPED_TRACE(text);
        const std::string path = sessionWith(2);
        const auto before = test::openedSession(path)->runs();
        writeAll(path + "/session.json", text);
        const auto session = test::openedSession(path);
        EXPECT_EQ(session->runs(), before);
        ASSERT_EQ(session->problems().size(), 1u);
        EXPECT_THAT(session->problems()[0], HasSubstr("session.json"));
        ASSERT_TRUE(session->append(test::fullRecord(3)));
        const auto mended = test::openedSession(path);
        EXPECT_THAT(mended->problems(), IsEmpty());
        EXPECT_EQ(mended->runs().size(), 3u);
    }
    const std::string path = sessionWith(2);
    fs::remove(path + "/session.json");
    EXPECT_EQ(test::openedSession(path)->runs().size(), 2u);
}

TEST(BrokenSession, ATruncatedRunIsNamedAndTheOthersOpen)
{
    const std::string path = sessionWith(3);
    const std::string id = test::openedSession(path)->runs()[1].id;
    const std::string file = path + "/runs/" + id + ".safetensors";
    const std::string whole = test::bytesOf(file);
    for (const std::size_t length : {std::size_t{0}, std::size_t{5}, std::size_t{200}, whole.size() - 1}) {
        SCOPED_TRACE(length);
        writeAll(file, whole.substr(0, length));
        const auto session = test::openedSession(path);
        ASSERT_EQ(session->runs().size(), 3u);
        EXPECT_THAT(session->runs()[1].problem, HasSubstr(file));
        EXPECT_EQ(session->runs()[1].question, "And now? 1");  // what the index still knows
        ASSERT_EQ(session->problems().size(), 1u);
        EXPECT_THAT(session->problems()[0], HasSubstr(file));
        EXPECT_FALSE(session->record(id));
        for (const std::size_t other : {std::size_t{0}, std::size_t{2}}) {
            const auto record = session->record(session->runs()[other].id);
            ASSERT_TRUE(record) << record.error().message;
            test::expectSameRecord(**record, test::fullRecord(static_cast<int>(other)));
        }
    }
}

TEST(BrokenSession, AMissingRunIsNamed)
{
    const std::string path = sessionWith(3);
    const std::string id = test::openedSession(path)->runs()[0].id;
    fs::remove(path + "/runs/" + id + ".safetensors");
    const auto session = test::openedSession(path);
    EXPECT_EQ(session->runs().size(), 2u);
    ASSERT_EQ(session->problems().size(), 1u);
    EXPECT_THAT(session->problems()[0], HasSubstr(id));
    // Numbers go on after the highest, so nothing is written over.
    EXPECT_THAT(session->append(test::fullRecord(7)).value(), testing::StartsWith("000004-"));
}

TEST(BrokenSession, ALyingHeaderIsASentence)
{
    const std::string path = sessionWith(1);
    const std::string id = test::openedSession(path)->runs()[0].id;
    const std::string file = path + "/runs/" + id + ".safetensors";
    std::string bytes = test::bytesOf(file);
    const std::size_t at = bytes.find("\"data_offsets\":[");
    ASSERT_NE(at, std::string::npos);
    bytes.replace(at, 16, "\"data_offsets\":[9");
    writeAll(file, bytes);
    const auto session = test::openedSession(path);
    ASSERT_EQ(session->problems().size(), 1u);
    EXPECT_THAT(session->problems()[0], HasSubstr(file));
}

TEST(BrokenSession, ALostOrChangedPictureLeavesTheRun)
{
    for (const bool isLost : {true, false}) {
        const std::string path = sessionWith(1);
        const std::string key = contentKey(test::numberedImage(3, 4, 99));
        const std::string file = path + "/media/" + key + ".png";
        ASSERT_TRUE(fs::exists(file));
        if (isLost)
            fs::remove(file);
        else
            ASSERT_TRUE(io::writePng(file, test::numberedImage(3, 4, 98)));
        const auto session = test::openedSession(path);
        const auto record = session->record(session->runs()[0].id);
        ASSERT_TRUE(record) << record.error().message;
        EXPECT_THAT((*record)->question.media[1].frames, IsEmpty());
        EXPECT_EQ((*record)->question.media[0].frames.size(), 2u);
        EXPECT_THAT((*record)->warnings, testing::Contains(HasSubstr("still.png")));
        EXPECT_THAT((*record)->warnings, testing::Contains(HasSubstr(file)));
        // The next run that saw the picture mends it.
        const auto again = session->append(test::fullRecord(0));
        ASSERT_TRUE(again) << again.error().message;
        const auto mended = session->record(*again);
        ASSERT_TRUE(mended);
        test::expectSameRecord(**mended, test::fullRecord(0));
    }
}

TEST(BrokenSession, BrokenNotesAreKeptAsideNotLost)
{
    const std::string path = sessionWith(1);
    writeAll(path + "/notes.json", "{\"session\": \"months of wo");
    writeAll(path + "/view.json", "{\"selection\": 3}");
    const auto session = test::openedSession(path);
    EXPECT_EQ(session->problems().size(), 2u);
    EXPECT_EQ(session->runs().size(), 1u);
    ASSERT_TRUE(session->setState({"new", {}, "", ""}));
    EXPECT_EQ(test::bytesOf(path + "/notes.json.broken"), "{\"session\": \"months of wo");
    EXPECT_EQ(test::openedSession(path)->state().notes, "new");
}

TEST(BrokenSession, ALaterFormatIsReadAndNeverWritten)
{
    const std::string path = sessionWith(2);
    const std::string later = R"({"armillary.session": 2, "runs": "elsewhere"})";
    writeAll(path + "/session.json", later);
    const auto session = test::openedSession(path);
    EXPECT_FALSE(session->isWritable());
    ASSERT_EQ(session->problems().size(), 1u);
    EXPECT_THAT(session->problems()[0], HasSubstr("version 2"));
    EXPECT_EQ(session->runs().size(), 2u);
    EXPECT_FALSE(session->append(test::fullRecord(5)));
    EXPECT_FALSE(session->setState({"x", {}, "", ""}));
    EXPECT_FALSE(session->keepAnalysis(session->runs()[0].id, {}));
    EXPECT_EQ(test::bytesOf(path + "/session.json"), later);
}

TEST(BrokenSession, ARunThatPointsOutsideIsRefused)
{
    const std::string path = sessionWith(1);
    const auto session = test::openedSession(path);
    EXPECT_FALSE(session->record("../../000001-aaaa"));
    EXPECT_FALSE(session->recordPath(""));
    MediaStore store(path + "/media");
    const auto outside = store.get("../notes");
    ASSERT_FALSE(outside);
    EXPECT_EQ(outside.error().code, ErrorCode::InvalidInput);
}

TEST(AutoSave, WritesWhenQuietAndAtTheLatestAfterAWhile)
{
    using namespace std::chrono_literals;
    const std::string path = sessionWith(1);
    const auto session = test::openedSession(path);
    AutoSave saver(*session, 1000ms, 3000ms);
    const AutoSave::Time start{};
    EXPECT_FALSE(saver.dueAt());
    ASSERT_TRUE(saver.saveIfDue(start + 1h));
    saver.note({"a", {}, "", ""}, start);
    EXPECT_EQ(saver.dueAt(), start + 1000ms);
    ASSERT_TRUE(saver.saveIfDue(start + 999ms));
    EXPECT_EQ(test::openedSession(path)->state().notes, "");
    saver.note({"ab", {}, "", ""}, start + 900ms);
    EXPECT_EQ(saver.dueAt(), start + 1900ms);
    saver.note({"abc", {}, "", ""}, start + 2900ms);
    EXPECT_EQ(saver.dueAt(), start + 3000ms);
    ASSERT_TRUE(saver.saveIfDue(start + 3000ms));
    EXPECT_EQ(test::openedSession(path)->state().notes, "abc");
    EXPECT_FALSE(saver.dueAt());
    saver.note({"abcd", {}, "", ""}, start + 5000ms);
    ASSERT_TRUE(saver.save());
    EXPECT_EQ(test::openedSession(path)->state().notes, "abcd");
}

TEST(AutoSave, AFailureIsTriedAgainLater)
{
    using namespace std::chrono_literals;
    const std::string path = sessionWith(1);
    const auto session = test::openedSession(path);
    AutoSave saver(*session, 1000ms, 3000ms);
    const AutoSave::Time start{};
    saver.note({"a", {}, "{", ""}, start);  // no JSON
    EXPECT_FALSE(saver.saveIfDue(start + 1s));
    EXPECT_EQ(saver.dueAt(), start + 2s);
    saver.note({"a", {}, "{}", ""}, start + 1500ms);
    ASSERT_TRUE(saver.saveIfDue(start + 2500ms));
    EXPECT_EQ(test::openedSession(path)->state().notes, "a");
}

}  // namespace
}  // namespace armillary::session
