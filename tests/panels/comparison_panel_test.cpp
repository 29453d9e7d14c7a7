// The comparison panel from a real matrix of options and from two runs: rows, identities, differences of answers, what is chosen in
// and out.
#include "support/canned_results.h"
#include "support/canned_values.h"
#include "support/record_builder.h"
#include "window_support/keyboard.h"
#include "window_support/panel_picture.h"
#include "window_support/panel_stage.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "widgets/analysis/analysis_strip.h"
#include "widgets/checks/option_matrix_view.h"
#include "widgets/checks/run_differences.h"
#include "widgets/checks/run_divergence.h"
#include "widgets/checks/run_pair_view.h"
#include "widgets/checks/series_chart.h"
#include "widgets/models/result_table_model.h"
#include "widgets/panels/comparison_panel.h"
#include "widgets/text/answer_difference.h"
#include "widgets/theme.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAction>
#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTableView>
#include <QTest>
#include <QTextBrowser>
#include <QWindow>

#include <cmath>

namespace armillary::test {
namespace {

using namespace widgets;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// The run with another third token, other settings and logits of three words.
std::shared_ptr<const RunRecord> runWith(const std::string& third, const std::string& fusion, float logit,
                                         bool withLogits)
{
    auto out = std::make_shared<RunRecord>(*cannedRun());
    out->generated[2].id += third == "}" ? 0 : 7;
    out->generated[2].text = third;
    out->answer = "}}" + third + "In";
    out->settings["fusion"] = fusion;
    out->settings["device"] = "cpu";
    out->cost.decodeSeconds = 0.5;
    if (withLogits)
        out->tensors["logits"] = floats({"token", "word"}, {4, 3}, {0, 0, logit, 1, 1, 1, 0, logit, 0, 9, 9, 9}).values;
    return out;
}

RunRow rowOf(const char* id, const char* question)
{
    RunRow row;
    row.id = QString::fromLatin1(id);
    row.question = QString::fromLatin1(question);
    return row;
}

TEST(RunDifferences, NameWhatDiffersAndWhere)
{
    const auto a = runWith("}", "5", 0, false);
    const auto b = runWith("?", "4a", 0, false);
    const AnalysisTable table = runDifferences(*a, *b);
    std::map<std::string, std::pair<std::string, std::string>> differs;
    int same = 0;
    for (const auto& row : table.rows) {
        if (std::get<std::string>(row[3]) == "no")
            differs[std::get<std::string>(row[0])] = {std::get<std::string>(row[1]), std::get<std::string>(row[2])};
        else
            ++same;
    }
    EXPECT_EQ(differs.size(), 2U);
    EXPECT_EQ(differs.at("answer").second, "}}?In");
    EXPECT_EQ(differs.at("setting fusion").first, "5");
    EXPECT_GT(same, 10);
    EXPECT_EQ(firstDifferingToken(*a, *b), 2U);
    EXPECT_FALSE(firstDifferingToken(*a, *a).has_value());
    auto shorter = std::make_shared<RunRecord>(*a);
    shorter->generated.resize(3);
    EXPECT_EQ(firstDifferingToken(*a, *shorter), 3U);
}

TEST(RunDivergence, GoesToTheFirstTokenThatDiffers)
{
    RunDivergence divergence;
    const auto a = runWith("}", "5", 1, true);
    divergence.compare(a, runWith("?", "5", 0, true));
    ASSERT_TRUE(waitUntil([&] { return !divergence.isRunning(); }));
    ASSERT_EQ(divergence.bits().size(), 3U) << "behind the token that differs the texts are not the same";
    // KL of softmax(0, 0, 1) from softmax(0, 0, 0).
    const double total = 2 + std::exp(1.0);
    const double expected =
        (2 / total * std::log(3 / total) + std::exp(1.0) / total * std::log(3 * std::exp(1.0) / total)) / std::log(2.0);
    EXPECT_NEAR(divergence.bits()[0], expected, 1e-9);
    EXPECT_EQ(divergence.bits()[1], 0);
    divergence.compare(a, runWith("?", "5", 0, false));
    EXPECT_THAT(divergence.problem().toStdString(), HasSubstr("logits"));
    divergence.compare(nullptr, nullptr);
    EXPECT_TRUE(divergence.problem().isEmpty());
}

TEST(AnswerDifference, StrikesOutAndUnderlines)
{
    const std::string html =
        answerDifferenceHtml(QStringLiteral("a red <car> turns"), QStringLiteral("a blue <car> turns left"), false)
            .toStdString();
    EXPECT_THAT(html, HasSubstr("line-through\">red"));
    EXPECT_THAT(html, HasSubstr("underline\">blue"));
    EXPECT_THAT(html, HasSubstr("left"));
    EXPECT_THAT(html, HasSubstr("&lt;"));
    EXPECT_THAT(html, Not(HasSubstr("line-through\">turns")));
}

class Comparison : public testing::Test {
protected:
    void open(bool dark = false, const QSize& size = {1000, 640})
    {
        applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, dark);
        m_panel = std::make_unique<ComparisonPanel>(m_stage.context());
        m_panel->resize(size);
        m_panel->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_panel.get()));
        takeKeyboard(*m_panel);
        ASSERT_TRUE(m_panel->isActiveWindow());
    }
    void TearDown() override { applyTheme(ThemeChoice::Light, false); }
    void showMatrix()
    {
        m_stage.desk.give(cannedComparison());
        m_stage.run.showRecord(cannedRun());
        turnFor(std::chrono::milliseconds(30));
    }
    [[nodiscard]] int variantRow(const char* variant) const
    {
        const ResultTableModel* rows = m_panel->options()->rows();
        for (int row = 0; row < rows->rowCount(); ++row) {
            if (rows->headerData(row, Qt::Vertical).toString() == QLatin1String(variant))
                return row;
        }
        return -1;
    }
    [[nodiscard]] QPoint middleOf(int row, int column) const
    {
        const QTableView* table = m_panel->options()->rowTable();
        return table->viewport()->mapTo(m_panel.get(), table->visualRect(table->model()->index(row, column)).center());
    }

    PanelStage m_stage;
    std::unique_ptr<ComparisonPanel> m_panel;
};

