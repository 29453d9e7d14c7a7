// The picture panel from a record: overlay colours on the screen, cells that cannot be read, what pointer and keys choose, and a run
// whose files are not here.
#include "support/attention_scene.h"
#include "window_support/keyboard.h"
#include "window_support/overlay_pixels.h"
#include "window_support/panel_stage.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "widgets/canvas/picture_canvas.h"
#include "widgets/overlay/attention_overlay.h"
#include "widgets/overlay/overlay_legend.h"
#include "widgets/panels/picture_panel.h"
#include "widgets/theme.h"

#include <gtest/gtest.h>

#include <QComboBox>
#include <QJsonObject>
#include <QSlider>
#include <QTest>

#include <cmath>

namespace armillary::test {
namespace {

using namespace widgets;

class PictureOfRun : public testing::Test {
protected:
    void show(bool dark = false, const QSize& size = {640, 480})
    {
        applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, dark);
        m_panel = std::make_unique<PicturePanel>(m_stage.context());
        m_panel->resize(size);
        m_panel->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_panel.get()));
        takeKeyboard(*m_panel);
        m_panel->canvas()->setFocus();
    }
    void showScene()
    {
        m_stage.run.showRecord(m_scene.record);
        ASSERT_TRUE(waitUntil([this] { return m_panel->canvas()->drawnGrids() == 1; }));
    }
    // One layer: image tokens rise from 0 to 1 in reading order, and so do world tokens.
    void paint()
    {
        OverlayLayer layer;
        layer.title = QStringLiteral("Test ramp");
        layer.unit = QStringLiteral("weight");
        layer.values.assign(static_cast<std::size_t>(m_scene.prefill), 0);
        layer.marks.assign(layer.values.size(), CellMark::Visible);
        for (int i = 0; i < 24; ++i)
            layer.values[static_cast<std::size_t>(m_scene.image + i)] = static_cast<float>(i) / 23;
        for (int i = 0; i < 144; ++i)
            layer.values[static_cast<std::size_t>(m_scene.world + i)] = static_cast<float>(i % 48) / 47;
        // The last row of image cells is masked, the first of them by its window.
        for (int i = 18; i < 24; ++i)
            layer.marks[static_cast<std::size_t>(m_scene.image + i)] =
                i == 18 ? CellMark::OutsideWindow : CellMark::Future;
        m_stage.overlays.setLayer(QStringLiteral("ramp"), layer);
        m_stage.overlays.setOpacity(QStringLiteral("ramp"), 1);
    }
    [[nodiscard]] QPoint pointOf(double row, double column) const
    {
        const QRectF rect = m_panel->canvas()->pictureRect();
        return QPointF(rect.left() + column * rect.width(), rect.top() + row * rect.height()).toPoint();
    }
    // The middle of an image cell.
    [[nodiscard]] QPoint imagePoint(int cell) const { return pointOf((cell / 6 + 0.5) / 4, (cell % 6 + 0.5) / 6); }
    // What the screen must show where a value of the scale lies over the picture.
    [[nodiscard]] QColor wantedAt(const QPoint& point, double fraction)
    {
        m_stage.overlays.setOn(false);
        const QColor picture = colorAt(point);
        m_stage.overlays.setOn(true);
        return paintedOver(picture, fraction);
    }
    [[nodiscard]] QColor colorAt(const QPoint& point) { return m_panel->canvas()->grab().toImage().pixelColor(point); }
    // Colours inside a cell that a pattern gives: how far the lightest is from the darkest.
    [[nodiscard]] int spreadIn(int cell)
    {
        const QImage image = m_panel->canvas()->grab().toImage();
        const QPoint middle = imagePoint(cell);
        int darkest = 255, lightest = 0;
        for (int dy = -12; dy <= 12; ++dy) {
            for (int dx = -12; dx <= 12; ++dx) {
                const int level = qGray(image.pixel(middle + QPoint(dx, dy)));
                darkest = std::min(darkest, level);
                lightest = std::max(lightest, level);
            }
        }
        return lightest - darkest;
    }

    AttentionScene m_scene;
    PanelStage m_stage;
    std::unique_ptr<PicturePanel> m_panel;
};

