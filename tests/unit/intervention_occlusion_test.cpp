#include "intervention/occlusion.h"

#include "engine/model_analyses.h"
#include "intervention/intervention.h"
#include "support/study_fixture.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numeric>

namespace armillary::intervention {
namespace {

// Stops when the study comes to block `at`.
class StopAt final : public RunObserver {
public:
    explicit StopAt(std::int64_t at) : m_at(at) {}
    void onStage(std::string_view name, std::int64_t done, std::int64_t) override
    {
        if (name == "Occlusion" && done == m_at)
            source.request_stop();
    }
    std::stop_source source;

private:
    std::int64_t m_at;
};

class Occlusion : public ::testing::Test {
protected:
    void SetUp() override
    {
        pipeline = test::loadedPipeline("models/gemma-tiny", "models/theworld-tiny/spatial-mlp");
        question = test::worldQuestion("What is happening?", 3);
        record = test::answeredBy(*pipeline, question);
        SilentObserver observer;
        auto prepared = pipeline->prepare(question, observer, {});
        ASSERT_TRUE(prepared);
        prompt = std::move(*prepared);
        for (const TokenPiece& token : record->generated)
            answer.push_back(token.id);
        trueBits = bits(prompt.embeds);
    }

    // Surprisal change of the whole answer behind `embeds`, every row computed.
    double direct(const at::Tensor& embeds) const { return bits(embeds) - trueBits; }

    double bits(const at::Tensor& rows) const
    {
        const language::LanguageModel& model = *pipeline->models().language;
        SilentObserver observer;
        language::KvCache cache = model.makeCache();
        tensors::NoTaps taps;
        const auto hidden = model.forward(at::cat({rows, model.embed({answer.begin(), answer.end() - 1})}), cache, {},
                                          taps, observer, {});
        const at::Tensor logs =
            model.logits(hidden->slice(0, rows.size(0) - 1), prompt.plan.vocabularyRows).to(at::kDouble).log_softmax(1);
        double total = 0;
        for (std::size_t i = 0; i < answer.size(); ++i)
            total -= logs[static_cast<std::int64_t>(i)][answer[i]].item<double>() / std::log(2.0);
        return total;
    }

