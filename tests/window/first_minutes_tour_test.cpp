// A person's first minutes without any model: a recorded session is open within two seconds, every recorded session shows something in
// every panel, the next scene comes with its clip and its still, an own picture gets its honest line, the tour goes through by keys.
#include "app/demo/demo_desk.h"
#include "engine/engine.h"
#include "scenes/scene_show.h"
#include "support/test_data.h"
#include "support/tiny_engine.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "widgets/hint_page.h"
#include "widgets/models/check_table_model.h"
#include "widgets/panel_registry.h"
#include "widgets/panels/question_panel.h"
#include "widgets/panels/verification_panel.h"
#include "widgets/shell/coach_strip.h"
#include "widgets/shell/demo_strip.h"
#include "widgets/shell/guide_dialog.h"
#include "widgets/shell/notice_strip.h"
#include "widgets/shell/panel_frame.h"
#include "widgets/shell/status_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QApplication>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QMenuBar>
#include <QPushButton>
#include <QTextBrowser>
#include <QToolButton>
#include <QTreeWidget>

#include <set>

namespace armillary::test {
namespace {

using namespace std::chrono_literals;
using app::TourScene;
using widgets::CoachStrip;
using widgets::RunState;
using widgets::Workspace;

std::unique_ptr<Engine> noEngine()
{
    throw std::runtime_error("no model lies on this machine");
}

class FirstMinutes : public testing::Test {
protected:
    void TearDown() override
    {
        app::Settings().setDemoStripClosed(false);
        m_window.reset();
    }
    void open(app::EngineFactory factory = &noEngine, const QSize& size = {1280, 800})
    {
        app::Settings().setModels({});
        m_window = showWindow(std::move(factory), size, modelAnalyses());
    }
    void openFirst()
    {
        m_window->showFirstMinutes();
        ASSERT_TRUE(waitUntil([this] { return isShown(); }, 10s)) << lastMessage();
        ASSERT_TRUE(waitUntil([this] { return m_window->demo().scenes().isCurrent(); }, 10s)) << lastMessage();
    }
    [[nodiscard]] bool isShown() const
    {
        return m_window->run().record() != nullptr && m_window->run().state() == RunState::Completed;
    }
    [[nodiscard]] std::string lastMessage() const
    {
        const auto& messages = m_window->messages().messages();
        return messages.empty() ? std::string() : messages.front().text.toStdString();
    }
    [[nodiscard]] std::string line() const { return m_window->demo().strip()->line().toStdString(); }
    void expectEveryPanelLive(const std::string& where)
    {
        static const std::set<QString> withoutRun = {QStringLiteral("media"),   QStringLiteral("question"),
                                                     QStringLiteral("rollout"), QStringLiteral("messages"),
                                                     QStringLiteral("grid"),    QStringLiteral("budget")};
        m_window->selection().choose({m_window->run().prefillLength()});
        for (const widgets::PanelKind& kind : widgets::panelKinds()) {
            QDockWidget* dock = m_window->dock(kind.id);
            dock->show();
            dock->raise();
            turnFor(60ms);
            if (withoutRun.contains(kind.id))
                continue;
            for (const widgets::HintPage* hint : dock->findChildren<widgets::HintPage*>())
                EXPECT_FALSE(hint->isVisible()) << where << ": " << kind.id.toStdString() << " shows a hint";
        }
    }

    // What was computed with the model is there without it.
    void expectKept(std::size_t session)
    {
        const auto& checks = m_window->panel<widgets::VerificationPanel>()->model()->rows();
        const auto failed = std::count_if(checks.begin(), checks.end(), [](const auto& row) {
            return row.verdict == widgets::Verdict::Fail && row.id.startsWith(QLatin1Char('W'));
        });
        if (session == 0 || session == 3) {
            EXPECT_GT(checks.size(), 20U) << session;
        }
        if (session == 3) {
            EXPECT_EQ(failed, 1) << "one check of the world turns red";
        }
        const auto kept = [this](const char* name, std::map<std::string, std::string> arguments = {}) {
            return m_window->desk().atHand({m_window->run().record(), {name, std::move(arguments)}}) != nullptr;
        };
        if (session == 0) {
            EXPECT_TRUE(kept("knock-out") && kept("interventions") && kept("surprisal-change"));
        }
        if (session == 4) {
            EXPECT_TRUE(kept("compare", {{"rows", "options"}}));
        }
    }

