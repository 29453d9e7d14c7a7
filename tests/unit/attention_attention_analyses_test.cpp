#include "attention/attention_analyses.h"

#include "attention_test_record.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace armillary::attention {
namespace {

using test::AttentionSample;

const inspect::RecordAnalysis& named(const std::string& name)
{
    static const std::vector<inspect::RecordAnalysis> kAll = attentionAnalyses();
    const auto found = std::find_if(kAll.begin(), kAll.end(),
                                    [&](const inspect::RecordAnalysis& each) { return each.entry.name == name; });
    EXPECT_NE(found, kAll.end()) << name;
    return *found;
}

Result<AnalysisResult> run(const RunRecord& record, const std::string& name,
                           const std::map<std::string, std::string>& given = {}, const std::stop_token& stop = {})
{
    const inspect::RecordAnalysis& analysis = named(name);
    const auto arguments = inspect::AnalysisArguments::read(analysis.entry, {name, given});
    if (!arguments)
        return tl::unexpected(arguments.error());
    return analysis.run(record, *arguments, stop);
}

void addHidden(RunRecord& record, std::int64_t positions)
{
    for (int level = 0; level < 4; ++level)
        record.tensors[fmt::format("hidden.{}", level)] =
            test::floatSnapshot({positions, 2}, std::vector<float>(std::size_t(positions) * 2, 1));
}

// What every result must keep: rows as long as their columns, arrays as large as their shapes, axes as many as sizes.
void expectWellFormed(const std::string& name, const AnalysisResult& result)
{
    EXPECT_FALSE(result.numbers.empty() && result.tables.empty() && result.arrays.empty()) << name;
    for (const AnalysisTable& table : result.tables) {
        for (const auto& row : table.rows)
            EXPECT_EQ(row.size(), table.columns.size()) << name << " " << table.name;
    }
    for (const auto& [arrayName, array] : result.arrays) {
        EXPECT_EQ(array.axes.size(), array.values.shape.size()) << name << " " << arrayName;
        EXPECT_EQ(static_cast<std::int64_t>(array.values.bytes->size()),
                  array.values.elementCount() * elementBytes(array.values.type))
            << name << " " << arrayName;
    }
}

TEST(AttentionAnalyses, AllRunWithTheirDefaults)
{
    AttentionSample sample;
    sample.addOutputs();
    addHidden(sample.record(), sample.positions);
    std::set<std::string> names;
    for (const inspect::RecordAnalysis& analysis : attentionAnalyses()) {
        const std::string& name = analysis.entry.name;
        EXPECT_TRUE(names.insert(name).second) << name;
        EXPECT_FALSE(analysis.entry.definition.empty() || analysis.entry.title.empty() || analysis.entry.needs.empty())
            << name;
        const auto result = run(sample.record(), name);
        ASSERT_TRUE(result) << name << ": " << result.error().message;
        expectWellFormed(name, *result);
        if (name != "activation-sinks") {
            ASSERT_TRUE(result->number("recomputation error")) << name;
            EXPECT_LT(*result->number("recomputation error"), 1e-5) << name;
        }
    }
    EXPECT_GE(names.size(), 10u);
}

TEST(AttentionAnalyses, ServeARunWithoutCapturesAsFarAsItGoes)
{
    AttentionSample sample;
    sample.keepOnlyAnswerRows();
    for (const char* name : {"attention-row", "attention-map", "attention-matrix", "segment-mass", "attention-entropy",
                             "attention-sinks", "cross-modal-flow", "attention-check"}) {
        const auto result = run(sample.record(), name);
        ASSERT_TRUE(result) << name << ": " << result.error().message;
        expectWellFormed(name, *result);
        // The map asks for layer 0 alone, the others for all three.
        EXPECT_FLOAT_EQ(static_cast<float>(*result->number("recomputation error")),
                        std::string(name) == "attention-map" ? 1e-7F : 3e-7F)
            << name;
        EXPECT_TRUE(std::any_of(result->cautions.begin(), result->cautions.end(), [](const std::string& caution) {
            return caution.find("capture qkv") != std::string::npos;
        })) << name;
    }
    for (const char* name : {"attention-rollout", "activation-sinks"}) {
        const auto result = run(sample.record(), name);
        ASSERT_FALSE(result) << name;
        EXPECT_EQ(result.error().code, ErrorCode::InvalidInput);
        EXPECT_NE(result.error().message.find("capture"), std::string::npos) << result.error().message;
    }
    // Without the run's own measure the error is not known, and that is said.
    sample.record().tensors.erase("attention.rows.error");
    const auto unknown = run(sample.record(), "segment-mass");
    ASSERT_TRUE(unknown);
    EXPECT_TRUE(std::isnan(*unknown->number("recomputation error")));
}

TEST(AttentionAnalyses, RefuseAnEmptyRecordAndSeeAStop)
{
    AttentionSample sample;
    addHidden(sample.record(), sample.positions);
    std::stop_source source;
    source.request_stop();
    for (const inspect::RecordAnalysis& analysis : attentionAnalyses()) {
        const auto empty = run(RunRecord(), analysis.entry.name);
        ASSERT_FALSE(empty) << analysis.entry.name;
        EXPECT_EQ(empty.error().code, ErrorCode::InvalidInput);
        const auto stopped = run(sample.record(), analysis.entry.name, {}, source.get_token());
        ASSERT_FALSE(stopped) << analysis.entry.name;
        EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled) << analysis.entry.name << ": " << stopped.error().message;
    }
}