    std::unique_ptr<pipeline::QuestionPipeline> pipeline;
    Question question;
    std::shared_ptr<const RunRecord> record;
    pipeline::PreparedPrompt prompt;
    std::vector<std::int64_t> answer;
    double trueBits = 0;
};

TEST(OcclusionBlocks, ShareTheCellsEvenly)
{
    for (const std::int32_t count : {1, 4, 7, 8, 28, 64}) {
        for (const int side : {1, 2, 4, 7}) {
            std::vector<int> sizes(static_cast<std::size_t>(side), 0);
            int before = 0;
            for (std::int32_t cell = 0; cell < count; ++cell) {
                const int block = blockOfCell(cell, count, side);
                ASSERT_GE(block, before);
                ASSERT_LT(block, side);
                before = block;
                ++sizes[static_cast<std::size_t>(block)];
            }
            const auto [least, most] = std::minmax_element(sizes.begin(), sizes.end());
            EXPECT_LE(*most - *least, 1) << count << " " << side;
        }
    }
}

TEST_F(Occlusion, EveryBlockIsTheOneCoveredByHand)
{
    SilentObserver observer;
    for (const OcclusionFill fill : {OcclusionFill::Mean, OcclusionFill::Zero}) {
        const auto study =
            studyOcclusion(*pipeline, *record, {TokenKind::World, -1, {}, {1, 2, 4}, fill, 16}, observer, {});
        ASSERT_TRUE(study) << study.error().message;
        EXPECT_EQ(study->blocksDone, 21);
        EXPECT_EQ(study->gridRows, 8);
        const at::Tensor cover = fill == OcclusionFill::Mean ? prompt.worldRows.mean(0) : at::zeros({64});
        for (const OcclusionLevel& level : study->levels) {
            const int cells = 8 / level.side;
            for (int block = 0; block < level.side * level.side; ++block) {
                at::Tensor covered = prompt.embeds.clone();
                for (int row = 0; row < cells; ++row)
                    for (int column = 0; column < cells; ++column) {
                        const int cell = (block / level.side * cells + row) * 8 + block % level.side * cells + column;
                        covered[prompt.plan.worldRows[static_cast<std::size_t>(cell)]] = cover;
                    }
                EXPECT_NEAR(level.surprisalChangeBits[static_cast<std::size_t>(block)], direct(covered), 2e-4)
                    << level.side << " " << block;
                EXPECT_EQ(level.tokens[static_cast<std::size_t>(block)], cells * cells);
            }
        }
        EXPECT_GT(std::abs(study->levels[0].surprisalChangeBits[0]), 1e-3);
    }
    // One block over everything is the intervention of that fill.
    const auto study =
        studyOcclusion(*pipeline, *record, {TokenKind::World, -1, {}, {1}, OcclusionFill::Zero, 16}, observer, {});
    const auto zeroed = studyInterventions(
        *pipeline, *record,
        {TokenKind::World, {InterventionKind::Zeroed}, 0, NoiseSpread::Covariance, "mirror", false, 64}, observer, {});
    ASSERT_TRUE(study && zeroed);
    EXPECT_NEAR(study->levels[0].surprisalChangeBits[0], zeroed->rows[0].effect.totalSurprisalChangeBits(), 1e-6);
}

TEST_F(Occlusion, CoversAPicture)
{
    SilentObserver observer;
    const auto study =
        studyOcclusion(*pipeline, *record, {TokenKind::Image, -1, {}, {2, 7}, OcclusionFill::Mean, 16}, observer, {});
    ASSERT_TRUE(study) << study.error().message;
    EXPECT_EQ(study->gridRows, 4);
    at::Tensor covered = prompt.embeds.clone();
    for (const int cell : {2, 3, 6, 7})  // top right quarter of 4x4
        covered[prompt.plan.imageRows[static_cast<std::size_t>(cell)]] = prompt.imageRows.mean(0);
    EXPECT_NEAR(study->levels[0].surprisalChangeBits[1], direct(covered), 2e-4);
    // 16 cells cannot fill 49 blocks.
    EXPECT_EQ(std::accumulate(study->levels[1].tokens.begin(), study->levels[1].tokens.end(), std::int64_t{0}), 16);
    int empty = 0;
    for (std::size_t i = 0; i < 49; ++i)
        empty += std::isnan(study->levels[1].surprisalChangeBits[i]) ? 1 : 0;
    EXPECT_EQ(empty, 33);
    EXPECT_FALSE(
        studyOcclusion(*pipeline, *record, {TokenKind::Image, 3, {}, {2}, OcclusionFill::Mean, 16}, observer, {}));
    EXPECT_FALSE(
        studyOcclusion(*pipeline, *record, {TokenKind::World, -1, 1, {2}, OcclusionFill::Mean, 16}, observer, {}));
}

TEST_F(Occlusion, AStopKeepsWhatIsDone)
{
    StopAt observer(6);
    const auto study = studyOcclusion(*pipeline, *record, {TokenKind::World, -1, {}, {2, 4}, OcclusionFill::Mean, 16},
                                      observer, observer.source.get_token());
    ASSERT_TRUE(study) << study.error().message;
    EXPECT_TRUE(study->isStopped);
    EXPECT_EQ(study->blocksDone, 6);
    EXPECT_EQ(study->blocksWanted, 20);
    SilentObserver silent;
    const auto whole =
        studyOcclusion(*pipeline, *record, {TokenKind::World, -1, {}, {2, 4}, OcclusionFill::Mean, 16}, silent, {});
    ASSERT_TRUE(whole);
    for (std::size_t i = 0; i < 4; ++i)
        EXPECT_EQ(study->levels[0].surprisalChangeBits[i], whole->levels[0].surprisalChangeBits[i]);
    for (std::size_t i = 0; i < 16; ++i)
        EXPECT_EQ(std::isnan(study->levels[1].surprisalChangeBits[i]), i >= 2) << i;
    StopAt atOnce(0);
    const auto nothing = studyOcclusion(*pipeline, *record, {}, atOnce, atOnce.source.get_token());
    ASSERT_FALSE(nothing);
    EXPECT_EQ(nothing.error().code, ErrorCode::Cancelled);
}

TEST_F(Occlusion, ByName)
{
    SilentObserver observer;
    const auto result =
        engine::analyse(*pipeline, *record, {"occlusion", {{"sides", "2,3"}, {"fill", "zero"}}}, observer, {});
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->arrays.at("surprisal_change.3").values.shape, (std::vector<std::int64_t>{3, 3}));
    EXPECT_EQ(*result->number("blocks_done"), 13);
    for (const std::string sides : {"", "0", "2,x", "1000"})
        EXPECT_FALSE(engine::analyse(*pipeline, *record, {"occlusion", {{"sides", sides}}}, observer, {})) << sides;
    Question channels = question;
    const auto other = test::loadedPipeline("models/gemma-tiny", "models/theworld-tiny/channel-linear");
    channels.world.heightPixels = channels.world.widthPixels = 512;
    RunRecord bare;
    bare.question = channels;
    const auto refused = engine::analyse(*other, bare, {"occlusion", {}}, observer, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace armillary::intervention