TEST_F(PictureOfRun, WithoutARunAHintSaysWhatToDo)
{
    show();
    EXPECT_FALSE(m_panel->canvas()->isVisible());
    saveScreenshot(*m_panel, QStringLiteral("picture-empty"));
}

TEST_F(PictureOfRun, ARunWithoutItsFilesShowsItsOwnPicture)
{
    show();
    ASSERT_EQ(m_stage.media.current(), nullptr);
    showScene();
    EXPECT_TRUE(m_panel->canvas()->isVisible());
    EXPECT_EQ(m_panel->canvas()->runMedia(), 0);
    // The gradient: red grows to the right.
    EXPECT_LT(colorAt(pointOf(0.5, 0.1)).red() + 100, colorAt(pointOf(0.5, 0.9)).red());
    m_stage.run.clear();
    EXPECT_FALSE(m_panel->canvas()->isVisible());
}

TEST_F(PictureOfRun, CellsHaveTheColoursOfTheScale)
{
    show();
    showScene();
    paint();
    for (const int cell : {0, 9, 17}) {
        const QColor want = wantedAt(imagePoint(cell), cell / 23.0);
        EXPECT_LE(colorDistance(colorAt(imagePoint(cell)), want), 3) << cell;
    }
    // Blocks, not a blur: a pixel inside the cell's border has the cell's colour.
    const QRectF rect = m_panel->canvas()->pictureRect();
    const QPoint edge = imagePoint(9) + QPoint(static_cast<int>(rect.width() / 12) - 3, 0);
    EXPECT_LE(colorDistance(colorAt(edge), wantedAt(edge, 9 / 23.0)), 3);
    EXPECT_LE(spreadIn(9), 12) << "a plain cell";
    EXPECT_GE(spreadIn(20), 40) << "a masked cell is hatched";
    EXPECT_GE(spreadIn(18), 40) << "a cell outside the window is dotted";
    m_stage.overlays.setOn(false);
    EXPECT_GT(colorDistance(colorAt(imagePoint(17)), QColor(scaleColor(ColorScale::Magnitude, 17 / 23.0))), 20);
}

TEST_F(PictureOfRun, TheLegendExplainsScaleAndUnit)
{
    show();
    showScene();
    paint();
    OverlayLegend* legend = m_panel->legend();
    EXPECT_EQ(legend->text(), QStringLiteral("Test ramp"));
    EXPECT_TRUE(legend->toolTip().contains(QStringLiteral("from 0 to 1 weight")));
    const QRectF bar = legend->gradientRect();
    ASSERT_GT(bar.width(), 40);
    const QImage image = legend->grab().toImage();
    EXPECT_LE(colorDistance(image.pixelColor(QPointF(bar.left() + 2, bar.center().y()).toPoint()),
                            QColor(scaleColor(ColorScale::Magnitude, 2 / bar.width()))),
              6);
    EXPECT_LE(colorDistance(image.pixelColor(QPointF(bar.right() - 2, bar.center().y()).toPoint()),
                            QColor(scaleColor(ColorScale::Magnitude, 1 - 2 / bar.width()))),
              6);
    m_stage.overlays.setOn(false);
    EXPECT_TRUE(legend->text().contains(QStringLiteral("off")));
}

TEST_F(PictureOfRun, WorldTokensOfTheChosenLatentFrame)
{
    show();
    showScene();
    paint();
    QComboBox* tokens = m_panel->tokensBox();
    ASSERT_EQ(tokens->count(), 2);
    QTest::keyClick(m_panel->canvas(), Qt::Key_T);
    ASSERT_EQ(m_panel->canvas()->tokens(), PictureTokens::World);
    Focus focus;
    focus.latentFrame = 2;
    m_stage.selection.setFocus(focus);
    // World cell (row 5, column 7) is the last of its frame.
    EXPECT_LE(colorDistance(colorAt(pointOf(5.5 / 6, 7.5 / 8)), QColor(scaleColor(ColorScale::Magnitude, 1))), 3);
    QTest::mouseClick(m_panel->canvas(), Qt::LeftButton, {}, pointOf(5.5 / 6, 7.5 / 8));
    ASSERT_TRUE(waitUntil([this] { return !m_stage.selection.chosen().empty(); }));
    EXPECT_EQ(m_stage.selection.chosen(), Positions{m_scene.world + 143});
}

