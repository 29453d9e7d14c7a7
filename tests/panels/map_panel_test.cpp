// The embedding map from a record of vectors made by hand: both token sets in one map, selection in and out by real events, layers
// of colours, and what is said without a run or without vectors.
#include "support/embedding_record.h"
#include "window_support/keyboard.h"
#include "window_support/panel_stage.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "widgets/canvas/embedding_map_canvas.h"
#include "widgets/canvas/embedding_space_canvas.h"
#include "widgets/embedding/map_legend_row.h"
#include "widgets/embedding/map_options_row.h"
#include "widgets/embedding/neighbour_side.h"
#include "widgets/hint_page.h"
#include "widgets/kind_colors.h"
#include "widgets/models/neighbour_list_model.h"
#include "widgets/overlay/embedding_overlays.h"
#include "widgets/panels/map_panel.h"
#include "widgets/theme.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QLabel>
#include <QListView>
#include <QTest>
#include <QToolButton>
#include <QWheelEvent>

namespace armillary::test {
namespace {

using namespace widgets;
using testing::ElementsAre;
using testing::HasSubstr;

class MapOfRun : public testing::Test {
protected:
    void open(bool dark = false, const QSize& size = {900, 640})
    {
        applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, dark);
        m_panel = std::make_unique<MapPanel>(m_stage.context());
        m_panel->resize(size);
        m_panel->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_panel.get()));
    }
    void showRecord(const EmbeddingRecord& shown)
    {
        m_stage.run.showRecord(shown.record);
        ASSERT_TRUE(waitUntil([this] { return !map()->cloud().points.empty(); }));
        settle();
    }
    // Frames until nothing changes any more.
    void settle()
    {
        turnFor(std::chrono::milliseconds(60));
        (void)m_panel->grab();
        turnFor(std::chrono::milliseconds(60));
    }
    [[nodiscard]] EmbeddingMapCanvas* map() const { return m_panel->mapCanvas(); }
    [[nodiscard]] QPoint pointOf(std::int64_t position) const
    {
        const auto at = map()->pointFromPosition(position);
        EXPECT_TRUE(at) << position;
        return at.value_or(QPointF()).toPoint();
    }
    // The colour nearest to `want` within a few pixels: points are smaller than rounding errors are long.
    [[nodiscard]] int distanceAt(PointCloudCanvas* canvas, const QPoint& point, const QColor& want) const
    {
        const QImage shown = canvas->grab().toImage();
        int least = 1000;
        for (int y = -1; y <= 1; ++y) {
            for (int x = -1; x <= 1; ++x) {
                const QColor got = shown.pixelColor(point + QPoint(x, y));
                least =
                    std::min(least, std::max({std::abs(got.red() - want.red()), std::abs(got.green() - want.green()),
                                              std::abs(got.blue() - want.blue())}));
            }
        }
        return least;
    }
    // The point of the map that lies furthest from all others: clicks cannot miss it.
    [[nodiscard]] std::int64_t loneliest() const
    {
        std::int64_t best = -1;
        double furthest = -1;
        for (const CloudPoint& each : map()->cloud().points) {
            double nearest = 1e9;
            for (const CloudPoint& other : map()->cloud().points) {
                if (other.position != each.position)
                    nearest = std::min<double>(nearest, std::hypot(other.at[0] - each.at[0], other.at[1] - each.at[1]));
            }
            if (nearest > furthest) {
                furthest = nearest;
                best = each.position;
            }
        }
        return best;
    }
    void drag(const QPoint& from, const QPoint& to, Qt::KeyboardModifiers modifiers = {})
    {
        QWindow* window = m_panel->windowHandle();
        const auto at = [this](const QPoint& point) { return map()->mapTo(m_panel.get(), point); };
        QTest::mouseMove(window, at(from));
        QTest::mousePress(window, Qt::LeftButton, modifiers, at(from));
        settle();
        QTest::mouseMove(window, at((from + to) / 2));
        settle();
        QTest::mouseMove(window, at(to));
        settle();
        QTest::mouseRelease(window, Qt::LeftButton, modifiers, at(to));
        settle();
    }

    PanelStage m_stage;
    EmbeddingRecord m_made = embeddingRecord();
    std::unique_ptr<MapPanel> m_panel;
};

