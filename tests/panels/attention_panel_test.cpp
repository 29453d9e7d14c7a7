// The attention map from a record: weights straight from the definition, masks, hover and click, segments, flow, sinks, and what it
// says when the record holds only the answer's rows, or nothing.
#include "unit/attention_test_record.h"
#include "window_support/panel_picture.h"
#include "window_support/panel_stage.h"
#include "window_support/readable.h"
#include "window_support/test_window.h"
#include "window_support/text_scale.h"
#include "window_support/waiting.h"

#include "widgets/canvas/attention_map_canvas.h"
#include "widgets/checks/series_chart.h"
#include "widgets/models/result_table_model.h"
#include "widgets/panels/attention_panel.h"
#include "widgets/theme.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QTabWidget>
#include <QTableView>
#include <QTest>

#include <cmath>

namespace armillary::test {
namespace {

using namespace widgets;

class Attention : public testing::Test {
protected:
    void show(bool dark = false, const QSize& size = {640, 480})
    {
        applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, dark);
        m_panel = std::make_unique<AttentionPanel>(m_stage.context());
        // As the main window does it.
        m_panel->setMinimumSize(150, 64);
        m_panel->resize(size);
        m_panel->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_panel.get()));
    }
    void TearDown() override { applyTheme(ThemeChoice::Light, false); }
    void showSample()
    {
        m_stage.selection.setFocus({.layer = 0, .head = 1});
        m_stage.run.showRecord(std::make_shared<RunRecord>(m_sample.record()));
        ASSERT_TRUE(waitUntil([this] { return !canvas()->map().isEmpty(); }));
        (void)canvas()->grab();
    }
    [[nodiscard]] AttentionMapCanvas* canvas() const { return m_panel->canvas(); }
    [[nodiscard]] QColor colorAt(const QPointF& point)
    {
        return canvas()->grab().toImage().pixelColor(point.toPoint());
    }
    [[nodiscard]] bool says(const QString& words) const
    {
        for (const QLabel* label : m_panel->findChildren<QLabel*>()) {
            if (label->isVisible() && label->text().contains(words))
                return true;
        }
        return false;
    }
    // In full, if only as a tip.
    [[nodiscard]] bool tells(const QString& words) const
    {
        for (const QLabel* label : m_panel->findChildren<QLabel*>()) {
            if (label->isVisible() && (label->text().contains(words) || label->toolTip().contains(words)))
                return true;
        }
        return false;
    }
    static void expectNear(const QColor& got, const QColor& want, int tolerance = 8)
    {
        EXPECT_NEAR(got.red(), want.red(), tolerance);
        EXPECT_NEAR(got.green(), want.green(), tolerance);
        EXPECT_NEAR(got.blue(), want.blue(), tolerance);
    }
    void openPage(AttentionPanel::Page page) { m_panel->tabs()->setCurrentIndex(page); }

    PanelStage m_stage;
    AttentionSample m_sample;
    std::unique_ptr<AttentionPanel> m_panel;
};

TEST_F(Attention, ShowsEveryWeightAndEveryMaskedCell)
{
    show();
    showSample();
    const AttentionMapPicture& map = canvas()->map();
    ASSERT_EQ(map.keys, m_sample.positions);
    EXPECT_TRUE(map.isWhole());
    for (std::int64_t query = 0; query < m_sample.positions; ++query) {
        const std::vector<double> row = m_sample.row(0, 1, query);
        for (std::int64_t key = 0; key < m_sample.positions; ++key) {
            const CellMark mark = map.markAt(static_cast<int>(query), static_cast<int>(key));
            const bool isHidden = mark == CellMark::Future || mark == CellMark::OutsideWindow;
            EXPECT_EQ(isHidden, !m_sample.sees(0, query, key)) << query << " " << key;
            if (!isHidden) {
                EXPECT_NEAR(map.valueAt(static_cast<int>(query), static_cast<int>(key)),
                            row[static_cast<std::size_t>(key)], 1e-4);
            }
        }
    }
    EXPECT_EQ(map.window, AttentionSample::kWindow);
    ASSERT_EQ(map.blocks.size(), 1U);
    EXPECT_EQ(map.blocks.front(), (PositionBlock{m_sample.blockBegin, m_sample.blockEnd}));
}

