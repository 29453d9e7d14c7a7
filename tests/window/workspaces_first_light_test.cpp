// Every workspace with small random models asked a question: how long switching takes.
#include "engine/engine.h"
#include "support/test_data.h"
#include "window_support/event_loop_watch.h"
#include "window_support/random_models.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "app/views/workspace_shapes.h"
#include "widgets/panels/picture_panel.h"
#include "widgets/panels/question_panel.h"
#include "widgets/panels/token_panel.h"

#include "widgets/canvas/token_strip_canvas.h"

#include <gtest/gtest.h>

#include <QDockWidget>
#include <QLabel>
#include <QPlainTextEdit>

#include <iostream>

namespace armillary::test {
namespace {

using namespace std::chrono_literals;
using widgets::RunState;

class WorkspaceLooks : public testing::TestWithParam<QSize> {
protected:
    void SetUp() override
    {
        m_window = showWindow(&makeEngine, GetParam(), modelAnalyses());
        m_window->loadModels(randomModels());
        ASSERT_TRUE(waitUntil([this] { return m_window->controller().hasModel(); }, 60s));
        m_window->openMedia({QString::fromStdString(dataPath("media/coffee.png"))});
        ASSERT_TRUE(waitUntil(
            [this] { return m_window->media().current() != nullptr && m_window->media().current()->ready(); }));
        auto* question = m_window->panel<widgets::QuestionPanel>();
        question->restoreSettings({{"maxNewTokens", 40}});
        question->setQuestionText(QStringLiteral("What is in this picture?"));
        clickAt(question->textEdit()->viewport(), QPoint(20, 10));
        pressKey(question->textEdit(), Qt::Key_Return, Qt::ControlModifier);
        ASSERT_TRUE(waitUntil([this] { return m_window->run().record() != nullptr; }, 120s));
    }
    void TearDown() override
    {
        m_window->close();
        EXPECT_TRUE(waitUntil([this] { return !m_window->isVisible(); }, 10s));
    }

    std::unique_ptr<app::MainWindow> m_window;
};

TEST_P(WorkspaceLooks, SwitchesWithoutBlocking)
{
    EventLoopWatch watch;
    for (int round = 0; round < 2; ++round) {
        for (const widgets::Workspace workspace : widgets::kWorkspaces) {
            turnFor(400ms);
            watch.restart();
            m_window->views().layout().setWorkspace(workspace);
            turnFor(300ms);
            std::cout << app::workspaceKey(workspace).toStdString() << ": " << watch.summary().toStdString() << "\n";
            EXPECT_LE(watch.longestBlockMilliseconds(), kLongestBlockMilliseconds)
                << "round " << round << ", " << app::workspaceName(workspace).toStdString();
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Sizes, WorkspaceLooks, testing::Values(QSize(1280, 800), QSize(1920, 1080)),
                         [](const auto& info) { return "w" + std::to_string(info.param.width()); });

}  // namespace
}  // namespace armillary::test
