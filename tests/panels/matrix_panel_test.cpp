// Layers by heads from a record: real measures of a small model, hover and click to the focus and back, keys, differences, and what
// it says when there is nothing.
#include "unit/attention_test_record.h"
#include "window_support/keyboard.h"
#include "window_support/panel_picture.h"
#include "window_support/panel_stage.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "widgets/analysis/analysis_strip.h"
#include "widgets/panels/matrix_panel.h"
#include "widgets/theme.h"

#include <gtest/gtest.h>

#include <QAction>
#include <QComboBox>
#include <QLabel>
#include <QTest>

#include <cmath>
#include <limits>
#include <set>

namespace armillary::test {
namespace {

using namespace widgets;

// 34 layers, 8 heads, every sixth global; the answer of head 3 of layer 17 is the largest, layer 5's head 2 has none.
AnalysisResult largeMatrix(const std::string& measure = "mass")
{
    AnalysisResult out;
    out.request = {"attention-matrix", {{"measure", measure}, {"segment", "world"}, {"positions", "answer"}}};
    std::vector<float> values;
    for (int cell = 0; cell < 34 * 8; ++cell)
        values.push_back(0.3F + 0.2F * static_cast<float>(std::sin(0.7 * cell)));
    values[17 * 8 + 3] = 0.8F;
    values[5 * 8 + 2] = std::numeric_limits<float>::quiet_NaN();
    out.arrays["matrix"] = {{"layer", "head"}, floatSnapshot({34, 8}, values)};
    return out;
}

std::shared_ptr<const RunRecord> largeRecord()
{
    auto record = std::make_shared<RunRecord>(*RecordBuilder::typical(8, 4).build());
    record->model = {34, 8, 4, 256, 2560, 262208, 0.0625, 1e-6, 1024, {}};
    for (int layer = 0; layer < 34; ++layer)
        record->model.layerIsLocal.push_back((layer + 1) % 6 != 0);
    return record;
}

class Matrix : public testing::Test {
protected:
    void show(bool dark = false, const QSize& size = {640, 480})
    {
        applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, dark);
        m_panel = std::make_unique<MatrixPanel>(m_stage.context());
        m_panel->resize(size);
        m_panel->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_panel.get()));
    }
    void TearDown() override { applyTheme(ThemeChoice::Light, false); }
    void showLarge()
    {
        m_stage.desk.give(largeMatrix());
        m_stage.run.showRecord(largeRecord());
        ASSERT_TRUE(waitUntil([this] { return canvas()->matrix().layers == 34; }));
        (void)canvas()->grab();
    }
    void showSample()
    {
        m_stage.run.showRecord(std::make_shared<RunRecord>(m_sample.record()));
        ASSERT_TRUE(waitUntil([this] { return canvas()->matrix().layers == AttentionSample::kLayers; }));
        (void)canvas()->grab();
    }
    [[nodiscard]] HeatMatrixCanvas* canvas() const { return m_panel->canvas(); }
    [[nodiscard]] QColor colorAt(const QPointF& point)
    {
        return canvas()->grab().toImage().pixelColor(point.toPoint());
    }
    [[nodiscard]] QPoint middleOf(const MatrixCell& cell) const { return canvas()->rectOf(cell).center().toPoint(); }
    // Beside the middle, where a number may stand.
    [[nodiscard]] QPointF cornerOf(const MatrixCell& cell) const
    {
        return canvas()->rectOf(cell).topLeft() + QPointF(4, canvas()->rectOf(cell).height() / 2);
    }
    static void expectNear(const QColor& got, const QColor& want, int tolerance = 6)
    {
        EXPECT_NEAR(got.red(), want.red(), tolerance);
        EXPECT_NEAR(got.green(), want.green(), tolerance);
        EXPECT_NEAR(got.blue(), want.blue(), tolerance);
    }

    PanelStage m_stage;
    AttentionSample m_sample;
    std::unique_ptr<MatrixPanel> m_panel;
};

TEST_F(Matrix, CellsHoldTheMassStraightFromTheDefinition)
{
    show();
    showSample();
    const std::int64_t firstWorld = 2, endWorld = 14;
    for (int layer = 0; layer < AttentionSample::kLayers; ++layer) {
        for (int head = 0; head < AttentionSample::kHeads; ++head) {
            double sum = 0;
            int rows = 0;
            for (std::int64_t query = m_sample.prefill - 1; query < m_sample.positions; ++query) {
                const std::vector<double> row = m_sample.row(layer, head, query);
                bool sees = false;
                for (std::int64_t key = firstWorld; key < endWorld; ++key)
                    sees = sees || m_sample.sees(layer, query, key);
                if (!sees)
                    continue;
                ++rows;
                for (std::int64_t key = firstWorld; key < endWorld; ++key)
                    sum += row[static_cast<std::size_t>(key)];
            }
            const float shown = canvas()->matrix().at(layer, head);
            if (rows == 0)
                EXPECT_TRUE(std::isnan(shown)) << layer << " " << head;
            else
                EXPECT_NEAR(shown, sum / rows, 1e-4) << layer << " " << head;
        }
    }
    EXPECT_EQ(canvas()->matrix().isGlobal, (std::vector<bool>{false, true, false}));
    EXPECT_TRUE(canvas()->wordsOf({1, 2}).contains(QStringLiteral("global")));
    EXPECT_TRUE(canvas()->wordsOf({0, 2}).contains(QStringLiteral("no number")));
}

