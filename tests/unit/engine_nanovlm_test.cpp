// A nanoVLM snapshot behind the engine's door: what its records hold, what is reused, what is refused, and that analyses made for
// records of Gemma read them.
#include "engine/engine.h"

#include "analysis/record_analyses.h"
#include "engine/model_analyses.h"
#include "inspect/model_inputs.h"
#include "support/engine_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

namespace armillary::test {
namespace {

constexpr const char* kModel = "models/nanovlm-tiny";

class NanoVlmEngine : public testing::Test {
protected:
    std::shared_ptr<const RunRecord> ask(const Question& question) { return answered(*m_engine, question); }

    std::unique_ptr<Engine> m_engine = loadedEngine(kModel);
};

TEST_F(NanoVlmEngine, ReportNamesTheFamily)
{
    SilentObserver observer;
    const auto report = m_engine->load({dataPath(kModel), "", ""}, {"cpu"}, observer, {});
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_EQ(report->parts.size(), 1u);
    EXPECT_EQ(report->parts[0].name, "nanoVLM");
    EXPECT_TRUE(report->warnings.empty()) << report->warnings.front();
    EXPECT_THAT(report->parts[0].facts, testing::Contains(std::pair<std::string, std::string>("layers", "3")));
}

TEST_F(NanoVlmEngine, EveryTileTokenHasItsPixels)
{
    const auto record = ask(questionAbout({"media/tall.png"}, "What is this?"));
    ASSERT_TRUE(record);
    const TokenLayout& layout = *record->layout;
    EXPECT_EQ(layout.count(TokenKind::Image), 7 * 4);  // 3 x 2 tiles and the global one
    ASSERT_EQ(layout.grids.size(), 7u);
    EXPECT_EQ(layout.grids[0].tileRow, -1);
    EXPECT_EQ(layout.grids[6].tileRow, 2);
    EXPECT_EQ(layout.grids[6].tileColumn, 1);
    EXPECT_DOUBLE_EQ(layout.grids[6].covers.top, 2.0 / 3);
    EXPECT_DOUBLE_EQ(layout.grids[6].covers.left, 0.5);
    std::map<std::int32_t, double> area;
    for (std::int64_t i = 0; i < layout.size(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        const PixelBox box = layout.boxFromToken(i);
        if (layout.kinds[at] == TokenKind::Image) {
            area[layout.origins[at].crop == 0 ? 0 : 1] += (box.bottom - box.top) * (box.right - box.left);
        } else {
            EXPECT_EQ(box.bottom, 0);
        }
    }
    EXPECT_NEAR(area[0], 1, 1e-9);
    EXPECT_NEAR(area[1], 1, 1e-9);
    // A point of the picture belongs to one token of the global tile and one of a split tile.
    EXPECT_EQ(layout.tokensFromPoint(0, TokenKind::Image, 0.9, 0.9).size(), 2u);
    // Markers are control tokens in front of their tile.
    const auto marker = std::find(layout.pieces.begin(), layout.pieces.end(), "<row_3_col_2>");
    ASSERT_NE(marker, layout.pieces.end());
    const auto at = static_cast<std::size_t>(marker - layout.pieces.begin());
    EXPECT_EQ(layout.kinds[at], TokenKind::Control);
    EXPECT_EQ(layout.origins[at], (TokenOrigin{0, 6, -1, -1, -1}));
    EXPECT_EQ(layout.origins[at + 1], (TokenOrigin{0, 6, -1, 0, 0}));
    EXPECT_EQ(record->settings.at("tiles.0").substr(0, 3), "3x2");
}

TEST_F(NanoVlmEngine, RecordsHaveTheFormOfGemmas)
{
    Question question = questionAbout({"media/wide.png"}, "What is this?");
    question.capture.parts = {Capture::Pixels, Capture::Vision,    Capture::Embeds, Capture::Hidden,
                              Capture::Qkv,    Capture::Attention, Capture::Logits, Capture::PromptLogits};
    const auto record = ask(question);
    ASSERT_TRUE(record);
    const std::int64_t length = record->layout->size();
    const std::int64_t through = length + static_cast<std::int64_t>(record->generated.size()) - 1;
    EXPECT_EQ(record->model.layers, 3);
    EXPECT_EQ(record->model.slidingWindow, 0);
    EXPECT_TRUE(record->bidirectionalBlocks.empty());
    EXPECT_EQ(record->settings.at("image_attention"), "causal");
    const auto sizes = [&](const std::string& name) { return recorded(*record, name).sizes().vec(); };
    using Sizes = std::vector<std::int64_t>;
    EXPECT_EQ(sizes("image.embeds"), (Sizes{16, 48}));
    EXPECT_EQ(sizes("inputs.embeds"), (Sizes{length, 48}));
    EXPECT_EQ(sizes("siglip.0.last_hidden_state"), (Sizes{4, 16, 32}));
    for (const char* name : {"hidden.0", "hidden.3"})
        EXPECT_EQ(sizes(name), (Sizes{through, 48})) << name;
    EXPECT_EQ(sizes("query.2"), (Sizes{4, through, 12}));
    EXPECT_EQ(sizes("key.2"), (Sizes{2, through, 12}));
    EXPECT_EQ(sizes("value.2"), (Sizes{2, through, 12}));
    EXPECT_EQ(sizes("attention.1"), (Sizes{4, through, through}));
    EXPECT_EQ(sizes("logits"), (Sizes{4, 666}));
    EXPECT_EQ(sizes("logits.prompt"), (Sizes{length, 666}));
    // Recomputed attention rows mix to what the kernel gave.
    const at::Tensor error = recorded(*record, "attention.rows.error");
    EXPECT_LT(error.select(1, 0).max().item<float>(), 1e-4F);
    // What the encoder read, one picture a tile.
    const auto inputs = inspect::modelInputs(*record);
    ASSERT_EQ(inputs.size(), 4u);
    EXPECT_DOUBLE_EQ(inputs[2].covers.left, 1.0 / 3);
}

TEST_F(NanoVlmEngine, TheSecondQuestionReusesThePicture)
{
    Question question = questionAbout({"media/wide.png"}, "What is this?", 3);
    const auto first = ask(question);
    question.turns.back().text = "What colours are there?";
    const auto second = ask(question);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->cost.reusedTokens, 0);
    EXPECT_GE(second->cost.reusedTokens, 4 + 4 * 5);  // the opening of the turn, four tiles with their markers
    // And answers as if nothing had been kept.
    m_engine->forget();
    const auto fresh = ask(question);
    ASSERT_TRUE(fresh);
    EXPECT_TRUE(at::equal(generatedIds(*second), generatedIds(*fresh)));
}

// Turns of a pass beyond the longest sequence depend on how long the pass is.
TEST_F(NanoVlmEngine, BeyondTheLongestSequenceNothingIsReused)
{
    namespace fs = std::filesystem;
    const fs::path folder = fs::path(makeTemporaryFolder()) / "short";
    fs::copy(dataPath(kModel), folder, fs::copy_options::recursive);
    std::ifstream in(dataPath(std::string(kModel) + "/config.json"));
    auto config = nlohmann::ordered_json::parse(in);
    config["lm_max_position_embeddings"] = 30;
    fs::permissions(folder / "config.json", fs::perms::owner_all);
    std::ofstream(folder / "config.json") << config.dump();
    SilentObserver observer;
    ASSERT_TRUE(m_engine->load({folder.string(), "", ""}, {"cpu", NumberFormat::Float32}, observer, {}));
    Question question = questionAbout({"media/wide.png"}, "What is this?", 3);
    ASSERT_TRUE(ask(question));
    question.turns.back().text = "What colours are there?";
    const auto second = ask(question);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->cost.reusedTokens, 0);
    EXPECT_THAT(second->warnings, testing::Contains(testing::HasSubstr("was trained for 30")));
}

TEST_F(NanoVlmEngine, PanAndScanIsToldToChangeNothing)
{
    Question question = questionAbout({"media/wide.png"}, "What is this?");
    const auto plain = ask(question);
    question.panAndScan = true;
    const auto record = ask(question);
    ASSERT_TRUE(plain && record);
    EXPECT_EQ(record->layout->ids, plain->layout->ids);
    EXPECT_THAT(record->warnings, testing::Contains(testing::HasSubstr("pan and scan changes nothing")));
}

TEST_F(NanoVlmEngine, AStopEndsTheRunAsCancelled)
{
    class StopAfterTwo final : public RunObserver {
    public:
        void onStage(std::string_view, std::int64_t, std::int64_t) override {}
        void onToken(const TokenPiece&) override
        {
            if (++m_tokens == 2)
                m_source.request_stop();
        }
        std::stop_source m_source;
        int m_tokens = 0;
    } observer;
    const auto record =
        m_engine->ask(questionAbout({"media/tiny.png"}, "Go on", 50), observer, observer.m_source.get_token());
    ASSERT_TRUE(record) << record.error().message;
    EXPECT_EQ((*record)->outcome, RunOutcome::Cancelled);
    EXPECT_LE((*record)->generated.size(), 3u);
    ASSERT_TRUE(ask(questionAbout({}, "Still there?")));
}

TEST_F(NanoVlmEngine, RefusesWhatTheFamilyDoesNotHave)
{
    SilentObserver observer;
    Question raw = questionAbout({"media/tiny.png"}, "");
    raw.rawPrompt = "<|im_start|>user\nno picture here<|im_end|>\n<|im_start|>assistant\n";
    const auto wrong = m_engine->ask(raw, observer, {});
    ASSERT_FALSE(wrong);
    EXPECT_NE(wrong.error().message.find("0 image tokens, its pictures have 40"), std::string::npos)
        << wrong.error().message;
    Question fused = questionAbout({"media/tiny.png"}, "And then?");
    fused.world.fusion = FusionOption::Brackets;
    EXPECT_FALSE(m_engine->ask(fused, observer, {}));
    EXPECT_FALSE(
        m_engine->load({dataPath(kModel), dataPath("models/theworld-tiny/spatial-mlp"), dataPath("models/cosmos-tiny")},
                       {"cpu"}, observer, {}));
}

TEST_F(NanoVlmEngine, ConversationsKeepTheirPicturesInTheirTurns)
{
    Question question = questionAbout({"media/tiny.png", "media/wide.png"}, "And this one?");
    question.turns.front().mediaIndices = {0};
    question.turns.front().text = "What is this?";
    question.turns.push_back({ChatRole::Model, {}, "A picture."});
    question.turns.push_back({ChatRole::User, {1}, "And this one?"});
    question.systemPrompt = "Be brief.";
    const auto record = ask(question);
    ASSERT_TRUE(record);
    const std::string& prompt = record->renderedPrompt;
    EXPECT_TRUE(prompt.starts_with("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n<image: 0>"));
    EXPECT_NE(prompt.find("<|im_start|>assistant\nA picture.<|im_end|>\n<|im_start|>user\n<image: 1>"),
              std::string::npos);
    EXPECT_EQ(record->layout->grids.back().media, 1);
}

// Every analysis either reads the record or says in a sentence what it lacks; those of attention, embeddings and lenses read it.
TEST_F(NanoVlmEngine, AnalysesReadItsRecords)
{
    Question question = questionAbout({"media/wide.png"}, "What is this?");
    question.capture.parts = {Capture::Embeds, Capture::Hidden, Capture::Qkv, Capture::Logits, Capture::Vision};
    const auto record = ask(question);
    ASSERT_TRUE(record);
    SilentObserver observer;
    const std::vector<std::string> mustWork = {"logit-lens",    "surprisal",
                                               "nearest-words", "value-weighted-attention",
                                               "relevancy",     "vision-attention"};
    std::vector<std::string> worked;
    for (const AnalysisEntry& entry : modelAnalyses()) {
        AnalysisRequest request;
        request.name = entry.name;
        const auto result = m_engine->analyse(*record, request, observer, {});
        if (result) {
            worked.push_back(entry.name);
        } else {
            EXPECT_EQ(result.error().code, ErrorCode::InvalidInput) << entry.name << ": " << result.error().message;
        }
    }
    for (const AnalysisEntry& entry : analysis::recordAnalyses()) {
        AnalysisRequest request;
        request.name = entry.name;
        const auto result = m_engine->analyse(*record, request, observer, {});
        if (result) {
            worked.push_back(entry.name);
        } else {
            EXPECT_EQ(result.error().code, ErrorCode::InvalidInput) << entry.name << ": " << result.error().message;
        }
    }
    for (const std::string& name : mustWork)
        EXPECT_THAT(worked, testing::Contains(name));
}

}  // namespace
}  // namespace armillary::test
