// The effects panel from real results: charts and tables of each analysis, blocks that appear level by level, the layer they paint,
// and what is chosen in and out.
#include "support/canned_results.h"
#include "support/canned_values.h"
#include "window_support/keyboard.h"
#include "window_support/panel_picture.h"
#include "window_support/panel_stage.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "widgets/analysis/analysis_strip.h"
#include "widgets/analysis/argument_form.h"
#include "widgets/checks/effect_charts.h"
#include "widgets/checks/effect_page.h"
#include "widgets/checks/grid_maps.h"
#include "widgets/checks/occlusion_page.h"
#include "widgets/checks/series_chart.h"
#include "widgets/kind_colors.h"
#include "widgets/models/result_table_model.h"
#include "widgets/panels/effects_panel.h"
#include "widgets/theme.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAction>
#include <QSpinBox>
#include <QTabWidget>
#include <QTableView>
#include <QTest>
#include <QToolButton>
#include <QWindow>

#include <cmath>

namespace armillary::test {
namespace {

using namespace widgets;
using testing::ElementsAre;
using testing::HasSubstr;

const ChartSeries* seriesOf(const Chart& chart, const char* title)
{
    for (const ChartSeries& series : chart.series) {
        if (series.title == QLatin1String(title))
            return &series;
    }
    return nullptr;
}

TEST(EffectCharts, KnockOutIsALineASourceBesideItsControl)
{
    const Chart chart = knockOutChart(cannedKnockOut(), "relative_probability_change", false);
    EXPECT_EQ(chart.form, Chart::Form::Lines);
    EXPECT_EQ(chart.places.size(), 7);
    ASSERT_EQ(chart.series.size(), 6U);
    EXPECT_EQ(chart.series[0].title.toStdString(), "world");
    EXPECT_FALSE(chart.series[0].isControl);
    EXPECT_TRUE(chart.series[1].isControl);
    EXPECT_EQ(chart.series[0].color, chart.series[1].color);
    EXPECT_EQ(chart.series[0].color, kindColor(TokenKind::World, false));
    EXPECT_NEAR(chart.series[0].values[5], -0.687638, 1e-6);
    EXPECT_NEAR(chart.series[1].values[1], -0.976991, 1e-6);
    const Chart bits = knockOutChart(cannedKnockOut(), "next_token_kl_bits", false);
    EXPECT_NEAR(bits.series[0].values[5], 0.471246, 1e-6);
    EXPECT_THAT(bits.valueTitle.toStdString(), HasSubstr("bits"));

    AnalysisResult whole = cannedKnockOut();
    std::erase_if(whole.tables[0].rows,
                  [](const auto& row) { return std::get<double>(row[3]) - std::get<double>(row[2]) < 7; });
    const Chart bars = knockOutChart(whole, "relative_probability_change", false);
    EXPECT_EQ(bars.form, Chart::Form::Bars);
    EXPECT_EQ(bars.places, QStringList({QStringLiteral("world"), QStringLiteral("image"), QStringLiteral("question")}));
    EXPECT_NEAR(bars.series[1].values[1], 0.16537, 1e-5);
}

TEST(EffectCharts, ContributionAddsHeadsAndSegmentsOfAKind)
{
    const Chart chart = contributionChart(cannedContribution(), false);
    EXPECT_EQ(chart.places.size(), 7);
    ASSERT_NE(seriesOf(chart, "world"), nullptr);
    EXPECT_NEAR(seriesOf(chart, "world")->values[6], 0.6, 1e-6);
    EXPECT_NEAR(seriesOf(chart, "image")->values[6], -0.3, 1e-6);
    // Two brackets share a line.
    EXPECT_NEAR(seriesOf(chart, "bracket")->values[6], 2 * 0.006, 1e-6);
    EXPECT_NE(seriesOf(chart, "MLPs"), nullptr);
}

TEST(EffectCharts, InterventionsThatCouldNotBeMadeHaveNoLine)
{
    const Chart chart = interventionChart(cannedInterventions(), false);
    EXPECT_EQ(chart.places.size(), 4);
    EXPECT_EQ(chart.series.size(), 6U);
    EXPECT_EQ(seriesOf(chart, "shuffled-in-time"), nullptr);
    EXPECT_THAT(chart.places[3].toStdString(), HasSubstr("In"));
}

TEST(EffectCharts, OcclusionPaintsTheCoveredTokens)
{
    const AnalysisResult result = cannedOcclusion();
    const auto maps = occlusionMaps(result, "surprisal_change");
    ASSERT_EQ(maps.size(), 3U);
    EXPECT_EQ(maps[0].rows, 2);
    EXPECT_TRUE(std::isnan(maps[2].values[48])) << "7x7 blocks of a 6x6 grid: the last holds no cell";
    const auto run = cannedRun();
    const TokenLayout& layout = *run->layout;
    const auto layer = occlusionLayer(result, "surprisal_change", layout);
    ASSERT_TRUE(layer.has_value());
    EXPECT_EQ(layer->lowest, -layer->highest);
    EXPECT_TRUE(std::isnan(layer->values[6]));
    EXPECT_FLOAT_EQ(layer->values[7], maps[2].values[0]);
    EXPECT_FLOAT_EQ(layer->values[42], maps[2].values[5 * 7 + 5]) << "cell 5 of 6 falls into block 5 of 7";
    const auto tokens = occlusionTokens(result, layout, 2, 1, 0);
    ASSERT_EQ(tokens.size(), 9U);
    EXPECT_EQ(tokens.front(), 7 + 3 * 6);
}

class Effects : public testing::Test {
protected:
    void open(bool dark = false, const QSize& size = {900, 620})
    {
        applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, dark);
        m_panel = std::make_unique<EffectsPanel>(m_stage.context());
        m_panel->resize(size);
        m_panel->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_panel.get()));
        takeKeyboard(*m_panel);
        ASSERT_TRUE(m_panel->isActiveWindow());
    }
    void TearDown() override { applyTheme(ThemeChoice::Light, false); }
    void showRun()
    {
        m_stage.run.showRecord(cannedRun());
        turnFor(std::chrono::milliseconds(30));
    }

    PanelStage m_stage;
    std::unique_ptr<EffectsPanel> m_panel;
};