TEST_F(Matrix, CellsHaveTheColoursOfTheirValuesAndBlanksAreHatched)
{
    show();
    showLarge();
    const HeatMatrix& matrix = canvas()->matrix();
    EXPECT_FLOAT_EQ(matrix.highest, 0.8F);
    for (const MatrixCell cell : {MatrixCell{0, 0}, MatrixCell{17, 3}, MatrixCell{33, 7}, MatrixCell{20, 5}})
        expectNear(colorAt(cornerOf(cell)),
                   QColor(scaleColor(ColorScale::Magnitude, matrix.at(*cell.layer, *cell.head) / 0.8)));
    expectNear(colorAt(cornerOf({9, std::nullopt})), QColor(scaleColor(ColorScale::Magnitude, matrix.meanOf(9) / 0.8)));
    // The blank shows the ground and a pattern, no colour of the scale.
    const QImage picture = canvas()->grab().toImage();
    const QRect blank = canvas()->rectOf({5, 2}).toAlignedRect().adjusted(2, 2, -2, -2);
    std::set<QRgb> colors;
    for (int y = blank.top(); y <= blank.bottom(); ++y) {
        for (int x = blank.left(); x <= blank.right(); ++x)
            colors.insert(picture.pixel(x, y));
    }
    EXPECT_GT(colors.size(), 1U) << "hatched, not plain";
    for (const QRgb color : colors)
        EXPECT_LT(std::abs(qRed(color) - qBlue(color)), 40) << "grey";
}

TEST_F(Matrix, PointingShowsTheHeadForAsLongAsThePointerStays)
{
    show();
    showLarge();
    m_stage.selection.setFocus({.layer = 2, .head = 1});
    moveTo(canvas(), middleOf({17, 3}));
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.focus().layer == 17; }));
    EXPECT_EQ(m_stage.selection.focus().head, 3);
    moveTo(canvas(), middleOf({9, std::nullopt}));
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.focus().layer == 9; }));
    EXPECT_FALSE(m_stage.selection.focus().head) << "the column of means";
    moveTo(canvas(), QPoint(3, canvas()->height() - 3));
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.focus().layer == 2; }));
    EXPECT_EQ(m_stage.selection.focus().head, 1);
}

TEST_F(Matrix, AClickSticks)
{
    show();
    showLarge();
    clickAt(canvas(), middleOf({11, 6}));
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.focus().layer == 11; }));
    moveTo(canvas(), QPoint(3, canvas()->height() - 3));
    turnFor(std::chrono::milliseconds(60));
    EXPECT_EQ(m_stage.selection.focus().layer, 11);
    EXPECT_EQ(m_stage.selection.focus().head, 6);
    EXPECT_EQ(canvas()->marked(), (MatrixCell{11, 6}));
    // A number above the columns: that head in all layers.
    clickAt(canvas(), middleOf({std::nullopt, 4}));
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.focus().head == 4; }));
    EXPECT_FALSE(m_stage.selection.focus().layer);
}

TEST_F(Matrix, FocusOfOthersIsFramed)
{
    show();
    showLarge();
    const QColor before = colorAt(canvas()->rectOf({20, 5}).topLeft());
    m_stage.selection.setFocus({.layer = 20, .head = 5});
    EXPECT_EQ(canvas()->marked(), (MatrixCell{20, 5}));
    EXPECT_NE(colorAt(canvas()->rectOf({20, 5}).topLeft()), before);
}

TEST_F(Matrix, ArrowKeysMoveTheFocus)
{
    show();
    showLarge();
    takeKeyboard(*m_panel);
    canvas()->setFocus();
    ASSERT_TRUE(waitUntil([this] { return canvas()->hasFocus(); }));
    m_stage.selection.setFocus({.layer = 20, .head = 6});
    pressKey(canvas(), Qt::Key_Down);
    pressKey(canvas(), Qt::Key_Right);
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.focus().head == 7; }));
    EXPECT_EQ(m_stage.selection.focus().layer, 21);
    pressKey(canvas(), Qt::Key_Right);
    ASSERT_TRUE(waitUntil([this] { return !m_stage.selection.focus().head; })) << "the means stand right of head 7";
    pressKey(canvas(), Qt::Key_End);
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.focus().layer == 33; }));
}

