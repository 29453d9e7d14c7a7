// The panel of temporal grids: moments in, a recipe out; cells and tokens of the shown run point at each other; pictures.
#include "support/record_builder.h"
#include "window_support/panel_picture.h"
#include "window_support/panel_stage.h"

#include "picture/grid_picture.h"
#include "widgets/media/grid_preview.h"
#include "widgets/media/moment_ruler.h"
#include "widgets/panels/grid_panel.h"
#include "widgets/panels/picture_panel.h"
#include "widgets/theme.h"
#include "widgets/token_description.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QSpinBox>
#include <QTest>

namespace armillary::test {
namespace {

using namespace widgets;
using ::testing::ElementsAre;

constexpr int kFrames = 40;
constexpr double kRate = 24;

// A frame whose level tells its index.
Image frameOf(int index)
{
    std::vector<std::uint8_t> rgb;
    for (int row = 0; row < 160; ++row)
        for (int column = 0; column < 240; ++column)
            rgb.insert(rgb.end(), {static_cast<std::uint8_t>(40 + 5 * index), static_cast<std::uint8_t>(row),
                                   static_cast<std::uint8_t>(column)});
    return {160, 240, std::move(rgb)};
}

QImage pixelsOf(const Image& image)
{
    return QImage(image.rgb().data(), image.width(), image.height(), 3 * image.width(), QImage::Format_RGB888)
        .convertToFormat(QImage::Format_RGBA8888);
}

class Grid : public testing::Test {
protected:
    void SetUp() override
    {
        applyTheme(ThemeChoice::Light, false);
        m_panel = std::make_unique<GridPanel>(m_stage.context());
        m_panel->resize(640, 480);
        m_panel->show();
        // What the media thread does.
        QObject::connect(&m_stage.media, &MediaListModel::gridWanted, &m_stage.media,
                         [this](MediaId id, const std::shared_ptr<const TemporalGrid>& grid) {
                             if (!m_answers)
                                 return;
                             const auto composed = composed_(*grid);
                             m_stage.media.setGridPicture(id, composed, pixelsOf(composed->picture));
                         });
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_panel.get()));
    }
    void TearDown() override { applyTheme(ThemeChoice::Light, false); }

    static std::shared_ptr<const TemporalGrid> composed_(const TemporalGrid& recipe)
    {
        Clip clip;
        auto grid = std::make_shared<TemporalGrid>(recipe);
        for (int cell = 0; cell < kGridCells; ++cell) {
            clip.frames.push_back(frameOf(recipe.moments[static_cast<std::size_t>(cell)].sourceFrame));
            grid->moments[static_cast<std::size_t>(cell)].frame = cell;
        }
        const auto picture = picture::composeGrid(clip, *grid);
        EXPECT_TRUE(picture);
        auto out = std::make_shared<TemporalGrid>(recipe);
        out->picture = *picture;
        return out;
    }

    MediaId openVideo(int frames = kFrames)
    {
        const MediaId id = m_stage.media.add(QStringLiteral("/media/walk.mp4"), QStringLiteral("walk.mp4"));
        MediaFrame first;
        first.image = frameOf(0);
        first.picture = first.thumbnail = pixelsOf(first.image);
        m_stage.media.setFrame(id, first);
        m_stage.media.setOpened(id, frames, frames > 1 ? kRate : 0);
        return id;
    }

    [[nodiscard]] const MediaItem& item() const { return *m_stage.media.current(); }
    [[nodiscard]] std::vector<int> wanted() const
    {
        std::vector<int> out;
        if (item().grid) {
            for (const GridMoment& moment : item().grid->moments)
                out.push_back(moment.sourceFrame);
        }
        return out;
    }

