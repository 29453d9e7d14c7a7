// Attention of records against the reference's own maps: what every run keeps, and what analyses compute again.
#include "attention/attention_map.h"
#include "attention/record_attention.h"
#include "support/engine_fixture.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

namespace armillary {
namespace {

using test::GoldenCase;
using test::matches;

// Of `got` against tensor `name` of the case with the case's tolerance.
void expectPart(const GoldenCase& golden, const std::string& name, const at::Tensor& want, const at::Tensor& got)
{
    EXPECT_TRUE(matches(want, got, golden.tolerance(name))) << name;
}

TEST(AttentionGolden, EveryRunKeepsTheRowsItsTokensWereChosenFrom)
{
    const GoldenCase golden = GoldenCase::open("cases/gemma/generate_24");
    const auto engine = test::loadedEngine("models/gemma-tiny");
    const auto record =
        test::answered(*engine, test::questionAbout({"media/astronaut.png"}, "What is happening in this image?", 24));
    ASSERT_TRUE(record);
    ASSERT_TRUE(matches(golden, "generated_ids", test::generatedIds(*record)));
    const std::int64_t positions = record->layout->size() + 23;  // the last token is not run
    const at::Tensor rows = test::recorded(*record, "attention.rows.positions");
    EXPECT_TRUE(at::equal(rows, at::arange(record->layout->size() - 1, positions, at::kLong)));
    for (const int layer : {0, 5}) {
        const std::string name = fmt::format("last_step.attention.{}", layer);
        const at::Tensor want = golden.tensor(name)[0];  // [H,1,keys]: a local layer's cache holds its window alone
        const at::Tensor got = test::recorded(*record, fmt::format("attention.rows.{}", layer));
        ASSERT_EQ(got.sizes(), (at::IntArrayRef{want.size(0), 24, positions}));
        const at::Tensor last = got.slice(1, 23);
        expectPart(golden, name, want, last.slice(2, positions - want.size(2)));
        EXPECT_EQ(last.slice(2, 0, positions - want.size(2)).abs().sum().item<float>(), 0);
    }
    // The first token is chosen from the prompt's last row.
    const GoldenCase prompt = GoldenCase::open("cases/gemma/image_text");
    const std::int64_t length = record->layout->size();
    for (int layer = 0; layer < 7; ++layer) {
        const std::string name = fmt::format("attention.{}", layer);
        const at::Tensor got = test::recorded(*record, fmt::format("attention.rows.{}", layer));
        expectPart(prompt, name, prompt.tensor(name)[0].slice(1, length - 1), got.slice(1, 0, 1).slice(2, 0, length));
    }
    const at::Tensor errors = test::recorded(*record, "attention.rows.error");
    ASSERT_EQ(errors.sizes(), (at::IntArrayRef{7, 2}));
    EXPECT_LE((errors.select(1, 0) / errors.select(1, 1)).max().item<float>(), 1e-5F);
    EXPECT_GT(errors.select(1, 1).min().item<float>(), 0);
}

TEST(AttentionGolden, RowsAreThereWhenThePromptWasInTheCache)
{
    const auto engine = test::loadedEngine("models/gemma-tiny");
    const Question question = test::questionAbout({"media/astronaut.png"}, "What is happening in this image?", 5);
    const auto first = test::answered(*engine, question);
    const auto again = test::answered(*engine, question);
    ASSERT_TRUE(first && again);
    EXPECT_EQ(first->cost.reusedTokens, 0);
    EXPECT_GT(again->cost.reusedTokens, 0);
    for (int layer = 0; layer < 7; ++layer) {
        const std::string name = fmt::format("attention.rows.{}", layer);
        EXPECT_TRUE(matches(test::recorded(*first, name), test::recorded(*again, name), {0, 1e-6, false}));
    }
}

TEST(AttentionGolden, KernelOutputIsSampledBesideQueriesAndKeys)
{
    const auto engine = test::loadedEngine("models/gemma-tiny");
    Question question = test::questionAbout({"media/astronaut.png"}, "What is happening in this image?", 3);
    question.capture.parts = {Capture::Qkv};
    const auto record = test::answered(*engine, question);
    ASSERT_TRUE(record);
    const std::int64_t length = record->layout->size();
    const at::Tensor positions = test::recorded(*record, "attention_output.positions");
    EXPECT_EQ(positions[0].item<std::int64_t>(), 0);
    EXPECT_EQ(positions[-3].item<std::int64_t>(), length - 1);
    EXPECT_EQ(positions[-1].item<std::int64_t>(), length + 1);
    EXPECT_TRUE((positions.slice(0, 1) > positions.slice(0, 0, -1)).all().item<bool>());
    EXPECT_EQ(test::recorded(*record, "attention_output.6").sizes(), (at::IntArrayRef{positions.size(0), 4 * 16}));
    EXPECT_EQ(test::recorded(*record, "query.0").size(1), length + 2);
    EXPECT_GT(record->cost.captureSeconds, 0);
    EXPECT_GT(record->cost.capturedBytes, 7 * (length + 2) * 8 * 16 * 4);
}

// All rows of all layers and heads of `record` as an analysis computes them, cut to the prompt: [H,S,S] a layer.
std::vector<at::Tensor> analysedMaps(const RunRecord& record)
{
    std::vector<at::Tensor> maps;
    const auto attention = attention::RecordAttention::open(record);
    EXPECT_TRUE(attention) << attention.error().message;
    if (!attention)
        return maps;
    EXPECT_TRUE(attention->recomputes());
    const std::int64_t length = attention->prefill();
    for (std::int64_t layer = 0; layer < attention->layers(); ++layer)
        maps.push_back(at::zeros({attention->heads(), length, length}));
    attention::TileRequest request;
    for (std::int64_t position = 0; position < length; ++position)
        request.positions.push_back(position);
    const auto done = forEachTile(*attention, request, {}, [&](const attention::RowTile& tile) {
        for (std::int64_t head = 0; head < tile.heads; ++head) {
            for (std::size_t i = 0; i < tile.positions.size(); ++i) {
                const std::span<const float> row = tile.row(head, static_cast<std::int64_t>(i));
                std::copy_n(row.data(), length,
                            maps[static_cast<std::size_t>(tile.layer)][head][tile.positions[i]]
                                .mutable_data_ptr<float>());
            }
        }
    });
    EXPECT_TRUE(done) << done.error().message;
    const auto error = attention->recomputationError({}, {});
    EXPECT_TRUE(error && *error);
    if (error && *error) {
        EXPECT_LE((*error)->largestError, 1e-5 * (*error)->largestOutput);
        EXPECT_GT((*error)->largestOutput, 0);
    }
    return maps;
}

TEST(AttentionGolden, AnalysedRowsAreTheReferences)
{
    const auto engine = test::loadedEngine("models/gemma-tiny");
    Question picture = test::questionAbout({"media/astronaut.png"}, "What is happening in this image?", 3);
    Question twoPictures = test::questionAbout({"media/astronaut.png", "media/chelsea.png"}, "", 2);
    twoPictures.rawPrompt =
        GoldenCase::open("cases/gemma/two_images").json()["inputs"]["rendered_prompt"].get<std::string>();
    Question text = test::questionAbout({}, "", 2);
    text.rawPrompt = "<bos>" + GoldenCase::open("cases/gemma/text_long").json()["inputs"]["text"].get<std::string>();
    const std::vector<std::pair<std::string, Question*>> cases{{"cases/gemma/image_text", &picture},
                                                               {"cases/gemma/two_images", &twoPictures},
                                                               {"cases/gemma/text_long", &text}};
    for (const auto& [path, question] : cases) {
        const GoldenCase golden = GoldenCase::open(path);
        question->capture.parts = {Capture::Qkv, Capture::Hidden};
        const auto record = test::answered(*engine, *question);
        ASSERT_TRUE(record);
        ASSERT_TRUE(at::equal(at::tensor(record->layout->ids, at::kLong), golden.tensor("input_ids")[0])) << path;
        const std::vector<at::Tensor> maps = analysedMaps(*record);
        ASSERT_EQ(maps.size(), 7u);
        int compared = 0;
        for (int layer = 0; layer < 7; ++layer) {
            const std::string name = fmt::format("attention.{}", layer);
            if (!golden.has(name))
                continue;
            EXPECT_TRUE(matches(golden, name, maps[static_cast<std::size_t>(layer)])) << path;
            ++compared;
        }
        EXPECT_GE(compared, 2) << path;
    }
}

TEST(AttentionGolden, AnalysedRowsAndMapsOfAWorldAreTheReferences)
{
    const GoldenCase golden = GoldenCase::open("cases/theworld/spatial-mlp");
    const auto engine = test::loadedEngine("", "models/theworld-tiny/spatial-mlp");
    Question question = test::questionAbout({"media/coffee.png"}, "What will the red car do next?", 2);
    question.world.heightPixels = question.world.widthPixels = 64;
    question.capture.parts = {Capture::Qkv};
    const auto record = test::answered(*engine, question);
    ASSERT_TRUE(record);
    EXPECT_TRUE(record->bidirectionalBlocks.empty());
    EXPECT_EQ(record->model.vocabularyRows, 1027);
    EXPECT_TRUE(matches(golden, "causal.attention.5", analysedMaps(*record).at(5)));

    const auto map = attention::attentionMap(*attention::RecordAttention::open(*record), {5, 1, 4096, {}, 1e-5}, {});
    ASSERT_TRUE(map) << map.error().message;
    const at::Tensor shown = at::tensor(map->mean).view({map->rows(), map->columns()});
    const std::int64_t length = record->layout->size();
    EXPECT_TRUE(matches(golden.tensor("causal.attention.5")[0][1], shown.slice(0, 0, length).slice(1, 0, length),
                        golden.tolerance("causal.attention.5")));
}

TEST(AttentionGolden, RowsThatDoNotFitTheBudgetAreNamed)
{
    const auto engine = test::loadedEngine("models/gemma-tiny");
    Question question = test::questionAbout({"media/astronaut.png"}, "What is happening in this image?", 6);
    const auto whole = test::answered(*engine, question);
    ASSERT_TRUE(whole);
    EXPECT_TRUE(whole->warnings.empty());
    const std::int64_t positions = whole->layout->size() + 5;
    const std::int64_t row = std::int64_t{7} * 4 * positions * 4;
    // What is always kept beside the rows counts too: the image tokens.
    const auto images = static_cast<std::int64_t>(whole->tensors.at("image.embeds").bytes->size());
    question.capture.budgetBytes = images + 2 * row + row / 2;
    const auto some = test::answered(*engine, question);
    ASSERT_TRUE(some);
    EXPECT_EQ(test::recorded(*some, "attention.rows.0").size(1), 2);
    EXPECT_TRUE(at::equal(test::recorded(*some, "attention.rows.positions"),
                          at::arange(positions - 6, positions - 4, at::kLong)));
    ASSERT_EQ(some->warnings.size(), 1u);
    EXPECT_NE(some->warnings[0].find("2 of 6"), std::string::npos) << some->warnings[0];
    question.capture.budgetBytes = 0;
    const auto none = test::answered(*engine, question);
    ASSERT_TRUE(none);
    EXPECT_FALSE(none->tensors.contains("attention.rows.0"));
    EXPECT_EQ(none->warnings.size(), 1u);
}

}  // namespace
}  // namespace armillary
