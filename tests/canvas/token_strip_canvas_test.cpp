// The token strip: where cells lie, what the screen shows there, and what pointer and clicks choose.
#include "support/record_builder.h"
#include "window_support/waiting.h"

#include "widgets/canvas/token_strip_canvas.h"
#include "widgets/kind_colors.h"
#include "widgets/theme.h"

#include <gtest/gtest.h>

#include <QTest>

namespace armillary::test {
namespace {

using namespace widgets;

// How far a pixel is from a colour, the largest of the three channels.
int distanceFrom(QRgb got, const QColor& want)
{
    return std::max(
        {std::abs(qRed(got) - want.red()), std::abs(qGreen(got) - want.green()), std::abs(qBlue(got) - want.blue())});
}

TEST(TokenStripLayout, WrapsCellsIntoRowsAndFindsThemAgain)
{
    // 10-pixel squares in 100 pixels: ten a row, 23 cells make three rows.
    const TokenStripLayout layout = layoutTokenStrip(23, 100, 10);
    EXPECT_EQ(layout.columns, 10);
    EXPECT_EQ(layout.rows, 3);
    EXPECT_FLOAT_EQ(layout.contentHeight(), 30);
    const StripRect cell = layout.rectFromPosition(12);
    EXPECT_FLOAT_EQ(cell.left, 20);
    EXPECT_FLOAT_EQ(cell.top, 10);
    EXPECT_EQ(layout.positionFromPoint(25, 15), 12);
    EXPECT_FALSE(layout.positionFromPoint(35, 25)) << "row 2 ends after three cells";
    EXPECT_FALSE(layout.positionFromPoint(-1, 5));
    EXPECT_EQ(layout.positionsBetween(10, 19), (std::pair<std::int64_t, std::int64_t>{10, 20}));
}

TEST(TokenStripLayout, FitShowsEverythingWithTheLargestCells)
{
    for (const std::int64_t count : {1, 20, 333, 4200}) {
        const TokenStripLayout fitted = fitTokenStrip(count, 600, 90);
        EXPECT_LE(fitted.contentHeight(), 90) << count;
        EXPECT_EQ(fitted.positionFromPoint(1, 1), 0) << count;
        EXPECT_GE(fitted.rows * fitted.columns, count);
        if (fitted.cellHeight + 1 <= kLargestCellPixels) {
            EXPECT_GT(layoutTokenStrip(count, 600, fitted.cellHeight + 1).contentHeight(), 90) << count;
        }
    }
    EXPECT_FLOAT_EQ(fitTokenStrip(1'000'000, 600, 90).cellHeight, kSmallestCellPixels);
}

TEST(TokenStripLayout, OverviewKeepsSingleTokensVisible)
{
    const StripOverview overview =
        layoutStripOverview({{TokenKind::Control, 0, 1}, {TokenKind::World, 1, 4001}, {TokenKind::Text, 4001, 4021}},
                            800, 4);
    ASSERT_EQ(overview.rects.size(), 3U);
    EXPECT_GE(overview.rects[0].width, 4);
    EXPECT_GE(overview.rects[2].width, 4);
    EXPECT_NEAR(overview.rects[2].right(), 800, 0.5);
    EXPECT_EQ(overview.spanFromX(overview.rects[1].left + 5), 1U);
    EXPECT_EQ(overview.positionFromX(overview.xFromPosition(2000)), 2000);
}

TEST(TokenStripCells, HaveFillFootAndGap)
{
    const TokenStripLayout layout = layoutTokenStrip(23, 100, 10);
    const QImage picture = stripCellsPicture(layout, 10, 23, 1, 3, [](std::int64_t position) {
        return StripCellLook{0xFF000000U + static_cast<std::uint32_t>(position), position % 2 == 0 ? 0xFFAA0000U : 0};
    });
    ASSERT_EQ(picture.size(), QSize(100, 20)) << "rows 1 and 2";
    const auto pixel = [&picture](int x, int y) {
        return reinterpret_cast<const std::uint32_t*>(picture.constScanLine(y))[x];
    };
    EXPECT_EQ(pixel(20, 0), 0xFF00000CU);
    EXPECT_EQ(pixel(28, 5), 0xFF00000CU);
    EXPECT_EQ(pixel(24, 6), 0xFFAA0000U) << "the foot of 12";
    EXPECT_EQ(pixel(24, 8), 0xFFAA0000U);
    EXPECT_EQ(pixel(34, 8), 0xFF00000DU) << "13 has none";
    EXPECT_EQ(pixel(29, 4), 0U) << "the gap on the right";
    EXPECT_EQ(pixel(24, 9), 0U) << "and below";
    EXPECT_EQ(pixel(25, 13), 0xFF000016U) << "22, the last";
    EXPECT_EQ(pixel(35, 13), 0U);
}

class StripOnScreen : public testing::Test {
protected:
    void SetUp() override
    {
        applyTheme(ThemeChoice::Light, false);
        m_run.showRecord(RecordBuilder::typical(8, 4).build());
        m_canvas = std::make_unique<TokenStripCanvas>(m_run, m_selection, m_overlays);
        m_canvas->resize(900, 220);
        m_canvas->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_canvas.get()));
        ASSERT_TRUE(waitUntil([this] { return m_canvas->frameCount() > 0; })) << m_canvas->failure().toStdString();
    }
    [[nodiscard]] QRgb pixelAt(std::int64_t position)
    {
        // Off the middle, where a cell may carry its word.
        return m_canvas->grab().toImage().pixel(m_canvas->pointFromPosition(position) + QPoint(0, 5));
    }