TEST_F(Effects, HintsWithoutARunAndSaysWhatItNeeds)
{
    open();
    EXPECT_FALSE(m_panel->tabs()->isVisible());
    showRun();
    EXPECT_TRUE(m_panel->tabs()->isVisible());
    EXPECT_THAT(m_panel->page("interventions")->strip()->text().toStdString(), HasSubstr("needs the models"));
    EXPECT_FALSE(m_panel->page("interventions")->chart()->isVisible());
    EXPECT_EQ(m_panel->page("nothing"), nullptr);
}

TEST_F(Effects, OptionsGoIntoTheRequestAndFailuresAreSaid)
{
    open();
    m_stage.desk.refuse("knock-out", QStringLiteral("Not enough memory."));
    showRun();
    m_panel->tabs()->setCurrentIndex(1);
    EffectPage* page = m_panel->page("knock-out");
    // By keys in the field itself.
    auto* window = page->form()->findChild<QSpinBox*>(QStringLiteral("window"));
    ASSERT_TRUE(window->isVisible()) << "a high panel shows the options";
    window->setFocus();
    pressKey(m_panel.get(), Qt::Key_Up);
    pressKey(m_panel.get(), Qt::Key_Up);
    page->form()->setValue("controls", QStringLiteral("off"));
    auto* button = page->findChild<QToolButton*>(QStringLiteral("analysisStart"));
    ASSERT_TRUE(button->isVisible());
    clickAt(button, button->rect().center());
    ASSERT_TRUE(waitUntil([this] { return m_stage.desk.requests().size() == 1; }));
    EXPECT_THAT(m_stage.desk.requests()[0].request.arguments,
                ElementsAre(std::pair<const std::string, std::string>{"controls", "off"},
                            std::pair<const std::string, std::string>{"window", "2"}));
    ASSERT_TRUE(waitUntil([page] { return page->strip()->text() == QLatin1String("Not enough memory."); }));
    const QJsonObject saved = m_panel->saveView();
    page->form()->setValue("window", QStringLiteral("0"));
    m_panel->restoreView(saved);
    EXPECT_EQ(window->value(), 2);
}

TEST_F(Effects, ChartsShareTheFocusedLayer)
{
    open();
    m_stage.desk.give(cannedKnockOut());
    showRun();
    m_panel->tabs()->setCurrentIndex(1);
    turnFor(std::chrono::milliseconds(30));
    EffectPage* page = m_panel->page("knock-out");
    EXPECT_TRUE(page->strip()->isRecorded());
    EXPECT_EQ(page->model()->rowCount(), 48);
    ASSERT_TRUE(page->chart()->isVisible());
    clickAt(page->chart(), page->chart()->pointOf(0, 5).toPoint());
    EXPECT_EQ(m_stage.selection.focus().layer, 5);
    EXPECT_EQ(page->chart()->marked(), 5);
    m_stage.selection.setFocus({.layer = 2});
    EXPECT_EQ(page->chart()->marked(), 2);
    EXPECT_THAT(page->chart()->textOf(5).toStdString(), HasSubstr("world: -0.6876"));
    page->setMeasure("next_token_kl_bits");
    EXPECT_THAT(page->chart()->chart().valueTitle.toStdString(), HasSubstr("KL"));
    EXPECT_THAT(m_panel->caption().toStdString(), HasSubstr("KL"));
}

TEST_F(Effects, TokensOfTheChartAreChosen)
{
    open();
    m_stage.desk.give(cannedInterventions());
    showRun();
    EffectPage* page = m_panel->page("interventions");
    clickAt(page->chart(), page->chart()->pointOf(0, 2).toPoint());
    EXPECT_THAT(m_stage.selection.chosen(), ElementsAre(81));
    EXPECT_EQ(m_panel->viewData()->request.name, "interventions");
}

