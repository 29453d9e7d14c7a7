#include "attention/answer_attention.h"

#include "attention/attention_analyses.h"
#include "attention/attention_row.h"
#include "attention_test_record.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace armillary::attention {
namespace {

using test::AttentionSample;

RecordAttention opened(const RunRecord& record)
{
    auto attention = RecordAttention::open(record);
    EXPECT_TRUE(attention);
    return *attention;
}

// The analysis of one row, asked for each position, is the reference: it keeps layers and heads apart.
void expectRowsOf(const RecordAttention& attention, const AnswerAttentionRequest& request)
{
    const auto all = answerAttention(attention, request, {});
    ASSERT_TRUE(all) << all.error().message;
    EXPECT_EQ(all->positions, attention.answerRows());
    EXPECT_EQ(all->answerRows, static_cast<std::int64_t>(all->positions.size()));
    const auto keys = static_cast<std::size_t>(all->keys);
    ASSERT_EQ(all->weights.size(), all->positions.size() * keys);
    for (std::size_t i = 0; i < all->positions.size(); ++i) {
        const auto row =
            attentionRow(attention, {all->positions[i], request.layers, request.head, request.view, request.nearZero},
                         {});
        ASSERT_TRUE(row) << row.error().message;
        const std::size_t slices = row->states.size() / keys;
        for (std::size_t key = 0; key < keys; ++key) {
            EXPECT_NEAR(all->weights[i * keys + key], row->mean[key], 1e-6) << "row " << i << " key " << key;
            bool anySees = false, isFuture = true;
            for (std::size_t slice = 0; slice < slices; ++slice) {
                const CellState state = row->states[slice * keys + key];
                anySees = anySees || state == CellState::Visible || state == CellState::NearZero;
                isFuture = isFuture && state == CellState::Future;
            }
            const CellState state = all->states[i * keys + key];
            EXPECT_EQ(state == CellState::Visible || state == CellState::NearZero, anySees) << i << " " << key;
            EXPECT_EQ(state == CellState::Future, isFuture) << i << " " << key;
        }
    }
}

TEST(AnswerAttention, IsTheMeanRowOfEveryAnswerPosition)
{
    AttentionSample sample;
    const RecordAttention attention = opened(sample.record());
    expectRowsOf(attention, {});
    expectRowsOf(attention, {{0}, std::nullopt, {}});
    expectRowsOf(attention, {{1}, 2, {}});
    std::vector<std::int64_t> baseline;
    for (std::int64_t position = 0; position < sample.positions; ++position)
        baseline.push_back(position);
    expectRowsOf(attention, {{}, std::nullopt, {WeightView::Corrected, baseline}});
    ViewOptions sinks{WeightView::SinksRemoved, baseline, 0.12, 2};
    expectRowsOf(attention, {{}, 1, sinks});
    const auto removed = answerAttention(attention, {{}, 1, sinks}, {});
    ASSERT_TRUE(removed);
    EXPECT_FALSE(removed->sinksRemoved.empty()) << "the threshold is low enough to find some";
}

TEST(AnswerAttention, ReadsTheRowsThatARunWithoutCapturesKeeps)
{
    AttentionSample sample;
    sample.keepOnlyAnswerRows();
    expectRowsOf(opened(sample.record()), {});
    expectRowsOf(opened(sample.record()), {{2}, 0, {}});
}

TEST(AnswerAttention, SpreadsRowsWhenThereAreTooMany)
{
    AttentionSample sample;
    const RecordAttention attention = opened(sample.record());
    const std::vector<std::int64_t> rows = attention.answerRows();
    ASSERT_EQ(rows.size(), 4U);
    AnswerAttentionRequest request;
    request.mostRows = 3;
    const auto three = answerAttention(attention, request, {});
    ASSERT_TRUE(three);
    EXPECT_EQ(three->positions, (std::vector<std::int64_t>{rows[0], rows[1], rows[3]}));
    EXPECT_EQ(three->answerRows, 4);
    request.mostRows = 1;
    const auto one = answerAttention(attention, request, {});
    ASSERT_TRUE(one);
    EXPECT_EQ(one->positions, std::vector<std::int64_t>{rows[3]}) << "the whole answer is behind the last row";
}

TEST(AnswerAttention, LeavesOutRowsWithoutNumbers)
{
    AttentionSample sample;
    sample.spoilKey(0, sample.prefill - 1);
    const RecordAttention attention = opened(sample.record());
    const auto all = answerAttention(attention, {}, {});
    ASSERT_TRUE(all);
    EXPECT_GT(all->rowsLeftOut, 0);
    EXPECT_TRUE(std::none_of(all->weights.begin(), all->weights.end(), [](float weight) { return std::isnan(weight); }))
        << "the other layers still have numbers";
    const auto spoilt = answerAttention(attention, {{0}, std::nullopt, {}}, {});
    ASSERT_TRUE(spoilt);
    EXPECT_TRUE(std::isnan(spoilt->weights.front())) << "nothing is left of this row";
}

TEST(AnswerAttention, TellsMaximaAndCapsAsAnAnalysis)
{
    AttentionSample sample;
    const auto analyses = attentionAnalyses();
    const auto found = std::find_if(analyses.begin(), analyses.end(), [](const inspect::RecordAnalysis& each) {
        return each.entry.name == "answer-attention";
    });
    ASSERT_NE(found, analyses.end());
    const auto run = [&](const std::map<std::string, std::string>& given) {
        const auto arguments = inspect::AnalysisArguments::read(found->entry, {found->entry.name, given});
        EXPECT_TRUE(arguments);
        return found->run(sample.record(), *arguments, {});
    };
    const auto result = run({{"layer", "1"}, {"head", "3"}, {"most", "2"}});
    ASSERT_TRUE(result) << result.error().message;
    const std::vector<float> weights = result->arrays.at("weights").values.floats();
    EXPECT_EQ(result->arrays.at("weights").values.shape, (std::vector<std::int64_t>{2, sample.positions}));
    EXPECT_EQ(result->arrays.at("states").values.shape, (std::vector<std::int64_t>{2, sample.positions}));
    EXPECT_FLOAT_EQ(static_cast<float>(*result->number("maximum")), *std::max_element(weights.begin(), weights.end()));
    EXPECT_LE(*result->number("maximum on image and world"), *result->number("maximum"));
    EXPECT_GT(*result->number("maximum on image and world"), 0);
    EXPECT_EQ(result->number("rows of the answer"), 4);
    EXPECT_TRUE(std::any_of(result->cautions.begin(), result->cautions.end(), [](const std::string& caution) {
        return caution.find("2 of 4 rows") != std::string::npos;
    }));
    EXPECT_FALSE(run({{"most", "0"}}));
    EXPECT_FALSE(run({{"layer", "9"}}));
}

}  // namespace
}  // namespace armillary::attention
