// Sessions in the main window with a scripted engine: one recorded elsewhere opens with no model, by command and by drop; a large
// one never holds up the window; closing during an analysis keeps everything.
#include "session/session.h"
#include "support/large_record.h"
#include "support/record_builder.h"
#include "support/test_data.h"
#include "support/tiny_engine.h"
#include "widgets/panels/answer_panel.h"
#include "widgets/panels/runs_panel.h"
#include "widgets/panels/token_panel.h"
#include "widgets/text/conversation_view.h"
#include "window_support/event_loop_watch.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QDockWidget>
#include <QListView>

#include <filesystem>

namespace armillary::test {
namespace {

namespace fs = std::filesystem;
using session::Session;
using widgets::RunState;

class SessionWindow : public testing::Test {
protected:
    void SetUp() override { m_root = makeTemporaryFolder(); }
    void TearDown() override
    {
        m_window.reset();
        fs::remove_all(m_root);
    }
    void open(const TinyScript& script = {}, const QSize& size = {1280, 800})
    {
        m_log = std::make_shared<TinyLog>();
        m_window = showWindow([script, log = m_log] { return std::make_unique<TinyEngine>(script, log); }, size);
    }
    [[nodiscard]] QString sessionWith(const std::vector<RunRecord>& records) const
    {
        const std::string path = m_root + "/Recorded elsewhere.armillary";
        auto session = Session::create(path);
        EXPECT_TRUE(session);
        for (const RunRecord& record : records)
            EXPECT_TRUE((*session)->append(record));
        return QString::fromStdString(path);
    }
    [[nodiscard]] bool shown() const { return m_window->run().state() == RunState::Completed; }

    std::string m_root;
    std::shared_ptr<TinyLog> m_log;
    std::unique_ptr<app::MainWindow> m_window;
};

TEST_F(SessionWindow, OpensWithNoModelAndEveryPanelShowsTheRecord)
{
    const RunRecord record = *RecordBuilder::typical().build();
    const QString path = sessionWith({record});
    open();
    m_window->openSession(path);
    ASSERT_TRUE(waitUntil([this] { return shown(); }));
    EXPECT_EQ(m_log->loads, 0);
    EXPECT_FALSE(m_window->controller().hasModel());
    EXPECT_EQ(m_window->panel<widgets::AnswerPanel>()->view()->answerText(), QString::fromStdString(record.answer));
    EXPECT_EQ(m_window->run().layout()->size(), record.layout->size());
    EXPECT_EQ(m_window->panel<widgets::RunsPanel>()->list()->model()->rowCount(), 1);
    EXPECT_TRUE(m_window->windowTitle().contains(QStringLiteral("Recorded elsewhere")));
    EXPECT_TRUE(waitUntil([&path] { return app::Settings().recentSessions().contains(path); }));
    // Its runs can be looked at one token at a time, as if they had just been made.
    m_window->selection().choose({3});
    QCoreApplication::processEvents();
    m_window->dock(QStringLiteral("runs"))->raise();
    turnFor(std::chrono::milliseconds(100));
    saveScreenshot(*m_window, QStringLiteral("session-without-model"));
    for (widgets::Panel* panel : m_window->findChildren<widgets::Panel*>())
        EXPECT_FALSE(panel->caption().isEmpty()) << panel->id().toStdString();
}

TEST_F(SessionWindow, OpensByDrop)
{
    const QString path = sessionWith({*RecordBuilder::typical().build()});
    open();
    dropFiles(m_window.get(), {path});
    ASSERT_TRUE(waitUntil([this] { return shown(); }));
    EXPECT_EQ(m_window->sessionFiles().path(), path);
    EXPECT_EQ(m_window->media().rowCount(), 0) << "it is no picture";
}

TEST_F(SessionWindow, ALargeRunNeverHoldsUpTheWindow)
{
    LargeSizes sizes;
    sizes.layers = 4;  // 4,200 positions
    const RunRecord large = largeRecord(sizes);
    const QString path = sessionWith({*RecordBuilder::typical().build(), large});
    open();
    turnFor(std::chrono::milliseconds(300));
    EventLoopWatch watch;
    m_window->openSession(path);
    ASSERT_TRUE(waitUntil([this] { return shown() && m_window->run().record()->tensors.contains("query.3"); }));
    ASSERT_EQ(m_window->run().layout()->size(), large.layout->size());
    turnFor(std::chrono::milliseconds(200));
    QListView* list = m_window->panel<widgets::RunsPanel>()->list();
    m_window->dock(QStringLiteral("runs"))->raise();
    list->setFocus();
    list->setCurrentIndex(list->model()->index(0, 0));
    turnFor(std::chrono::milliseconds(50));
    const QString other = list->currentIndex().data(Qt::UserRole).toString();
    pressKey(list, Qt::Key_Return);
    ASSERT_TRUE(waitUntil([&] { return m_window->pair().a().id == other; }));
    turnFor(std::chrono::milliseconds(200));
    EXPECT_LT(watch.longestBlockMilliseconds(), 50) << watch.summary().toStdString();
}

TEST_F(SessionWindow, ClosesInTimeDuringAnAnalysisAndKeepsTheRuns)
{
    TinyScript script;
    script.analysisStages = {{"Layers", 10'000, std::chrono::microseconds(2000)}};
    open(script);
    m_window->loadModels({});
    ASSERT_TRUE(waitUntil([this] { return m_window->controller().hasModel(); }));
    Question settings;
    settings.sampling.maxNewTokens = 5;
    m_window->controller().ask(settings, QStringLiteral("Hello"));
    ASSERT_TRUE(waitUntil([this] { return shown(); }));
    ASSERT_TRUE(waitUntil([this] { return !m_window->sessionFiles().path().isEmpty(); }));
    const std::string path = m_window->sessionFiles().path().toStdString();
    m_window->close();
    ASSERT_TRUE(waitUntil([this] { return !m_window->isVisible(); }, std::chrono::seconds(5)));
    EXPECT_TRUE(m_window->hasInferenceEnded());
    EXPECT_EQ((*Session::open(path))->runs().size(), 1U);
}

}  // namespace
}  // namespace armillary::test
