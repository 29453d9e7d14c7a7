// The world's filmstrip from a record: tiles, colours in one scale, selection in and out, latent frames by mouse and key.
#include "support/attention_scene.h"
#include "window_support/keyboard.h"
#include "window_support/overlay_pixels.h"
#include "window_support/panel_stage.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "widgets/canvas/world_film_canvas.h"
#include "widgets/hint_page.h"
#include "widgets/overlay/attention_overlay.h"
#include "widgets/overlay/overlay_legend.h"
#include "widgets/panels/world_panel.h"
#include "widgets/theme.h"

#include <gtest/gtest.h>

#include <QTest>

#include <cmath>

namespace armillary::test {
namespace {

using namespace widgets;

TEST(WorldFilmLayout, FitsAllTilesAsLargeAsItCan)
{
    const WorldFilmLayout row = layoutWorldFilm(3, 1.5, 900, 250, 16, std::nullopt);
    EXPECT_EQ(row.columns, 3);
    EXPECT_LE(row.pictureOf(2).right(), 900);
    EXPECT_LE(row.contentHeight(), 250);
    const WorldFilmLayout square = layoutWorldFilm(9, 1, 600, 620, 16, std::nullopt);
    EXPECT_EQ(square.columns, 3);
    EXPECT_EQ(square.tileFromPoint(square.pictureOf(4).center().x(), square.pictureOf(4).center().y()), 4);
    EXPECT_EQ(square.tileFromPoint(square.titleOf(5).center().x(), square.titleOf(5).center().y()), 5);
    EXPECT_FALSE(square.tileFromPoint(-1, 5));
    EXPECT_FALSE(square.tileFromPoint(5, 5000));
    // Zoomed tiles keep their size and go on below.
    const WorldFilmLayout zoomed = layoutWorldFilm(9, 1, 600, 300, 16, 290);
    EXPECT_EQ(zoomed.columns, 2);
    EXPECT_GT(zoomed.contentHeight(), 300);
}

class WorldOfRun : public testing::Test {
protected:
    void show(bool dark = false, const QSize& size = {640, 480})
    {
        applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, dark);
        m_panel = std::make_unique<WorldPanel>(m_stage.context());
        m_panel->resize(size);
        m_panel->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_panel.get()));
        takeKeyboard(*m_panel);
        m_panel->canvas()->setFocus();
    }
    void showScene()
    {
        m_stage.run.showRecord(m_scene.record);
        ASSERT_TRUE(m_panel->hasWorld());
        ASSERT_TRUE(waitUntil([this] {
            return m_panel->canvas()->frameCount() > 0 && !m_panel->canvas()->tiles().back().picture.isNull();
        }));
        (void)m_panel->canvas()->grab();
    }
    void paint()
    {
        OverlayLayer layer;
        layer.title = QStringLiteral("Ramp");
        layer.values.assign(static_cast<std::size_t>(m_scene.prefill), 0);
        layer.marks.assign(layer.values.size(), CellMark::Visible);
        for (int i = 0; i < 144; ++i)
            layer.values[static_cast<std::size_t>(m_scene.world + i)] = static_cast<float>(i) / 143;
        for (int i = 0; i < 48; ++i)
            layer.marks[static_cast<std::size_t>(m_scene.world + i)] = CellMark::OutsideWindow;
        m_stage.overlays.setLayer(QStringLiteral("ramp"), layer);
        m_stage.overlays.setOpacity(QStringLiteral("ramp"), 1);
    }
    [[nodiscard]] WorldFilmCanvas* canvas() const { return m_panel->canvas(); }
    // What the screen must show where a value of the scale lies over the picture.
    [[nodiscard]] QColor wantedAt(const QPoint& point, double fraction)
    {
        m_stage.overlays.setOn(false);
        const QColor picture = colorAt(point);
        m_stage.overlays.setOn(true);
        return paintedOver(picture, fraction);
    }
    [[nodiscard]] QColor colorAt(const QPoint& point) { return canvas()->grab().toImage().pixelColor(point); }

    AttentionScene m_scene;
    PanelStage m_stage;
    std::unique_ptr<WorldPanel> m_panel;
};