    // A run about the grid of frames 0, 4, 8, 12: a picture of 4x4 or `side`x`side` tokens.
    void showRunOfGrid(int side)
    {
        auto record = std::make_shared<RunRecord>();
        Clip clip;
        clip.path = "/media/walk.mp4";
        clip.framesPerSecond = kRate;
        auto grid = std::make_shared<TemporalGrid>();
        for (int cell = 0; cell < kGridCells; ++cell) {
            clip.frames.push_back(frameOf(4 * cell));
            grid->moments[static_cast<std::size_t>(cell)] = {cell, 4 * cell, 4 * cell / kRate};
        }
        const auto picture = picture::composeGrid(clip, *grid);
        grid->picture = *picture;
        clip.grid = grid;
        record->question.media = {clip};
        record->question.turns = {{ChatRole::User, {0}, "What moved?"}};
        auto layout = std::make_shared<TokenLayout>();
        const auto add = [&](std::int64_t id, TokenKind kind, const TokenOrigin& origin, const char* piece) {
            layout->ids.push_back(id);
            layout->kinds.push_back(kind);
            layout->origins.push_back(origin);
            layout->pieces.emplace_back(piece);
        };
        add(2, TokenKind::Control, {}, "<bos>");
        for (int row = 0; row < side; ++row)
            for (int column = 0; column < side; ++column)
                add(9, TokenKind::Image, {0, 0, -1, row, column}, "<image_soft_token>");
        add(5, TokenKind::Text, {}, "What");
        layout->grids = {{0, 0, TokenKind::Image, side, side, 1, {0, 0, 1, 1}}};
        record->layout = layout;
        m_stage.run.showRecord(record);
    }

    PanelStage m_stage;
    std::unique_ptr<GridPanel> m_panel;
    bool m_answers = true;
};

TEST_F(Grid, WithoutAVideoItSaysWhatBelongsHere)
{
    EXPECT_FALSE(m_panel->useBox()->isVisible());
    openVideo(1);
    EXPECT_FALSE(m_panel->useBox()->isVisible()) << "a picture has one moment";
    openVideo();
    EXPECT_TRUE(m_panel->useBox()->isVisible());
    EXPECT_FALSE(m_panel->preview()->isVisible());
    EXPECT_FALSE(item().grid) << "nothing is asked with a grid unless somebody wants it";
}

TEST_F(Grid, TickingAsksForAnEvenSpacing)
{
    openVideo();
    m_panel->useBox()->click();
    EXPECT_THAT(wanted(), ElementsAre(0, 13, 26, 39));
    ASSERT_TRUE(item().grid);
    EXPECT_NEAR(item().grid->moments[1].seconds, 13 / kRate, 1e-9);
    EXPECT_FALSE(item().gridPicture.isNull());
    EXPECT_TRUE(m_panel->preview()->isVisible());
    EXPECT_TRUE(m_panel->note()->text().contains(QStringLiteral("as they are")))
        << m_panel->note()->text().toStdString();
    m_panel->useBox()->click();
    EXPECT_FALSE(item().grid);
}

TEST_F(Grid, KeysAndMouseMoveMoments)
{
    openVideo();
    m_panel->useBox()->click();
    MomentRuler* ruler = m_panel->ruler();
    ruler->setFocus();
    QTest::keyClick(ruler, Qt::Key_Right);
    EXPECT_THAT(wanted(), ElementsAre(1, 13, 26, 39));
    QTest::keyClick(ruler, Qt::Key_Down);
    QTest::keyClick(ruler, Qt::Key_PageDown);
    EXPECT_THAT(wanted(), ElementsAre(1, 3, 26, 39));
    QTest::keyClick(ruler, Qt::Key_End);
    EXPECT_THAT(wanted(), ElementsAre(1, 39, 26, 39));

    const QPointF third = ruler->handlePosition(2);
    QTest::mousePress(ruler, Qt::LeftButton, {}, third.toPoint());
    QTest::mouseMove(ruler, QPoint(ruler->width() - 2, static_cast<int>(third.y())));
    QTest::mouseRelease(ruler, Qt::LeftButton, {}, QPoint(ruler->width() - 2, static_cast<int>(third.y())));
    EXPECT_THAT(wanted(), ElementsAre(1, 39, 39, 39));

    m_panel->momentBox(0)->setValue(20);
    EXPECT_THAT(wanted(), ElementsAre(20, 39, 39, 39));
    for (QAction* action : m_panel->actions()) {
        if (action->shortcut() == QKeySequence(Qt::Key_E))
            action->trigger();
    }
    EXPECT_THAT(wanted(), ElementsAre(0, 13, 26, 39));
}