    std::unique_ptr<app::MainWindow> m_window;
};

TEST_F(FirstMinutes, ARecordedSessionIsShownWithinTwoSecondsOfTheWindow)
{
    open();
    QElapsedTimer sinceWindow;
    sinceWindow.start();
    m_window->showFirstMinutes();
    ASSERT_TRUE(waitUntil([this] { return isShown(); }, 10s)) << lastMessage();
    const qint64 milliseconds = sinceWindow.elapsed();
    std::cout << "the first session is shown after " << milliseconds << " ms\n";
    EXPECT_LT(milliseconds, 2000);
    EXPECT_FALSE(m_window->run().record()->answer.empty());
    EXPECT_TRUE(m_window->demo().strip()->isVisible());
    EXPECT_THAT(line(), testing::AllOf(testing::HasSubstr("Embedded"), testing::HasSubstr("Real models")));
    EXPECT_FALSE(m_window->findChild<widgets::NoticeStrip*>()->isVisible()) << "one line is enough";
    EXPECT_TRUE(m_window->demo().recordedMark()->isVisible());
    // The scene that it is about is there to be asked about.
    ASSERT_TRUE(waitUntil([this] { return m_window->demo().scenes().isCurrent(); }, 10s)) << lastMessage();
    const auto& media = m_window->run().record()->question.media;
    ASSERT_FALSE(media.empty());
    EXPECT_EQ(scenes::sceneNumber(media.front().path), m_window->demo().scenes().number());
    turnFor(400ms);
    saveScreenshot(*m_window, QStringLiteral("first_minutes"));
}

TEST_F(FirstMinutes, EveryRecordedSessionShowsSomethingInEveryPanel)
{
    open();
    const auto& actions = m_window->demo().sessionActions();
    ASSERT_EQ(actions.size(), 5U);
    for (std::size_t i = 0; i < actions.size(); ++i) {
        const auto before = m_window->run().record();
        actions[i]->trigger();
        const QString path = m_window->demo().shelf().pathOf(i);
        ASSERT_TRUE(waitUntil([&] { return m_window->sessionFiles().path() == path; }, 10s)) << lastMessage();
        ASSERT_TRUE(waitUntil([&] { return isShown() && m_window->run().record() != before; }, 10s)) << i;
        EXPECT_TRUE(m_window->demo().recordedMark()->isVisible()) << i;
        EXPECT_FALSE(m_window->runs().sessionNotes().isEmpty()) << i;
        turnFor(300ms);
        saveScreenshot(*m_window, QStringLiteral("recorded_%1").arg(i + 1));
        expectEveryPanelLive(path.toStdString());
        expectKept(i);
    }
}

TEST_F(FirstMinutes, TheNextSceneComesWithItsClipItsStillAndItsQuestion)
{
    auto log = std::make_shared<TinyLog>();
    open([log] { return std::make_unique<TinyEngine>(TinyScript(), log); });
    m_window->loadModels({});
    ASSERT_TRUE(waitUntil([this] { return m_window->controller().hasModel(); }, 20s));
    openFirst();
    const std::int64_t first = m_window->demo().scenes().number();
    pressKey(m_window.get(), Qt::Key_F7);
    ASSERT_TRUE(waitUntil(
        [&] {
            return m_window->media().current() != nullptr && m_window->demo().scenes().isCurrent() &&
                   m_window->demo().scenes().number() == first + 1 &&
                   m_window->media().current()->shownFrame == scenes::kNow;
        },
        10s));
    EXPECT_EQ(m_window->media().current()->name.toStdString(), scenes::sceneLabel(first + 1));
    EXPECT_EQ(m_window->media().current()->frameCount, scenes::kFrames);
    EXPECT_EQ(m_window->media().rowCount(), 1) << "it takes the place of the last one";
    const auto telling = scenes::tellingQuestion(scenes::shownScene(first + 1));
    auto* question = m_window->panel<widgets::QuestionPanel>();
    EXPECT_EQ(question->questionText().toStdString(), telling.text);

    pressKey(question->textEdit(), Qt::Key_Return, Qt::ControlModifier);
    ASSERT_TRUE(waitUntil([&] { return log->asks == 1; }, 10s));
    ASSERT_TRUE(waitUntil([this] { return isShown(); }, 10s));
    const std::lock_guard lock(log->mutex);
    ASSERT_EQ(log->questions.size(), 1U);
    const Question& asked = log->questions.front();
    EXPECT_EQ(asked.turns.back().text, telling.text);
    EXPECT_EQ(asked.world.source, WorldSource::Rollout);
    ASSERT_EQ(asked.media.size(), 1U);
    EXPECT_EQ(asked.media.front().frames.size(), static_cast<std::size_t>(scenes::kSeenFrames));
    EXPECT_THAT(asked.stillFrames, testing::ElementsAre(scenes::kNow));
    EXPECT_FALSE(m_window->demo().recordedMark()->isVisible()) << "an own run is no recorded one";
}

TEST_F(FirstMinutes, AnOwnPictureGetsAnHonestLine)
{
    open();
    openFirst();
    EXPECT_THAT(line(), testing::Not(testing::HasSubstr("knows only its own world")));
    dropFiles(m_window.get(), {QString::fromStdString(dataPath("media/coffee.png"))});
    ASSERT_TRUE(waitUntil([this] { return m_window->media().current()->ready(); }, 10s));
    EXPECT_TRUE(m_window->demo().strip()->isVisible());
    EXPECT_THAT(line(), testing::HasSubstr("knows only its own world"));
    EXPECT_FALSE(m_window->demo().takesQuestion()) << "the question means the picture now";
    saveScreenshot(*m_window, QStringLiteral("first_minutes_own_picture"));
    pressKey(m_window.get(), Qt::Key_F7);
    ASSERT_TRUE(waitUntil([this] { return m_window->demo().scenes().isCurrent(); }, 10s)) << lastMessage();
    EXPECT_THAT(line(), testing::Not(testing::HasSubstr("knows only its own world")));
}

TEST_F(FirstMinutes, TheLineStaysClosedOnceItIsClosed)
{
    open();
    openFirst();
    auto* close = m_window->demo().strip()->closeButton();
    clickAt(close, close->rect().center());
    ASSERT_TRUE(waitUntil([this] { return !m_window->demo().strip()->isVisible(); }, 5s));
    m_window->close();
    m_window.reset();
    open();
    m_window->showFirstMinutes();
    ASSERT_TRUE(waitUntil([this] { return isShown(); }, 10s));
    EXPECT_FALSE(m_window->demo().strip()->isVisible());
}

TEST_F(FirstMinutes, TheTourGoesThroughByKeysAndSaysWhatIsRecorded)
{
    open();
    openFirst();
    app::GuidedTour& tour = m_window->demo().tour();
    pressKey(m_window.get(), Qt::Key_F8);
    ASSERT_TRUE(waitUntil([&] { return tour.isRunning(); }, 5s));
    CoachStrip* coach = tour.coach();
    ASSERT_TRUE(coach->isVisible());
    EXPECT_EQ(m_window->focusWidget(), coach->nextButton());
    const auto& steps = app::tourSteps();
    ASSERT_EQ(steps.size(), 6U);
    std::set<std::string> said;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        ASSERT_TRUE(waitUntil([&] { return tour.step() == i; }, 5s)) << i;
        ASSERT_TRUE(waitUntil(
            [&] {
                return m_window->demo().shelf().indexOf(m_window->sessionFiles().path()) ==
                           static_cast<int>(steps[i].session) &&
                       isShown() && coach->mark() == CoachStrip::Mark::Recorded;
            },
            10s))
            << i << ": " << coach->words().toStdString();
        turnFor(250ms);
        EXPECT_EQ(m_window->views().layout().workspace(), steps[i].workspace) << i;
        EXPECT_EQ(coach->title(), steps[i].title);
        EXPECT_TRUE(said.insert(coach->words().toStdString()).second) << "no step repeats another";
        // The strip covers no panel, and the panels that are meant have a frame.
        for (const QString& id : steps[i].panels) {
            const QDockWidget* dock = m_window->dock(id);
            EXPECT_TRUE(m_window->views().layout().isInSight(dock)) << i << ": " << id.toStdString();
            EXPECT_FALSE(dock->geometry().intersects(coach->geometry())) << i << ": " << id.toStdString();
            const auto frames = m_window->findChildren<widgets::PanelFrame*>();
            EXPECT_TRUE(std::any_of(frames.begin(), frames.end(),
                                    [&](const widgets::PanelFrame* frame) {
                                        return frame->dock() == dock && frame->isVisible();
                                    }))
                << i << ": " << id.toStdString();
        }
        if (steps[i].scene == TourScene::AskWithoutWorld) {
            ASSERT_TRUE(waitUntil([this] { return m_window->pair().isPair(); }, 5s));
            const RunRecord& with = *m_window->pair().a().record;
            const RunRecord& without = *m_window->pair().b().record;
            EXPECT_GT(with.layout->count(TokenKind::World), 0);
            EXPECT_EQ(without.layout->count(TokenKind::World), 0);
            EXPECT_THAT(coach->words().toStdString(),
                        testing::AllOf(testing::HasSubstr(scenes::plainAnswer(with.answer)),
                                       testing::HasSubstr(scenes::plainAnswer(without.answer))));
        }
        if (steps[i].scene == TourScene::Attention) {
            EXPECT_THAT(m_window->selection().chosen(), testing::ElementsAre(m_window->run().prefillLength()));
        }
        saveScreenshot(*m_window, QStringLiteral("tour_step_%1").arg(i + 1));
        pressKey(m_window.get(), Qt::Key_PageDown);
    }
    ASSERT_TRUE(waitUntil([&] { return !tour.isRunning(); }, 5s));
    EXPECT_FALSE(coach->isVisible());
    EXPECT_TRUE(m_window->findChildren<widgets::PanelFrame*>().isEmpty());
    EXPECT_EQ(m_window->contentsMargins().bottom(), 0);
    // On by every other key that a button has, back again by Page Up, and out by the key that led in.
    pressKey(m_window.get(), Qt::Key_F8);
    const std::vector<std::pair<Qt::Key, Qt::KeyboardModifiers>> onward = {
        {Qt::Key_PageDown, {}}, {Qt::Key_Return, {}}, {Qt::Key_Space, {}}, {Qt::Key_N, Qt::AltModifier}};
    for (const auto& [key, modifiers] : onward) {
        coach->nextButton()->setFocus();
        pressKey(m_window->focusWidget(), key, modifiers);
        ASSERT_TRUE(waitUntil([&] { return tour.step() == 1U; }, 5s)) << key;
        pressKey(m_window.get(), Qt::Key_PageUp);
        ASSERT_TRUE(waitUntil([&] { return tour.step() == 0U; }, 5s)) << key;
    }
    pressKey(m_window.get(), Qt::Key_F8);
    ASSERT_TRUE(waitUntil([&] { return !tour.isRunning(); }, 5s));
}

TEST_F(FirstMinutes, ASessionThatAPersonOpensEndsTheTour)
{
    open();
    openFirst();
    const app::GuidedTour& tour = m_window->demo().tour();
    pressKey(m_window.get(), Qt::Key_F8);
    pressKey(m_window.get(), Qt::Key_PageDown);
    ASSERT_TRUE(waitUntil([&] { return tour.step() == 1U && isShown(); }, 5s));
    m_window->demo().sessionActions()[1]->trigger();
    const auto isOpen = [this](std::size_t session) {
        return m_window->sessionFiles().path() == m_window->demo().shelf().pathOf(session) && isShown();
    };
    ASSERT_TRUE(waitUntil([&] { return isOpen(1); }, 10s)) << lastMessage();
    EXPECT_FALSE(tour.isRunning());
    EXPECT_FALSE(tour.coach()->isVisible());
    EXPECT_FALSE(m_window->demo().tourAction()->isChecked());
    EXPECT_TRUE(m_window->findChildren<widgets::PanelFrame*>().isEmpty());
    EXPECT_THAT(lastMessage(), testing::AllOf(testing::HasSubstr("tour"), testing::HasSubstr("F8")));
    EXPECT_EQ(m_window->findChild<widgets::StatusLine*>()->text().toStdString(), lastMessage());
    // The key leads in again, and the session that the first step opens does not end it.
    pressKey(m_window.get(), Qt::Key_F8);
    ASSERT_TRUE(waitUntil([&] { return isOpen(0); }, 10s)) << lastMessage();
    turnFor(100ms);
    EXPECT_EQ(tour.step(), 0U);
    pressKey(m_window.get(), Qt::Key_N, Qt::ControlModifier | Qt::ShiftModifier);
    EXPECT_TRUE(waitUntil([&] { return !tour.isRunning(); }, 10s)) << "an empty session is another one";
}

TEST_F(FirstMinutes, TheTourFollowsItsStepWhenItsSessionsComeLate)
{
    open();
    openFirst();
    const app::GuidedTour& tour = m_window->demo().tour();
    QStringList opened;
    QObject::connect(&m_window->session(), &app::SessionController::sessionOpened, m_window.get(),
                     [&opened](const QString& path) { opened << path; });
    pressKey(m_window.get(), Qt::Key_F8);
    ASSERT_TRUE(waitUntil([&] { return tour.isRunning(); }, 5s));
    // The last step asks for another session; a step back comes before it is there.
    for (std::size_t i = 1; i < app::tourSteps().size(); ++i)
        m_window->demo().tour().next();
    m_window->demo().tour().back();
    const app::RecordedShelf& shelf = m_window->demo().shelf();
    ASSERT_TRUE(waitUntil(
        [&] {
            return opened == QStringList{shelf.pathOf(3), shelf.pathOf(0)} && isShown();
        },
        10s))
        << opened.join(QLatin1Char('\n')).toStdString();
    turnFor(100ms);
    EXPECT_EQ(tour.step(), 4U);
    EXPECT_EQ(m_window->views().layout().workspace(), app::tourSteps()[4].workspace);
}

TEST_F(FirstMinutes, TheTourShowsItsOwnSceneWhenAnotherOneWasBegun)
{
    open();
    openFirst();
    const auto recorded = m_window->run().record();
    pressKey(m_window.get(), Qt::Key_F7);
    ASSERT_TRUE(waitUntil([this] { return m_window->run().record() == nullptr; }, 10s)) << lastMessage();
    pressKey(m_window.get(), Qt::Key_F8);
    ASSERT_TRUE(waitUntil([this] { return isShown(); }, 10s)) << "latent frames are what its first step speaks of";
    EXPECT_GT(m_window->run().layout()->count(TokenKind::World), 0);
    EXPECT_EQ(m_window->run().record()->question.media.front().path, recorded->question.media.front().path);
}

TEST_F(FirstMinutes, PresentingTheTourLeavesWhatTheStepShows)
{
    open();
    openFirst();
    const double before = QApplication::font().pointSizeF();
    pressKey(m_window.get(), Qt::Key_F8);
    pressKey(m_window.get(), Qt::Key_F11);
    app::GuidedTour& tour = m_window->demo().tour();
    ASSERT_TRUE(waitUntil([&] { return tour.isRunning() && m_window->views().isPresenting(); }, 5s));
    pressKey(m_window.get(), Qt::Key_PageDown);
    for (int i = 0; i < 2; ++i)
        pressKey(m_window.get(), Qt::Key_PageDown);
    ASSERT_TRUE(waitUntil([&] { return tour.step() == 3U; }, 5s));
    turnFor(400ms);
    EXPECT_TRUE(m_window->views().isPresenting());
    EXPECT_FALSE(m_window->menuWidget()->isVisible());
    EXPECT_GT(QApplication::font().pointSizeF(), before * 1.2);
    QStringList open;
    for (const widgets::PanelKind& kind : widgets::panelKinds()) {
        if (m_window->dock(kind.id)->isVisible())
            open << kind.id;
    }
    open.sort();
    QStringList wanted = app::tourSteps()[3].panels;
    wanted.sort();
    EXPECT_EQ(open, wanted);
    EXPECT_TRUE(tour.coach()->isVisible());
    saveScreenshot(*m_window, QStringLiteral("tour_presenting"));
    pressKey(m_window.get(), Qt::Key_Escape);
    ASSERT_TRUE(waitUntil([&] { return !m_window->views().isPresenting(); }, 5s));
    EXPECT_TRUE(m_window->menuWidget()->isVisible());
    EXPECT_TRUE(m_window->dock(QStringLiteral("answer"))->isVisible());
    EXPECT_TRUE(tour.isRunning());
}

TEST_F(FirstMinutes, TheGuideNamesWhatToFetchAndTheDialogChecksFolders)
{
    open();
    m_window->demo().guideAction()->trigger();
    auto* guide = m_window->findChild<widgets::GuideDialog*>();
    ASSERT_NE(guide, nullptr);
    EXPECT_THAT(guide->page()->toPlainText().toStdString(),
                testing::AllOf(testing::HasSubstr("google/gemma-3-4b-it"),
                               testing::HasSubstr("nvidia/Cosmos-Predict2-2B-Video2World"),
                               testing::HasSubstr("8.0 GiB"), testing::HasSubstr("NVIDIA Open Model License"),
                               testing::HasSubstr("guardrail")));
    Q_EMIT guide->foldersWanted();
    auto* dialog = m_window->findChild<widgets::ModelDialog*>();
    ASSERT_NE(dialog, nullptr);
    widgets::ModelChoice choice;
    choice.demo = false;
    choice.model = QString::fromStdString(dataPath("models/gemma-tiny"));
    choice.theWorld = QString::fromStdString(dataPath("models/theworld-tiny/spatial-mlp"));
    choice.world = QString::fromStdString(dataPath("models/cosmos-tiny"));
    dialog->setChoice(choice);
    clickAt(dialog->checkButton(), dialog->checkButton()->rect().center());
    ASSERT_TRUE(waitUntil([dialog] { return dialog->report()->topLevelItemCount() == 5; }, 10s));
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(dialog->report()->topLevelItem(i)->text(3), QStringLiteral("✓ yes"))
            << dialog->report()->topLevelItem(i)->text(0).toStdString();
    saveScreenshot(*guide, QStringLiteral("guide"));
    saveScreenshot(*dialog, QStringLiteral("models_checked"));
    // The wrong folder in the wrong place is said before anything is loaded.
    std::swap(choice.model, choice.world);
    dialog->setChoice(choice);
    clickAt(dialog->checkButton(), dialog->checkButton()->rect().center());
    ASSERT_TRUE(
        waitUntil([dialog] { return dialog->report()->topLevelItem(0)->text(3) == QStringLiteral("✗ no"); }, 10s));
}

}  // namespace
}  // namespace armillary::test