TEST_F(WorldOfRun, WithoutWorldTokensAHintSaysHowToGetThem)
{
    show();
    EXPECT_FALSE(m_panel->hasWorld());
    RecordBuilder builder;
    const int picture = builder.addPicture("plain.png", 40, 60);
    builder.imageTokens(picture, 4, 4).text({"What"}).answer({"A"});
    m_stage.run.showRecord(builder.build());
    EXPECT_FALSE(m_panel->hasWorld());
    saveScreenshot(*m_panel, QStringLiteral("world-empty"));
    EXPECT_TRUE(m_panel->findChild<HintPage*>(QStringLiteral("noWorld"))->isVisible());
    // World tokens that stand for no cell are not passed over in silence.
    RecordBuilder pooled;
    pooled.text({"<the_world>"}, TokenKind::World).text({"What"}).answer({"A"});
    m_stage.run.showRecord(pooled.build());
    EXPECT_FALSE(m_panel->hasWorld());
    EXPECT_TRUE(m_panel->findChild<HintPage*>(QStringLiteral("placelessWorld"))->isVisible());
}

TEST_F(WorldOfRun, EveryLatentFrameStandsForItsFrames)
{
    show();
    showScene();
    const std::vector<WorldTile>& tiles = canvas()->tiles();
    ASSERT_EQ(tiles.size(), 3U);
    EXPECT_EQ(tiles[0].lastFrame, 0);
    EXPECT_EQ(tiles[1].firstFrame, 1);
    EXPECT_EQ(tiles[1].lastFrame, 4);
    EXPECT_EQ(tiles[2].lastFrame, 8);
    EXPECT_EQ(tiles[0].origin, QStringLiteral("given"));
    EXPECT_EQ(tiles[2].origin, QStringLiteral("predicted"));
    EXPECT_EQ(tiles[1].picture.width(), 90);
    m_stage.run.clear();
    EXPECT_FALSE(m_panel->hasWorld());
    // A rollout that names no frames of its own goes on from those of the question.
    auto ownless = std::make_shared<RunRecord>(*m_scene.record);
    ownless->question.media.front() = std::exchange(ownless->question.world.rollout->condition, {});
    m_scene.record = ownless;
    showScene();
    EXPECT_EQ(canvas()->tiles()[0].origin, QStringLiteral("given"));
    EXPECT_EQ(canvas()->tiles()[2].origin, QStringLiteral("predicted"));
}

TEST_F(WorldOfRun, AllFramesShareOneScale)
{
    show();
    showScene();
    paint();
    for (const int cell : {50, 100, 143}) {
        const QPoint point = canvas()->pointFromPosition(m_scene.world + cell);
        EXPECT_LE(colorDistance(colorAt(point), wantedAt(point, cell / 143.0)), 3) << cell;
    }
    // The first frame lies outside of the window: dotted, so not of one colour.
    const QImage image = canvas()->grab().toImage();
    const QPoint middle = canvas()->pictureRect(0).center().toPoint();
    int darkest = 255, lightest = 0;
    for (int dy = -10; dy <= 10; ++dy) {
        for (int dx = -10; dx <= 10; ++dx) {
            darkest = std::min(darkest, qGray(image.pixel(middle + QPoint(dx, dy))));
            lightest = std::max(lightest, qGray(image.pixel(middle + QPoint(dx, dy))));
        }
    }
    EXPECT_GT(lightest - darkest, 40);
}

TEST_F(WorldOfRun, CellsAreHoveredChosenAndDragged)
{
    show();
    showScene();
    const std::int64_t cell = m_scene.world + 48 + 10;
    QTest::mouseMove(canvas(), canvas()->pointFromPosition(cell));
    ASSERT_TRUE(waitUntil([&] { return m_stage.selection.hovered() == Positions{cell}; }));
    QTest::mouseClick(canvas(), Qt::LeftButton, {}, canvas()->pointFromPosition(cell));
    ASSERT_TRUE(waitUntil([&] { return m_stage.selection.chosen() == Positions{cell}; }));
    QTest::mouseClick(canvas(), Qt::LeftButton, Qt::AltModifier, canvas()->pointFromPosition(cell + 1));
    ASSERT_TRUE(waitUntil([&] { return m_stage.selection.focus().query == cell + 1; }));
    // A box of two rows and three columns.
    const QPoint from = canvas()->pointFromPosition(cell);
    const QPoint to = canvas()->pointFromPosition(cell + 8 + 2);
    QTest::mousePress(canvas(), Qt::LeftButton, {}, from);
    QTest::mouseMove(canvas(), (from + to) / 2);
    (void)canvas()->grab();
    QTest::mouseMove(canvas(), to);
    (void)canvas()->grab();
    QTest::mouseRelease(canvas(), Qt::LeftButton, {}, to);
    const Positions want{cell, cell + 1, cell + 2, cell + 8, cell + 9, cell + 10};
    ASSERT_TRUE(waitUntil([&] { return m_stage.selection.chosen() == want; }));
}

