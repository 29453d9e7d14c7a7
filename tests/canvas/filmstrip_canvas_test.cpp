// The filmstrip and the latent maps: layout by hand, and what the screen shows of them.
#include "window_support/waiting.h"

#include "widgets/canvas/filmstrip_canvas.h"
#include "widgets/canvas/filmstrip_layout.h"
#include "widgets/canvas/latent_maps_canvas.h"

#include <gtest/gtest.h>

#include <QTest>

namespace armillary::test {
namespace {

using namespace widgets;

QImage filled(const QColor& color, int width = 48, int height = 32)
{
    QImage out(width, height, QImage::Format_RGB32);
    out.fill(color);
    return out;
}

bool isNear(QRgb got, const QColor& want)
{
    return std::abs(qRed(got) - want.red()) < 12 && std::abs(qGreen(got) - want.green()) < 12 &&
           std::abs(qBlue(got) - want.blue()) < 12;
}

TEST(FilmstripLayout, FitsAllFramesAndFindsThemByX)
{
    // 17 frames of 3:2 and 40 px height: 60 wide, and 510 / 17 = 30 px a slot, so every second one is drawn.
    const FilmstripLayout layout = layoutFilmstrip(17, 1.5F, 510, 40, std::nullopt);
    EXPECT_FLOAT_EQ(layout.slotWidth, 30);
    EXPECT_EQ(layout.stride, 2);
    EXPECT_EQ(layout.frameFromX(0), 0);
    EXPECT_EQ(layout.frameFromX(29.9F), 0);
    EXPECT_EQ(layout.frameFromX(30), 1);
    EXPECT_EQ(layout.frameFromX(509), 16);
    EXPECT_FALSE(layout.frameFromX(510));
    EXPECT_FALSE(layout.frameFromX(-1));
    EXPECT_EQ(layout.latentFrames(), 5);
    EXPECT_EQ(layout.bandOfLatentFrame(0), std::pair(0.0F, 30.0F));
    EXPECT_EQ(layout.bandOfLatentFrame(4), std::pair(13 * 30.0F, 17 * 30.0F));
    EXPECT_EQ(layout.drawnFrame(7), 6);
}

TEST(FilmstripLayout, SlotsAreNoWiderThanThumbnailsAndCutAtTheEnd)
{
    const FilmstripLayout layout = layoutFilmstrip(3, 1, 1000, 50, std::nullopt);
    EXPECT_FLOAT_EQ(layout.slotWidth, 52);
    EXPECT_EQ(layout.stride, 1);
    EXPECT_EQ(layout.bandOfLatentFrame(1), std::pair(52.0F, 156.0F));
    EXPECT_EQ(layoutFilmstrip(0, 1, 100, 50, std::nullopt).latentFrames(), 0);
    EXPECT_EQ(rulerStep(6, 30), 8);
    EXPECT_EQ(rulerStep(40, 30), 1);
}

TEST(FitTiles, TakesTheLargestTiles)
{
    const TileGrid grid = fitTiles(16, 1, QSizeF(400, 400), 0, 0);
    EXPECT_EQ(grid.columns, 4);
    EXPECT_EQ(grid.rows, 4);
    EXPECT_DOUBLE_EQ(grid.width, 100);
    EXPECT_EQ(fitTiles(3, 1, QSizeF(900, 100), 0, 0).columns, 3);
}

TEST(FilmstripCanvas, DrawsBothRowsAndTellsOfClicks)
{
    FilmstripCanvas canvas;
    canvas.resize(600, 190);
    canvas.setFrames(9, 5, 1.5, true);
    for (int i = 0; i < 9; ++i) {
        canvas.setThumbnail(i, filled(i < 5 ? Qt::blue : Qt::red));
        if (i < 7)
            canvas.setReal(i, filled(Qt::green));
    }
    canvas.show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&canvas));
    ASSERT_TRUE(waitUntil([&canvas] { return canvas.frameCount() > 0; })) << canvas.failure().toStdString();
    const QImage shown = canvas.grab().toImage();
    const QPoint given = canvas.pointFromFrame(2);
    const QPoint predicted = canvas.pointFromFrame(7);
    EXPECT_TRUE(isNear(shown.pixel(given), Qt::blue));
    EXPECT_TRUE(isNear(shown.pixel(predicted), Qt::red));
    const int below = static_cast<int>(canvas.filmLayout().thumbnailHeight) + 4;
    EXPECT_TRUE(isNear(shown.pixel(given + QPoint(0, below)), Qt::green));
    EXPECT_FALSE(isNear(shown.pixel(predicted + QPoint(0, below)), Qt::green)) << "the source ends before frame 7";

    int chosen = -1;
    QObject::connect(&canvas, &FilmstripCanvas::frameChosen, &canvas, [&chosen](int frame) { chosen = frame; });
    QTest::mouseClick(&canvas, Qt::LeftButton, {}, predicted);
    EXPECT_TRUE(waitUntil([&chosen] { return chosen == 7; }));
}

TEST(LatentMapsCanvas, DrawsTilesWhereItSaysAndTellsOfClicks)
{
    LatentMapsCanvas canvas(QStringLiteral("Latent maps"));
    canvas.resize(400, 300);
    std::vector<MapTile> tiles(4);
    const QColor colors[] = {Qt::red, Qt::green, Qt::blue, Qt::yellow};
    for (std::size_t i = 0; i < tiles.size(); ++i)
        tiles[i] =
            {filled(colors[i], 32, 32), QStringLiteral("ch %1").arg(i), QStringLiteral("0.0 ± 1.0"), {}, i == 2, false};
    canvas.setTiles(tiles, 1);
    canvas.setLegend(ColorScale::Signed, QStringLiteral("−3 σ"), QStringLiteral("+3 σ"));
    canvas.show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&canvas));
    ASSERT_TRUE(waitUntil([&canvas] { return canvas.frameCount() > 0; })) << canvas.failure().toStdString();
    const QImage shown = canvas.grab().toImage();
    for (int i = 0; i < 4; ++i)
        EXPECT_TRUE(isNear(shown.pixel(canvas.rectOf(i, canvas.size()).center().toPoint()), colors[i])) << i;
    int clicked = -1;
    QObject::connect(&canvas, &LatentMapsCanvas::tileClicked, &canvas, [&clicked](int index) { clicked = index; });
    QTest::mouseClick(&canvas, Qt::LeftButton, {}, canvas.rectOf(3, canvas.size()).center().toPoint());
    EXPECT_TRUE(waitUntil([&clicked] { return clicked == 3; }));
}

}  // namespace
}  // namespace armillary::test
