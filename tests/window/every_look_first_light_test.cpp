// Every workspace of a fresh start, after a question about a picture with world tokens and its analyses, and as A minus B, light and
// dark, as pictures for people to look at; and nothing in them is clipped, squeezed or out of the window.
#include "engine/engine.h"
#include "support/test_data.h"
#include "window_support/readable.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "app/views/workspace_shapes.h"
#include "widgets/analysis/analysis_strip.h"
#include "widgets/checks/option_matrix_view.h"
#include "widgets/models/check_table_model.h"
#include "widgets/panels/comparison_panel.h"
#include "widgets/panels/picture_panel.h"
#include "widgets/panels/question_panel.h"
#include "widgets/panels/runs_panel.h"
#include "widgets/panels/verification_panel.h"
#include "widgets/theme.h"

#include <gtest/gtest.h>

#include <QAction>
#include <QApplication>
#include <QDockWidget>
#include <QFile>
#include <QListView>
#include <QPlainTextEdit>

#include <utility>

namespace armillary::test {
namespace {

using namespace std::chrono_literals;
using widgets::ThemeChoice;

class EveryLook : public testing::TestWithParam<QSize> {
protected:
    void SetUp() override
    {
        app::Settings().setTheme(ThemeChoice::Light);
        m_window = showWindow(&makeEngine, GetParam(), modelAnalyses());
        m_window->loadModels({});
        ASSERT_TRUE(waitUntil([this] { return m_window->controller().hasModel(); }, 60s));
    }
    void TearDown() override
    {
        m_window->close();
        EXPECT_TRUE(waitUntil([this] { return !m_window->isVisible(); }, 10s));
        app::Settings().setTheme(ThemeChoice::System);
    }
    void ask(const QString& text)
    {
        const auto before = m_window->run().record();
        auto* question = m_window->panel<widgets::QuestionPanel>();
        question->restoreSettings({{"maxNewTokens", 24}});
        question->setQuestionText(text);
        for (QAction* action : m_window->findChildren<QAction*>()) {
            if (action->shortcut() == QKeySequence(Qt::CTRL | Qt::Key_Return))
                action->trigger();
        }
        ASSERT_TRUE(
            waitUntil([&] { return m_window->run().record() != nullptr && m_window->run().record() != before; }, 120s));
    }
    void trigger(const char* name)
    {
        for (QAction* action : m_window->actions()) {
            if (action->text() == QLatin1String(name))
                action->trigger();
        }
    }
    void lookAround(const char* state)
    {
        for (const bool isDark : {false, true}) {
            if (isDark)
                widgets::applyTheme(ThemeChoice::Dark, true);
            for (const widgets::Workspace workspace : widgets::kWorkspaces) {
                m_window->views().layout().setWorkspace(workspace);
                // As it comes, whatever an earlier test left in the settings.
                m_window->views().layout().reset();
                turnFor(400ms);
                const QString name = QStringLiteral("look-%1-%2-%3")
                                         .arg(GetParam().width())
                                         .arg(app::workspaceKey(workspace), QLatin1String(state));
                const QByteArray shown = take(name + QLatin1String(isDark ? "-dark" : "-light"));
                EXPECT_NE(shown, std::exchange(m_lastShown, shown)) << "painted anew: " << name.toStdString();
                // Colours change no sizes. Large text in a small window scrolls and elides; panels of their own sizes hold it
                // (every_panel_test).
                if (!isDark && QApplication::font().pointSizeF() < 1.2 * m_pointSize)
                    expectReadable(name);
            }
        }
        widgets::applyTheme(ThemeChoice::Light, false);
        EXPECT_EQ(m_window->size(), GetParam()) << "no workspace needs a larger window";
    }
    QByteArray take(const QString& name)
    {
        QFile shot(saveScreenshot(*m_window, name));
        return shot.open(QIODevice::ReadOnly) ? shot.readAll() : QByteArray();
    }
    void expectReadable(const QString& name)
    {
        for (QDockWidget* dock : m_window->findChildren<QDockWidget*>()) {
            if (!m_window->views().layout().isInSight(dock))
                continue;
            const std::string where = (name + QLatin1Char(' ') + dock->objectName()).toStdString();
            EXPECT_GE(dock->widget()->width(), 120) << where;
            EXPECT_GE(dock->widget()->height(), 60) << where;
            EXPECT_TRUE(m_window->rect().contains(dock->geometry())) << where;
            const QStringList clipped = clippedTexts(*dock->widget());
            EXPECT_TRUE(clipped.isEmpty()) << where << "\n  " << clipped.join(QStringLiteral("\n  ")).toStdString();
        }
    }

    std::unique_ptr<app::MainWindow> m_window;
    QByteArray m_lastShown;
    double m_pointSize = QApplication::font().pointSizeF();
};

TEST_P(EveryLook, IsReadable)
{
    turnFor(300ms);
    lookAround("fresh");

    m_window->openMedia({QString::fromStdString(dataPath("media/coffee.png"))});
    ASSERT_TRUE(
        waitUntil([this] { return m_window->media().current() != nullptr && m_window->media().current()->ready(); }));
    ask(QStringLiteral("What is in this picture?"));
    auto* checks = m_window->panel<widgets::VerificationPanel>();
    ASSERT_TRUE(waitUntil([&] { return checks->strip()->startAction()->isEnabled(); }, 20s));
    checks->strip()->startAction()->trigger();
    ASSERT_TRUE(waitUntil([&] { return checks->model()->rowCount() > 0; }, 240s));
    m_window->selection().choose({m_window->run().record()->layout->size() + 1});
    m_window->panel<widgets::PicturePanel>()->setFocus();
    lookAround("asked");
    for (int step = 0; step < 5; ++step)
        trigger("&Larger text");
    ASSERT_GE(QApplication::font().pointSizeF(), 1.5 * m_pointSize);
    lookAround("large-text");
    trigger("&Usual text size");

    ask(QStringLiteral("Which colours are there?"));
    auto* runs = m_window->panel<widgets::RunsPanel>();
    ASSERT_TRUE(waitUntil([&] { return runs->list()->model()->rowCount() >= 2; }, 20s));
    m_window->views().goTo(QStringLiteral("runs"));
    turnFor(100ms);
    runs->list()->setCurrentIndex(runs->list()->model()->index(0, 0));
    runs->list()->setFocus();
    pressKey(runs->list(), Qt::Key_B, Qt::ControlModifier);
    ASSERT_TRUE(waitUntil([this] { return m_window->pair().isPair(); }, 20s));
    m_window->pair().setSide(widgets::PairSide::Difference);
    m_window->selection().choose({m_window->run().record()->layout->size() + 1});
    lookAround("difference");
}

INSTANTIATE_TEST_SUITE_P(Sizes, EveryLook, testing::Values(QSize(1280, 800), QSize(1920, 1080)),
                         [](const auto& info) { return "w" + std::to_string(info.param.width()); });

}  // namespace
}  // namespace armillary::test