TEST_F(PictureOfRun, ClickChoosesAltClickAsksAndBoxesAreSets)
{
    show();
    showScene();
    PictureCanvas* canvas = m_panel->canvas();
    QTest::mouseMove(canvas, imagePoint(8));
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.isHovered(m_scene.image + 8); }));
    QTest::mouseClick(canvas, Qt::LeftButton, {}, imagePoint(8));
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.chosen() == Positions{m_scene.image + 8}; }));
    QTest::mouseClick(canvas, Qt::LeftButton, Qt::ControlModifier, imagePoint(10));
    ASSERT_TRUE(waitUntil([this] {
        return m_stage.selection.chosen() == Positions({m_scene.image + 8, m_scene.image + 10});
    }));
    QTest::mouseClick(canvas, Qt::LeftButton, Qt::AltModifier, imagePoint(11));
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.focus().query == m_scene.image + 11; }));
    EXPECT_EQ(m_stage.selection.chosen().size(), 2U);
    // From inside cell 0 to inside cell 7: four cells.
    QTest::mousePress(canvas, Qt::LeftButton, {}, imagePoint(0));
    QTest::mouseMove(canvas, imagePoint(4));
    (void)canvas->grab();
    QTest::mouseMove(canvas, imagePoint(7));
    (void)canvas->grab();
    QTest::mouseRelease(canvas, Qt::LeftButton, {}, imagePoint(7));
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.chosen().size() == 4; }));
    EXPECT_EQ(m_stage.selection.chosen(),
              Positions({m_scene.image, m_scene.image + 1, m_scene.image + 6, m_scene.image + 7}));
    // Beside the picture lies nothing.
    QTest::mouseClick(canvas, Qt::LeftButton, {}, QPoint(3, 3));
    EXPECT_TRUE(waitUntil([this] { return m_stage.selection.chosen().empty(); }));
}

TEST_F(PictureOfRun, ChosenCellsKeepTheirColourAndOthersTurnGrey)
{
    show();
    showScene();
    paint();
    const QColor plain = wantedAt(imagePoint(3), 3 / 23.0);
    m_stage.selection.choose({m_scene.image + 14});
    EXPECT_LE(colorDistance(colorAt(imagePoint(14)), wantedAt(imagePoint(14), 14 / 23.0)), 3);
    const QColor grey = colorAt(imagePoint(3));
    EXPECT_GT(colorDistance(grey, plain), 20);
    EXPECT_GT(colorDistance(grey, colorAt(imagePoint(16))), 3) << "and never vanish";
    // A chosen word is in no grid: nothing turns grey.
    m_stage.selection.choose({m_scene.prefill + 1});
    EXPECT_LE(colorDistance(colorAt(imagePoint(3)), wantedAt(imagePoint(3), 3 / 23.0)), 3);
}

TEST_F(PictureOfRun, FramesOfARunsOwnVideoAreSteppedThrough)
{
    show();
    auto record = std::make_shared<RunRecord>(*m_scene.record);
    Clip& clip = record->question.media[0];
    clip.frames.assign(5, clip.frames[0]);
    clip.framesPerSecond = 10;
    record->question.stillFrames = {4};
    m_stage.run.showRecord(record);
    EXPECT_EQ(m_panel->slider()->maximum(), 4);
    EXPECT_EQ(m_panel->slider()->value(), 4) << "the frame that the model saw comes first";
    EXPECT_EQ(m_panel->canvas()->runMedia(), 0);
    QTest::keyClick(m_panel->canvas(), Qt::Key_Left);
    EXPECT_EQ(m_panel->slider()->value(), 3);
    EXPECT_FALSE(m_panel->canvas()->runMedia()) << "no token stands for this frame";
    const QJsonObject view = m_panel->saveView();
    QTest::keyClick(m_panel->canvas(), Qt::Key_End);
    EXPECT_EQ(m_panel->slider()->value(), 4);
    m_panel->restoreView(view);
    EXPECT_EQ(m_panel->slider()->value(), 3);
}

