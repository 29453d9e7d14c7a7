// The runs panel: rows from the model, keys and mouse out of it, notes in place, dragging, its looks in light and dark.
#include "support/record_builder.h"
#include "widgets/models/run_list_model.h"
#include "widgets/panels/runs_delegate.h"
#include "widgets/panels/runs_panel.h"
#include "widgets/theme.h"
#include "window_support/panel_stage.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QLineEdit>
#include <QListView>
#include <QMimeData>
#include <QPlainTextEdit>

#include <cstdlib>
#include <memory>

namespace armillary::test {
namespace {

using widgets::RunListModel;
using widgets::RunRow;
using widgets::RunsPanel;

RunRow row(const QString& id, const QString& question, const QString& answer)
{
    RunRow out;
    out.id = id;
    out.question = question;
    out.answer = answer;
    out.createdUtc = QStringLiteral("2026-01-31T10:20:30Z");
    out.outcome = QStringLiteral("completed");
    out.promptPositions = 1060;
    out.generatedTokens = 42;
    out.seconds = 3.4;
    return out;
}

std::vector<RunRow> someRows()
{
    std::vector<RunRow> rows{row(QStringLiteral("000001-aaaa"), QStringLiteral("What is on the table?"),
                                 QStringLiteral("A cup of coffee stands on a wooden table.")),
                             row(QStringLiteral("000002-bbbb"), QStringLiteral("What happens next?"),
                                 QStringLiteral("Somebody lifts the cup.")),
                             row(QStringLiteral("000003-cccc"), QStringLiteral("And without the world tokens?"),
                                 QStringLiteral("I cannot tell.")),
                             row(QStringLiteral("000004-dddd"), QString(), QString()),
                             row(QStringLiteral("000005-eeee"), QStringLiteral("Lost"), QString())};
    rows[1].parentId = rows[0].id;
    rows[2].parentId = rows[0].id;
    rows[2].note = QStringLiteral("the baseline of the demo");
    rows[3].isRollout = true;
    rows[4].problem = QStringLiteral("the file is damaged");
    return rows;
}

class RunsPanelTest : public testing::Test {
protected:
    void show(const QSize& size = {300, 420})
    {
        m_panel = std::make_unique<RunsPanel>(m_stage.context());
        m_panel->resize(size);
        m_panel->show();
        m_panel->activateWindow();
        ASSERT_TRUE(waitUntil([this] { return m_panel->isActiveWindow(); }));
    }
    [[nodiscard]] QRect rowRect(int row) const { return m_panel->list()->visualRect(m_stage.runs.index(row)); }
    [[nodiscard]] QAction* action(const QString& name) const
    {
        for (QAction* each : m_panel->actions()) {
            if (each->text() == name)
                return each;
        }
        return nullptr;
    }