TEST_F(MapOfRun, ShowsWorldAndImageTokensInOneMap)
{
    open();
    showRecord(m_made);
    EXPECT_EQ(map()->cloud().points.size(), 64u);
    EXPECT_EQ(map()->drawnPoints(), 64);
    EXPECT_EQ(m_panel->legend()->text().toStdString(), "world 48   image 16");
    EXPECT_THAT(m_panel->note().toStdString(), HasSubstr("% of the variance"));
    // The first direction of the variance of unit vectors parts the two sets.
    const bool dark = themeColors(m_panel->palette()).dark;
    const std::int64_t lone = loneliest();
    const TokenKind kind = m_made.record->layout->kinds[static_cast<std::size_t>(lone)];
    EXPECT_LT(distanceAt(map(), pointOf(lone), kindColor(kind, dark)), 40);
    double worldLow = 9, worldHigh = -9, imageLow = 9, imageHigh = -9;
    for (const CloudPoint& point : map()->cloud().points) {
        auto& low = point.kind == TokenKind::World ? worldLow : imageLow;
        auto& high = point.kind == TokenKind::World ? worldHigh : imageHigh;
        low = std::min<double>(low, point.at[0]);
        high = std::max<double>(high, point.at[0]);
    }
    EXPECT_TRUE(worldHigh < imageLow || imageHigh < worldLow);
}

TEST_F(MapOfRun, PointingHoversAndAClickChooses)
{
    open();
    showRecord(m_made);
    const std::int64_t lone = loneliest();
    moveTo(map(), pointOf(lone));
    ASSERT_TRUE(waitUntil([&] { return m_stage.selection.hovered() == Positions{lone}; }));
    clickAt(map(), pointOf(lone));
    ASSERT_TRUE(waitUntil([&] { return m_stage.selection.chosen() == Positions{lone}; }));
    clickAt(map(), pointOf(lone), Qt::AltModifier);
    ASSERT_TRUE(waitUntil([&] { return m_stage.selection.focus().query == lone; }));
    // Away from every point nothing is hovered, and a click chooses nothing.
    const QPoint corner(map()->width() - 3, 3);
    moveTo(map(), corner);
    ASSERT_TRUE(waitUntil([&] { return m_stage.selection.hovered().empty(); }));
    clickAt(map(), corner);
    EXPECT_TRUE(waitUntil([&] { return m_stage.selection.chosen().empty(); }));
}

TEST_F(MapOfRun, WhatIsNotChosenTurnsGreyAndStays)
{
    open();
    showRecord(m_made);
    const std::int64_t lone = loneliest();
    const QColor own = kindColor(m_made.record->layout->kinds[static_cast<std::size_t>(lone)], false);
    EXPECT_LT(distanceAt(map(), pointOf(lone), own), 40);
    const std::int64_t other = lone == m_made.worldAt(2, 3, 3) ? m_made.worldAt(2, 3, 2) : m_made.worldAt(2, 3, 3);
    m_stage.selection.choose({other});
    settle();
    EXPECT_EQ(map()->drawnPoints(), 64);
    EXPECT_GT(distanceAt(map(), pointOf(lone), own), 40);
    // Grey on the ground, not the ground itself.
    EXPECT_GT(distanceAt(map(), pointOf(lone), themeColors(false).base), 15);
    m_stage.selection.choose({lone});
    settle();
    EXPECT_LT(distanceAt(map(), pointOf(lone), own), 40);
}

TEST_F(MapOfRun, ABoxChoosesASet)
{
    open();
    showRecord(m_made);
    drag(QPoint(2, 2), QPoint(map()->width() - 3, map()->height() - 3));
    EXPECT_EQ(m_stage.selection.chosen().size(), 64u);
    const QPoint lone = pointOf(loneliest());
    drag(lone - QPoint(9, 9), lone + QPoint(9, 9));
    EXPECT_THAT(m_stage.selection.chosen(), ElementsAre(loneliest()));
}

