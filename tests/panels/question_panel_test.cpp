// The question panel: text by keys, settings in and out, what is missing in a sentence, buttons that follow their actions.
#include "window_support/keyboard.h"
#include "window_support/panel_picture.h"
#include "window_support/panel_stage.h"
#include "window_support/readable.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "widgets/cost/budget_bar.h"
#include "widgets/panels/question_panel.h"
#include "widgets/theme.h"

#include <gtest/gtest.h>

#include <QAction>
#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

namespace armillary::test {
namespace {

using namespace widgets;

class QuestionOfSession : public testing::Test {
protected:
    void open(const QSize& size = {320, 420}, bool dark = false)
    {
        applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, dark);
        m_panel = std::make_unique<QuestionPanel>(m_stage.context());
        m_panel->setActions(&m_ask, &m_stop, &m_new);
        m_panel->resize(size);
        m_panel->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_panel.get()));
        takeKeyboard(*m_panel);
    }

    PanelStage m_stage;
    QAction m_ask{QStringLiteral("Ask")}, m_stop{QStringLiteral("Stop")}, m_new{QStringLiteral("New")};
    std::unique_ptr<QuestionPanel> m_panel;
};

TEST_F(QuestionOfSession, TakesTextAndFollowsItsActions)
{
    m_stop.setEnabled(false);
    open();
    clickAt(m_panel->textEdit()->viewport(), QPoint(20, 10));
    typeText(m_panel->textEdit(), QStringLiteral("What moves?"));
    EXPECT_TRUE(
        waitUntil([this] { return m_panel->questionText() == QLatin1String("What moves?"); }, std::chrono::seconds(5)));
    EXPECT_FALSE(m_panel->stopButton()->isEnabled());
    m_stop.setEnabled(true);
    EXPECT_TRUE(m_panel->stopButton()->isEnabled());
    const QSignalSpy asked(&m_ask, &QAction::triggered);
    clickAt(m_panel->askButton(), m_panel->askButton()->rect().center());
    EXPECT_TRUE(waitUntil([&] { return asked.count() == 1; }, std::chrono::seconds(5)));
}

TEST_F(QuestionOfSession, KeepsItsSettings)
{
    open();
    m_panel->restoreSettings({{"maxNewTokens", 77}, {"temperature", 0.5}, {"worldSource", "clip"}, {"clipFrames", 5}});
    EXPECT_EQ(m_panel->settings().sampling.maxNewTokens, 77);
    EXPECT_DOUBLE_EQ(m_panel->settings().sampling.temperature, 0.5);
    EXPECT_EQ(m_panel->settings().world.source, WorldSource::Clip);
    EXPECT_EQ(m_panel->clipFrames(), 5);
    const QJsonObject saved = m_panel->saveSettings();
    open();
    EXPECT_NE(m_panel->settings().sampling.maxNewTokens, 77);
    m_panel->restoreSettings(saved);
    EXPECT_EQ(m_panel->settings().sampling.maxNewTokens, 77);
    m_panel->restoreSettings({{"maxNewTokens", "many"}, {"worldSource", "of another time"}});
    EXPECT_EQ(m_panel->settings().sampling.maxNewTokens, 77) << "wrong values change nothing";
    EXPECT_EQ(m_panel->settings().world.source, WorldSource::Clip);
}

TEST_F(QuestionOfSession, SaysWhatIsMissing)
{
    open();
    m_panel->setObstacle(QStringLiteral("No model is loaded; choose one under Model."));
    const auto labels = m_panel->findChildren<QLabel*>();
    EXPECT_TRUE(std::any_of(labels.begin(), labels.end(), [](const QLabel* label) {
        return label->isVisible() && label->text().startsWith(QLatin1String("No model"));
    }));
    m_panel->setObstacle({});
    EXPECT_TRUE(std::none_of(labels.begin(), labels.end(), [](const QLabel* label) {
        return label->isVisible() && label->text().startsWith(QLatin1String("No model"));
    }));
}

TEST_F(QuestionOfSession, LeavesOutInALowPanelWhatWouldOverlap)
{
    open({310, 420});
    m_panel->setMinimumSize(150, 64);  // as the window does it
    auto budget = std::make_shared<TokenBudget>();
    budget->contextLength = 2048;
    budget->conversation.text = budget->question.text = 40;
    m_panel->showBudget(budget, {});
    turnFor(std::chrono::milliseconds(20));
    EXPECT_TRUE(m_panel->budgetBar()->isVisible());
    const int wanted = m_panel->minimumSizeHint().height();
    for (const int height : {wanted, 170, 150, 130, 110}) {
        m_panel->resize(310, height);
        turnFor(std::chrono::milliseconds(20));
        EXPECT_EQ(clippedTexts(*m_panel).join(QLatin1Char('\n')).toStdString(), "") << height;
        EXPECT_EQ(m_panel->budgetBar()->isVisible(), height >= wanted) << height;
        EXPECT_EQ(m_panel->minimumSizeHint().height(), wanted) << "the window knows what would be good";
        int below = m_panel->textEdit()->geometry().bottom();
        for (QWidget* each :
             {static_cast<QWidget*>(m_panel->optionsButton()), static_cast<QWidget*>(m_panel->budgetBar()),
              static_cast<QWidget*>(m_panel->askButton())}) {
            if (!each->isVisible())
                continue;
            EXPECT_GT(each->geometry().top(), below) << height;
            below = each->geometry().bottom();
        }
        EXPECT_LT(below, height);
    }
}

TEST_F(QuestionOfSession, LooksWithItsOptionsInLightAndDark)
{
    for (const bool dark : {false, true}) {
        for (const QSize size : {QSize(300, 190), QSize(320, 420), QSize(460, 620)}) {
            open(size, dark);
            m_panel->setQuestionText(QStringLiteral("What is left of the red ball?"));
            m_panel->setObstacle(size.height() > 200 ? QStringLiteral("Waits for the end of this answer: What moves?")
                                                     : QString());
            m_panel->optionsButton()->setChecked(size.height() > 200);
            turnFor(std::chrono::milliseconds(50));
            const QImage shown =
                panelPicture(*m_panel, QStringLiteral("question-%1-%2")
                                           .arg(size.width())
                                           .arg(dark ? QLatin1String("dark") : QLatin1String("light")));
            EXPECT_EQ(clippedTexts(*m_panel).join(QLatin1Char('\n')).toStdString(), "") << size.width();
            const QRect ask(m_panel->askButton()->mapTo(m_panel.get(), QPoint()), m_panel->askButton()->size());
            EXPECT_EQ(shown.pixelColor(ask.left() + ask.width() / 2, ask.top() + 4), themeColors(dark).accent)
                << "asking is what the panel is for";
        }
    }
}

}  // namespace
}  // namespace armillary::test
