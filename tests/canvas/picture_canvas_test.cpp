// The picture canvas: the picture's own pixels on the screen, boxes where a token's pixels are, zoom under the pointer.
#include "support/record_builder.h"
#include "window_support/waiting.h"

#include "widgets/canvas/picture_canvas.h"
#include "widgets/theme.h"

#include <gtest/gtest.h>

#include <QTest>

namespace armillary::test {
namespace {

using namespace widgets;

QImage quarters()
{
    QImage out(300, 200, QImage::Format_RGB888);
    for (int y = 0; y < out.height(); ++y) {
        for (int x = 0; x < out.width(); ++x)
            out.setPixelColor(x, y, y < 100 ? (x < 150 ? Qt::red : Qt::green) : (x < 150 ? Qt::blue : Qt::yellow));
    }
    return out;
}

class PictureOnScreen : public testing::Test {
protected:
    void SetUp() override
    {
        applyTheme(ThemeChoice::Light, false);
        m_run.showRecord(RecordBuilder::typical(8, 4).build());
        m_canvas = std::make_unique<PictureCanvas>(m_run, m_selection, m_overlays);
        m_canvas->resize(620, 420);
        m_canvas->setPicture(quarters(), QSize(300, 200));
        m_canvas->setRunMedia(0);
        m_canvas->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_canvas.get()));
        ASSERT_TRUE(waitUntil([this] { return m_canvas->frameCount() > 0; })) << m_canvas->failure().toStdString();
    }
    // The colour on the screen at a point of the picture, in fractions of its sides.
    [[nodiscard]] QColor colorAt(double row, double column)
    {
        const QRectF rect = m_canvas->pictureRect();
        return m_canvas->grab().toImage().pixelColor(
            QPointF(rect.left() + column * rect.width(), rect.top() + row * rect.height()).toPoint());
    }
    static void expectNear(const QColor& got, const QColor& want, int tolerance)
    {
        EXPECT_NEAR(got.red(), want.red(), tolerance);
        EXPECT_NEAR(got.green(), want.green(), tolerance);
        EXPECT_NEAR(got.blue(), want.blue(), tolerance);
    }

    ShownRun m_run;
    Selection m_selection;
    OverlayStack m_overlays;
    std::unique_ptr<PictureCanvas> m_canvas;
};

TEST_F(PictureOnScreen, ShowsThePixelsTheRightWayUp)
{
    expectNear(colorAt(0.25, 0.25), Qt::red, 2);
    expectNear(colorAt(0.25, 0.75), Qt::green, 2);
    expectNear(colorAt(0.75, 0.25), Qt::blue, 2);
    expectNear(colorAt(0.75, 0.75), Qt::yellow, 2);
}

TEST_F(PictureOnScreen, ShrunkPicturesAreAveragedNotSampled)
{
    // One-pixel stripes shrunk four times become grey everywhere; single samples would be black or white.
    QImage stripes(1200, 800, QImage::Format_RGB888);
    for (int y = 0; y < stripes.height(); ++y) {
        for (int x = 0; x < stripes.width(); ++x)
            stripes.setPixelColor(x, y, x % 2 == 0 ? Qt::black : Qt::white);
    }
    m_canvas->resize(320, 220);
    m_canvas->setPicture(stripes, QSize(1200, 800));
    for (const double place : {0.21, 0.37, 0.5, 0.63, 0.79})
        expectNear(colorAt(place, place), QColor(127, 127, 127), 24);
}

TEST_F(PictureOnScreen, BoxesLieOnTheirTokensPixels)
{
    // Image token (row 3, column 0) of a 4 x 4 grid: the lower left sixteenth.
    std::int64_t position = 0;
    while (m_run.kindAt(position) != TokenKind::Image || m_run.originAt(position).row != 3)
        ++position;
    m_selection.hover({position});
    m_canvas->update();
    ASSERT_TRUE(waitUntil([this] { return m_canvas->drawnBoxes() == 1; }));
    // A light frame on its border, nothing else.
    expectNear(colorAt(0.75, 0.125), Qt::white, 40);
    expectNear(colorAt(0.875, 0.125), Qt::blue, 2);
    expectNear(colorAt(0.60, 0.125), Qt::blue, 2);
    m_selection.hover({});
    m_selection.choose({position});
    m_canvas->update();
    expectNear(colorAt(0.875, 0.125), Qt::blue, 2);
    EXPECT_LT(colorAt(0.60, 0.125).saturation(), 200) << "what is not chosen turns grey";
    EXPECT_GT(colorAt(0.60, 0.125).saturation(), 20) << "and does not vanish";
    m_canvas->setRunMedia(std::nullopt);
    (void)m_canvas->grab();
    EXPECT_EQ(m_canvas->drawnBoxes(), 0) << "a picture that the run did not see has no tokens";
}

TEST_F(PictureOnScreen, PointingHoversWhatStandsForThePixel)
{
    const QRectF rect = m_canvas->pictureRect();
    QTest::mouseMove(m_canvas.get(),
                     QPointF(rect.left() + 0.9 * rect.width(), rect.top() + 0.1 * rect.height()).toPoint());
    ASSERT_TRUE(waitUntil([this] { return m_selection.hovered().size() == 2; }));
    for (const std::int64_t position : m_selection.hovered()) {
        const TokenOrigin origin = m_run.originAt(position);
        const int side = m_run.kindAt(position) == TokenKind::World ? 8 : 4;
        EXPECT_EQ(origin.row, static_cast<int>(0.1 * side));
        EXPECT_EQ(origin.column, static_cast<int>(0.9 * side));
    }
}

TEST_F(PictureOnScreen, WheelKeepsThePixelUnderThePointer)
{
    const QRectF before = m_canvas->pictureRect();
    const QPointF pointer(before.left() + 0.25 * before.width(), before.top() + 0.75 * before.height());
    QWheelEvent wheel(pointer, m_canvas->mapToGlobal(pointer), {}, QPoint(0, 360), Qt::NoButton, Qt::NoModifier,
                      Qt::NoScrollPhase, false);
    QTest::mouseMove(m_canvas.get(), pointer.toPoint());
    QCoreApplication::sendEvent(m_canvas.get(), &wheel);
    ASSERT_TRUE(waitUntil([&] { return m_canvas->pictureRect().width() > 1.5 * before.width(); }));
    const QRectF after = m_canvas->pictureRect();
    EXPECT_NEAR((pointer.x() - after.left()) / after.width(), 0.25, 0.01);
    EXPECT_NEAR((pointer.y() - after.top()) / after.height(), 0.75, 0.01);
    m_canvas->zoomToFit();
    EXPECT_EQ(m_canvas->pictureRect(), before);
}

}  // namespace
}  // namespace armillary::test
