// The message panel: rows newest first, errors in their colour, copied and cleared by keys and menu, and its empty page.
#include "window_support/keyboard.h"
#include "window_support/panel_picture.h"
#include "window_support/panel_stage.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "widgets/hint_page.h"
#include "widgets/panels/message_panel.h"
#include "widgets/theme.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QTableView>
#include <QTest>

namespace armillary::test {
namespace {

using namespace widgets;

class MessagesOfSession : public testing::Test {
protected:
    void open(bool dark = false)
    {
        applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, dark);
        m_panel = std::make_unique<MessagePanel>(m_stage.context());
        m_panel->resize(460, 160);
        m_panel->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_panel.get()));
        takeKeyboard(*m_panel);
    }
    void addSome()
    {
        m_stage.messages.add(MessageKind::Note, QStringLiteral("Report written: report.html"));
        m_stage.messages.add(MessageKind::Error,
                             QStringLiteral("The weights of the projector have another shape than the model wants; "
                                            "choose a checkpoint that fits: model.safetensors"));
    }
    [[nodiscard]] QTableView* table() const { return m_panel->table(); }

    PanelStage m_stage;
    std::unique_ptr<MessagePanel> m_panel;
};

TEST_F(MessagesOfSession, ListsTheNewestFirstAndSaysWhenThereAreNone)
{
    const QAbstractItemModelTester tester(&m_stage.messages, QAbstractItemModelTester::FailureReportingMode::Fatal);
    open();
    auto* hint = m_panel->findChild<HintPage*>();
    EXPECT_TRUE(hint->isVisible());
    addSome();
    EXPECT_FALSE(hint->isVisible());
    ASSERT_EQ(table()->model()->rowCount(), 2);
    EXPECT_EQ(table()->model()->index(0, MessageListModel::KindColumn).data().toString(), QStringLiteral("error"));
    for (QAction* action : table()->actions()) {
        if (action->text() == QLatin1String("Clear"))
            action->trigger();
    }
    EXPECT_TRUE(hint->isVisible());
}

TEST_F(MessagesOfSession, CopiesTheSelectedOnes)
{
    open();
    addSome();
    clickAt(table()->viewport(),
            table()->visualRect(table()->model()->index(1, MessageListModel::TextColumn)).center());
    pressKey(table(), Qt::Key_C, Qt::ControlModifier);
    EXPECT_TRUE(
        waitUntil([] { return QApplication::clipboard()->text() == QLatin1String("Report written: report.html"); },
                  std::chrono::seconds(5)));
}

TEST_F(MessagesOfSession, LooksInLightAndDark)
{
    for (const bool dark : {false, true}) {
        open(dark);
        m_stage.messages.clear();
        addSome();
        turnFor(std::chrono::milliseconds(50));
        const QImage shown =
            panelPicture(*m_panel,
                         QStringLiteral("messages-%1").arg(dark ? QLatin1String("dark") : QLatin1String("light")));
        const QRect cell = table()->visualRect(table()->model()->index(0, MessageListModel::KindColumn));
        const QColor error = themeColors(dark).error;
        int found = 0;
        for (int y = cell.top(); y < cell.bottom(); ++y) {
            for (int x = cell.left(); x < cell.right(); ++x) {
                const QColor pixel = shown.pixelColor(table()->viewport()->mapTo(m_panel.get(), QPoint(x, y)));
                found += std::abs(pixel.red() - error.red()) + std::abs(pixel.green() - error.green()) +
                                     std::abs(pixel.blue() - error.blue()) <
                                 60
                             ? 1
                             : 0;
            }
        }
        EXPECT_GT(found, 10) << "errors stand out";
        EXPECT_GT(table()->rowHeight(0), table()->rowHeight(1)) << "long sentences wrap";
    }
}

}  // namespace
}  // namespace armillary::test