TEST_F(Comparison, HintsWithoutARunAndAsksForChosenRows)
{
    open();
    EXPECT_FALSE(m_panel->options()->isVisible());
    m_stage.desk.refuse("compare", QStringLiteral("The picture is gone."));
    m_stage.desk.hold(true);
    m_stage.run.showRecord(cannedRun());
    turnFor(std::chrono::milliseconds(20));
    ASSERT_TRUE(m_panel->options()->isVisible());
    m_panel->options()->restoreView({{QStringLiteral("rows"), QStringLiteral("options, 5-no-world")},
                                     {QStringLiteral("reference"), QStringLiteral("3")},
                                     {QStringLiteral("tokens"), 8},
                                     {QStringLiteral("identities"), false}});
    m_panel->options()->strip()->startAction()->trigger();
    ASSERT_TRUE(waitUntil([this] { return m_stage.desk.requests().size() == 1; }));
    const auto& arguments = m_stage.desk.requests()[0].request.arguments;
    EXPECT_EQ(arguments.at("rows"), "options,5-no-world");
    EXPECT_EQ(arguments.at("reference"), "3");
    EXPECT_EQ(arguments.at("answer_tokens"), "8");
    EXPECT_EQ(arguments.at("identities"), "off");
    m_stage.desk.hold(false);
    ASSERT_TRUE(
        waitUntil([this] { return m_panel->options()->strip()->text() == QLatin1String("The picture is gone."); }));
}

TEST_F(Comparison, MatrixHasARowAVariantWithBarsAndIdentities)
{
    open();
    showMatrix();
    OptionMatrixView* options = m_panel->options();
    EXPECT_EQ(options->rows()->rowCount(), 16);
    EXPECT_EQ(options->identityWords().toStdString(), "7 identities: 7 hold");
    const int kl = options->rows()->columnOf(QStringLiteral("next_token_kl_bits"));
    const QModelIndex random = options->rows()->index(variantRow("5-random-projection"), kl);
    EXPECT_DOUBLE_EQ(random.data(ResultTableModel::BarRole).toDouble(), 1) << "the largest of the column";
    EXPECT_EQ(options->rows()->headerData(kl, Qt::Horizontal).toString().toStdString(), "KL of the next token (bits)");
    const int positions = options->rows()->columnOf(QStringLiteral("positions"));
    EXPECT_EQ(options->rows()->index(variantRow("5-world-clip"), positions).data().toString().toStdString(), "–");
    EXPECT_FALSE(options->identities()
                     ->index(0, options->identities()->columnOf(QStringLiteral("verdict")))
                     .data(Qt::DecorationRole)
                     .isNull());
    ASSERT_TRUE(m_panel->viewData().has_value());
    EXPECT_EQ(m_panel->viewData()->tables[0].rows.size(), 16U);
}

TEST_F(Comparison, HoveredAndChosenRowsShowTheirAnswers)
{
    open();
    showMatrix();
    OptionMatrixView* options = m_panel->options();
    EXPECT_THAT(options->answer()->toPlainText().toStdString(), HasSubstr("Answer of the reference 5"));
    moveTo(m_panel.get(), middleOf(variantRow("3"), 3));
    ASSERT_TRUE(waitUntil([&] { return options->answer()->toPlainText().contains(QLatin1String("WiWW")); }));
    clickAt(m_panel.get(), middleOf(variantRow("5-world-clip"), 3));
    EXPECT_THAT(options->answer()->toPlainText().toStdString(), HasSubstr("fewer than 5 frames"));
    clickAt(m_panel.get(), middleOf(variantRow("5-image-bidirectional"), 3));
    EXPECT_THAT(options->answer()->toPlainText().toStdString(), HasSubstr("answers as the reference"));
}

