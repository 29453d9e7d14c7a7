// A rollout in the window with the real engine over small random models: previews while it runs, a stop half-way that loses
// nothing, and a question about the predicted future.
#include "engine/engine.h"
#include "support/test_data.h"
#include "window_support/event_loop_watch.h"
#include "window_support/random_models.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "widgets/canvas/filmstrip_canvas.h"
#include "widgets/canvas/frame_compare_canvas.h"
#include "widgets/canvas/latent_maps_canvas.h"
#include "widgets/models/memory_plan_model.h"
#include "widgets/panels/answer_panel.h"
#include "widgets/panels/question_panel.h"
#include "widgets/panels/rollout_panel.h"
#include "widgets/rollout/rollout_form.h"
#include "widgets/rollout/rollout_view.h"
#include "widgets/theme.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QComboBox>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTableView>
#include <QToolButton>

#include <iostream>
#include <set>

namespace armillary::test {
namespace {

using widgets::RunState;

class RolloutFirstLight : public testing::Test {
protected:
    void open(const QSize& size = {1280, 800})
    {
        m_window = showWindow(&makeEngine, size);
        m_window->loadModels(randomModels());
        ASSERT_TRUE(waitUntil([this] { return m_window->controller().hasModel(); }, std::chrono::seconds(60)));
        panel()->form()->setSettings(smallRollout());
        m_window->dock(QStringLiteral("rollout"))->show();
        m_window->dock(QStringLiteral("rollout"))->raise();
        turnFor(std::chrono::milliseconds(100));
    }
    void openMedia(const char* path)
    {
        m_window->openMedia({QString::fromStdString(dataPath(path))});
        ASSERT_TRUE(waitUntil(
            [this] { return m_window->media().current() != nullptr && m_window->media().current()->ready(); }));
    }
    void setSize(int frames, int steps, int height, int width)
    {
        RolloutRequest request = panel()->form()->settings();
        request.frames = frames;
        request.steps = steps;
        request.heightPixels = height;
        request.widthPixels = width;
        panel()->form()->setSettings(request);
    }
    void pressPredict()
    {
        ASSERT_TRUE(waitUntil([this] { return panel()->predictButton()->isEnabled(); }))
            << panel()->obstacle().toStdString();
        clickAt(panel()->predictButton(), panel()->predictButton()->rect().center());
        ASSERT_TRUE(waitUntil([this] { return rollout().isRunning(); }));
    }
    void ask(const char* worldSource, const QString& text)
    {
        auto* question = m_window->panel<widgets::QuestionPanel>();
        question->worldSourceChoice()->setCurrentIndex(
            question->worldSourceChoice()->findData(QString::fromLatin1(worldSource)));
        clickAt(question->textEdit()->viewport(), QPoint(20, 10));
        typeText(question->textEdit(), text);
        pressKey(question->textEdit(), Qt::Key_Return, Qt::ControlModifier);
        ASSERT_TRUE(waitUntil([this] { return m_window->run().state() == RunState::Running; })) << lastMessage();
        ASSERT_TRUE(
            waitUntil([this] { return m_window->run().state() != RunState::Running; }, std::chrono::seconds(120)));
        ASSERT_EQ(m_window->run().state(), RunState::Completed) << lastMessage();
    }
    void askAboutTheFuture(const QString& text) { ask("rollout", text); }
    // The interface thread was never kept for longer; saving a screenshot is the test's own work and not counted.
    static void expectLively(const EventLoopWatch& watch, const char* what)
    {
        std::cout << what << ": " << watch.summary().toStdString() << "\n";
        EXPECT_LE(watch.longestBlockMilliseconds(), 50) << what;
    }
    [[nodiscard]] bool ended() { return !m_window->rolloutController().isBusy() && !rollout().empty(); }
    [[nodiscard]] widgets::RolloutPanel* panel() { return m_window->panel<widgets::RolloutPanel>(); }
    [[nodiscard]] widgets::ShownRollout& rollout() { return panel()->rollout(); }
    [[nodiscard]] std::string lastMessage()
    {
        return m_window->messages().messages().empty() ? std::string()
                                                       : m_window->messages().messages().front().text.toStdString();
    }