TEST_F(Grid, TheSlidersFrameGoesIntoTheActiveCell)
{
    const MediaId id = openVideo();
    m_panel->useBox()->click();
    m_stage.media.wantFrame(id, 7);
    m_panel->ruler()->setActive(3);
    for (QAction* action : m_panel->actions()) {
        if (action->shortcut() == QKeySequence(Qt::Key_T))
            action->trigger();
    }
    EXPECT_THAT(wanted(), ElementsAre(0, 13, 26, 7));
}

TEST_F(Grid, FilterSizeAndLetterboxAreSaid)
{
    openVideo();
    m_panel->useBox()->click();
    m_panel->cellWidthBox()->setValue(448);
    m_panel->filterChoice()->setCurrentIndex(m_panel->filterChoice()->findData(QStringLiteral("nearest")));
    m_panel->letterboxBox()->setValue(896);
    ASSERT_TRUE(item().grid);
    EXPECT_EQ(item().grid->filter, PictureFilter::Nearest);
    EXPECT_EQ(item().grid->cellWidth, 448);
    EXPECT_EQ(item().grid->cellHeight, 298) << "the other side follows the frames";
    EXPECT_EQ(item().grid->letterboxSide, 896);
    EXPECT_EQ(item().grid->picture.width(), 896);
    const QString note = m_panel->note()->text();
    for (const char* part : {"240 × 160", "nearest", "448 × 298", "black square of 896"})
        EXPECT_TRUE(note.contains(QString::fromUtf8(part))) << note.toStdString();
}

TEST_F(Grid, LateAndOldPicturesDoNotComeBack)
{
    m_answers = false;
    const MediaId id = openVideo();
    m_panel->useBox()->click();
    const auto first = item().grid;
    EXPECT_TRUE(item().gridPicture.isNull());
    m_panel->momentBox(1)->setValue(5);
    m_stage.media.setGridPicture(id, composed_(*first), pixelsOf(composed_(*first)->picture));
    EXPECT_TRUE(item().gridPicture.isNull()) << "of a recipe that nobody wants any more";
    const auto second = item().grid;
    m_stage.media.setGridPicture(id, composed_(*second), pixelsOf(composed_(*second)->picture));
    EXPECT_FALSE(item().gridPicture.isNull());
}

TEST_F(Grid, SelectionComesInAndGoesOut)
{
    openVideo();
    m_panel->useBox()->click();
    showRunOfGrid(4);
    QApplication::processEvents();
    // Out: a press on the second cell chooses the four tokens of its quarter.
    GridPreview* preview = m_panel->preview();
    QTest::mouseClick(preview, Qt::LeftButton, {}, preview->cellRect(1).center().toPoint());
    EXPECT_THAT(m_stage.selection.chosen(), ElementsAre(3, 4, 7, 8));
    QTest::mouseClick(preview, Qt::LeftButton, Qt::ControlModifier, preview->cellRect(0).center().toPoint());
    EXPECT_EQ(m_stage.selection.chosen().size(), 8u);
    QTest::mouseMove(preview, preview->cellRect(3).center().toPoint());
    EXPECT_THAT(m_stage.selection.hovered(), ElementsAre(11, 12, 15, 16));
    QTest::mouseMove(preview, QPoint(1, 1));
    m_stage.selection.hover({});

    // In: what is hovered elsewhere marks its cell.
    const QImage before = preview->grab().toImage();
    m_stage.selection.choose({});
    m_stage.selection.hover({16});
    m_panel->showSelection();
    EXPECT_NE(preview->grab().toImage(), before);
}