TEST_F(Attention, MaskedRectanglesCoverExactlyTheMaskedBins)
{
    show();
    showSample();
    const AttentionMapPicture& map = canvas()->map();
    std::vector<int> covered(static_cast<std::size_t>(map.rows * map.columns), 0);
    for (const MarkedCells& cells : map.masked) {
        for (int row = cells.top; row < cells.bottom; ++row) {
            for (int column = cells.left; column < cells.right; ++column) {
                ++covered[static_cast<std::size_t>(row * map.columns + column)];
                EXPECT_EQ(map.markAt(row, column), cells.mark);
            }
        }
    }
    for (int row = 0; row < map.rows; ++row) {
        for (int column = 0; column < map.columns; ++column) {
            const CellMark mark = map.markAt(row, column);
            const bool isHidden = mark == CellMark::Future || mark == CellMark::OutsideWindow;
            EXPECT_EQ(covered[static_cast<std::size_t>(row * map.columns + column)], isHidden ? 1 : 0);
        }
    }
}

TEST_F(Attention, WeightsHaveTheColoursOfTheScale)
{
    show(false, {1000, 700});
    showSample();
    m_panel->scaleBox()->setCurrentIndex(1);
    const AttentionMapPicture& map = canvas()->map();
    EXPECT_EQ(map.scale, ValueScale::Linear);
    for (const AttentionMapCanvas::Pair pair : {AttentionMapCanvas::Pair{20, 20}, AttentionMapCanvas::Pair{5, 3}}) {
        const double fraction =
            map.valueAt(static_cast<int>(pair.queryIndex), static_cast<int>(pair.key)) / map.highest;
        expectNear(colorAt(canvas()->pointFrom(pair) + QPointF(2, 2)),
                   QColor(scaleColor(ColorScale::Magnitude, fraction)));
    }
    // A later key is hatched: its cell holds more than one colour, and none of the scale.
    const QImage picture = canvas()->grab().toImage();
    const QPointF hidden = canvas()->pointFrom({2, 12});
    bool differs = false;
    for (int step = -8; step <= 8; ++step)
        differs = differs || picture.pixel(hidden.toPoint() + QPoint(step, 0)) != picture.pixel(hidden.toPoint());
    EXPECT_TRUE(differs);
}

TEST_F(Attention, PointingHoversQueryAndKey)
{
    show();
    showSample();
    moveTo(canvas(), canvas()->pointFrom({26, 22}).toPoint());
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.hovered() == Positions{22, 26}; }));
    const QString words = canvas()->wordsOf({26, 22});
    EXPECT_TRUE(words.contains(QStringLiteral("26 · text"))) << words.toStdString();
    EXPECT_TRUE(words.contains(QStringLiteral("22 · image, row 1, column 3"))) << words.toStdString();
    EXPECT_TRUE(words.contains(QStringLiteral("weight 0."))) << words.toStdString();
    EXPECT_TRUE(canvas()->wordsOf({26, 3}).contains(QStringLiteral("window of 7")));
    EXPECT_TRUE(canvas()->wordsOf({3, 26}).contains(QStringLiteral("later")));
    moveTo(canvas(), QPoint(2, 2));
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.hovered().empty(); }));
}

TEST_F(Attention, AClickMakesTheQuery)
{
    show();
    showSample();
    clickAt(canvas(), canvas()->pointFrom({24, 10}).toPoint());
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.focus().query == 24; }));
    clickAt(canvas(), canvas()->pointFrom({25, 11}).toPoint(), Qt::ControlModifier);
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.chosen() == Positions{11}; }));
    EXPECT_EQ(m_stage.selection.focus().query, 24);
}

TEST_F(Attention, HoverAndQueryOfOthersAreMarked)
{
    show();
    showSample();
    const QPointF line(canvas()->mapRect().right() - 3, canvas()->pointFrom({22, 0}).y());
    const QColor before = colorAt(line);
    Focus focus = m_stage.selection.focus();
    focus.query = 22;
    m_stage.selection.setFocus(focus);
    EXPECT_NE(colorAt(line), before) << "the row of the query";
    const QPointF tick(canvas()->pointFrom({0, 9}).x(), canvas()->mapRect().top() - 3);
    const QColor ruler = colorAt(tick);
    m_stage.selection.hover({9});
    QCoreApplication::processEvents();
    EXPECT_NE(colorAt(tick), ruler);
}

TEST_F(Attention, FollowsTheFocusWhenItRests)
{
    show();
    showSample();
    m_stage.selection.setFocus({.layer = 1, .head = 2});
    ASSERT_TRUE(waitUntil([this] {
        return m_stage.desk.requests().back().request.arguments.contains("head") &&
               m_stage.desk.requests().back().request.arguments.at("layer") == "1";
    }));
    ASSERT_TRUE(waitUntil([this] { return canvas()->map().window == 0; })) << "layer 1 is global";
    EXPECT_TRUE(m_panel->sliceText().contains(QStringLiteral("layer 1 (global), head 2")));
    m_stage.selection.setFocus({});
    EXPECT_TRUE(m_panel->sliceText().contains(QStringLiteral("mean of heads")));
}

