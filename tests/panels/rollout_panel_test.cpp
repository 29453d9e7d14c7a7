// The rollout panel from made-up requests and records: rows of its models, selection in and out, what it says.
#include "support/record_builder.h"
#include "window_support/panel_stage.h"
#include "window_support/waiting.h"

#include "widgets/canvas/filmstrip_canvas.h"
#include "widgets/canvas/latent_maps_canvas.h"
#include "widgets/models/media_list_model.h"
#include "widgets/models/memory_plan_model.h"
#include "widgets/models/message_list_model.h"
#include "widgets/models/rollout_frame_model.h"
#include "widgets/panels/rollout_panel.h"
#include "widgets/rollout/rollout_form.h"
#include "widgets/rollout/rollout_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QTest>

#include <cstring>

namespace armillary::test {
namespace {

using namespace widgets;

Image flatImage(int height, int width, int level)
{
    return {height, width,
            std::vector<std::uint8_t>(static_cast<std::size_t>(height * width * 3), static_cast<std::uint8_t>(level))};
}

Clip flatClip(int frames, int firstLevel)
{
    Clip out;
    out.path = "flat.mp4";
    out.framesPerSecond = 16;
    for (int i = 0; i < frames; ++i)
        out.frames.push_back(flatImage(32, 48, firstLevel + i));
    return out;
}

TensorSnapshot floats(std::vector<std::int64_t> shape, const std::vector<float>& values)
{
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(float));
    std::memcpy(bytes->data(), values.data(), bytes->size());
    return {ElementType::Float32, std::move(shape), std::move(bytes)};
}

std::shared_ptr<const RolloutRequest> requestOf(std::uint64_t seed)
{
    RolloutRequest out;
    out.condition = flatClip(5, 100);
    out.frames = 9;
    out.steps = 4;
    out.heightPixels = 32;
    out.widthPixels = 48;
    out.seed = seed;
    return std::make_shared<const RolloutRequest>(std::move(out));
}

// Frames 3 levels above the condition's, two channels of 4x6 latents: the first at 0, the second at `level` sigma.
std::shared_ptr<const RunRecord> recordOf(const std::shared_ptr<const RolloutRequest>& request, float level,
                                          RunOutcome outcome)
{
    RunRecord out;
    out.question.world.source = WorldSource::Rollout;
    out.question.world.rollout = *request;
    out.layout = std::make_shared<TokenLayout>();
    out.outcome = outcome;
    out.rolloutFrames = std::make_shared<const Clip>(flatClip(9, 103));
    for (int step = 0; step < (outcome == RunOutcome::Completed ? 4 : 2); ++step)
        out.rolloutSteps.push_back({step, 4, 80.0 / (step + 1), 0.5, nullptr});
    out.memoryPlan = {1 << 30,
                      {{"T5 text encoder", 1 << 20, "cpu", "freed", -1},
                       {"Diffusion transformer", 3 << 20, "cpu", "kept", 4 << 20}}};
    std::vector<float> values(2 * 3 * 24, 0.0F);
    std::fill(values.begin() + 3 * 24, values.end(), level);
    out.tensors["world.latents"] = floats({2, 3, 4, 6}, values);
    out.tensors["rollout.latents.0"] = floats({2, 3, 4, 6}, std::vector<float>(2 * 3 * 24, 9.0F));
    out.tensors["vae.latents_mean"] = floats({2}, {0.5F, -1});
    out.tensors["vae.latents_std"] = floats({2}, {2, 3});
    return std::make_shared<const RunRecord>(std::move(out));
}

class RolloutPanelTest : public testing::Test {
protected:
    RolloutPanelTest()
    {
        m_panel.resize(640, 520);
        m_panel.show();
    }
    void begin(int seeds, bool withContinuation)
    {
        std::vector<std::shared_ptr<const RolloutRequest>> requests;
        for (int seed = 1; seed <= seeds; ++seed)
            requests.push_back(requestOf(static_cast<std::uint64_t>(seed)));
        Clip after = flatClip(withContinuation ? 4 : 0, 105);
        m_panel.rollout().begin(requests, after);
    }
    void finish(int branch, float level = 1, RunOutcome outcome = RunOutcome::Completed)
    {
        ShownRollout& rollout = m_panel.rollout();
        rollout.startBranch(branch);
        rollout.finishBranch(branch, outcome == RunOutcome::Completed ? RunState::Completed : RunState::Cancelled,
                             recordOf(rollout.branches()[static_cast<std::size_t>(branch)].request, level, outcome));
    }

