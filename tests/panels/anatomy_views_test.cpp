// Weights, comparison and times in the anatomy panel: wishes go out, answers come in, focus both ways, failures, pictures.
#include "panels/anatomy_stage.h"
#include "support/measured_record.h"
#include "window_support/panel_picture.h"
#include "window_support/panel_stage.h"
#include "window_support/waiting.h"

#include "inspect/anatomy_results.h"
#include "widgets/anatomy/compare_view.h"
#include "widgets/anatomy/figure_table.h"
#include "widgets/anatomy/flame_chart.h"
#include "widgets/anatomy/histogram_plot.h"
#include "widgets/anatomy/times_view.h"
#include "widgets/anatomy/weights_view.h"
#include "widgets/anatomy/work_row.h"
#include "widgets/panels/anatomy_panel.h"
#include "widgets/theme.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QSortFilterProxyModel>
#include <QTabWidget>
#include <QTest>

#include <cmath>
#include <functional>

namespace armillary::test {
namespace {

using namespace widgets;
using ::testing::HasSubstr;

WeightHealth bell(double mean, double deviation, std::int64_t elements)
{
    WeightHealth out;
    out.elements = elements;
    out.mean = mean;
    out.deviation = deviation;
    out.norm = deviation * std::sqrt(static_cast<double>(elements));
    out.kurtosis = 3.2;
    out.min = mean - 6.5 * deviation;
    out.max = mean + 6.2 * deviation;
    out.low = mean - 3.1 * deviation;
    out.median = mean;
    out.high = mean + 3.1 * deviation;
    out.histogramLow = mean - 5 * deviation;
    out.histogramHigh = mean + 5 * deviation;
    for (int bin = 0; bin < 48; ++bin) {
        const double away = (bin - 23.5) / 4.8;
        out.histogram.push_back(std::llround(static_cast<double>(elements) / 12 * std::exp(-away * away / 2)));
    }
    out.below = 1;
    out.above = 2;
    out.outliers = 3;
    out.firstExponent = -12;
    out.byExponent = {10, 30, 90, 260, 700, 1900, 3000, 900, 3};
    return out;
}

std::shared_ptr<const SnapshotHealth> health(const std::string& folder)
{
    auto out = std::make_shared<SnapshotHealth>();
    out->folder = folder;
    out->parts = {{"language_model", 5, bell(0, 0.02, 200'000)}, {"vision_tower", 1, bell(0.1, 0.3, 5'000)}};
    for (int layer = 0; layer < 4; ++layer)
        out->tensors.push_back({"language_model.model.layers." + std::to_string(layer) + ".self_attn.q_proj.weight",
                                "language_model",
                                ElementType::BFloat16,
                                {200, 250},
                                bell(0, 0.02, 50'000)});
    out->tensors[2].health.nans = 7;
    out->tensors.push_back(
        {"language_model.model.norm.weight", "language_model", ElementType::BFloat16, {64}, bell(1, 0.1, 64)});
    out->tensors.push_back({"vision_tower.encoder.layers.1.mlp.fc1.weight",
                            "vision_tower",
                            ElementType::Float32,
                            {50, 100},
                            bell(0.1, 0.3, 5'000)});
    out->whole = bell(0, 0.05, 205'064);
    out->whole.nans = 7;
    out->bytes = 430'000;
    out->seconds = 0.01;
    return out;
}

std::shared_ptr<const SnapshotDifference> difference(const std::string& a, const std::string& b)
{
    auto out = std::make_shared<SnapshotDifference>();
    out->folderA = a;
    out->folderB = b;
    const auto compared = [](const std::string& name, std::int64_t equal, double rms, double most) {
        TensorDifference made;
        made.name = name;
        made.typeA = made.typeB = ElementType::BFloat16;
        made.shapeA = made.shapeB = {10, 10};
        made.elements = 100;
        made.equal = equal;
        made.relativeRms = rms;
        made.maxAbsolute = most;
        made.cosine = 1 - rms * rms / 2;
        return made;
    };
    out->tensors = {compared("language_model.model.layers.0.mlp.weight", 100, 0, 0),
                    compared("language_model.model.layers.1.mlp.weight", 40, 0.25, 0.5),
                    compared("vision_tower.encoder.layers.1.mlp.fc1.weight", 90, 0.01, 0.02)};
    out->tensors[2].nameB = "vision_tower.vision_model.encoder.layers.1.mlp.fc1.weight";
    TensorDifference only;
    only.kind = DifferenceKind::OnlyInB;
    only.name = "world_projector.projection.weight";
    only.typeB = ElementType::Float32;
    only.shapeB = {16, 64};
    TensorDifference reshaped;
    reshaped.kind = DifferenceKind::OtherShape;
    reshaped.name = "lm_head.weight";
    reshaped.typeA = reshaped.typeB = ElementType::Float32;
    reshaped.shapeA = {1088, 64};
    reshaped.shapeB = {1027, 64};
    out->tensors.insert(out->tensors.end(), {only, reshaped});
    out->compared = 3;
    out->equalTensors = 1;
    out->onlyInB = 1;
    out->otherShape = 1;
    out->otherName = 1;
    out->relativeRms = 0.144;
    out->cosine = 0.9896;
    out->equalShare = 0.7666;
    return out;
}

// The measured record with times of its layers, all `scale` times as long.
std::shared_ptr<const RunRecord> timed(double scale)
{
    RunRecord out = measuredRecord();
    for (StageTime& stage : out.cost.stages) {
        stage.startSeconds *= scale;
        stage.durationSeconds *= scale;
    }
    const auto pass = [scale](const char* part, std::int64_t rows, double start, double layer) {
        LayerPass made{part, rows, start * scale, {}};
        for (int i = 0; i < 4; ++i)
            made.layerSeconds.push_back(layer * (1 + 0.1 * i) * scale);
        return made;
    };
    out.cost.layerPasses = {pass("SigLIP", 64, 0.06, 0.04), pass("Prefill", 90, 0.77, 0.2)};
    for (int token = 0; token < 4; ++token)
        out.cost.layerPasses.push_back(pass("Answer", 1, 1.77 + 0.045 * token, 0.009));
    return shared(std::move(out));
}

class AnatomyViews : public AnatomyStage {
protected:
    void open(const QString& path)
    {
        auto contents = std::make_shared<SnapshotContents>();
        contents->folder = path.toStdString();
        AnatomyStage::open(contents);
    }
    [[nodiscard]] static const FigureRow* rowOf(const FigureTable& table, const QString& name)
    {
        for (const FigureRow& row : table.figures()->rows()) {
            if (row.name == name)
                return &row;
        }
        return nullptr;
    }
    [[nodiscard]] static QPoint middleOf(FigureTable& table, const QString& name)
    {
        for (int row = 0; row < table.model()->rowCount(); ++row) {
            const QModelIndex at = table.model()->index(row, 1);
            if (at.data(FigureTableModel::NameRole).toString() == name) {
                table.scrollTo(at);
                return table.visualRect(at).center();
            }
        }
        return {-1, -1};
    }
    void pictures(const QString& name)
    {
        for (const bool dark : {false, true}) {
            applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, false);
            for (const QSize size : {QSize(420, 300), QSize(640, 480), QSize(1000, 700)}) {
                m_panel->resize(size);
                QCoreApplication::processEvents();
                check(panelPicture(*m_panel, QStringLiteral("anatomy-%1-%2-%3x%4")
                                                 .arg(name, dark ? QStringLiteral("dark") : QStringLiteral("light"))
                                                 .arg(size.width())
                                                 .arg(size.height())),
                      dark);
            }
        }
    }
    // What must be in the picture.
    std::function<void(const QImage&, bool dark)> check = [](const QImage&, bool) {};
};

TEST_F(AnatomyViews, WeightsAreReadOnWishAndWithAStop)
{
    m_panel->setView(AnatomyPanel::View::Weights);
    WeightsView& view = *m_panel->weights();
    EXPECT_FALSE(view.work()->startButton()->isEnabled()) << "no folder, nothing to read";
    EXPECT_THAT(view.summary()->text().toStdString(), HasSubstr("open a snapshot folder"));
    open(QStringLiteral("/models/made"));
    m_panel->setView(AnatomyPanel::View::Weights);
    QSignalSpy wanted(&view, &WeightsView::healthWanted);
    QSignalSpy stopped(&view, &WeightsView::stopWanted);
    QTest::mouseClick(view.work()->startButton(), Qt::LeftButton);
    ASSERT_EQ(wanted.size(), 1);
    EXPECT_EQ(wanted.front().front().toString(), QStringLiteral("/models/made"));
    view.setProgress(250'000, 1'000'000);
    EXPECT_EQ(view.work()->bar()->value(), 250);
    EXPECT_TRUE(view.work()->stopButton()->isVisible());
    QTest::mouseClick(view.work()->stopButton(), Qt::LeftButton);
    EXPECT_EQ(stopped.size(), 1);
    view.showProblem({});
    EXPECT_FALSE(view.work()->isWorking());
    EXPECT_THAT(view.summary()->text().toStdString(), HasSubstr("Stopped"));
    view.start();
    view.showProblem(QStringLiteral("the file breaks off: /models/made"));
    EXPECT_TRUE(view.work()->problem()->isVisible());
    EXPECT_EQ(view.work()->problem()->text(), QStringLiteral("the file breaks off: /models/made"));
    view.start();
    view.showHealth(health("/models/made"));
    EXPECT_FALSE(view.work()->problem()->isVisible());
    EXPECT_THAT(view.summary()->text().toStdString(), HasSubstr("1 tensor"));
    EXPECT_THAT(view.summary()->text().toStdString(), HasSubstr("205,064 numbers in 6 tensors"));
}

TEST_F(AnatomyViews, WeightsTellWhatStrikes)
{
    open(QStringLiteral("/models/made"));
    WeightsView& view = *m_panel->weights();
    view.showHealth(health("/models/made"));
    m_panel->setView(AnatomyPanel::View::Weights);
    const QAbstractItemModelTester tester(view.table()->figures(),
                                          QAbstractItemModelTester::FailureReportingMode::Fatal);
    EXPECT_EQ(view.table()->figures()->rowCount(), 1 + 2 + 6);
    const QString faulty = QStringLiteral("language_model.model.layers.2.self_attn.q_proj.weight");
    const FigureRow* row = rowOf(*view.table(), faulty);
    ASSERT_NE(row, nullptr);
    EXPECT_TRUE(row->isFault);
    EXPECT_EQ(row->cells[1].text, QStringLiteral("7 NaN"));
    EXPECT_EQ(row->cells[3].text, QStringLiteral("7"));
    EXPECT_EQ(row->layer, 2);
    EXPECT_EQ(rowOf(*view.table(), QStringLiteral("vision_tower.encoder.layers.1.mlp.fc1.weight"))->layer, -1)
        << "layers of the vision tower are none of the focus";
    EXPECT_EQ(view.plot()->title(), QStringLiteral("all"));
    const std::size_t bins = view.plot()->bins();
    EXPECT_EQ(bins, 48U);
    EXPECT_GT(view.plot()->barRect(24).height(), view.plot()->barRect(10).height());
    view.setByMagnitude(true);
    EXPECT_EQ(view.plot()->bins(), 9U);
    // Columns sort by their numbers, not their texts.
    view.table()->sortByColumn(2, Qt::DescendingOrder);
    EXPECT_EQ(view.table()->model()->index(0, 0).data().toString(), QStringLiteral("all"));
    m_panel->filter()->setText(QStringLiteral("vision"));
    EXPECT_EQ(view.table()->model()->rowCount(), 2);
    const auto data = m_panel->viewData();
    ASSERT_TRUE(data.has_value());
    EXPECT_EQ(data->request.name, "weights");
    EXPECT_THAT(m_panel->caption().toStdString(), HasSubstr("/models/made"));
}

TEST_F(AnatomyViews, LayersOfWeightsAreTheFocus)
{
    open(QStringLiteral("/models/made"));
    WeightsView& view = *m_panel->weights();
    view.showHealth(health("/models/made"));
    m_panel->setView(AnatomyPanel::View::Weights);
    QCoreApplication::processEvents();
    const QString name = QStringLiteral("language_model.model.layers.1.self_attn.q_proj.weight");
    QTest::mouseClick(view.table()->viewport(), Qt::LeftButton, {}, middleOf(*view.table(), name));
    EXPECT_EQ(m_stage.selection.focus().layer, 1);
    EXPECT_EQ(view.plot()->title(), name);
    m_stage.selection.setFocus({.layer = 3});
    const FigureTableModel& model = *view.table()->figures();
    const int row = model.firstRowOf(3);
    EXPECT_TRUE(model.index(row, 0).data(Qt::BackgroundRole).isValid());
    EXPECT_FALSE(model.index(model.firstRowOf(1), 0).data(Qt::BackgroundRole).isValid());
    // By keyboard: up from the row of layer 1.
    view.table()->setFocus();
    QTest::keyClick(view.table(), Qt::Key_Up);
    EXPECT_EQ(m_stage.selection.focus().layer, 0);
}

TEST_F(AnatomyViews, SnapshotsAreComparedOnWish)
{
    CompareView& view = *m_panel->comparison();
    open(QStringLiteral("/models/a"));
    m_panel->setView(AnatomyPanel::View::Compare);
    EXPECT_FALSE(view.work()->startButton()->isEnabled());
    EXPECT_THAT(view.summary()->text().toStdString(), HasSubstr("Choose the folder"));
    open(QStringLiteral("/models/b"));
    m_panel->setView(AnatomyPanel::View::Compare);
    EXPECT_EQ(view.boxA()->currentData().toString(), QStringLiteral("/models/a"));
    EXPECT_EQ(view.boxB()->count(), 3) << "two folders and another one";
    view.chooseB(QStringLiteral("/models/b"));
    QSignalSpy wanted(&view, &CompareView::comparisonWanted);
    QTest::mouseClick(view.work()->startButton(), Qt::LeftButton);
    ASSERT_EQ(wanted.size(), 1);
    EXPECT_EQ(wanted.front()[0].toString(), QStringLiteral("/models/a"));
    EXPECT_EQ(wanted.front()[1].toString(), QStringLiteral("/models/b"));
    view.setProgress(1, 2);
    EXPECT_EQ(view.work()->bar()->value(), 500);
    view.showDifference(difference("/models/a", "/models/b"));
    const std::string summary = view.summary()->text().toStdString();
    EXPECT_THAT(summary, HasSubstr("A a · B b"));
    EXPECT_THAT(summary, HasSubstr("1 of 3 compared tensors are equal"));
    EXPECT_THAT(summary, HasSubstr("1 only in B"));
    EXPECT_THAT(summary, HasSubstr("relative RMS 0.144"));
    const QAbstractItemModelTester tester(view.table()->figures(),
                                          QAbstractItemModelTester::FailureReportingMode::Fatal);
    const FigureRow* moved = rowOf(*view.table(), QStringLiteral("language_model.model.layers.1.mlp.weight"));
    ASSERT_NE(moved, nullptr);
    EXPECT_EQ(moved->cells[1].text, QStringLiteral("differs"));
    EXPECT_EQ(moved->cells[2].text, QStringLiteral("0.25"));
    EXPECT_EQ(moved->cells[5].text, QStringLiteral("40.0 %"));
    EXPECT_EQ(rowOf(*view.table(), QStringLiteral("lm_head.weight"))->cells[1].text, QStringLiteral("other shape"));
    EXPECT_THAT(rowOf(*view.table(), QStringLiteral("lm_head.weight"))->cells[6].text.toStdString(),
                HasSubstr("[1088 × 64] → "));
    EXPECT_EQ(rowOf(*view.table(), QStringLiteral("world_projector.projection.weight"))->cells[1].text,
              QStringLiteral("only in B"));
    QTest::mouseClick(view.table()->viewport(), Qt::LeftButton, {},
                      middleOf(*view.table(), QStringLiteral("language_model.model.layers.1.mlp.weight")));
    EXPECT_EQ(m_stage.selection.focus().layer, 1);
    EXPECT_EQ(m_panel->viewData()->request.name, "difference");
    view.start();
    view.showProblem(QStringLiteral("there is no such model folder: /models/b"));
    EXPECT_TRUE(view.work()->problem()->isVisible());
    EXPECT_NE(view.difference(), nullptr) << "what was compared before stays";
}

TEST_F(AnatomyViews, AFolderOpenedForBIsComparedAndNotShown)
{
    open(QStringLiteral("/models/a"));
    m_panel->setView(AnatomyPanel::View::Compare);
    CompareView& view = *m_panel->comparison();
    Q_EMIT view.otherFolderWanted();
    QCoreApplication::processEvents();
    m_panel->openSnapshot(QStringLiteral("/models/c"));
    auto contents = std::make_shared<SnapshotContents>();
    contents->folder = "/models/c";
    m_panel->showSnapshot(contents);
    EXPECT_EQ(view.boxB()->currentData().toString(), QStringLiteral("/models/c"));
    EXPECT_EQ(m_panel->sourceBox()->currentText(), QStringLiteral("Folder a"));
    for (QWidget* window : QApplication::topLevelWidgets()) {
        if (window != m_panel.get())
            window->close();
    }
}

TEST_F(AnatomyViews, RunsOfOneQuestionGiveMediansAndSpread)
{
    TimesView& view = *m_panel->times();
    EXPECT_FALSE(view.exportButton()->isEnabled());
    m_stage.run.showRecord(timed(1));
    m_panel->setView(AnatomyPanel::View::Time);
    EXPECT_EQ(view.summary()->text(), QStringLiteral("1 run, 2.00 s"));
    EXPECT_EQ(view.cautions()->text(), QStringLiteral("20 positions were taken from the cache of earlier runs"));
    m_stage.run.showRecord(timed(1.5));
    m_stage.run.showRecord(timed(1.2));
    EXPECT_THAT(view.summary()->text().toStdString(), HasSubstr("3 runs, median 2.40 s, 2.00 s … 3.00 s"));
    // The first one shown again is no new measurement.
    m_stage.run.showRecord(timed(1));
    EXPECT_EQ(view.runs().size(), 3U);
    EXPECT_TRUE(view.runs().front()->tensors.empty()) << "no tensors are kept alive";
    const QAbstractItemModelTester tester(view.table()->figures(),
                                          QAbstractItemModelTester::FailureReportingMode::Fatal);
    const FigureRow* prefill = rowOf(*view.table(), QStringLiteral("Prefill"));
    ASSERT_NE(prefill, nullptr);
    EXPECT_EQ(prefill->cells[1].text, QStringLiteral("1.20 s"));
    EXPECT_EQ(prefill->cells[2].text, QStringLiteral("1.00 s … 1.50 s"));
    const FigureRow* layer = rowOf(*view.table(), QStringLiteral("Answer, layer 2"));
    ASSERT_NE(layer, nullptr);
    EXPECT_EQ(layer->cells[4].text, QStringLiteral("12")) << "four tokens in three runs";
    EXPECT_EQ(layer->layer, 2);
    EXPECT_EQ(rowOf(*view.table(), QStringLiteral("SigLIP, layer 2"))->layer, -1);
    view.forgetEarlier();
    EXPECT_EQ(view.runs().size(), 1U);
    // Another question begins anew.
    RunRecord other = *timed(1);
    other.settings["seed"] = "7";
    m_stage.run.showRecord(shared(other));
    EXPECT_EQ(view.runs().size(), 1U);
    EXPECT_EQ(m_panel->viewData()->request.name, "times");
    QSignalSpy wanted(&view, &TimesView::traceWanted);
    Q_EMIT view.traceWanted(QStringLiteral("/traces/t.json"));
    EXPECT_EQ(wanted.size(), 1);
    view.noteExport(QStringLiteral("Written: /traces/t.json"), false);
}

TEST_F(AnatomyViews, BarsAreNestedAndMove)
{
    m_stage.run.showRecord(timed(1));
    m_panel->setView(AnatomyPanel::View::Time);
    QCoreApplication::processEvents();
    FlameChart& chart = *m_panel->times()->chart();
    std::optional<std::size_t> prefill, layer;
    for (std::size_t i = 0; i < chart.slices().size(); ++i) {
        if (chart.slices()[i].stage == "Prefill" && chart.slices()[i].depth == 0)
            prefill = i;
        if (chart.slices()[i].stage == "Prefill" && chart.slices()[i].layer == 2)
            layer = i;
    }
    ASSERT_TRUE(prefill && layer);
    EXPECT_TRUE(chart.rectOf(*prefill).left() <= chart.rectOf(*layer).left());
    EXPECT_TRUE(chart.rectOf(*prefill).bottom() <= chart.rectOf(*layer).top());
    QTest::mouseClick(&chart, Qt::LeftButton, {}, chart.rectOf(*layer).center().toPoint());
    EXPECT_EQ(m_stage.selection.focus().layer, 2);
    ASSERT_NE(m_panel->times()->table()->chosenRow(), nullptr);
    EXPECT_EQ(m_panel->times()->table()->chosenRow()->name, QStringLiteral("Prefill, layer 2"));
    const double whole = chart.lastSecond() - chart.firstSecond();
    chart.setFocus();
    QTest::keyClick(&chart, Qt::Key_W);
    EXPECT_NEAR(chart.lastSecond() - chart.firstSecond(), 0.7 * whole, 1e-9);
    const double first = chart.firstSecond();
    QTest::keyClick(&chart, Qt::Key_D);
    EXPECT_GT(chart.firstSecond(), first);
    QTest::keyClick(&chart, Qt::Key_F);
    EXPECT_EQ(chart.firstSecond(), 0);
    EXPECT_EQ(chart.lastSecond() - chart.firstSecond(), whole);
    QTest::mouseDClick(&chart, Qt::LeftButton, {}, chart.rectOf(*layer).center().toPoint());
    EXPECT_LT(chart.lastSecond() - chart.firstSecond(), 1.2 * chart.slices()[*layer].durationSeconds);
}

TEST_F(AnatomyViews, TheViewIsSaved)
{
    m_stage.run.showRecord(timed(1));
    m_panel->setView(AnatomyPanel::View::Time);
    const QJsonObject saved = m_panel->saveView();
    m_panel->setView(AnatomyPanel::View::Tree);
    m_panel->restoreView(saved);
    EXPECT_EQ(m_panel->view(), AnatomyPanel::View::Time);
    m_panel->restoreView({{QStringLiteral("view"), 99}});
    EXPECT_EQ(m_panel->view(), AnatomyPanel::View::Time);
}

TEST_F(AnatomyViews, PicturesOfWeights)
{
    open(QStringLiteral("/models/made"));
    m_panel->weights()->showHealth(health("/models/made"));
    m_panel->setView(AnatomyPanel::View::Weights);
    m_stage.selection.setFocus({.layer = 1});
    check = [this](const QImage& picture, bool dark) {
        // The highest bar of the histogram is filled, above its neighbours there is ground.
        const HistogramPlot& plot = *m_panel->weights()->plot();
        const QPoint origin = plot.mapTo(m_panel.get(), QPoint(0, 0));
        const QRectF high = plot.barRect(20), low = plot.barRect(4);
        EXPECT_GT(high.height(), 15);
        EXPECT_EQ(picture.pixelColor(origin + high.center().toPoint()), themeColors(dark).accent);
        EXPECT_NE(picture.pixelColor(origin + QPoint(qRound(low.center().x()), qRound(high.center().y()))),
                  themeColors(dark).accent);
    };
    pictures(QStringLiteral("weights"));
}

TEST_F(AnatomyViews, PicturesOfTheComparison)
{
    open(QStringLiteral("/models/a"));
    open(QStringLiteral("/models/b"));
    m_panel->comparison()->chooseB(QStringLiteral("/models/b"));
    m_panel->comparison()->showDifference(difference("/models/a", "/models/b"));
    m_panel->setView(AnatomyPanel::View::Compare);
    m_stage.selection.setFocus({.layer = 1});
    check = [this](const QImage& picture, bool dark) {
        // The row of the focused layer stands on the colour of selected rows.
        FigureTable& table = *m_panel->comparison()->table();
        const QModelIndex at = table.sorted()->mapFromSource(table.figures()->index(table.figures()->firstRowOf(1), 0));
        const QRect rect = table.visualRect(at);
        const QPoint inside = table.viewport()->mapTo(m_panel.get(), rect.topLeft() + QPoint(1, 1));
        EXPECT_EQ(picture.pixelColor(inside), themeColors(dark).soft);
    };
    pictures(QStringLiteral("compare"));
}

TEST_F(AnatomyViews, PicturesOfTimes)
{
    m_stage.run.showRecord(timed(1.3));
    m_stage.run.showRecord(timed(1));
    m_panel->setView(AnatomyPanel::View::Time);
    m_stage.selection.setFocus({.layer = 2});
    check = [this](const QImage& picture, bool dark) {
        const FlameChart& chart = *m_panel->times()->chart();
        const QPoint origin = chart.mapTo(m_panel.get(), QPoint(0, 0));
        for (std::size_t i = 0; i < chart.slices().size(); ++i) {
            const inspect::TimeSlice& slice = chart.slices()[i];
            if (slice.stage != "Prefill" || slice.layer < 0)
                continue;
            const QRectF rect = chart.rectOf(i);
            ASSERT_GT(rect.width(), 8);
            const QColor at = picture.pixelColor(origin + QPoint(qRound(rect.left()) + 1, qRound(rect.bottom()) - 2));
            // Layers out of focus are grey.
            EXPECT_EQ(at == themeColors(dark).border, slice.layer != 2) << slice.layer;
        }
    };
    pictures(QStringLiteral("time"));
}

}  // namespace
}  // namespace armillary::test