    PanelStage m_stage;
    std::unique_ptr<RunsPanel> m_panel;
};

TEST_F(RunsPanelTest, ModelKeepsItsPromises)
{
    const QAbstractItemModelTester tester(&m_stage.runs, QAbstractItemModelTester::FailureReportingMode::Fatal);
    m_stage.runs.setRows(someRows());
    RunRow pending = row(QStringLiteral("new-1"), QStringLiteral("New"), QStringLiteral("Yes"));
    pending.isPending = true;
    pending.parentId = QStringLiteral("000002-bbbb");
    m_stage.runs.append(pending);
    EXPECT_TRUE(m_stage.runs.index(5).data(RunListModel::CostRole).toString().contains(QStringLiteral("written")));
    m_stage.runs.setSides(QStringLiteral("new-1"), QStringLiteral("000001-aaaa"));
    RunRow written = pending;
    written.id = QStringLiteral("000006-ffff");
    written.isPending = false;
    m_stage.runs.replace(pending.id, written);
    EXPECT_EQ(m_stage.runs.sideA(), written.id) << "the mark goes with the run";
    EXPECT_TRUE(m_stage.runs.setData(m_stage.runs.index(0), QStringLiteral("  a note "), Qt::EditRole));
    EXPECT_EQ(m_stage.runs.rows()[0].note, QStringLiteral("a note"));
    m_stage.runs.remove(written.id);
    EXPECT_EQ(m_stage.runs.rowCount(), 5);
}

TEST_F(RunsPanelTest, BranchesAreIndentedAndAConversationIsNot)
{
    m_stage.runs.setRows(someRows());
    const auto depth = [this](int at) { return m_stage.runs.index(at).data(RunListModel::DepthRole).toInt(); };
    EXPECT_EQ(depth(0), 0);
    EXPECT_EQ(depth(1), 0) << "goes on";
    EXPECT_EQ(depth(2), 1) << "goes on from the same run a second time";
    RunRow next = row(QStringLiteral("000006-ffff"), QStringLiteral("More"), QString());
    next.parentId = QStringLiteral("000003-cccc");
    m_stage.runs.append(next);
    EXPECT_EQ(depth(5), 1) << "of the branch";
}

TEST_F(RunsPanelTest, SaysWhatBelongsHereWhileThereIsNothing)
{
    show();
    EXPECT_FALSE(m_panel->list()->isVisible());
    m_stage.runs.append(someRows()[0]);
    EXPECT_TRUE(m_panel->list()->isVisible());
    m_stage.runs.setRows({});
    EXPECT_FALSE(m_panel->list()->isVisible());
}

TEST_F(RunsPanelTest, EnterAndDoubleClickShowAKeyCompares)
{
    m_stage.runs.setRows(someRows());
    show();
    QStringList wanted;
    QObject::connect(&m_stage.runs, &RunListModel::showWanted, m_panel.get(),
                     [&](const QString& id) { wanted << QStringLiteral("show ") + id; });
    QObject::connect(&m_stage.runs, &RunListModel::compareWanted, m_panel.get(),
                     [&](const QString& id) { wanted << QStringLiteral("compare ") + id; });
    clickAt(m_panel->list()->viewport(), rowRect(1).center());
    EXPECT_TRUE(wanted.isEmpty()) << "a click only points";
    pressKey(m_panel->list(), Qt::Key_Return);
    pressKey(m_panel->list(), Qt::Key_Down);
    pressKey(m_panel->list(), Qt::Key_B, Qt::ControlModifier);
    EXPECT_EQ(wanted, (QStringList{QStringLiteral("show 000002-bbbb"), QStringLiteral("compare 000003-cccc")}));
    action(QStringLiteral("Copy the question of the run"))->trigger();
    EXPECT_EQ(QApplication::clipboard()->text(), QStringLiteral("And without the world tokens?"));
}

TEST_F(RunsPanelTest, DraggingARunOntoAnotherComparesThem)
{
    m_stage.runs.setRows(someRows());
    QStringList wanted;
    QObject::connect(&m_stage.runs, &RunListModel::showWanted, &m_stage.runs,
                     [&](const QString& id) { wanted << QStringLiteral("show ") + id; });
    QObject::connect(&m_stage.runs, &RunListModel::compareWanted, &m_stage.runs,
                     [&](const QString& id) { wanted << QStringLiteral("compare ") + id; });
    const std::unique_ptr<QMimeData> dragged(m_stage.runs.mimeData({m_stage.runs.index(0)}));
    EXPECT_FALSE(m_stage.runs.canDropMimeData(dragged.get(), Qt::CopyAction, -1, -1, m_stage.runs.index(0)));
    EXPECT_FALSE(m_stage.runs.canDropMimeData(dragged.get(), Qt::CopyAction, 1, 0, {}));
    ASSERT_TRUE(m_stage.runs.dropMimeData(dragged.get(), Qt::CopyAction, -1, -1, m_stage.runs.index(2)));
    EXPECT_EQ(wanted, (QStringList{QStringLiteral("show 000003-cccc"), QStringLiteral("compare 000001-aaaa")}));
    m_stage.runs.setSides(QStringLiteral("000003-cccc"), {});
    wanted.clear();
    ASSERT_TRUE(m_stage.runs.dropMimeData(dragged.get(), Qt::CopyAction, -1, -1, m_stage.runs.index(2)));
    EXPECT_EQ(wanted, QStringList{QStringLiteral("compare 000001-aaaa")}) << "it is shown already";
}

TEST_F(RunsPanelTest, NotesAreWrittenInPlace)
{
    m_stage.runs.setRows(someRows());
    show();
    clickAt(m_panel->list()->viewport(), rowRect(0).center());
    const int before = rowRect(0).height();
    pressKey(m_panel->list(), Qt::Key_F2);
    QLineEdit* editor = nullptr;
    ASSERT_TRUE(waitUntil([&] {
        editor = m_panel->list()->findChild<QLineEdit*>();
        return editor != nullptr && editor->isVisible();
    }));
    typeText(editor, QStringLiteral("keep this"));
    pressKey(editor, Qt::Key_Return);
    ASSERT_TRUE(waitUntil([&] { return m_stage.runs.rows()[0].note == QStringLiteral("keep this"); }));
    EXPECT_TRUE(waitUntil([&] { return rowRect(0).height() > before; })) << "the note has a line of its own";

    clickAt(m_panel->notes()->viewport(), QPoint(10, 10));
    typeText(m_panel->notes(), QStringLiteral("about all"));
    EXPECT_EQ(m_stage.runs.sessionNotes(), QStringLiteral("about all"));
}

TEST_F(RunsPanelTest, PointsAtTheRunThatIsShown)
{
    m_stage.runs.setRows(someRows());
    show();
    m_panel->notes()->setFocus();
    m_stage.pair.setA({RecordBuilder::typical().build(), QStringLiteral("000002-bbbb"), {}});
    EXPECT_EQ(m_panel->list()->currentIndex().row(), 1);
    const auto data = m_panel->viewData();
    ASSERT_TRUE(data);
    EXPECT_EQ(data->tables.at(0).rows.size(), 5U);
}

struct Look {
    const char* name;
    QSize size;
    bool dark;
};

class RunsLooks : public RunsPanelTest, public testing::WithParamInterface<Look> {};

TEST_P(RunsLooks, ShowMarksNotesAndProblems)
{
    const Look look = GetParam();
    widgets::applyTheme(look.dark ? widgets::ThemeChoice::Dark : widgets::ThemeChoice::Light, look.dark);
    m_stage.runs.setSessionName(QStringLiteral("/somewhere/Coffee and what follows.armillary"));
    m_stage.runs.setRows(someRows());
    show(look.size);
    m_stage.runs.setSides(QStringLiteral("000002-bbbb"), QStringLiteral("000001-aaaa"));
    m_panel->notes()->setFocus();
    m_panel->list()->setCurrentIndex(m_stage.runs.index(1));
    QApplication::processEvents();
    saveScreenshot(*m_panel, QStringLiteral("runs-%1").arg(QLatin1String(look.name)));

    const QImage image = m_panel->list()->viewport()->grab().toImage();
    const auto colorNear = [&](const QPoint& point) { return image.pixelColor(point * image.devicePixelRatio()); };
    const auto distance = [](const QColor& a, const QColor& b) {
        return std::abs(a.red() - b.red()) + std::abs(a.green() - b.green()) + std::abs(a.blue() - b.blue());
    };
    const QFontMetrics metrics(m_panel->list()->font());
    // The corner of a badge holds its colour, its middle the letter.
    const auto badge = [&](int at) {
        const QRect rect = widgets::RunsDelegate::badgeRect(rowRect(at), metrics);
        return colorNear(rect.topLeft() + QPoint(rect.width() / 2, 2));
    };
    EXPECT_LT(distance(badge(1), widgets::sideColor(QStringLiteral("A"))), 30);
    EXPECT_LT(distance(badge(0), widgets::sideColor(QStringLiteral("B"))), 30);
    EXPECT_GT(distance(badge(2), widgets::sideColor(QStringLiteral("A"))), 100) << "neither";
    EXPECT_GT(rowRect(2).height(), rowRect(1).height()) << "a note has a line of its own";
    // The problem is written in the colour of errors.
    const QColor error = widgets::themeColors(look.dark).error;
    const QRect lost = rowRect(4).intersected(m_panel->list()->viewport()->rect());
    int found = 0;
    for (int y = lost.top(); y < lost.bottom(); ++y) {
        for (int x = lost.left(); x < lost.right(); ++x)
            found += distance(colorNear({x, y}), error) < 60 ? 1 : 0;
    }
    EXPECT_GT(found, 20);
}

INSTANTIATE_TEST_SUITE_P(Sizes, RunsLooks,
                         testing::Values(Look{"narrow-light", {216, 460}, false}, Look{"narrow-dark", {216, 460}, true},
                                         Look{"wide-light", {420, 480}, false}, Look{"wide-dark", {420, 480}, true}),
                         [](const auto& info) {
                             std::string name = info.param.name;
                             std::erase(name, '-');
                             return name;
                         });

}  // namespace
}  // namespace armillary::test