    std::unique_ptr<app::MainWindow> m_window;
};

TEST_F(RolloutFirstLight, ShowsPreviewsStopsHalfWayAndAnswersAboutTheFuture)
{
    open();
    openMedia("media/coffee.png");
    setSize(17, 40, 96, 160);
    panel()->promptEdit()->setText(QStringLiteral("steam rises from the cup"));

    EventLoopWatch watch;
    pressPredict();
    std::set<std::int64_t> previews;
    ASSERT_TRUE(waitUntil(
        [&] {
            if (rollout().current()->preview)
                previews.insert(rollout().current()->previewStep);
            return previews.size() >= 3;
        },
        std::chrono::seconds(120)))
        << lastMessage();
    EXPECT_EQ(rollout().current()->state, RunState::Running) << "previews must come while the rollout still runs";
    EXPECT_EQ(rollout().current()->frameCount(), 17);
    EXPECT_THAT(panel()->progressText().toStdString(),
                testing::ContainsRegex("step [0-9]+ of 40 · [0-9.]+ s a step · [0-9]+:[0-9]+ left"));
    EXPECT_GT(panel()->view()->memoryModel()->rowCount(), 0);
    ASSERT_TRUE(waitUntil([this] { return !panel()->view()->filmstrip()->frames()[16].thumbnail.isNull(); }));
    panel()->view()->setFrame(12);
    turnFor(std::chrono::milliseconds(150));
    expectLively(watch, "rollout");
    EXPECT_FALSE(saveScreenshot(*m_window, QStringLiteral("rollout_running")).isEmpty());
    watch.restart();

    // Half-way: what was shown stays.
    const auto shownSteps = rollout().current()->steps.size();
    clickAt(panel()->stopButton(), panel()->stopButton()->rect().center());
    ASSERT_TRUE(waitUntil([this] { return ended(); }));
    EXPECT_EQ(rollout().current()->state, RunState::Cancelled) << lastMessage();
    EXPECT_GE(rollout().current()->steps.size(), shownSteps);
    EXPECT_LT(rollout().current()->steps.size(), 40U);
    EXPECT_EQ(rollout().current()->frameCount(), 17);
    EXPECT_FALSE(rollout().current()->frame(12).empty());
    EXPECT_THAT(panel()->progressText().toStdString(), testing::HasSubstr("stopped; what was made stays"));
    expectLively(watch, "stop");
    saveScreenshot(*m_window, QStringLiteral("rollout_stopped"));
    watch.restart();

    // What was made can be asked about; the answer says that it is an estimate.
    const auto stoppedAfter = rollout().current()->steps.size();
    askAboutTheFuture(QStringLiteral("What may happen?"));
    EXPECT_EQ(m_window->run().record()->settings.at("rollout_steps"), std::to_string(stoppedAfter) + " of 40");
    EXPECT_THAT(m_window->run().record()->warnings, testing::Contains(testing::HasSubstr("stopped after step")));
    EXPECT_EQ(m_window->run().count(TokenKind::World), 5 * 12 * 20);
    EXPECT_EQ(rollout().current()->steps.size(), stoppedAfter) << "nothing was predicted anew";
    m_window->controller().newConversation();

    // To the end, then a question whose world tokens are the predicted ones.
    setSize(17, 4, 96, 160);
    pressPredict();
    ASSERT_TRUE(waitUntil([this] { return ended() && rollout().current()->state == RunState::Completed; },
                          std::chrono::seconds(120)))
        << lastMessage();
    ASSERT_TRUE(rollout().current()->isDecoded());
    ASSERT_NE(rollout().current()->latents(), nullptr);
    EXPECT_EQ(rollout().current()->latents()->shape, (std::vector<std::int64_t>{16, 5, 12, 20}));
    askAboutTheFuture(QStringLiteral("What happens next?"));
    const auto record = m_window->run().record();
    EXPECT_EQ(record->settings.at("world_source"), "rollout");
    EXPECT_EQ(record->settings.at("rollout_prompt"), "steam rises from the cup");
    EXPECT_EQ(m_window->run().count(TokenKind::World), 5 * 12 * 20) << "all five latent frames are world tokens";
    EXPECT_FALSE(record->generated.empty());
    EXPECT_EQ(rollout().branches().size(), 1U) << "the question shows the rollout that is there already";

    // The filmstrip and the token strip point at the same thing.
    widgets::Positions ofThird;
    for (std::int64_t i = 0; i < m_window->run().prefillLength(); ++i) {
        if (m_window->run().kindAt(i) == TokenKind::World && m_window->run().originAt(i).latentFrame == 3)
            ofThird.push_back(i);
    }
    auto* strip = panel()->view()->filmstrip();
    moveTo(strip, strip->pointFromFrame(11));
    EXPECT_TRUE(waitUntil([&] { return m_window->selection().hovered() == ofThird; }));
    clickAt(strip, strip->pointFromFrame(11));
    EXPECT_TRUE(waitUntil([&] { return panel()->view()->frame() == 11; }));
    EXPECT_EQ(m_window->selection().focus().latentFrame, 3);
    expectLively(watch, "question about the future");
    saveScreenshot(*m_window, QStringLiteral("rollout_asked"));
}

TEST_F(RolloutFirstLight, ComparesAClipWithItsRealContinuationAndSeedsWithEachOther)
{
    open({1920, 1080});
    openMedia("media/clip.mp4");
    m_window->media().wantFrame(m_window->media().current()->id, 8);
    setSize(13, 3, 96, 128);
    panel()->form()->setConditionFrames(5);
    panel()->form()->setSeedText(QStringLiteral("1, 2"));
    pressPredict();
    ASSERT_TRUE(waitUntil([this] { return ended(); }, std::chrono::seconds(120))) << lastMessage();
    ASSERT_EQ(rollout().branches().size(), 2U);
    for (const widgets::RolloutBranch& branch : rollout().branches())
        ASSERT_EQ(branch.state, RunState::Completed) << lastMessage();
    EXPECT_EQ(rollout().givenFrames(), 5);
    EXPECT_EQ(rollout().continuation().frames.size(), 8U);
    EXPECT_EQ(rollout().continuation().firstFrameIndex, 9);
    auto* view = panel()->view();
    view->setFrame(9);
    ASSERT_TRUE(waitUntil([view] { return view->measureText().contains(QStringLiteral("SSIM")); }));
    ASSERT_EQ(view->frameCanvas()->pictures().size(), 3U);
    EXPECT_GT(view->frameCanvas()->pictures()[2].legendHighest, 0);
    ASSERT_TRUE(waitUntil([view] { return view->filmstrip()->frames()[12].distance.has_value(); }));
    for (const bool dark : {false, true}) {
        widgets::applyTheme(dark ? widgets::ThemeChoice::Dark : widgets::ThemeChoice::Light, dark);
        const QString theme = dark ? QStringLiteral("dark") : QStringLiteral("light");
        const std::pair<widgets::RolloutView::Page, const char*> pages[] = {{widgets::RolloutView::FramePage, "frame"},
                                                                            {widgets::RolloutView::LatentPage,
                                                                             "latents"},
                                                                            {widgets::RolloutView::SeedPage, "seeds"},
                                                                            {widgets::RolloutView::TablePage, "table"},
                                                                            {widgets::RolloutView::MemoryPage,
                                                                             "memory"}};
        for (const auto& [page, name] : pages) {
            view->setPage(page);
            turnFor(std::chrono::milliseconds(250));
            EXPECT_FALSE(
                saveScreenshot(*m_window, QStringLiteral("rollout_clip_%1_%2").arg(QString::fromLatin1(name), theme))
                    .isEmpty());
        }
    }
    EXPECT_EQ(view->latentCanvas()->tiles().size(), 16U);
    ASSERT_EQ(view->seedCanvas()->tiles().size(), 3U);
    EXPECT_FALSE(view->seedCanvas()->tiles()[2].image.isNull());

    // The clip's own frames as the world, without any prediction.
    auto* question = m_window->panel<widgets::QuestionPanel>();
    clickAt(question->optionsButton(), question->optionsButton()->rect().center());
    for (QSpinBox* box : question->findChildren<QSpinBox*>()) {
        if (box->accessibleName() == QLatin1String("Frames of the clip"))
            box->setValue(5);
    }
    ask("clip", QStringLiteral("What moved?"));
    const auto record = m_window->run().record();
    EXPECT_EQ(record->settings.at("world_source"), "clip");
    ASSERT_EQ(record->question.media.size(), 1U);
    EXPECT_EQ(record->question.media[0].frames.size(), 5U);
    EXPECT_EQ(record->question.media[0].firstFrameIndex, 4) << "up to the frame on the slider";
    EXPECT_EQ(m_window->run().count(TokenKind::World), 2 * 64 * 64) << "five frames are two latent frames";
}

}  // namespace
}  // namespace armillary::test