TEST_F(Grid, TokensSayCellAndMomentAndBordersBelongToBoth)
{
    openVideo();
    showRunOfGrid(5);
    const auto line = [this](std::int64_t position) { return gridCellLine(m_stage.run, position).toStdString(); };
    EXPECT_EQ(line(1), "cell 1,1 of the grid, frame 0, 0.00 s");
    EXPECT_EQ(line(25), "cell 2,2 of the grid, frame 12, 0.50 s");
    // Row 0, column 2 of five lies over the border between the upper cells.
    EXPECT_EQ(line(3),
              "over a border, of 2 cells: cell 1,1 of the grid, frame 0, 0.00 s (50 %) and cell 1,2 of the grid, "
              "frame 4, 0.17 s (50 %)");
    EXPECT_THAT(line(13), testing::HasSubstr("of 4 cells"));
    EXPECT_TRUE(gridCellLine(m_stage.run, 0).isEmpty()) << "words have no cell";
    EXPECT_TRUE(
        describeToken(m_stage.run, 25).lines.contains(QStringLiteral("cell 2,2 of the grid, frame 12, 0.50 s")));
}

TEST_F(Grid, ThePicturePanelShowsTheGridOfARun)
{
    PicturePanel picture(m_stage.context());
    picture.resize(480, 400);
    picture.show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&picture));
    openVideo();
    showRunOfGrid(4);
    picture.showRun();
    const auto notes = picture.findChildren<QLabel*>();
    EXPECT_TRUE(std::any_of(notes.begin(), notes.end(), [](const QLabel* label) {
        return label->text().contains(QStringLiteral("Four moments in one picture"));
    }));
    const QImage shown = panelPicture(picture, QStringLiteral("grid_picture_panel"));
    EXPECT_FALSE(shown.isNull());
}

TEST_F(Grid, ViewComesBack)
{
    openVideo();
    m_panel->useBox()->click();
    m_panel->momentBox(2)->setValue(30);
    m_panel->letterboxBox()->setValue(448);
    const QJsonObject view = m_panel->saveView();
    EXPECT_TRUE(m_panel->viewData().has_value());
    EXPECT_TRUE(m_panel->caption().contains(QStringLiteral("frame 30")));
    GridPanel other(m_stage.context());
    m_panel->letterboxBox()->setValue(0);
    m_panel->momentBox(2)->setValue(1);
    other.restoreView(view);
    EXPECT_EQ(other.letterboxBox()->value(), 448);
    EXPECT_THAT(wanted(), ElementsAre(0, 13, 30, 39));
}

TEST_F(Grid, Pictures)
{
    openVideo();
    m_panel->useBox()->click();
    showRunOfGrid(4);
    m_stage.selection.choose({16});
    m_panel->showSelection();
    for (const bool dark : {false, true}) {
        applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, dark);
        for (const QSize& size : {QSize(420, 300), QSize(640, 480), QSize(1000, 700)}) {
            m_panel->resize(size);
            QApplication::processEvents();
            const QImage image =
                panelPicture(*m_panel, QStringLiteral("grid_panel_%1x%2_%3")
                                           .arg(size.width())
                                           .arg(size.height())
                                           .arg(dark ? QStringLiteral("dark") : QStringLiteral("light")));
            // The marked cell has its colour along its border, and the four frames their own red.
            GridPreview* preview = m_panel->preview();
            const QImage own = preview->grab().toImage();
            const QRectF marked = preview->cellRect(3);
            const QColor border =
                own.pixelColor(static_cast<int>(marked.center().x()), static_cast<int>(marked.bottom()) - 2);
            const QColor want = cellColor(3, true);
            EXPECT_NEAR(border.red(), want.red(), 12);
            EXPECT_NEAR(border.green(), want.green(), 12);
            for (int cell = 0; cell < kGridCells; ++cell) {
                const QPointF middle = preview->cellRect(cell).center();
                const int red = own.pixelColor(middle.toPoint()).red();
                EXPECT_NEAR(red, 40 + 5 * 13 * cell, 6) << cell;
            }
            EXPECT_FALSE(image.isNull());
        }
    }
}

}  // namespace
}  // namespace armillary::test