TEST_F(WorldOfRun, ChosenElsewhereIsSeenHere)
{
    show();
    showScene();
    paint();
    const std::int64_t cell = m_scene.world + 120;
    const QPoint inside = canvas()->pointFromPosition(cell), outside = canvas()->pointFromPosition(cell + 9);
    const QColor ofInside = wantedAt(inside, 120 / 143.0), ofOutside = wantedAt(outside, 129 / 143.0);
    m_stage.selection.choose({cell});
    EXPECT_LE(colorDistance(colorAt(inside), ofInside), 3);
    EXPECT_GT(colorDistance(colorAt(outside), ofOutside), 20) << "what is not chosen turns grey, in every frame";
}

TEST_F(WorldOfRun, KeysAndRulerChooseTheLatentFrame)
{
    show();
    showScene();
    QTest::keyClick(canvas(), Qt::Key_Right, Qt::ShiftModifier);
    EXPECT_EQ(m_stage.selection.focus().latentFrame, 0);
    QTest::keyClick(canvas(), Qt::Key_Right, Qt::ShiftModifier);
    EXPECT_EQ(m_stage.selection.focus().latentFrame, 1);
    QTest::keyClick(canvas(), Qt::Key_Left, Qt::ShiftModifier);
    EXPECT_EQ(m_stage.selection.focus().latentFrame, 0);
    QTest::mouseClick(canvas(), Qt::LeftButton, {}, canvas()->pointOnRuler(2));
    ASSERT_TRUE(waitUntil([&] { return m_stage.selection.focus().latentFrame == 2; }));
    QTest::keyClick(canvas(), Qt::Key_A, Qt::ControlModifier);
    EXPECT_EQ(m_stage.selection.chosen().size(), 48U);
    QTest::keyClick(canvas(), Qt::Key_Home);
    EXPECT_FALSE(m_stage.selection.focus().latentFrame);
}

TEST_F(WorldOfRun, ALockedFilmstripStaysAsItIs)
{
    show();
    showScene();
    paint();
    const QPoint point = canvas()->pointFromPosition(m_scene.world + 140);
    const QColor before = colorAt(point);
    m_panel->setLocked(true);
    m_stage.overlays.removeLayer(QStringLiteral("ramp"));
    m_stage.run.clear();
    EXPECT_TRUE(m_panel->hasWorld());
    EXPECT_LE(colorDistance(colorAt(point), before), 2);
    m_panel->setLocked(false);
    EXPECT_FALSE(m_panel->hasWorld());
}

TEST_F(WorldOfRun, LooksRight)
{
    for (const bool dark : {false, true}) {
        for (const QSize& size : {QSize(420, 300), QSize(1000, 700)}) {
            show(dark, size);
            const AttentionOverlay overlay(m_stage.context());
            showScene();
            ASSERT_TRUE(waitUntil([&] { return m_stage.overlays.top() != nullptr; }));
            Focus focus;
            focus.latentFrame = 1;
            m_stage.selection.setFocus(focus);
            m_stage.selection.hover({m_scene.prefill + 2});
            turnFor(std::chrono::milliseconds(150));
            const QString name = QStringLiteral("world-%1-%2").arg(dark ? "dark" : "light").arg(size.width());
            EXPECT_FALSE(saveScreenshot(*m_panel, name).isEmpty());
            EXPECT_TRUE(m_panel->caption().contains(QStringLiteral("choosing “ball”")))
                << m_panel->caption().toStdString();
            m_stage.selection.hover({});
            m_stage.selection.setFocus({});
            m_stage.run.clear();
            m_panel.reset();
        }
    }
}

}  // namespace
}  // namespace armillary::test