TEST(AttentionAnalyses, WrongArgumentsAreNamed)
{
    AttentionSample sample;
    const struct {
        const char *analysis, *argument, *value;
    } cases[] = {{"attention-row", "position", "soon"},
                 {"attention-row", "layer", "3"},
                 {"attention-row", "head", "4"},
                 {"attention-row", "view", "nice"},
                 {"attention-row", "near-zero", "nan"},
                 {"attention-map", "layer", "-1"},
                 {"attention-map", "bins", "0"},
                 {"attention-map", "head", "x"},
                 {"attention-matrix", "measure", "sum"},
                 {"attention-matrix", "segment", "moon"},
                 {"attention-matrix", "every", "0"},
                 {"segment-mass", "positions", "5:1"},
                 {"attention-sinks", "threshold", "2"},
                 {"attention-rollout", "residual", "-1"},
                 {"attention-sinks", "least-queries", "0"},
                 {"attention-row", "sink-threshold", "x"},
                 {"attention-row", "least-queries", "0"}};
    for (const auto& each : cases) {
        const auto result = run(sample.record(), each.analysis, {{each.argument, each.value}});
        ASSERT_FALSE(result) << each.analysis << " " << each.argument;
        EXPECT_EQ(result.error().code, ErrorCode::InvalidInput);
    }
    const auto baseline = run(sample.record(), "attention-row", {{"view", "corrected"}, {"baseline", "none"}});
    EXPECT_FALSE(baseline);
}

TEST(AttentionAnalyses, ARowComesWithItsGridsAndStrongestKeys)
{
    AttentionSample sample;
    const auto result =
        run(sample.record(), "attention-row", {{"position", "answer:1"}, {"layer", "1"}, {"head", "2"}});
    ASSERT_TRUE(result);
    const std::vector<double> want = sample.row(1, 2, sample.prefill);
    const AnalysisArray& image = result->arrays.at("image.0.0");
    EXPECT_EQ(image.values.shape, (std::vector<std::int64_t>{2, 4}));
    EXPECT_NEAR(image.values.floatAt(5), want[20], 2e-6);
    EXPECT_NEAR(result->arrays.at("world.0.1").values.floatAt(0), want[8], 2e-6);
    const AnalysisTable& strongest = result->tables.at(0);
    const auto best = std::max_element(want.begin(), want.end()) - want.begin();
    EXPECT_EQ(std::get<double>(strongest.rows.at(0).at(0)), static_cast<double>(best));
    EXPECT_NEAR(std::get<double>(strongest.rows.at(0).at(3)), want[static_cast<std::size_t>(best)], 2e-6);
}

TEST(AttentionAnalyses, MatrixMeasuresAreThoseOfTheirFunctions)
{
    AttentionSample sample;
    const auto mass =
        run(sample.record(), "attention-matrix", {{"measure", "mass"}, {"segment", "world"}, {"positions", "20"}});
    const auto maximum = run(sample.record(), "attention-matrix", {{"measure", "maximum"}, {"positions", "20"}});
    ASSERT_TRUE(mass && maximum);
    for (std::int64_t head = 0; head < 4; ++head) {
        const std::vector<double> row = sample.row(1, head, 20);
        double world = 0;
        for (std::size_t key = 2; key < 14; ++key)
            world += row[key];
        EXPECT_NEAR(mass->arrays.at("matrix").values.floatAt(4 + head), world, 1e-6);
        EXPECT_NEAR(maximum->arrays.at("matrix").values.floatAt(4 + head), *std::max_element(row.begin(), row.end()),
                    2e-6);
    }
    // The world does not see the picture: no number, and a caution says so.
    const auto hidden =
        run(sample.record(), "attention-matrix", {{"measure", "lift"}, {"segment", "image"}, {"positions", "world"}});
    ASSERT_TRUE(hidden);
    EXPECT_TRUE(std::isnan(*hidden->number("mean")));
    EXPECT_NE(hidden->cautions.front().find("no query sees"), std::string::npos);
}

}  // namespace
}  // namespace armillary::attention
