// The token panel: rows of its table, the strip shaded by the uppermost overlay layer, keys, drags and the query.
#include "support/attention_scene.h"
#include "window_support/keyboard.h"
#include "window_support/panel_stage.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "widgets/canvas/token_strip_canvas.h"
#include "widgets/kind_colors.h"
#include "widgets/legend_row.h"
#include "widgets/models/token_table_model.h"
#include "widgets/overlay/attention_overlay.h"
#include "widgets/overlay/overlay_legend.h"
#include "widgets/panels/token_panel.h"
#include "widgets/theme.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QMenu>
#include <QTableView>
#include <QTest>

namespace armillary::test {
namespace {

using namespace widgets;

class TokensOfRun : public testing::Test {
protected:
    void show(bool dark = false, const QSize& size = {1000, 300})
    {
        applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, dark);
        m_panel = std::make_unique<TokenPanel>(m_stage.context());
        m_panel->resize(size);
        m_panel->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_panel.get()));
        takeKeyboard(*m_panel);
        m_panel->strip()->setFocus();
        m_stage.run.showRecord(m_scene.record);
        ASSERT_TRUE(waitUntil([this] { return strip()->stripLayout().count == m_stage.run.size(); }));
        // Large enough cells to look into.
        (void)strip()->grab();
    }
    void paint()
    {
        OverlayLayer layer;
        layer.title = QStringLiteral("Ramp");
        layer.unit = QStringLiteral("bits");
        for (std::int64_t position = 0; position < m_scene.prefill; ++position)
            layer.values.push_back(static_cast<float>(position) / static_cast<float>(m_scene.prefill - 1));
        layer.marks.assign(layer.values.size(), CellMark::Visible);
        layer.marks[static_cast<std::size_t>(m_scene.image + 3)] = CellMark::Future;
        m_stage.overlays.setLayer(QStringLiteral("ramp"), layer);
    }
    [[nodiscard]] TokenStripCanvas* strip() const { return m_panel->strip(); }
    static int distance(const QColor& a, const QColor& b)
    {
        return std::max({std::abs(a.red() - b.red()), std::abs(a.green() - b.green()), std::abs(a.blue() - b.blue())});
    }

    AttentionScene m_scene;
    PanelStage m_stage;
    std::unique_ptr<TokenPanel> m_panel;
};

TEST_F(TokensOfRun, TheTableHoldsEveryPosition)
{
    show();
    QAbstractItemModel* model = m_panel->table()->model();
    const QAbstractItemModelTester tester(model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    EXPECT_EQ(model->rowCount(), m_stage.run.size());
    EXPECT_EQ(
        model->index(static_cast<int>(m_scene.prefill) + 2, TokenTableModel::PieceColumn).data().toString().trimmed(),
        QStringLiteral("ball"));
    m_stage.run.clear();
    EXPECT_EQ(model->rowCount(), 0);
    EXPECT_FALSE(strip()->isVisible()) << "a hint stands there";
}

TEST_F(TokensOfRun, CellsAreShadedAtTheirFootAndKeepTheirKind)
{
    show();
    paint();
    const QImage image = strip()->grab().toImage();
    for (const std::int64_t position : {m_scene.world + 20, m_scene.image + 10}) {
        const QColor want(scaleColor(ColorScale::Magnitude,
                                     static_cast<double>(position) / static_cast<double>(m_scene.prefill - 1)));
        EXPECT_LE(distance(image.pixelColor(strip()->footFromPosition(position)), want), 4) << position;
        // Left of the cell's words.
        const QPoint head =
            strip()->pointFromPosition(position) - QPoint(static_cast<int>(strip()->stripLayout().cellWidth / 2) - 2,
                                                          static_cast<int>(strip()->stripLayout().cellHeight / 4));
        EXPECT_LE(distance(image.pixelColor(head), kindColor(m_stage.run.kindAt(position), false)), 40) << position;
    }
    EXPECT_GT(distance(image.pixelColor(strip()->footFromPosition(m_scene.image + 3)),
                       QColor(scaleColor(ColorScale::Magnitude, static_cast<double>(m_scene.image + 3) /
                                                                    static_cast<double>(m_scene.prefill - 1)))),
              30)
        << "a masked cell has a pattern";
    // The pointer must not change what values look like.
    m_stage.selection.hover({m_scene.world + 1});
    const QImage hovered = strip()->grab().toImage();
    EXPECT_EQ(hovered.pixel(strip()->footFromPosition(m_scene.image + 10)),
              image.pixel(strip()->footFromPosition(m_scene.image + 10)));
    EXPECT_TRUE(m_panel->caption().contains(QStringLiteral("Ramp")));
}

TEST_F(TokensOfRun, DraggingChoosesARange)
{
    show();
    const std::int64_t from = m_scene.image + 2;
    QTest::mousePress(strip(), Qt::LeftButton, {}, strip()->pointFromPosition(from));
    (void)strip()->grab();
    for (const std::int64_t to : {from + 1, from + 3}) {
        QTest::mouseMove(strip(), strip()->pointFromPosition(to));
        (void)strip()->grab();
    }
    QTest::mouseRelease(strip(), Qt::LeftButton, {}, strip()->pointFromPosition(from + 3));
    const Positions want{from, from + 1, from + 2, from + 3};
    ASSERT_TRUE(waitUntil([&] { return m_stage.selection.chosen() == want; }));
    EXPECT_EQ(m_panel->table()->selectionModel()->selectedRows().size(), 4);
}

TEST_F(TokensOfRun, KeysMoveTheChoiceAndSetTheQuery)
{
    show();
    m_stage.selection.choose({m_scene.image});
    QTest::keyClick(strip(), Qt::Key_Right);
    EXPECT_EQ(m_stage.selection.chosen(), Positions{m_scene.image + 1});
    QTest::keyClick(strip(), Qt::Key_Q);
    EXPECT_EQ(m_stage.selection.focus().query, m_scene.image + 1);
    QTest::keyClick(strip(), Qt::Key_Q, Qt::ShiftModifier);
    EXPECT_FALSE(m_stage.selection.focus().query);
    QTest::mouseClick(strip(), Qt::LeftButton, Qt::AltModifier, strip()->pointFromPosition(5));
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.focus().query == 5; }));
}