TEST_F(Attention, TheKeptMapGoesWithFocusAndBoxes)
{
    show();
    showSample();
    const auto expectNew = [this](const char* what, auto change) {
        const QImage before = canvas()->grab().toImage();
        const int grounds = canvas()->groundsDrawn();
        change();
        ASSERT_TRUE(waitUntil([&] { return canvas()->groundsDrawn() > grounds; })) << what;
        EXPECT_NE(canvas()->grab().toImage(), before) << what;
    };
    expectNew("another head", [this] { m_stage.selection.setFocus({.layer = 0, .head = 2}); });
    expectNew("another layer", [this] { m_stage.selection.setFocus({.layer = 1, .head = 2}); });
    expectNew("the maximum and a linear scale", [this] {
        m_panel->valueBox()->setCurrentIndex(1);
        m_panel->scaleBox()->setCurrentIndex(1);
    });
    const int grounds = canvas()->groundsDrawn();
    moveTo(canvas(), canvas()->pointFrom({26, 22}).toPoint());
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.hovered() == Positions{22, 26}; }));
    (void)canvas()->grab();
    EXPECT_EQ(canvas()->groundsDrawn(), grounds) << "pointing draws no map";
}

TEST_F(Attention, ZoomKeepsWhatIsUnderThePointer)
{
    show();
    showSample();
    const QPointF before = canvas()->pointFrom({20, 10});
    const QPointF pointer = before.toPoint();
    moveTo(canvas(), pointer.toPoint());
    QWheelEvent wheel(pointer, canvas()->mapToGlobal(pointer), {}, QPoint(0, 480), Qt::NoButton, Qt::NoModifier,
                      Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(canvas(), &wheel);
    ASSERT_TRUE(waitUntil([this] { return canvas()->part().width() < 0.6; }));
    const QPointF after = pointer + (before - pointer) / canvas()->part().width();
    EXPECT_NEAR(canvas()->pointFrom({20, 10}).x(), after.x(), 0.01);
    EXPECT_NEAR(canvas()->pointFrom({20, 10}).y(), after.y(), 0.01);
    const QJsonObject saved = m_panel->saveView();
    canvas()->zoomToFit();
    EXPECT_EQ(canvas()->part(), QRectF(0, 0, 1, 1));
    m_panel->restoreView(saved);
    EXPECT_LT(canvas()->part().width(), 0.6);
}

TEST_F(Attention, WithoutQkvItShowsTheAnswersRowsAndSaysSo)
{
    m_sample.keepOnlyAnswerRows();
    show();
    showSample();
    EXPECT_EQ(std::ssize(canvas()->map().queries), 4);
    EXPECT_FALSE(canvas()->map().isWhole());
    EXPECT_TRUE(says(QStringLiteral("capture qkv")));
    (void)panelPicture(*m_panel, QStringLiteral("attention_rows_640x480_light"));
}

TEST_F(Attention, SaysTheErrorOfTheRecomputedWeights)
{
    m_sample.keepOnlyAnswerRows();
    show();
    showSample();
    ASSERT_TRUE(waitUntil([this] { return m_panel->errorText().contains(QStringLiteral("at most")); }))
        << m_panel->errorText().toStdString();
    EXPECT_TRUE(m_panel->errorText().contains(QStringLiteral("3e-07"))) << m_panel->errorText().toStdString();
}

TEST_F(Attention, SegmentsAreThoseOfTheQueryAndChooseTheirTokens)
{
    show();
    showSample();
    openPage(AttentionPanel::SegmentsPage);
    ASSERT_TRUE(waitUntil([this] { return m_panel->segments()->rowCount() == 6; }));
    EXPECT_EQ(m_stage.desk.requests().back().request.name, "segment-mass");
    EXPECT_EQ(m_stage.desk.requests().back().request.arguments.at("positions"), "answer");
    // The row of query 26 in head 1, straight from the definition.
    Focus focus = m_stage.selection.focus();
    focus.query = 26;
    m_stage.selection.setFocus(focus);
    ASSERT_TRUE(waitUntil([this] { return m_stage.desk.requests().back().request.arguments.at("positions") == "26"; }));
    double image = 0;
    for (std::int64_t key = m_sample.blockBegin; key < m_sample.blockEnd; ++key)
        image += m_sample.row(0, 1, 26)[static_cast<std::size_t>(key)];
    const int mass = m_panel->segments()->columnOf(QStringLiteral("mass"));
    const int kind = m_panel->segments()->columnOf(QStringLiteral("segment"));
    int imageRow = 0;
    while (m_panel->segments()->index(imageRow, kind).data().toString() != QStringLiteral("image"))
        ASSERT_LT(++imageRow, 6);
    const auto shown = [&] {
        return m_panel->segments()->index(imageRow, mass).data(ResultTableModel::CellRole).toDouble();
    };
    ASSERT_TRUE(waitUntil([&] { return std::abs(shown() - image) < 1e-4; })) << shown() << " is not " << image;
    const QAbstractItemModelTester tester(m_panel->segments());
    QTableView* table = m_panel->segmentTable();
    clickAt(table->viewport(), table->visualRect(m_panel->segments()->index(imageRow, kind)).center());
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.chosen().size() == 8; }));
    EXPECT_EQ(m_stage.selection.chosen().front(), m_sample.blockBegin);
}

