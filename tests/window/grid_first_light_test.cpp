// The real window with the real engine: four moments of a video asked about as one picture, with the account of its tokens
// before, by mouse and keyboard.
#include "engine/engine.h"
#include "support/test_data.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "widgets/cost/budget_bar.h"
#include "widgets/panels/budget_panel.h"
#include "widgets/panels/grid_panel.h"
#include "widgets/panels/question_panel.h"
#include "widgets/token_description.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QCheckBox>
#include <QDockWidget>
#include <QPlainTextEdit>
#include <QSpinBox>

namespace armillary::test {
namespace {

using namespace std::chrono_literals;
using widgets::RunState;

class GridFirstLight : public testing::Test {
protected:
    void SetUp() override
    {
        m_window = showWindow(&makeEngine);
        widgets::ModelChoice choice;
        choice.demo = false;
        choice.model = QString::fromStdString(dataPath("models/gemma-tiny"));
        choice.device = QStringLiteral("cpu");
        m_window->loadModels(choice);
        ASSERT_TRUE(waitUntil([this] { return m_window->controller().hasModel(); }, 60s));
        m_question = m_window->panel<widgets::QuestionPanel>();
        m_grid = m_window->panel<widgets::GridPanel>();
    }
    void TearDown() override
    {
        m_window->close();
        EXPECT_TRUE(waitUntil([this] { return !m_window->isVisible(); }, 10s)) << "the window closes";
    }

    // The account of the question as it stands now, when it was counted.
    [[nodiscard]] TokenBudget budgetOf(const QString& text)
    {
        clickAt(m_question->textEdit()->viewport(), QPoint(20, 10));
        typeText(m_question->textEdit(), text);
        turnFor(500ms);
        const TokenBudget* budget = m_question->budgetBar()->budget();
        EXPECT_NE(budget, nullptr);
        return budget == nullptr ? TokenBudget() : *budget;
    }
    void ask()
    {
        pressKey(m_question->textEdit(), Qt::Key_Return, Qt::ControlModifier);
        ASSERT_TRUE(waitUntil([this] { return m_window->run().state() == RunState::Completed; }, 60s));
    }

    std::unique_ptr<app::MainWindow> m_window;
    widgets::QuestionPanel* m_question = nullptr;
    widgets::GridPanel* m_grid = nullptr;
};

TEST_F(GridFirstLight, FourMomentsAreAskedAboutAndCountedBefore)
{
    ASSERT_TRUE(waitUntil([this] { return m_question->budgetBar()->isVisible(); }, 10s))
        << "no account of an empty question";
    dropFiles(m_window.get(), {QString::fromStdString(dataPath("media/clip.mp4"))});
    ASSERT_TRUE(waitUntil([this] {
        const widgets::MediaItem* item = m_window->media().current();
        return item != nullptr && item->ready();
    }));
    m_window->dock(QStringLiteral("grid"))->show();
    m_window->dock(QStringLiteral("grid"))->raise();
    ASSERT_TRUE(waitUntil([this] { return m_grid->useBox()->isVisible(); }, 5s));
    clickAt(m_grid->useBox(), QPoint(8, m_grid->useBox()->height() / 2));
    ASSERT_TRUE(waitUntil([this] { return !m_window->media().current()->gridPicture.isNull(); }, 20s));
    m_grid->momentBox(1)->setValue(4);
    ASSERT_TRUE(waitUntil([this] { return m_window->media().current()->grid->moments[1].sourceFrame == 4; }));

    const TokenBudget before = budgetOf(QStringLiteral("What moved?"));
    EXPECT_EQ(before.conversation.image, 16);
    EXPECT_EQ(before.question, before.conversation);
    m_window->dock(QStringLiteral("budget"))->show();
    m_window->dock(QStringLiteral("budget"))->raise();
    turnFor(200ms);
    EXPECT_EQ(m_window->panel<widgets::BudgetPanel>()->bar()->words(), m_question->budgetBar()->words());
    saveScreenshot(*m_window, QStringLiteral("grid_before_asking"));
    ask();
    const auto record = m_window->run().record();
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(record->layout->size(), before.conversation.prompt());
    const auto& grid = record->question.media.at(0).grid;
    ASSERT_NE(grid, nullptr);
    EXPECT_EQ(grid->moments[1].sourceFrame, 4);
    EXPECT_EQ(grid->moments[3].sourceFrame, 39);
    EXPECT_FALSE(grid->picture.empty());
    int inCells = 0;
    for (std::int64_t i = 0; i < record->layout->size(); ++i)
        inCells += widgets::gridCellLine(m_window->run(), i).startsWith(QStringLiteral("cell")) ? 1 : 0;
    EXPECT_EQ(inCells, 16) << "4x4 tokens over 2x2 cells have no border in them";
    m_window->selection().choose({record->layout->size() / 2});
    turnFor(300ms);
    saveScreenshot(*m_window, QStringLiteral("grid_after_asking"));

    // The next question goes on from it and shows nothing anew.
    const TokenBudget next = budgetOf(QStringLiteral("And then?"));
    EXPECT_EQ(next.question.image, 0);
    EXPECT_EQ(next.conversation.image, 16);
    EXPECT_GT(next.conversation.prompt(), before.conversation.prompt());
    ask();
    ASSERT_NE(m_window->run().record(), nullptr);
    EXPECT_EQ(m_window->run().record()->question.media.size(), 1U);
    EXPECT_NE(m_window->run().record()->question.media[0].grid, nullptr);
    EXPECT_EQ(m_window->run().record()->layout->size(), next.conversation.prompt());
}

}  // namespace
}  // namespace armillary::test