TEST_F(TokensOfRun, TheMenuMakesAPositionTheQuery)
{
    show();
    Q_EMIT strip()->customContextMenuRequested(strip()->pointFromPosition(m_scene.prefill + 1));
    auto* menu = m_panel->findChild<QMenu*>();
    ASSERT_NE(menu, nullptr);
    ASSERT_FALSE(menu->actions().isEmpty());
    menu->actions().front()->trigger();
    EXPECT_EQ(m_stage.selection.focus().query, m_scene.prefill + 1);
    menu->close();
}

TEST_F(TokensOfRun, ALockedOneKeepsRunAndLayers)
{
    show();
    paint();
    const auto shown = m_stage.run.size();
    m_panel->setLocked(true);
    m_stage.run.showRecord(RecordBuilder::typical(3, 2).build());
    m_stage.overlays.removeLayer(QStringLiteral("ramp"));
    ASSERT_NE(m_stage.run.size(), shown);
    const QImage image = strip()->grab().toImage();
    EXPECT_EQ(strip()->stripLayout().count, shown);
    EXPECT_EQ(m_panel->table()->model()->rowCount(), shown);
    const std::int64_t cell = m_scene.image + 10;
    const QColor want(scaleColor(ColorScale::Magnitude,
                                 static_cast<double>(cell) / static_cast<double>(m_scene.prefill - 1)));
    EXPECT_LE(distance(image.pixelColor(strip()->footFromPosition(cell)), want), 4) << "still shaded";
    m_panel->setLocked(false);
    (void)strip()->grab();
    EXPECT_EQ(strip()->stripLayout().count, m_stage.run.size());
    EXPECT_EQ(m_panel->table()->model()->rowCount(), m_stage.run.size());
    EXPECT_FALSE(m_panel->caption().contains(QStringLiteral("Ramp")));
}

TEST_F(TokensOfRun, TheLegendDropsCountsBeforeItIsCut)
{
    show(false, {1200, 260});
    (void)m_panel->grab();
    EXPECT_TRUE(m_panel->legend()->isWhole());
    const int line = m_panel->legend()->height();
    for (const int width : {800, 520}) {
        m_panel->resize(width, 260);
        turnFor(std::chrono::milliseconds(50));
        EXPECT_FALSE(m_panel->legend()->isWhole());
        EXPECT_LE(m_panel->legend()->shownWidth(), m_panel->legend()->width())
            << "every kind keeps its colour and name";
    }
    EXPECT_GT(m_panel->legend()->height(), line) << "it goes on in a second line";
}

TEST_F(TokensOfRun, LooksRight)
{
    for (const bool dark : {false, true}) {
        for (const QSize& size : {QSize(640, 220), QSize(1200, 260)}) {
            show(dark, size);
            const AttentionOverlay overlay(m_stage.context());
            ASSERT_TRUE(waitUntil([&] { return m_stage.overlays.top() != nullptr; }));
            Focus focus;
            focus.query = m_scene.prefill + 3;
            m_stage.selection.setFocus(focus);
            turnFor(std::chrono::milliseconds(150));
            const QString name = QStringLiteral("tokens-%1-%2").arg(dark ? "dark" : "light").arg(size.width());
            EXPECT_FALSE(saveScreenshot(*m_panel, name).isEmpty());
            m_stage.selection.setFocus({});
            m_stage.run.clear();
            m_panel.reset();
        }
    }
}

}  // namespace
}  // namespace armillary::test