    PanelStage m_stage;
    RolloutPanel m_panel{m_stage.context()};
};

TEST(RolloutTime, LatentFramesStandForFourFramesAfterTheFirst)
{
    EXPECT_EQ(latentFrameFromFrame(0), 0);
    EXPECT_EQ(latentFrameFromFrame(1), 1);
    EXPECT_EQ(latentFrameFromFrame(4), 1);
    EXPECT_EQ(latentFrameFromFrame(5), 2);
    EXPECT_EQ(latentFrameFromFrame(92), 23);
    EXPECT_EQ(framesFromLatentFrame(0), std::pair(0, 0));
    EXPECT_EQ(framesFromLatentFrame(23), std::pair(89, 92));
}

TEST(RolloutSeeds, AreNumbersWithCommas)
{
    EXPECT_EQ(seedsFromText(QStringLiteral("1, 2,3")), (std::vector<std::uint64_t>{1, 2, 3}));
    EXPECT_EQ(seedsFromText(QStringLiteral(" 7 7 ")), (std::vector<std::uint64_t>{7}));
    EXPECT_EQ(seedsFromText(QStringLiteral("18446744073709551615")),
              (std::vector<std::uint64_t>{18446744073709551615ULL}));
    EXPECT_FALSE(seedsFromText(QStringLiteral("one")));
    EXPECT_FALSE(seedsFromText(QStringLiteral("-1")));
    EXPECT_FALSE(seedsFromText(QString()));
}

TEST_F(RolloutPanelTest, ModelsKeepTheirContract)
{
    const QAbstractItemModelTester frames(m_panel.view()->frameModel(),
                                          QAbstractItemModelTester::FailureReportingMode::Fatal);
    const QAbstractItemModelTester memory(m_panel.view()->memoryModel(),
                                          QAbstractItemModelTester::FailureReportingMode::Fatal);
    begin(1, true);
    finish(0);
    m_panel.rollout().clear();
    EXPECT_EQ(m_panel.view()->frameModel()->rowCount(), 0);
}

TEST_F(RolloutPanelTest, FramesPlanAndMeasuresOfARecordAreRows)
{
    begin(1, true);
    finish(0);
    RolloutFrameModel& frames = *m_panel.view()->frameModel();
    ASSERT_EQ(frames.rowCount(), 9);
    const auto text = [&frames](int row, int column) {
        return frames.index(row, column).data().toString().toStdString();
    };
    EXPECT_EQ(text(4, RolloutFrameModel::KindColumn), "given");
    EXPECT_EQ(text(5, RolloutFrameModel::KindColumn), "predicted");
    EXPECT_EQ(text(5, RolloutFrameModel::LatentColumn), "2");
    EXPECT_EQ(text(8, RolloutFrameModel::TimeColumn), "0.50 s");
    // Every frame lies 3 levels above what really happened: PSNR 20 log10(255 / 3) = 38.59 dB.
    ASSERT_TRUE(waitUntil([&] { return text(8, RolloutFrameModel::PsnrColumn) != "–"; }));
    EXPECT_EQ(text(8, RolloutFrameModel::PsnrColumn), "38.59 dB");
    EXPECT_EQ(text(0, RolloutFrameModel::PsnrColumn), "38.59 dB");
    EXPECT_EQ(text(8, RolloutFrameModel::LargestColumn), "3");
    MemoryPlanModel& memory = *m_panel.view()->memoryModel();
    ASSERT_EQ(memory.rowCount(), 2);
    EXPECT_EQ(memory.index(0, MemoryPlanModel::MeasuredColumn).data().toString().toStdString(), "–");
    EXPECT_EQ(memory.index(1, MemoryPlanModel::MeasuredColumn).data().toString().toStdString(), "4.00 MiB");
    EXPECT_EQ(memory.index(1, MemoryPlanModel::AfterColumn).data().toString().toStdString(), "kept");
}

TEST_F(RolloutPanelTest, ThePromptHasALineOfItsOwnInANarrowPanel)
{
    for (const int width : {300, 360, 700}) {
        m_panel.resize(width, 420);
        turnFor(std::chrono::milliseconds(20));
        EXPECT_GE(m_panel.promptEdit()->width(), 250) << width;
        EXPECT_EQ(m_panel.predictButton()->y() > m_panel.promptEdit()->y() + 10, width < 460) << width;
    }
}

TEST_F(RolloutPanelTest, ProgressTellsStepPaceAndTimeLeft)
{
    begin(1, false);
    m_panel.rollout().startBranch(0);
    EXPECT_EQ(m_panel.progressText().toStdString(), "preparing");
    m_panel.rollout().appendSteps(0, {{0, 4, 80, 2.5, nullptr}}, nullptr, -1);
    EXPECT_EQ(m_panel.progressText().toStdString(), "step 1 of 4 · 2.50 s a step · 0:08 left");
    // The same step again, now with its preview: no further step.
    m_panel.rollout().appendSteps(0, {{0, 4, 80, 2.5, nullptr}}, std::make_shared<const Clip>(flatClip(9, 60)), 0);
    EXPECT_EQ(m_panel.rollout().current()->steps.size(), 1U);
    EXPECT_EQ(m_panel.rollout().current()->frameCount(), 9);
    EXPECT_EQ(m_panel.requestForQuestion(), nullptr);
}

TEST_F(RolloutPanelTest, AStoppedRolloutKeepsWhatWasShown)
{
    begin(1, false);
    ShownRollout& rollout = m_panel.rollout();
    rollout.startBranch(0);
    rollout.appendSteps(0, {{0, 4, 80, 1, nullptr}, {1, 4, 40, 1, nullptr}},
                        std::make_shared<const Clip>(flatClip(9, 60)), 1);
    rollout.finishBranch(0, RunState::Cancelled, nullptr);
    EXPECT_EQ(rollout.current()->steps.size(), 2U);
    ASSERT_EQ(rollout.current()->frameCount(), 9);
    EXPECT_EQ(rollout.current()->frame(8).rgb()[0], 68);
    EXPECT_THAT(m_panel.progressText().toStdString(), testing::HasSubstr("step 2 of 4"));
    EXPECT_THAT(m_panel.progressText().toStdString(), testing::HasSubstr("stopped; what was made stays"));
}

TEST_F(RolloutPanelTest, LatentMapsFlagChannelsBeyondTwoSigma)
{
    begin(1, false);
    finish(0, 2.5F);
    m_panel.view()->setPage(RolloutView::LatentPage);
    const auto& tiles = m_panel.view()->latentCanvas()->tiles();
    ASSERT_EQ(tiles.size(), 2U);
    EXPECT_FALSE(tiles[0].isUnusual);
    EXPECT_EQ(tiles[0].line.toStdString(), "0.5 ± 0.0");  // normalised 0 is the autoencoder's own mean
    EXPECT_TRUE(tiles[1].isUnusual);
    EXPECT_EQ(tiles[1].line.toStdString(), "6.5 ± 0.0");  // -1 + 2.5 * 3
    ASSERT_EQ(m_panel.view()->stepChoice()->count(), 2);
    m_panel.view()->stepChoice()->setCurrentIndex(1);
    EXPECT_TRUE(m_panel.view()->latentCanvas()->tiles()[0].isUnusual);
}

TEST_F(RolloutPanelTest, SeedsStandSideBySideWithTheirVariance)
{
    begin(2, false);
    finish(0, 1);
    m_panel.view()->setPage(RolloutView::SeedPage);
    EXPECT_EQ(m_panel.view()->seedCanvas()->tiles().size(), 2U) << "one seed has no variance";
    finish(1, 3);
    const auto& tiles = m_panel.view()->seedCanvas()->tiles();
    ASSERT_EQ(tiles.size(), 3U);
    EXPECT_EQ(tiles[1].title.toStdString(), "seed 2");
    // Channel 0 agrees, channel 1 is 1 and 3: variance 2, mean over channels 1.
    EXPECT_THAT(tiles[2].tip.toStdString(), testing::HasSubstr("highest 1"));
    EXPECT_EQ(m_panel.requestForQuestion()->seed, 2U);
    m_panel.rollout().setCurrent(0);
    EXPECT_EQ(m_panel.requestForQuestion()->seed, 1U);
}

TEST_F(RolloutPanelTest, AChosenFrameIsTheSharedLatentFrameAndBack)
{
    begin(1, false);
    finish(0);
    m_panel.view()->setFrame(6);
    EXPECT_EQ(m_stage.selection.focus().latentFrame, 2);
    m_stage.selection.setFocus({.latentFrame = 1});
    EXPECT_EQ(m_panel.view()->frame(), 1);
    m_panel.view()->stepLatentFrame(1);
    EXPECT_EQ(m_panel.view()->frame(), 5);
    m_panel.view()->stepFrame(-10);
    EXPECT_EQ(m_panel.view()->frame(), 0);
    m_panel.view()->setPlaying(true);
    EXPECT_TRUE(waitUntil([this] { return m_panel.view()->frame() >= 2; }));
    m_panel.view()->stepFrame(1);
    EXPECT_FALSE(m_panel.view()->isPlaying());
}

TEST_F(RolloutPanelTest, KeysPlayAndStep)
{
    begin(1, false);
    finish(0);
    ASSERT_TRUE(QTest::qWaitForWindowActive(&m_panel) || QTest::qWaitForWindowExposed(&m_panel));
    m_panel.activateWindow();
    m_panel.setFocus();
    ASSERT_TRUE(waitUntil([this] { return m_panel.view()->filmstrip()->hasFocus(); }));
    QTest::keyClick(m_panel.view()->filmstrip(), Qt::Key_Right);
    EXPECT_EQ(m_panel.view()->frame(), 1);
    QTest::keyClick(m_panel.view()->filmstrip(), Qt::Key_Right, Qt::ShiftModifier);
    EXPECT_EQ(m_panel.view()->frame(), 5);
    QTest::keyClick(m_panel.view()->filmstrip(), Qt::Key_End);
    EXPECT_EQ(m_panel.view()->frame(), 8);
    QTest::keyClick(m_panel.view()->filmstrip(), Qt::Key_Space);
    EXPECT_TRUE(m_panel.view()->isPlaying());
}

TEST_F(RolloutPanelTest, HoveringAFrameHoversItsWorldTokens)
{
    begin(1, false);
    finish(0);
    RecordBuilder builder;
    const int picture = builder.addPicture("flat.mp4", 32, 48);
    builder.text({"<bos>"}, TokenKind::Control).worldTokens(picture, 3, 2, 2);
    auto record = std::make_shared<RunRecord>(*builder.build());
    m_stage.run.showRecord(record);
    Q_EMIT m_panel.view()->frameHovered(5);
    EXPECT_TRUE(m_stage.selection.hovered().empty()) << "world tokens of another source are not this rollout's";
    record = std::make_shared<RunRecord>(*record);
    record->question.world.source = WorldSource::Rollout;
    m_stage.run.showRecord(record);
    Q_EMIT m_panel.view()->frameHovered(5);
    EXPECT_EQ(m_stage.selection.hovered(), (Positions{9, 10, 11, 12}));
    Q_EMIT m_panel.view()->frameHovered(-1);
    EXPECT_TRUE(m_stage.selection.hovered().empty());
}

TEST_F(RolloutPanelTest, ASavedRecordOpensWithoutAModel)
{
    const auto record = std::make_shared<RunRecord>(*recordOf(requestOf(7), 1, RunOutcome::Completed));
    // As a file gives it back: frames as a tensor, and no request.
    record->rolloutFrames = nullptr;
    record->question.world.rollout.reset();
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(9 * 32 * 48 * 3, std::uint8_t{50});
    record->tensors["rollout.frames"] = {ElementType::UInt8, {9, 32, 48, 3}, bytes};
    m_stage.run.showRecord(record);
    m_panel.showState();
    ASSERT_EQ(m_panel.rollout().branches().size(), 1U);
    EXPECT_EQ(m_panel.rollout().frameCount(), 9);
    EXPECT_EQ(m_panel.rollout().frame(8).rgb()[0], 50);
    EXPECT_EQ(m_panel.view()->frameModel()->rowCount(), 9);
}

TEST_F(RolloutPanelTest, ObstaclesAreSentences)
{
    m_panel.setModelObstacle({});
    EXPECT_THAT(m_panel.obstacle().toStdString(), testing::HasSubstr("Open a picture"));
    const MediaId clip = m_stage.media.add(QStringLiteral("/clip.mp4"), QStringLiteral("clip.mp4"));
    m_stage.media.setOpened(clip, 40, 25);
    m_panel.form()->setConditionFrames(5);
    EXPECT_THAT(m_panel.obstacle().toStdString(), testing::HasSubstr("5 frames shall be given and only 1"));
    m_stage.media.wantFrame(clip, 8);
    EXPECT_EQ(m_panel.obstacle().toStdString(), "");
    EXPECT_EQ(m_panel.wish().lastFrame, 8);
    EXPECT_EQ(m_panel.wish().conditionFrames, 5);
    m_panel.form()->setSeedText(QStringLiteral("a"));
    EXPECT_THAT(m_panel.obstacle().toStdString(), testing::HasSubstr("Seeds are whole numbers"));
}

}  // namespace
}  // namespace armillary::test