TEST_F(Attention, FlowIsALineASource)
{
    show();
    showSample();
    openPage(AttentionPanel::FlowPage);
    ASSERT_TRUE(waitUntil([this] { return !m_panel->chart()->chart().series.empty(); }));
    EXPECT_EQ(m_panel->chart()->chart().places.size(), AttentionSample::kLayers);
    double sum = 0;
    for (const ChartSeries& series : m_panel->chart()->chart().series)
        sum += std::isnan(series.values[1]) ? 0 : series.values[1];
    EXPECT_NEAR(sum, 1, 1e-3) << "what the answer gives to all four in the global layer";
    Q_EMIT m_panel->chart()->placeClicked(2);
    EXPECT_EQ(m_stage.selection.focus().layer, 2);
    m_panel->targetBox()->setCurrentIndex(m_panel->targetBox()->findData(QStringLiteral("world")));
    for (const ChartSeries& series : m_panel->chart()->chart().series)
        EXPECT_NE(series.title, QStringLiteral("to image")) << "the world comes before the picture";
}

TEST_F(Attention, ASinkLeadsToItsHeadAndPosition)
{
    AnalysisResult sinks;
    sinks.request.name = "attention-sinks";
    sinks.tables.push_back({"sinks",
                            {"layer", "head", "position", "kind", "token", "mean weight", "later queries"},
                            {{2.0, 3.0, 0.0, std::string("control"), std::string("<bos>"), 0.71, 29.0},
                             {0.0, 1.0, 14.0, std::string("bracket"), std::string("<eow>"), 0.42, 15.0}}});
    m_stage.desk.give(sinks);
    show();
    showSample();
    openPage(AttentionPanel::SinksPage);
    ASSERT_TRUE(waitUntil([this] { return m_panel->sinks()->rowCount() == 2; }));
    QTableView* table = m_panel->sinkTable();
    clickAt(table->viewport(), table->visualRect(m_panel->sinks()->index(1, 4)).center());
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.chosen() == Positions{14}; }));
    EXPECT_EQ(m_stage.selection.focus().layer, 0);
    EXPECT_EQ(m_stage.selection.focus().head, 1);
    (void)panelPicture(*m_panel, QStringLiteral("attention_sinks_640x480_light"));
}

TEST_F(Attention, DifferencesAreSigned)
{
    show();
    AttentionSample other(ElementType::Float32, 9);
    const auto a = std::make_shared<RunRecord>(m_sample.record());
    m_stage.run.showRecord(a);
    m_stage.pair.setA({a, QStringLiteral("a"), QStringLiteral("A")});
    m_stage.pair.setB({std::make_shared<RunRecord>(other.record()), QStringLiteral("b"), QStringLiteral("B")});
    m_stage.pair.setSide(PairSide::Difference);
    ASSERT_TRUE(waitUntil([this] { return canvas()->map().isDifference; }));
    EXPECT_FLOAT_EQ(canvas()->map().lowest, -canvas()->map().highest);
    EXPECT_EQ(canvas()->map().markAt(3, 20), CellMark::Future) << "the mask is that of both";
    EXPECT_TRUE(canvas()->hint().isEmpty());
    (void)panelPicture(*m_panel, QStringLiteral("attention_difference_640x480_light"));
    // Nothing to subtract is said, not left empty.
    AttentionSample longer(ElementType::Float32, 9, {"What", " is", " this", " here", "?"});
    m_stage.pair.setB({std::make_shared<RunRecord>(longer.record()), QStringLiteral("c"), QStringLiteral("C")});
    ASSERT_TRUE(waitUntil([this] { return canvas()->map().isEmpty() && !canvas()->hint().isEmpty(); }));
    EXPECT_THAT(canvas()->hint().toStdString(), testing::HasSubstr("sequences differ"));
}