TEST_F(Effects, OcclusionGoesLevelByLevelAndPaintsTokens)
{
    open();
    m_stage.desk.refuse("occlusion", QStringLiteral("no"));
    m_stage.desk.hold(true);
    showRun();
    m_panel->tabs()->setCurrentIndex(2);
    OcclusionPage* page = m_panel->occlusion();
    page->strip()->startAction()->trigger();
    ASSERT_TRUE(waitUntil([this] { return m_stage.desk.requests().size() == 1; }));
    EXPECT_EQ(m_stage.desk.requests()[0].request.arguments.at("sides"), "2");
    const auto level = [](const std::string& side) {
        AnalysisResult out = cannedOcclusion();
        std::erase_if(out.arrays, [&side](const auto& entry) { return !entry.first.ends_with("." + side); });
        out.request.arguments["sides"] = side;
        return std::make_shared<const AnalysisResult>(std::move(out));
    };
    Q_EMIT m_stage.desk.finished(1, level("2"));
    EXPECT_EQ(page->maps()->maps().size(), 1U) << "the coarse blocks are there while the next level is computed";
    const OverlayStack::Entry* layer = m_stage.overlays.find(QStringLiteral("occlusion"));
    ASSERT_NE(layer, nullptr);
    EXPECT_EQ(layer->layer.values[7], layer->layer.values[8]) << "one block";
    ASSERT_TRUE(waitUntil([this] { return m_stage.desk.requests().size() == 2; }));
    EXPECT_EQ(m_stage.desk.requests()[1].request.arguments.at("sides"), "4");
    Q_EMIT m_stage.desk.finished(2, level("4"));
    ASSERT_TRUE(waitUntil([this] { return m_stage.desk.requests().size() == 3; }));
    // Stopped: what was made stays, and nothing more is asked for.
    page->strip()->stopAction()->trigger();
    turnFor(std::chrono::milliseconds(30));
    EXPECT_EQ(page->maps()->maps().size(), 2U);
    EXPECT_EQ(m_stage.desk.requests().size(), 3U);
    page->strip()->startAction()->trigger();
    ASSERT_TRUE(waitUntil([this] { return m_stage.desk.requests().size() == 4; }));
    Q_EMIT m_stage.desk.finished(4, level("7"));
    EXPECT_EQ(page->maps()->maps().size(), 3U);
    turnFor(std::chrono::milliseconds(30));
    moveTo(page->maps(), page->maps()->cellRect(0, 1, 0).center());
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.hovered().size() == 9; }));
    clickAt(page->maps(), page->maps()->cellRect(0, 0, 0).center());
    EXPECT_EQ(m_stage.selection.chosen().size(), 9U);
    // Another run: nothing of this one stays painted.
    m_stage.run.showRecord(cannedRun());
    turnFor(std::chrono::milliseconds(30));
    EXPECT_EQ(m_stage.overlays.find(QStringLiteral("occlusion")), nullptr);
    EXPECT_TRUE(page->maps()->maps().empty());
}

TEST_F(Effects, KeptOcclusionIsShownAsAWhole)
{
    open();
    m_stage.desk.give(cannedOcclusion());
    showRun();
    EXPECT_EQ(m_panel->occlusion()->maps()->maps().size(), 3U);
    EXPECT_TRUE(m_panel->occlusion()->strip()->isRecorded());
    EXPECT_THAT(m_panel->occlusion()->summaryText().toStdString(), HasSubstr("7.586 bits"));
}

TEST_F(Effects, Pictures)
{
    for (const bool dark : {false, true}) {
        for (const QSize size : {QSize(420, 300), QSize(640, 480), QSize(1000, 700)}) {
            PanelStage stage;
            applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, dark);
            EffectsPanel panel(stage.context());
            panel.resize(size);
            panel.show();
            ASSERT_TRUE(QTest::qWaitForWindowExposed(&panel));
            for (const AnalysisResult& result :
                 {cannedInterventions(), cannedKnockOut(), cannedOcclusion(), cannedContribution()})
                stage.desk.give(result);
            stage.run.showRecord(cannedRun());
            stage.selection.setFocus({.layer = 5});
            turnFor(std::chrono::milliseconds(60));
            for (int tab = 0; tab < panel.tabs()->count(); ++tab) {
                panel.tabs()->setCurrentIndex(tab);
                turnFor(std::chrono::milliseconds(60));
                (void)panelPicture(panel, QStringLiteral("effects-%1-%2-%3x%4")
                                              .arg(tab)
                                              .arg(dark ? QLatin1String("dark") : QLatin1String("light"))
                                              .arg(size.width())
                                              .arg(size.height()));
            }
            // Where a line has a number, its colour is drawn.
            panel.tabs()->setCurrentIndex(1);
            turnFor(std::chrono::milliseconds(60));
            SeriesChart* chart = panel.page("knock-out")->chart();
            const QPoint point = chart->pointOf(0, 5).toPoint();
            const QColor shown = chart->grab().toImage().pixelColor(point);
            const QColor wanted = kindColor(TokenKind::World, dark);
            EXPECT_LT(std::abs(shown.red() - wanted.red()) + std::abs(shown.green() - wanted.green()) +
                          std::abs(shown.blue() - wanted.blue()),
                      30)
                << size.width() << (dark ? " dark" : " light");
        }
    }
}

}  // namespace
}  // namespace armillary::test
