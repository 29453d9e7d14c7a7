// Traces of runs against what the Trace Event Format requires, and layer times through a record's file.
#include "session/run_trace.h"

#include "session/record_archive.h"
#include "support/record_builder.h"
#include "support/test_data.h"

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

namespace armillary::session {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

std::shared_ptr<const RunRecord> timedRun()
{
    auto out = std::make_shared<RunRecord>(*test::RecordBuilder::typical(2, 2).build());
    out->cost.stages = {{"Prefill", 0.25, 2}, {"Answer", 2.25, 1}};
    out->cost.layerPasses = {{"Prefill", 12, 0.5, {0.001234567, 1.5}}, {"Answer", 1, 2.5, {0.125, 0.25}}};
    out->cost.peakMemoryBytes = 1 << 20;
    out->cost.prefillTokens = 12;
    return out;
}

TEST(RunTrace, HoldsWhatTheFormatRequires)
{
    const json trace = traceOf({timedRun(), timedRun()});
    ASSERT_TRUE(trace["traceEvents"].is_array());
    EXPECT_EQ(trace["displayTimeUnit"], "ms");
    std::set<int> processes;
    int complete = 0, names = 0, counters = 0;
    for (const json& event : trace["traceEvents"]) {
        ASSERT_TRUE(event["name"].is_string()) << event;
        ASSERT_TRUE(event["ph"].is_string()) << event;
        ASSERT_TRUE(event["pid"].is_number_integer()) << event;
        ASSERT_TRUE(event["tid"].is_number_integer()) << event;
        processes.insert(event["pid"].get<int>());
        const std::string kind = event["ph"];
        if (kind == "X") {
            ++complete;
            EXPECT_TRUE(event["ts"].is_number() && event["ts"].get<double>() >= 0) << event;
            EXPECT_TRUE(event["dur"].is_number() && event["dur"].get<double>() >= 0) << event;
            EXPECT_TRUE(event["cat"].is_string()) << event;
        } else if (kind == "M") {
            ++names;
            EXPECT_TRUE(event["args"]["name"].is_string()) << event;
        } else {
            ++counters;
            EXPECT_EQ(kind, "C");
            EXPECT_TRUE(event["ts"].is_number()) << event;
            EXPECT_TRUE(event["args"].begin()->is_number()) << event;
        }
    }
    EXPECT_EQ(processes, (std::set<int>{1, 2}));
    EXPECT_EQ(complete, 2 * (2 + 2 + 4));
    EXPECT_EQ(names, 2 * 4);
    EXPECT_EQ(counters, 2 * 2);
}

TEST(RunTrace, TimesAreMicroseconds)
{
    const json trace = traceOf({timedRun(), timedRun()});
    const auto find = [&trace](const std::string& name, int process) {
        for (const json& event : trace["traceEvents"]) {
            if (event["name"] == name && event["pid"] == process && event["ph"] == "X")
                return event;
        }
        return json();
    };
    EXPECT_EQ(find("Prefill", 1)["ts"], 250'000.0);
    EXPECT_EQ(find("Prefill", 1)["dur"], 2e6);
    EXPECT_EQ(find("layer 0", 1)["dur"], 1234.567);
    EXPECT_EQ(find("layer 0", 1)["args"]["layer"], 0);
    EXPECT_EQ(find("layer 0", 1)["args"]["rows"], 12);
    // The second run begins a tenth of a second after the first one's end.
    EXPECT_EQ(find("Prefill", 2)["ts"], 3'250'000.0 + 100'000 + 250'000);
    // Bars of one thread lie inside each other or beside each other.
    EXPECT_EQ(find("Prefill", 1)["tid"], 1);
    EXPECT_EQ(find("12 rows", 1)["tid"], 2);
    EXPECT_EQ(find("layer 0", 1)["tid"], 3);
}

TEST(RunTrace, FilesAreJsonAndProblemsSentences)
{
    const std::string folder = test::makeTemporaryFolder();
    ASSERT_TRUE(writeTrace(folder + "/trace.json", {timedRun()}).has_value());
    std::ifstream file(folder + "/trace.json");
    const json read = json::parse(file, nullptr, false);
    ASSERT_TRUE(read.is_object());
    EXPECT_EQ(read["traceEvents"].size(), traceOf({timedRun()})["traceEvents"].size());
    const auto nothing = writeTrace(folder + "/none.json", {std::make_shared<RunRecord>()});
    ASSERT_FALSE(nothing.has_value());
    EXPECT_THAT(nothing.error().message, HasSubstr("none of these runs has times"));
    const auto nowhere = writeTrace("/no such folder/trace.json", {timedRun()});
    ASSERT_FALSE(nowhere.has_value());
    EXPECT_EQ(nowhere.error().code, ErrorCode::FileWrite);
}

TEST(RunTrace, LayerTimesSurviveARecordsFile)
{
    const std::string path = test::makeTemporaryFolder() + "/run.safetensors";
    ASSERT_TRUE(writeRecord(path, *timedRun()).has_value());
    const auto read = readRecord(path);
    ASSERT_TRUE(read.has_value()) << read.error().message;
    const std::vector<LayerPass>& passes = (*read)->cost.layerPasses;
    ASSERT_EQ(passes.size(), 2U);
    EXPECT_EQ(passes[0].part, "Prefill");
    EXPECT_EQ(passes[0].rows, 12);
    EXPECT_DOUBLE_EQ(passes[0].startSeconds, 0.5);
    ASSERT_EQ(passes[0].layerSeconds.size(), 2U);
    EXPECT_NEAR(passes[0].layerSeconds[0], 0.001234567, 1e-9);
    EXPECT_NEAR(passes[1].layerSeconds[1], 0.25, 1e-9);
}

}  // namespace
}  // namespace armillary::session