    ShownRun m_run;
    Selection m_selection;
    OverlayStack m_overlays;
    std::unique_ptr<TokenStripCanvas> m_canvas;
};

TEST_F(StripOnScreen, CellsHaveTheColoursOfTheirKinds)
{
    ASSERT_EQ(m_canvas->stripLayout().count, m_run.size());
    for (const TokenKind kind : {TokenKind::World, TokenKind::Image, TokenKind::Generated}) {
        std::int64_t position = 0;
        while (m_run.kindAt(position) != kind)
            ++position;
        const QRgb got = pixelAt(position);
        int nearest = 1000;
        TokenKind best = TokenKind::Text;
        for (const TokenKind other : {TokenKind::Text, TokenKind::World, TokenKind::Image, TokenKind::Generated}) {
            if (const int distance = distanceFrom(got, kindColor(other, false)); distance < nearest) {
                nearest = distance;
                best = other;
            }
        }
        EXPECT_EQ(best, kind) << tokenKindName(kind) << " at " << position << " is "
                              << QColor(got).name().toStdString();
    }
}

TEST_F(StripOnScreen, ChosenCellsKeepTheirColourAndOthersFade)
{
    std::int64_t world = 0;
    while (m_run.kindAt(world) != TokenKind::World)
        ++world;
    m_selection.choose({world});
    m_canvas->update();
    const QColor full = kindColor(TokenKind::World, false);
    EXPECT_LT(distanceFrom(pixelAt(world), full), distanceFrom(pixelAt(world + 20), full))
        << "unselected items turn pale";
    EXPECT_GT(distanceFrom(pixelAt(world + 20), themeColors(m_canvas->palette()).base), 8) << "and never vanish";
}

TEST_F(StripOnScreen, PointerHoversAndClicksChoose)
{
    QTest::mouseMove(m_canvas.get(), m_canvas->pointFromPosition(30));
    ASSERT_TRUE(waitUntil([this] { return m_selection.isHovered(30); }));
    QTest::mouseClick(m_canvas.get(), Qt::LeftButton, {}, m_canvas->pointFromPosition(30));
    ASSERT_TRUE(waitUntil([this] { return m_selection.chosen() == Positions{30}; }));
    QTest::mouseClick(m_canvas.get(), Qt::LeftButton, Qt::ShiftModifier, m_canvas->pointFromPosition(33));
    ASSERT_TRUE(waitUntil([this] { return m_selection.chosen() == Positions({30, 31, 32, 33}); }));
    QTest::mouseClick(m_canvas.get(), Qt::LeftButton, Qt::ControlModifier, m_canvas->pointFromPosition(31));
    ASSERT_TRUE(waitUntil([this] { return m_selection.chosen() == Positions({30, 32, 33}); }));
}

TEST_F(StripOnScreen, ThousandsOfCellsAreShadedWithoutDrawingThemOneByOne)
{
    m_run.showRecord(RecordBuilder::typical(40, 16).build());
    m_canvas->refresh();
    OverlayLayer layer;
    layer.values.assign(static_cast<std::size_t>(m_run.size()), 0.2F);
    layer.values[700] = 1;
    m_overlays.setLayer(QStringLiteral("test"), layer);
    (void)m_canvas->grab();
    ASSERT_LT(m_canvas->stripLayout().cellHeight, 12) << "small cells";
    const auto at = [this](const QPoint& point) { return m_canvas->grab().toImage().pixelColor(point); };
    EXPECT_EQ(at(m_canvas->footFromPosition(700)), QColor(overlayColor(layer, 700)));
    EXPECT_EQ(at(m_canvas->footFromPosition(701)), QColor(overlayColor(layer, 701)));
    EXPECT_EQ(at(m_canvas->pointFromPosition(701) - QPoint(0, 3)), kindColor(m_run.kindAt(701), false));
    // Pointing somewhere else draws only what is framed there; another layer only the cells that it changes.
    m_selection.hover({900});
    (void)m_canvas->grab();
    EXPECT_LT(m_canvas->lastDamage().width() * m_canvas->lastDamage().height(), m_canvas->width() * 100);
    layer.values[700] = 0.2F;
    m_overlays.setLayer(QStringLiteral("test"), layer);
    (void)m_canvas->grab();
    EXPECT_TRUE(m_canvas->lastDamage().contains(m_canvas->footFromPosition(700)));
    EXPECT_LE(m_canvas->lastDamage().height(), 3 * 32);
    EXPECT_EQ(at(m_canvas->footFromPosition(700)), QColor(overlayColor(layer, 701)));
}

}  // namespace
}  // namespace armillary::test