TEST_F(Comparison, TwoRunsOfTheSession)
{
    open();
    m_stage.runs.setRows({rowOf("r1", "What next?"), rowOf("r2", "What else?")});
    m_panel->tabs()->setCurrentIndex(1);
    RunPairView* view = m_panel->twoRuns();
    EXPECT_EQ(view->model()->rowCount(), 0);
    EXPECT_FALSE(view->firstDifference()->isVisible());
    QSignalSpy compared(&m_stage.runs, &RunListModel::compareWanted);
    QComboBox* box = view->runBox(PairSide::B);
    box->setFocus();
    pressKey(m_panel.get(), Qt::Key_Down);
    pressKey(m_panel.get(), Qt::Key_Down);
    ASSERT_FALSE(compared.isEmpty());
    EXPECT_EQ(compared.back()[0].toString().toStdString(), "r2");

    const auto a = runWith("}", "5", 1, true);
    m_stage.run.showRecord(a);
    m_stage.pair.setA({a, QStringLiteral("r1"), QStringLiteral("one")});
    m_stage.pair.setB({runWith("?", "4a", 0, true), QStringLiteral("r2"), QStringLiteral("two")});
    turnFor(std::chrono::milliseconds(60));
    EXPECT_EQ(view->runBox(PairSide::A)->currentIndex(), 0);
    EXPECT_EQ(view->shownRows(), 2) << "only what differs";
    view->setOnlyDifferences(false);
    EXPECT_GT(view->shownRows(), 12);
    EXPECT_THAT(view->firstDifference()->text().toStdString(), HasSubstr("token 2"));
    clickAt(view->firstDifference(), view->firstDifference()->rect().center());
    EXPECT_THAT(m_stage.selection.chosen(), ElementsAre(81));
    ASSERT_TRUE(view->chart()->isVisible());
    EXPECT_EQ(view->chart()->chart().series[0].values.size(), 3U);
    clickAt(view->chart(), view->chart()->pointOf(0, 1).toPoint());
    EXPECT_THAT(m_stage.selection.chosen(), ElementsAre(80));
    EXPECT_THAT(m_panel->caption().toStdString(), HasSubstr("two"));
    ASSERT_TRUE(m_panel->viewData().has_value());
    EXPECT_EQ(m_panel->viewData()->tables[0].name, "run differences");

    m_stage.pair.setB({runWith("}", "5", 0, false), QStringLiteral("r2"), QStringLiteral("two")});
    turnFor(std::chrono::milliseconds(20));
    EXPECT_FALSE(view->firstDifference()->isEnabled());
    EXPECT_TRUE(view->findChild<QLabel*>(QStringLiteral("divergenceNote"))->isVisible());
    const QJsonObject saved = m_panel->saveView();
    view->setOnlyDifferences(true);
    m_panel->restoreView(saved);
    EXPECT_GT(view->shownRows(), 12);
}

TEST_F(Comparison, Pictures)
{
    for (const bool dark : {false, true}) {
        for (const QSize size : {QSize(420, 300), QSize(640, 480), QSize(1000, 700)}) {
            PanelStage stage;
            applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, dark);
            ComparisonPanel panel(stage.context());
            panel.resize(size);
            panel.show();
            ASSERT_TRUE(QTest::qWaitForWindowExposed(&panel));
            stage.desk.give(cannedComparison());
            const auto a = runWith("}", "5", 1, true);
            stage.runs.setRows({rowOf("r1", "What will the red car do next?"), rowOf("r2", "What else?")});
            stage.run.showRecord(a);
            stage.pair.setA({a, QStringLiteral("r1"), QStringLiteral("one")});
            stage.pair.setB({runWith("?", "4a", 0, true), QStringLiteral("r2"), QStringLiteral("two")});
            turnFor(std::chrono::milliseconds(80));
            const auto name = [&](const char* what) {
                return QStringLiteral("comparison-%1-%2-%3x%4")
                    .arg(QLatin1String(what), dark ? QLatin1String("dark") : QLatin1String("light"))
                    .arg(size.width())
                    .arg(size.height());
            };
            panel.options()->rowTable()->selectRow(2);
            const QImage shown = panelPicture(panel, name("options"));
            // The bar of a full cell reaches its right end, that of the reference (0) does not.
            const QTableView* table = panel.options()->rowTable();
            const auto atRight = [&](int row) {
                const int column = panel.options()->rows()->columnOf(QStringLiteral("positions"));
                const QRect area = table->visualRect(table->model()->index(row, column));
                return shown.pixelColor(table->viewport()->mapTo(&panel, area.topRight() + QPoint(-6, 5)));
            };
            if (size.width() > 900) {
                EXPECT_NE(atRight(3), atRight(4)) << "112 positions fill the cell, 42 do not";
            }
            panel.tabs()->setCurrentIndex(1);
            turnFor(std::chrono::milliseconds(60));
            (void)panelPicture(panel, name("runs"));
        }
    }
}

}  // namespace
}  // namespace armillary::test