TEST_F(PictureOfRun, ARunWithFewerFramesDoesNotMoveTheNextOneOffTheFrameThatWasSeen)
{
    show();
    auto still = std::make_shared<RunRecord>(*m_scene.record);
    auto clip = std::make_shared<RunRecord>(*m_scene.record);
    clip->question.media[0].frames.assign(5, clip->question.media[0].frames[0]);
    clip->question.stillFrames = {4};
    for (int round = 0; round < 2; ++round) {
        m_stage.run.showRecord(clip);
        EXPECT_EQ(m_panel->slider()->value(), 4) << round;
        EXPECT_EQ(m_panel->canvas()->runMedia(), 0) << "its tokens are there";
        m_stage.run.showRecord(still);
        EXPECT_EQ(m_panel->canvas()->runMedia(), 0);
    }
    // A frame that a person went to is kept.
    m_stage.run.showRecord(clip);
    QTest::keyClick(m_panel->canvas(), Qt::Key_Home);
    m_stage.run.showRecord(still);
    m_stage.run.showRecord(clip);
    EXPECT_EQ(m_panel->slider()->value(), 0);
}

TEST_F(PictureOfRun, ALockedPictureStaysAsItIs)
{
    show();
    showScene();
    paint();
    const QColor before = colorAt(imagePoint(17));
    m_panel->setLocked(true);
    OverlayLayer flat;
    flat.title = QStringLiteral("Flat");
    flat.values.assign(static_cast<std::size_t>(m_scene.prefill), 0);
    m_stage.overlays.setLayer(QStringLiteral("ramp"), flat);
    EXPECT_LE(colorDistance(colorAt(imagePoint(17)), before), 2);
    EXPECT_EQ(m_panel->legend()->text(), QStringLiteral("Test ramp"));
    m_stage.run.clear();
    EXPECT_LE(colorDistance(colorAt(imagePoint(17)), before), 2) << "another run leaves it alone";
    m_stage.run.showRecord(m_scene.record);
    m_panel->setLocked(false);
    EXPECT_GT(colorDistance(colorAt(imagePoint(17)), before), 20);
    EXPECT_EQ(m_panel->legend()->text(), QStringLiteral("Flat"));
}

TEST_F(PictureOfRun, ExportsWhatIsPainted)
{
    show();
    showScene();
    EXPECT_FALSE(m_panel->viewData());
    paint();
    const auto data = m_panel->viewData();
    ASSERT_TRUE(data);
    EXPECT_EQ(data->arrays.at("ramp values").values.shape, std::vector<std::int64_t>{m_scene.prefill});
    EXPECT_EQ(data->number("ramp highest colour"), 1);
    EXPECT_TRUE(m_panel->caption().contains(QStringLiteral("Test ramp"))) << m_panel->caption().toStdString();
    EXPECT_TRUE(m_panel->caption().contains(QStringLiteral("What is in this picture?")));
}

// Pictures to look at, of the real thing: attention of the scene's last word.
TEST_F(PictureOfRun, LooksRight)
{
    for (const bool dark : {false, true}) {
        for (const QSize& size : {QSize(420, 300), QSize(1000, 700)}) {
            PanelStage& stage = m_stage;
            show(dark, size);
            const AttentionOverlay overlay(stage.context());
            stage.run.showRecord(m_scene.record);
            ASSERT_TRUE(waitUntil([&] { return stage.overlays.top() != nullptr; }));
            stage.selection.choose({m_scene.image + 3, m_scene.image + 4, m_scene.image + 9});
            stage.selection.choose({});
            Focus focus;
            focus.layer = 0;
            stage.selection.setFocus(focus);
            m_panel->tokensBox()->setCurrentIndex(dark ? 1 : 0);
            focus.latentFrame = 2;
            stage.selection.setFocus(focus);
            ASSERT_TRUE(waitUntil([&] {
                return stage.overlays.top() != nullptr &&
                       stage.overlays.top()->layer.title.contains(QStringLiteral("layer 0"));
            }));
            turnFor(std::chrono::milliseconds(150));
            const QString name = QStringLiteral("picture-%1-%2").arg(dark ? "dark" : "light").arg(size.width());
            EXPECT_FALSE(saveScreenshot(*m_panel, name).isEmpty());
            stage.selection.setFocus({});
            stage.run.clear();
            m_panel.reset();
        }
    }
}

}  // namespace
}  // namespace armillary::test