TEST_F(MapOfRun, ListsNearestTokensOfTheFullSpace)
{
    open();
    showRecord(m_made);
    NeighbourListModel* model = m_panel->neighbours()->model();
    const QAbstractItemModelTester tester(model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    EXPECT_THAT(m_panel->neighbours()->titleText().toStdString(), HasSubstr("Point at a token"));
    const std::int64_t asked = m_made.worldAt(1, 2, 2);
    m_stage.selection.choose({asked});
    ASSERT_TRUE(waitUntil([&] { return model->rowCount() == 12; }));
    EXPECT_THAT(m_panel->neighbours()->titleText().toStdString(), HasSubstr(std::to_string(asked)));
    // A neighbour in the grid, of the same frame, and all of the world.
    EXPECT_EQ(m_made.record->layout->kinds[static_cast<std::size_t>(model->positionAt(0))], TokenKind::World);
    EXPECT_FALSE(model->index(0).data(Qt::DecorationRole).isNull());
    EXPECT_GE(model->index(0).data(NeighbourListModel::CosineRole).toDouble(),
              model->index(11).data(NeighbourListModel::CosineRole).toDouble());
    const std::int64_t third = model->positionAt(2);
    QListView* list = m_panel->neighbours()->list();
    const QPoint row = list->viewport()->mapTo(list, list->visualRect(model->index(2)).center());
    moveTo(list, row);
    EXPECT_TRUE(waitUntil([&] { return m_stage.selection.hovered() == Positions{third}; }));
    clickAt(list, row);
    EXPECT_TRUE(waitUntil([&] { return m_stage.selection.chosen() == Positions{third}; }));
}

TEST_F(MapOfRun, MapsInThePlaneAreComputedAndSayWhatTheyDoNotMean)
{
    open();
    showRecord(m_made);
    m_stage.desk.hold(true);
    m_panel->setMethod(MapPanel::Method::Tsne);
    settle();
    EXPECT_TRUE(map()->cloud().points.empty()) << "points of another method are no map of this one";
    m_stage.desk.hold(false);
    ASSERT_TRUE(waitUntil([this] { return map()->cloud().points.size() == 64; }));
    EXPECT_THAT(m_panel->note().toStdString(), HasSubstr("mean nothing"));
    EXPECT_THAT(m_panel->note().toStdString(), HasSubstr("trustworthiness"));
    // Another perplexity keeps the last map until the next is there.
    m_stage.desk.hold(true);
    const auto asked = m_stage.desk.requests().size();
    m_panel->options()->words()->setChecked(true);
    ASSERT_TRUE(waitUntil([&] { return m_stage.desk.requests().size() > asked; }));
    EXPECT_EQ(map()->cloud().points.size(), 64u);
    m_stage.desk.hold(false);
    EXPECT_TRUE(waitUntil([this] { return map()->cloud().points.size() > 64; }));
    m_panel->setMethod(MapPanel::Method::Umap);
    EXPECT_TRUE(waitUntil([this] { return m_panel->viewData() && m_panel->viewData()->request.name == "umap"; }));
}

TEST_F(MapOfRun, TurnsTheSpace)
{
    open();
    showRecord(m_made);
    m_panel->setMethod(MapPanel::Method::Space);
    settle();
    EmbeddingSpaceCanvas* space = m_panel->spaceCanvas();
    ASSERT_EQ(space->cloud().points.size(), 64u);
    const double before = space->around();
    const auto was = space->pointFromPosition(m_made.worldAt(0, 0, 0));
    QWindow* window = m_panel->windowHandle();
    const auto at = [&](const QPoint& point) { return space->mapTo(m_panel.get(), point); };
    QTest::mousePress(window, Qt::LeftButton, {}, at({100, 100}));
    settle();
    QTest::mouseMove(window, at({160, 120}));
    settle();
    QTest::mouseMove(window, at({200, 130}));
    settle();
    QTest::mouseRelease(window, Qt::LeftButton, {}, at({200, 130}));
    settle();
    EXPECT_NE(space->around(), before);
    ASSERT_TRUE(was);
    EXPECT_NE(*was, *space->pointFromPosition(m_made.worldAt(0, 0, 0)));
    EXPECT_TRUE(m_stage.selection.chosen().empty()) << "turning chooses nothing";
}

TEST_F(MapOfRun, PaintsTokensEverywhere)
{
    open();
    showRecord(m_made);
    EmbeddingOverlays* layers = m_panel->layers();
    layers->action(EmbeddingOverlays::Components)->trigger();
    ASSERT_TRUE(waitUntil([this] { return m_stage.overlays.find(QStringLiteral("pca-rgb")) != nullptr; }));
    const OverlayLayer& rgb = m_stage.overlays.find(QStringLiteral("pca-rgb"))->layer;
    EXPECT_EQ(qAlpha(overlayColor(rgb, m_made.worldAt(0, 0, 0))), 255);
    EXPECT_EQ(qAlpha(overlayColor(rgb, 0)), 0) << "words have no components here";
    EXPECT_NE(overlayColor(rgb, m_made.worldAt(0, 0, 0)), overlayColor(rgb, m_made.imageAt(0, 0)));

    layers->action(EmbeddingOverlays::Similarity)->trigger();
    EXPECT_THAT(m_panel->note().toStdString(), HasSubstr("Choose a token"));
    const std::int64_t chosen = m_made.worldAt(1, 1, 1);
    m_stage.selection.choose({chosen});
    ASSERT_TRUE(waitUntil([this] { return m_stage.overlays.find(QStringLiteral("similarity")) != nullptr; }));
    const OverlayLayer& near = m_stage.overlays.find(QStringLiteral("similarity"))->layer;
    EXPECT_THAT(near.title.toStdString(), HasSubstr(std::to_string(chosen)));
    EXPECT_GT(near.values[static_cast<std::size_t>(m_made.worldAt(1, 1, 2))],
              near.values[static_cast<std::size_t>(m_made.imageAt(3, 3))]);

    layers->action(EmbeddingOverlays::Norm)->trigger();
    ASSERT_TRUE(waitUntil([this] { return m_stage.overlays.find(QStringLiteral("norm")) != nullptr; }));
    const OverlayLayer& norms = m_stage.overlays.find(QStringLiteral("norm"))->layer;
    EXPECT_GT(norms.values[static_cast<std::size_t>(m_made.image + 1)], 30);

    for (const auto layer : {EmbeddingOverlays::Components, EmbeddingOverlays::Similarity, EmbeddingOverlays::Norm})
        layers->action(layer)->trigger();
    EXPECT_TRUE(m_stage.overlays.entries().empty());
}

TEST_F(MapOfRun, KeepsItsSettings)
{
    open();
    showRecord(m_made);
    m_panel->setMethod(MapPanel::Method::Umap);
    m_panel->options()->normalise()->setChecked(false);
    const QJsonObject saved = m_panel->saveView();
    MapPanel other(m_stage.context());
    other.restoreView(saved);
    EXPECT_EQ(other.method(), MapPanel::Method::Umap);
    EXPECT_FALSE(other.options()->normalise()->isChecked());
    EXPECT_EQ(other.saveView(), saved);
    EXPECT_THAT(m_panel->caption().toStdString(), HasSubstr("UMAP"));
}

TEST_F(MapOfRun, SaysWhatBelongsHereAndWhatIsMissing)
{
    open();
    const auto hints = m_panel->findChildren<HintPage*>();
    ASSERT_EQ(hints.size(), 1);
    EXPECT_TRUE(hints.front()->isVisible());
    m_stage.run.showRecord(embeddingRecord(3, 4, 4, 1, false).record);
    EXPECT_FALSE(hints.front()->isVisible());
    ASSERT_TRUE(waitUntil([this] {
        const auto labels = m_panel->findChildren<QLabel*>();
        return std::any_of(labels.begin(), labels.end(), [](const QLabel* label) {
            return label->isVisible() && label->text().contains(QStringLiteral("holds no vectors"));
        });
    }));
}

TEST_F(MapOfRun, AHoverFromElsewhereIsRinged)
{
    open();
    showRecord(m_made);
    const std::int64_t lone = loneliest();
    const QImage before = map()->grab().toImage();
    m_stage.selection.hover({lone});
    settle();
    const QImage after = map()->grab().toImage();
    const QPoint at = pointOf(lone);
    const auto around = QRect(at - QPoint(12, 12), QSize(25, 25));
    EXPECT_NE(before.copy(around), after.copy(around));
    EXPECT_EQ(before.copy(QRect(0, 0, 20, 20)), after.copy(QRect(0, 0, 20, 20)));
}

TEST_F(MapOfRun, PointingDescribesNoPointAgain)
{
    open();
    showRecord(m_made);
    const int described = map()->describedClouds();
    for (const std::int64_t position : {map()->cloud().points[3].position, map()->cloud().points[9].position}) {
        m_stage.selection.hover({position});
        settle();
    }
    QTest::mouseMove(m_panel->windowHandle(), map()->mapTo(m_panel.get(), pointOf(loneliest())));
    settle();
    EXPECT_EQ(map()->describedClouds(), described);
    m_stage.selection.choose({map()->cloud().points[3].position});
    settle();
    EXPECT_EQ(map()->describedClouds(), described + 1) << "the others turn grey";
    map()->zoomBy(2);
    settle();
    EXPECT_EQ(map()->describedClouds(), described + 2);
}

TEST_F(MapOfRun, CloseUpPointsShowTheirPixels)
{
    open();
    showRecord(m_made);
    EXPECT_EQ(map()->drawnThumbnails(), 0);
    const std::int64_t lone = loneliest();
    const QPointF at = map()->pointFromPosition(lone).value_or(QPointF());
    for (int i = 0; i < 14; ++i) {
        QWheelEvent wheel(at, map()->mapToGlobal(at), {}, QPoint(0, 120), Qt::NoButton, Qt::NoModifier,
                          Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(map(), &wheel);
        (void)map()->grab();
    }
    settle();
    EXPECT_GT(map()->zoom(), 5);
    EXPECT_GT(map()->drawnThumbnails(), 0);
    // The pixel under the pointer stays under it, and what lies beside it moves away by the zoom.
    const double pointer = std::floor(at.x());
    EXPECT_NEAR(map()->pointFromPosition(lone).value_or(QPointF()).x(), pointer + (at.x() - pointer) * map()->zoom(),
                1);
    takeKeyboard(*m_panel);
    map()->setFocus();
    pressKey(map(), Qt::Key_F);
    settle();
    EXPECT_DOUBLE_EQ(map()->zoom(), 1);
}

TEST_F(MapOfRun, ADifferenceShowsTheMapOfAAndSaysSo)
{
    open();
    showRecord(m_made);
    const EmbeddingRecord other = embeddingRecord(3, 4, 4, 2);
    m_stage.pair.setA({m_made.record, QStringLiteral("a"), QStringLiteral("A")});
    m_stage.pair.setB({other.record, QStringLiteral("b"), QStringLiteral("B")});
    const CloudPoint before = map()->cloud().points.front();
    m_stage.pair.setSide(PairSide::Difference);
    settle();
    EXPECT_THAT(m_panel->note().toStdString(), HasSubstr("this is the map of A"));
    EXPECT_EQ(map()->cloud().points.front().at, before.at);
}

TEST_F(MapOfRun, StopKeepsTheLastMap)
{
    open();
    showRecord(m_made);
    m_stage.desk.hold(true);
    const auto asked = m_stage.desk.requests().size();
    m_panel->options()->normalise()->setChecked(false);
    ASSERT_TRUE(waitUntil([&] { return m_stage.desk.requests().size() > asked; }));
    QToolButton* stop = nullptr;
    for (QToolButton* button : m_panel->findChildren<QToolButton*>()) {
        if (button->isVisible() && button->text() == QStringLiteral("Stop"))
            stop = button;
    }
    ASSERT_NE(stop, nullptr);
    clickAt(stop, stop->rect().center());
    EXPECT_TRUE(waitUntil([stop] { return !stop->isVisible(); }));
    EXPECT_EQ(map()->cloud().points.size(), 64u);
    m_stage.desk.hold(false);
}

TEST_F(MapOfRun, ALockedMapStays)
{
    open();
    showRecord(m_made);
    m_panel->setLocked(true);
    m_stage.run.showRecord(embeddingRecord(2, 4, 4).record);
    settle();
    EXPECT_EQ(map()->cloud().points.size(), 64u);
    m_panel->setLocked(false);
    EXPECT_TRUE(waitUntil([this] { return map()->cloud().points.size() == 48; }));
}

TEST(PointCloud, PatchesTakeTheTokensThatCoverThem)
{
    const EmbeddingRecord made = embeddingRecord(1, 2, 2);
    AnalysisResult result;
    const auto integers = [](const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& values) {
        auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(std::int64_t));
        std::memcpy(bytes->data(), values.data(), bytes->size());
        return TensorSnapshot{ElementType::Int64, shape, std::move(bytes)};
    };
    std::vector<std::int64_t> origins;
    std::vector<float> points;
    for (int patch = 0; patch < 16; ++patch) {
        origins.insert(origins.end(), {0, 0, -1, patch / 4, patch % 4});
        points.insert(points.end(), {static_cast<float>(patch), patch == 3 ? std::nanf("") : 1.0F});
    }
    result.arrays["position"] = {{"token"}, integers({16}, std::vector<std::int64_t>(16, -1))};
    result.arrays["kind"] = {{"token"}, integers({16}, std::vector<std::int64_t>(16, 2))};
    result.arrays["origin"] = {{"token", "part"}, integers({16, 5}, origins)};
    result.arrays["points"] = {{"token", "axis"}, floatTensor({16, 2}, points)};
    const PointCloud cloud = cloudFromResult(result, made.record->layout.get(), 2);
    ASSERT_EQ(cloud.points.size(), 15u);
    EXPECT_EQ(cloud.leftOut, 1);
    EXPECT_EQ(cloud.points[0].position, made.imageAt(0, 0));
    EXPECT_EQ(cloud.points[2].position, made.imageAt(0, 1));
    EXPECT_EQ(cloud.points.back().position, made.imageAt(1, 1));
    EXPECT_FLOAT_EQ(cloud.points.front().at[0], -1);
    EXPECT_FLOAT_EQ(cloud.points.back().at[0], 1);
}

TEST(PointCloud, TrailsJoinACellOverTime)
{
    const EmbeddingRecord made = embeddingRecord(3, 2, 2);
    PanelStage stage;
    AnalysisView view(stage.context(), nullptr);
    stage.run.showRecord(made.record);
    view.want({"pca", {{"segments", "world,image"}}});
    ASSERT_TRUE(waitUntil([&view] { return view.state() == AnalysisView::State::Done; }));
    const PointCloud cloud = cloudFromResult(*view.result(), made.record->layout.get(), 3);
    ASSERT_EQ(cloud.trails.size(), 8u) << "four cells, two steps each";
    for (const auto& [from, to] : cloud.trails) {
        const TokenOrigin& a = cloud.points[static_cast<std::size_t>(from)].origin;
        const TokenOrigin& b = cloud.points[static_cast<std::size_t>(to)].origin;
        EXPECT_EQ(a.latentFrame + 1, b.latentFrame);
        EXPECT_EQ(a.row, b.row);
        EXPECT_EQ(a.column, b.column);
    }
}

TEST(MapColoring, EveryColourHasItsLegendAndUnknownIsCounted)
{
    PointCloud cloud;
    for (int i = 0; i < 3; ++i)
        cloud.points.push_back({{}, i, TokenKind::World, {0, 0, i, 0, 0}});
    cloud.points.push_back({{}, 3, TokenKind::Image, {0, 0, -1, 0, 0}});
    const PointColors frames = colorsOfPoints(cloud, MapColoring::LatentFrame, {}, nullptr, false);
    EXPECT_EQ(frames.legend.form, MapLegend::Form::Scale);
    EXPECT_EQ(frames.legend.lowest, 0);
    EXPECT_EQ(frames.legend.highest, 2);
    EXPECT_EQ(frames.legend.unknown, 1);
    EXPECT_EQ(qAlpha(frames.colors[3]), 0);
    EXPECT_EQ(frames.colors[2], scaleColor(ColorScale::Magnitude, 1));
    const PointColors norms = colorsOfPoints(cloud, MapColoring::Norm, {1, 5, 3}, nullptr, false);
    EXPECT_EQ(norms.colors[1], scaleColor(ColorScale::Magnitude, 1));
    EXPECT_EQ(norms.legend.unknown, 1);
    OverlayLayer layer;
    layer.colors = {qRgb(1, 2, 3), qRgb(4, 5, 6)};
    const PointColors painted = colorsOfPoints(cloud, MapColoring::Layer, {}, &layer, false);
    EXPECT_EQ(painted.legend.form, MapLegend::Form::Components);
    EXPECT_EQ(painted.colors[1], qRgb(4, 5, 6));
    EXPECT_EQ(painted.legend.unknown, 2);
}

TEST_F(MapOfRun, LargeMapsAreDrawnInTime)
{
    open(false, {1200, 900});
    // 13 latent frames of 18 x 18 cells and 256 patches.
    showRecord(embeddingRecord(13, 18, 16));
    ASSERT_EQ(map()->cloud().points.size(), 13u * 18 * 18 + 256);
    std::vector<double> times;
    for (int i = 0; i < 40; ++i) {
        moveTo(map(), QPoint(100 + 15 * i, 200 + 9 * i));
        turnFor(std::chrono::milliseconds(15));
        times.push_back(1000 * map()->lastDrawListSeconds());
    }
    std::sort(times.begin(), times.end());
    RecordProperty("median_draw_list_ms", std::to_string(times[20]));
    RecordProperty("p95_draw_list_ms", std::to_string(times[37]));
    std::printf("draw lists of %zu points: median %.2f ms, 95 %% %.2f ms\n", map()->cloud().points.size(), times[20],
                times[37]);
    EXPECT_LT(times[20], 4);
}

class MapScreenshot : public MapOfRun, public testing::WithParamInterface<bool> {};

TEST_P(MapScreenshot, LooksRight)
{
    const bool dark = GetParam();
    const QString mode = dark ? QStringLiteral("dark") : QStringLiteral("light");
    for (const QSize& size : {QSize(420, 300), QSize(640, 480), QSize(1000, 700)}) {
        open(dark, size);
        showRecord(m_made);
        const std::int64_t chosen = m_made.imageAt(2, 2);
        m_stage.selection.choose({chosen});
        moveTo(map(), pointOf(chosen));
        ASSERT_TRUE(waitUntil(
            [&] { return m_stage.selection.hovered() == Positions{chosen} || !m_stage.selection.hovered().empty(); }));
        turnFor(std::chrono::milliseconds(400));
        settle();
        EXPECT_FALSE(saveScreenshot(*m_panel, QStringLiteral("map_%1_%2").arg(mode).arg(size.width())).isEmpty());
        m_stage.selection.clear();
        m_stage.run.clear();
    }
    open(dark, {640, 480});
    showRecord(embeddingRecord(13, 18, 16));
    m_panel->setMethod(MapPanel::Method::Space);
    for (QAction* action : m_panel->actions()) {
        if (action->text() == QStringLiteral("Time trails") || action->text() == QStringLiteral("Options"))
            action->setChecked(true);
    }
    settle();
    EXPECT_FALSE(saveScreenshot(*m_panel, QStringLiteral("map_space_%1").arg(mode)).isEmpty());
    m_panel->setMethod(MapPanel::Method::Plane);
    m_panel->restoreView({{QStringLiteral("colouring"), 1}});
    settle();
    EXPECT_FALSE(saveScreenshot(*m_panel, QStringLiteral("map_frames_%1").arg(mode)).isEmpty());
}

INSTANTIATE_TEST_SUITE_P(Modes, MapScreenshot, testing::Bool(),
                         [](const auto& info) { return info.param ? "Dark" : "Light"; });

}  // namespace
}  // namespace armillary::test