TEST_F(Matrix, FindsTheHeadMostTiedToTheWorld)
{
    show();
    showLarge();
    m_panel->focusOnWorld();
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.focus().layer == 17; }));
    EXPECT_EQ(m_stage.selection.focus().head, 3);
    // By lift, when mass on the world is not shown: asked for by itself.
    m_stage.desk.give(largeMatrix("entropy"));
    AnalysisResult lift = largeMatrix("lift");
    std::vector<float> values = lift.arrays["matrix"].values.floats();
    values[30 * 8] = 9;
    lift.arrays["matrix"].values = floatSnapshot({34, 8}, values);
    m_stage.desk.give(lift);
    m_panel->measureBox()->setCurrentText(QStringLiteral("lift on world"));
    m_panel->focusOnWorld();
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.focus().layer == 30; }));
    EXPECT_EQ(m_stage.selection.focus().head, 0);
}

TEST_F(Matrix, OtherMeasuresAskTheDeskAndSayTheirUnit)
{
    show();
    showSample();
    m_panel->measureBox()->setCurrentText(QStringLiteral("entropy in bits"));
    ASSERT_TRUE(waitUntil([this] { return canvas()->matrix().unit == QStringLiteral("bits"); }));
    EXPECT_EQ(m_stage.desk.requests().back().request.arguments.at("measure"), "entropy-bits");
    EXPECT_TRUE(m_panel->caption().contains(QStringLiteral("bits")));
    const QJsonObject saved = m_panel->saveView();
    m_panel->measureBox()->setCurrentIndex(0);
    m_panel->queriesBox()->setCurrentIndex(2);
    m_panel->restoreView(saved);
    EXPECT_EQ(m_panel->measureBox()->currentText(), QStringLiteral("entropy in bits"));
    EXPECT_EQ(m_panel->queriesBox()->currentData().toString(), QStringLiteral("answer"));
    EXPECT_TRUE(m_panel->viewData());
}

TEST_F(Matrix, DifferencesAreSignedAndSymmetric)
{
    show();
    AttentionSample other(ElementType::Float32, 9);
    const auto a = std::make_shared<RunRecord>(m_sample.record());
    m_stage.run.showRecord(a);
    m_stage.pair.setA({a, QStringLiteral("a"), QStringLiteral("A")});
    m_stage.pair.setB({std::make_shared<RunRecord>(other.record()), QStringLiteral("b"), QStringLiteral("B")});
    m_stage.pair.setSide(PairSide::Difference);
    ASSERT_TRUE(waitUntil([this] { return canvas()->matrix().scale == ColorScale::Signed; }));
    EXPECT_FLOAT_EQ(canvas()->matrix().lowest, -canvas()->matrix().highest);
    EXPECT_TRUE(canvas()->matrix().measure.contains(QStringLiteral("A − B")));
    (void)panelPicture(*m_panel, QStringLiteral("matrix_difference_640x480_light"));
}

TEST_F(Matrix, SaysWhatBelongsHereAndWhatWentWrong)
{
    show();
    const auto says = [this](const QString& words) {
        for (const QLabel* label : m_panel->findChildren<QLabel*>()) {
            if (label->isVisible() && label->text().contains(words))
                return true;
        }
        return false;
    };
    EXPECT_TRUE(says(QStringLiteral("No attention yet")));
    (void)panelPicture(*m_panel, QStringLiteral("matrix_empty_640x480_light"));
    m_stage.desk.refuse("attention-matrix",
                        QStringLiteral("The record holds no attention: ask again with capture qkv."));
    m_stage.run.showRecord(largeRecord());
    ASSERT_TRUE(waitUntil([&] { return says(QStringLiteral("holds no attention")); }));
    (void)panelPicture(*m_panel, QStringLiteral("matrix_failed_640x480_light"));
}

TEST_F(Matrix, LooksRightAtItsSizes)
{
    for (const bool dark : {false, true}) {
        for (const QSize& size : {QSize(420, 300), QSize(640, 480), QSize(1000, 700)}) {
            show(dark, size);
            showLarge();
            m_stage.selection.setFocus({.layer = 17, .head = 3});
            moveTo(canvas(), middleOf({23, 5}));
            ASSERT_TRUE(waitUntil([this] { return m_stage.selection.focus().layer == 23; }));
            m_stage.selection.setFocus({.layer = 17, .head = 3});
            const QImage picture =
                panelPicture(*m_panel, QStringLiteral("matrix_%1x%2_%3")
                                           .arg(size.width())
                                           .arg(size.height())
                                           .arg(dark ? QStringLiteral("dark") : QStringLiteral("light")));
            EXPECT_EQ(picture.size(), size);
            m_panel.reset();
        }
    }
}

}  // namespace
}  // namespace armillary::test