TEST_F(Attention, SaysWhatBelongsHereAndWhatWentWrong)
{
    show();
    EXPECT_TRUE(says(QStringLiteral("No attention yet")));
    (void)panelPicture(*m_panel, QStringLiteral("attention_empty_640x480_light"));
    m_stage.desk.refuse("attention-map", QStringLiteral("The record holds no attention: ask again with capture qkv."));
    m_stage.run.showRecord(RecordBuilder::typical().build());
    ASSERT_TRUE(waitUntil([this] { return says(QStringLiteral("holds no attention")); }));
    EXPECT_FALSE(says(QStringLiteral("Error of recomputed"))) << "why there is no map is said once";
    (void)panelPicture(*m_panel, QStringLiteral("attention_failed_640x480_light"));
}

TEST_F(Attention, LegendAndNotesStayApartHoweverLargeTheTextIs)
{
    m_sample.keepOnlyAnswerRows();
    for (const double scale : {1.0, 1.5}) {
        const TextScale text(scale);
        for (const QSize& size : {QSize(350, 260), QSize(420, 260), QSize(420, 300), QSize(640, 480)}) {
            for (const bool dark : {false, true}) {
                show(dark, size);
                showSample();
                ASSERT_TRUE(waitUntil([this] { return m_panel->errorText().contains(QStringLiteral("at most")); }));
                ASSERT_TRUE(waitUntil([this] { return clippedTexts(*m_panel).isEmpty(); }, std::chrono::seconds(1)))
                    << clippedTexts(*m_panel).join(QLatin1Char('\n')).toStdString();
                const std::string what = QStringLiteral("%1x%2_%3")
                                             .arg(size.width())
                                             .arg(size.height())
                                             .arg(qRound(100 * scale))
                                             .toStdString();
                const QImage picture =
                    panelPicture(*m_panel, QStringLiteral("attention_rows_%1_%2")
                                               .arg(QString::fromStdString(what))
                                               .arg(dark ? QStringLiteral("dark") : QStringLiteral("light")));
                ASSERT_EQ(picture.size(), size);
                const QRect map(canvas()->mapTo(m_panel.get(), QPoint()), canvas()->size());
                const QRect legend = canvas()->legendRect().toAlignedRect().translated(map.topLeft());
                EXPECT_TRUE(map.contains(legend)) << what << ": the legend is cut";
                for (const QLabel* label : m_panel->findChildren<QLabel*>()) {
                    const QRect place(label->mapTo(m_panel.get(), QPoint()), label->size());
                    EXPECT_FALSE(label->isVisible() && place.intersects(map))
                        << what << ": " << label->text().toStdString();
                }
                for (int y = legend.top() + 1; y < legend.bottom(); ++y)
                    EXPECT_EQ(picture.pixelColor(legend.right() - 2, y), themeColors(dark).base) << what << " " << y;
                EXPECT_TRUE(
                    says(size.height() < 400 && scale > 1 ? QStringLiteral("4 notes") : QStringLiteral("Only the")))
                    << what;
                EXPECT_TRUE(tells(QStringLiteral("capture qkv"))) << what;
                EXPECT_TRUE(tells(m_panel->errorText())) << what;
                m_panel.reset();
            }
        }
    }
}

TEST_F(Attention, LooksRightAtItsSizes)
{
    const char* names[] = {"map", "segments", "flow", "sinks"};
    for (const bool dark : {false, true}) {
        for (const QSize& size : {QSize(420, 300), QSize(640, 480), QSize(1000, 700)}) {
            show(dark, size);
            showSample();
            for (int page = 0; page < 4; ++page) {
                m_panel->tabs()->setCurrentIndex(page);
                turnFor(std::chrono::milliseconds(250));
                if (page == AttentionPanel::MapPage) {
                    moveTo(canvas(), canvas()->pointFrom({24, 20}).toPoint());
                    ASSERT_TRUE(waitUntil([this] { return canvas()->pointed().has_value(); }));
                }
                const QImage picture =
                    panelPicture(*m_panel, QStringLiteral("attention_%1_%2x%3_%4")
                                               .arg(QLatin1String(names[page]))
                                               .arg(size.width())
                                               .arg(size.height())
                                               .arg(dark ? QStringLiteral("dark") : QStringLiteral("light")));
                EXPECT_EQ(picture.size(), size);
            }
            m_panel.reset();
        }
    }
}

}  // namespace
}  // namespace armillary::test
