// The verification panel from the verdicts of a real run: rows, thresholds, selection in and out, the report, and what it says
// without a model.
#include "support/canned_results.h"
#include "window_support/keyboard.h"
#include "window_support/panel_picture.h"
#include "window_support/panel_stage.h"
#include "window_support/test_window.h"
#include "window_support/text_scale.h"
#include "window_support/waiting.h"

#include "widgets/analysis/analysis_strip.h"
#include "widgets/analysis/offer_page.h"
#include "widgets/analysis/result_table_view.h"
#include "widgets/checks/check_report.h"
#include "widgets/checks/grid_maps.h"
#include "widgets/checks/registration_view.h"
#include "widgets/checks/series_chart.h"
#include "widgets/models/check_table_model.h"
#include "widgets/models/result_table_model.h"
#include "widgets/panels/verification_panel.h"
#include "widgets/theme.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAbstractItemDelegate>
#include <QAbstractItemModelTester>
#include <QAction>
#include <QApplication>
#include <QFile>
#include <QHeaderView>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QScrollBar>
#include <QSignalSpy>
#include <QStyleOptionViewItem>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBrowser>
#include <QToolButton>
#include <QWindow>

#include <cmath>
#include <limits>
#include <set>

namespace armillary::test {
namespace {

using namespace widgets;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::string cell(const QAbstractItemModel& model, int row, int column)
{
    return model.index(row, column).data().toString().toStdString();
}

TEST(ResultNumbers, AreShortAndExactInTooltips)
{
    EXPECT_EQ(numberText(0.5).toStdString(), "0.5");
    EXPECT_EQ(numberText(12.3456).toStdString(), "12.35");
    EXPECT_EQ(numberText(0.0123456).toStdString(), "0.01235");
    EXPECT_EQ(numberText(1060).toStdString(), "1060");
    EXPECT_EQ(numberText(262208).toStdString(), "262,208");
    EXPECT_EQ(numberText(0.0000123).toStdString(), "1.23e-05");
    EXPECT_EQ(numberText(-3).toStdString(), "-3");
    EXPECT_EQ(numberText(kNan).toStdString(), "–");
    EXPECT_EQ(numberText(2.5, QStringLiteral("bits")).toStdString(), "2.5 bits");
    EXPECT_THAT(numberText(1536, QStringLiteral("bytes")).toStdString(), HasSubstr("1.5"));
    EXPECT_EQ(exactNumberText(0.1).toStdString(), "0.1");
}

TEST(ResultTable, SortsWithGapsLastAndNamesRows)
{
    ResultTableModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    model.describe(QStringLiteral("kl_bits"),
                   {QStringLiteral("KL"), QStringLiteral("bits"), QStringLiteral("how far"), true});
    model.setRowNames(QStringLiteral("name"));
    model.setTable({"t",
                    {"name", "kl_bits", "verdict", "reason"},
                    {{std::string("V10"), 2.0, std::string("pass"), std::string()},
                     {std::string("V2"), kNan, std::string("fail"), std::string("no picture")},
                     {std::string("V1"), -4.0, std::string("warn"), std::string()}}});
    ASSERT_EQ(model.rowCount(), 3);
    EXPECT_EQ(model.headerData(1, Qt::Horizontal).toString().toStdString(), "KL (bits)");
    EXPECT_EQ(cell(model, 1, 1), "–");
    EXPECT_DOUBLE_EQ(model.index(0, 1).data(ResultTableModel::BarRole).toDouble(), 0.5);
    EXPECT_DOUBLE_EQ(model.index(2, 1).data(ResultTableModel::BarRole).toDouble(), -1);
    EXPECT_TRUE(model.index(0, 1).data(ResultTableModel::SignedRole).toBool());
    EXPECT_FALSE(model.index(0, 0).data(ResultTableModel::BarRole).isValid());
    EXPECT_EQ(model.index(1, 1).data(Qt::ToolTipRole).toString().toStdString(), "no picture");
    EXPECT_FALSE(model.index(1, 2).data(Qt::DecorationRole).isNull());
    const QPersistentModelIndex kept = model.index(0, 0);
    for (const Qt::SortOrder order : {Qt::AscendingOrder, Qt::DescendingOrder}) {
        model.sort(1, order);
        EXPECT_EQ(cell(model, 2, 0), "V2") << "what has no number is last either way";
        EXPECT_EQ(model.headerData(2, Qt::Vertical).toString().toStdString(), "V2");
    }
    EXPECT_EQ(cell(model, 0, 0), "V10");
    EXPECT_EQ(kept.data().toString().toStdString(), "V10");
    model.sort(0, Qt::AscendingOrder);
    EXPECT_EQ(cell(model, 1, 0), "V2") << "2 comes before 10";
    EXPECT_EQ(model.rowOf(0), 2);
    EXPECT_EQ(model.viewRowOf(0), 2);
    model.sort(-1);
    EXPECT_EQ(cell(model, 0, 0), "V10");
    model.clear();
    EXPECT_EQ(model.rowCount(), 0);
}

TEST(ResultTable, RowsGrowAndShrinkWithTheText)
{
    ResultTableModel model;
    model.setTable({"t", {"name", "value"}, {{std::string("a"), 1.0}, {std::string("b"), 2.0}}});
    const std::unique_ptr<QTableView> table(makeResultTable(&model));
    const QFont usual = table->font();
    const int before = table->rowHeight(1);
    EXPECT_EQ(before, table->fontMetrics().height() + 8);
    QFont large = usual;
    large.setPointSizeF(2 * usual.pointSizeF());
    table->setFont(large);
    EXPECT_GT(table->rowHeight(1), before);
    EXPECT_EQ(table->rowHeight(1), table->fontMetrics().height() + 8);
    // A row that comes is as high.
    model.setTable({"t", {"name", "value"}, {{std::string("c"), 3.0}}});
    EXPECT_EQ(table->rowHeight(0), table->fontMetrics().height() + 8);
    table->setFont(usual);
    EXPECT_EQ(table->rowHeight(0), before);
}

TEST(CheckTable, KeepsItsPromises)
{
    CheckTableModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    model.setResult(std::make_shared<const AnalysisResult>(cannedVerification()));
    ASSERT_EQ(model.rowCount(), 23);
    EXPECT_EQ(model.summary().toStdString(), "23 checks: 19 pass, 3 warnings, 1 fail");
    std::set<qint64> icons;
    for (int row = 0; row < model.rowCount(); ++row)
        icons.insert(model.index(row, 0).data(Qt::DecorationRole).value<QIcon>().cacheKey());
    EXPECT_EQ(icons.size(), 3U) << "one shape a verdict";
    const QModelIndex threshold = model.index(0, CheckTableModel::ThresholdColumn);
    EXPECT_TRUE(threshold.flags().testFlag(Qt::ItemIsEditable));
    for (const char* wrong : {"x", "-1", "inf", "nan", ""})
        EXPECT_FALSE(model.setData(threshold, QString::fromLatin1(wrong))) << wrong;
    EXPECT_TRUE(model.setData(threshold, QStringLiteral("0.25")));
    EXPECT_EQ(model.thresholdsText().toStdString(), "V1=0.25");
    EXPECT_TRUE(model.hasPendingThresholds());
    EXPECT_THAT(threshold.data().toString().toStdString(), HasSubstr("*"));
    model.setThresholdsText(QStringLiteral("W5=3,V2=x,junk"));
    EXPECT_EQ(model.thresholdsText().toStdString(), "W5=3");
    model.setDescribed(61);
    EXPECT_TRUE(model.isAbout(5)) << "V6 is about the last token of the block";
    EXPECT_FALSE(model.isAbout(6));
    model.setResult(nullptr);
    EXPECT_EQ(model.rowCount(), 0);
    EXPECT_TRUE(model.summary().isEmpty());
}

TEST(CheckReport, SaysEverythingInThreeForms)
{
    const AnalysisResult result = cannedVerification();
    const QString what = QStringLiteral("Run <1>");
    const std::string text = checkReportText(result, what).toStdString();
    EXPECT_THAT(text, HasSubstr("23 checks: 19 pass, 3 warnings, 1 fail"));
    EXPECT_THAT(text, HasSubstr("[FAIL] W6"));
    EXPECT_THAT(text, HasSubstr("8.772 against 25"));
    const std::string html = checkReportHtml(result, what).toStdString();
    EXPECT_THAT(html, HasSubstr("Run &lt;1&gt;"));
    EXPECT_THAT(html, HasSubstr("<td>W16</td>"));
    const QJsonObject json = QJsonDocument::fromJson(checkReportJson(result).toUtf8()).object();
    EXPECT_EQ(json["name"].toString().toStdString(), "verify");
    const QTemporaryDir folder;
    for (const char* name : {"a.txt", "a.html", "a.json"}) {
        const QString path = folder.filePath(QString::fromLatin1(name));
        EXPECT_TRUE(writeCheckReport(path, result, what).isEmpty());
        EXPECT_GT(QFile(path).size(), 2000) << name;
    }
    EXPECT_FALSE(writeCheckReport(folder.filePath(QStringLiteral("no/such/folder.txt")), result, what).isEmpty());
}

class Verification : public testing::Test {
protected:
    void open(bool dark = false, const QSize& size = {900, 620})
    {
        applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, dark);
        m_panel = std::make_unique<VerificationPanel>(m_stage.context());
        m_panel->resize(size);
        m_panel->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_panel.get()));
        takeKeyboard(*m_panel);
        ASSERT_TRUE(m_panel->isActiveWindow());
    }
    void TearDown() override { applyTheme(ThemeChoice::Light, false); }

    void showVerified()
    {
        m_stage.desk.give(cannedVerification());
        m_stage.run.showRecord(cannedRun());
        turnFor(std::chrono::milliseconds(30));
    }
    [[nodiscard]] QPoint cellMiddle(int row, int column) const
    {
        const QTableView* table = m_panel->table();
        return table->viewport()->mapTo(m_panel.get(), table->visualRect(table->model()->index(row, column)).center());
    }
    // The titles of the columns that have no room.
    [[nodiscard]] std::string headersCutOff() const
    {
        const QTableView* table = m_panel->table();
        const QHeaderView* header = table->horizontalHeader();
        const int arrow = header->style()->pixelMetric(QStyle::PM_HeaderMarkSize, nullptr, header);
        std::string out;
        for (int column = 0; column < table->model()->columnCount(); ++column) {
            // The hint of each has room for the arrow, which one column shows.
            const int needed = header->sectionSizeHint(column) - (header->sortIndicatorSection() == column ? 0 : arrow);
            if (!table->isColumnHidden(column) && table->columnWidth(column) < needed)
                out += table->model()->headerData(column, Qt::Horizontal).toString().toStdString() + " ";
        }
        return out;
    }
    void choose(const QString& id)
    {
        for (int row = 0; row < m_panel->table()->model()->rowCount(); ++row) {
            const QModelIndex index = m_panel->table()->model()->index(row, CheckTableModel::CheckColumn);
            if (index.data().toString().startsWith(id + QLatin1Char(' '))) {
                m_panel->table()->scrollTo(index);
                clickAt(m_panel.get(), cellMiddle(row, CheckTableModel::CheckColumn));
            }
        }
    }

    PanelStage m_stage;
    std::unique_ptr<VerificationPanel> m_panel;
};

TEST_F(Verification, HintsWithoutARunAndSaysWhatItNeeds)
{
    open();
    EXPECT_FALSE(m_panel->table()->isVisible());
    m_stage.run.showRecord(cannedRun());
    turnFor(std::chrono::milliseconds(20));
    EXPECT_TRUE(m_panel->strip()->isVisible());
    EXPECT_THAT(m_panel->strip()->text().toStdString(), HasSubstr("needs the models"));
    EXPECT_FALSE(m_panel->strip()->startAction()->isEnabled());
    EXPECT_FALSE(m_panel->viewData().has_value());
}

TEST_F(Verification, VerifiesOnOneClickAndCanBeStopped)
{
    open();
    m_stage.desk.refuse("verify", QStringLiteral("The picture is gone."));
    m_stage.desk.hold(true);
    m_stage.run.showRecord(cannedRun());
    turnFor(std::chrono::milliseconds(20));
    EXPECT_TRUE(m_stage.desk.requests().empty()) << "nothing is computed unasked";
    auto* button = m_panel->strip()->findChild<QToolButton*>(QStringLiteral("analysisStart"));
    ASSERT_TRUE(button->isVisible());
    EXPECT_EQ(button->text().toStdString(), "Verify this run");
    clickAt(button, button->rect().center());
    ASSERT_TRUE(waitUntil([this] { return m_stage.desk.requests().size() == 1; }));
    EXPECT_EQ(m_stage.desk.requests()[0].request.name, "verify");
    Q_EMIT m_stage.desk.progressed(1, QStringLiteral("SigLIP"), 3, 9);
    EXPECT_THAT(m_panel->strip()->text().toStdString(), HasSubstr("SigLIP · 3 of 9"));
    auto* stop = m_panel->strip()->findChild<QToolButton*>(QStringLiteral("analysisStop"));
    ASSERT_TRUE(stop->isVisible());
    clickAt(stop, stop->rect().center());
    ASSERT_TRUE(waitUntil([button] { return button->isVisible(); }));
    EXPECT_EQ(m_panel->strip()->text().toStdString(), "Stopped.");
    m_stage.desk.hold(false);
    clickAt(button, button->rect().center());
    ASSERT_TRUE(waitUntil([this] { return m_panel->strip()->text() == QLatin1String("The picture is gone."); }));
    // The result that a computation brings is none that was kept.
    m_stage.desk.hold(true);
    clickAt(button, button->rect().center());
    ASSERT_TRUE(waitUntil([this] { return m_stage.desk.requests().size() == 3; }));
    Q_EMIT m_stage.desk.finished(3, std::make_shared<const AnalysisResult>(cannedVerification()));
    EXPECT_EQ(m_panel->model()->rowCount(), 23);
    EXPECT_FALSE(m_panel->strip()->isRecorded());
}

TEST_F(Verification, OffersTheChecksUntilTheyAreThere)
{
    open();
    m_stage.desk.refuse("verify", QStringLiteral("The picture is gone."));
    m_stage.desk.hold(true);
    m_stage.run.showRecord(cannedRun());
    turnFor(std::chrono::milliseconds(20));
    const auto offers = m_panel->findChildren<OfferPage*>();
    const auto offer =
        std::find_if(offers.begin(), offers.end(), [](const OfferPage* each) { return each->isVisible(); });
    ASSERT_NE(offer, offers.end()) << "no empty table stands there";
    ASSERT_TRUE((*offer)->button()->isVisible());
    clickAt((*offer)->button(), (*offer)->button()->rect().center());
    ASSERT_TRUE(waitUntil([this] { return m_stage.desk.requests().size() == 1; }));
    EXPECT_FALSE((*offer)->button()->isVisible()) << "while it works";
    Q_EMIT m_stage.desk.finished(1, std::make_shared<const AnalysisResult>(cannedVerification()));
    EXPECT_FALSE((*offer)->isVisible());
    EXPECT_TRUE(m_panel->table()->isVisible());
    m_panel->model()->setThresholdsText(QStringLiteral("W6=7"));
    EXPECT_THAT(m_panel->strip()->text().toStdString(), HasSubstr("Not computed yet")) << "for these thresholds";
    EXPECT_EQ(m_panel->strip()->startAction()->text(), QStringLiteral("Verify again"));
}

TEST_F(Verification, ShowsKeptVerdictsMarkedRecorded)
{
    open();
    showVerified();
    EXPECT_EQ(m_panel->summaryText().toStdString(), "23 checks: 19 pass, 3 warnings, 1 fail");
    EXPECT_TRUE(m_panel->strip()->isRecorded());
    EXPECT_TRUE(m_panel->strip()->findChild<QLabel*>(QStringLiteral("recordedMark"))->isVisible());
    EXPECT_THAT(m_panel->strip()->text().toStdString(), HasSubstr("starting values"));
    ASSERT_NE(m_panel->current(), nullptr);
    EXPECT_EQ(m_panel->current()->id.toStdString(), "W6") << "the failed one is shown first";
    EXPECT_THAT(m_panel->caption().toStdString(), HasSubstr("1 fail"));
    ASSERT_TRUE(m_panel->viewData().has_value());
    EXPECT_EQ(m_panel->viewData()->tables[0].rows.size(), 23U);
}

TEST_F(Verification, ShowMeChoosesTheTokensAndRaisesThePanel)
{
    open();
    showVerified();
    QSignalSpy raised(m_panel.get(), &VerificationPanel::showMe);
    choose(QStringLiteral("V6"));
    ASSERT_EQ(m_panel->current()->id.toStdString(), "V6");
    pressKey(m_panel.get(), Qt::Key_Return);
    ASSERT_EQ(raised.size(), 1);
    EXPECT_EQ(raised[0][0].toString().toStdString(), "attention");
    EXPECT_THAT(m_stage.selection.chosen(), ElementsAre(61));
    choose(QStringLiteral("W3"));
    pressKey(m_panel.get(), Qt::Key_Return);
    EXPECT_EQ(raised.back()[0].toString().toStdString(), "world");
    EXPECT_EQ(m_stage.selection.chosen().size(), 16U);
    // Its numbers are painted over the tokens: 36 cells of the world, nothing elsewhere.
    const OverlayStack::Entry* layer = m_stage.overlays.find(QStringLiteral("check"));
    ASSERT_NE(layer, nullptr);
    EXPECT_TRUE(std::isfinite(layer->layer.values[7]));
    EXPECT_TRUE(std::isnan(layer->layer.values[6]));
    EXPECT_TRUE(std::isnan(layer->layer.values[46]));
}

TEST_F(Verification, MapsOfACheckPointAtTokens)
{
    open();
    showVerified();
    choose(QStringLiteral("V7"));
    turnFor(std::chrono::milliseconds(20));
    GridMaps* maps = m_panel->maps();
    ASSERT_TRUE(maps->isVisible());
    ASSERT_EQ(maps->maps().size(), 1U);
    moveTo(maps, maps->cellRect(0, 1, 2).center());
    ASSERT_TRUE(waitUntil([this] { return !m_stage.selection.hovered().empty(); }));
    EXPECT_THAT(m_stage.selection.hovered(), ElementsAre(52)) << "row 1, column 2 of the image at 46";
    clickAt(maps, maps->cellRect(0, 3, 3).center());
    EXPECT_THAT(m_stage.selection.chosen(), ElementsAre(61));
    moveTo(m_panel.get(), {5, 5});
    EXPECT_TRUE(waitUntil([this] { return m_stage.selection.hovered().empty(); }));
    choose(QStringLiteral("W5"));
    turnFor(std::chrono::milliseconds(20));
    ASSERT_TRUE(m_panel->chart()->isVisible());
    EXPECT_EQ(m_panel->chart()->chart().places.size(), 16);
    EXPECT_DOUBLE_EQ(m_panel->chart()->chart().levels.front().value, 2);
}

TEST_F(Verification, ChecksAboutTheHoveredTokenStandOut)
{
    open();
    showVerified();
    m_stage.selection.hover({43});
    EXPECT_FALSE(m_panel->model()->isAbout(0));
    EXPECT_TRUE(m_panel->model()->isAbout(14)) << "W8 names the brackets";
    m_stage.selection.endHover({43});
    EXPECT_FALSE(m_panel->model()->isAbout(14));
}

TEST_F(Verification, EditedThresholdsCountFromTheNextVerification)
{
    open();
    m_stage.desk.refuse("verify", QStringLiteral("no"));
    m_stage.desk.hold(true);
    AnalysisResult standard = cannedVerification();
    standard.request.arguments["checks"] = "all";  // for exactly this wish
    m_stage.run.showRecord(cannedRun());
    turnFor(std::chrono::milliseconds(20));
    m_panel->strip()->startAction()->trigger();
    ASSERT_TRUE(waitUntil([this] { return m_stage.desk.requests().size() == 1; }));
    Q_EMIT m_stage.desk.finished(1, std::make_shared<const AnalysisResult>(standard));
    ASSERT_EQ(m_panel->model()->rowCount(), 23);
    // Typed into the cell by keys.
    const QModelIndex cellIndex = m_panel->table()->model()->index(1, CheckTableModel::ThresholdColumn);
    clickAt(m_panel.get(), cellMiddle(1, CheckTableModel::ThresholdColumn));
    m_panel->table()->setCurrentIndex(cellIndex);
    m_panel->table()->setFocus();
    pressKey(m_panel.get(), Qt::Key_F2);
    ASSERT_NE(qobject_cast<QLineEdit*>(QApplication::focusWidget()), nullptr)
        << "the editor of the cell has the keyboard";
    typeText(m_panel.get(), QStringLiteral("0.05"));
    const auto* editor = qobject_cast<QLineEdit*>(QApplication::focusWidget());
    ASSERT_NE(editor, nullptr);
    EXPECT_EQ(editor->text().toStdString(), "0.05");
    QSignalSpy raised(m_panel.get(), &VerificationPanel::showMe);
    pressKey(m_panel.get(), Qt::Key_Return);
    turnFor(std::chrono::milliseconds(20));  // the editor hands over in the next turn of the event loop
    EXPECT_EQ(m_panel->model()->thresholdsText().toStdString(), "V2=0.05");
    EXPECT_TRUE(raised.isEmpty()) << "in the editor the key ends the editing";
    EXPECT_EQ(m_panel->model()->rowCount(), 23) << "the last verdicts stay until then";
    EXPECT_EQ(m_panel->strip()->startAction()->text().toStdString(), "Verify again");
    EXPECT_THAT(m_panel->summaryText().toStdString(), HasSubstr("Edited thresholds (*) count when"));
    m_panel->strip()->startAction()->trigger();
    ASSERT_TRUE(waitUntil([this] { return m_stage.desk.requests().size() == 2; }));
    EXPECT_EQ(m_stage.desk.requests()[1].request.arguments.at("thresholds"), "V2=0.05");
    const QJsonObject saved = m_panel->saveView();
    m_panel->model()->setThresholdsText({});
    m_panel->restoreView(saved);
    EXPECT_EQ(m_panel->model()->thresholdsText().toStdString(), "V2=0.05");
    // Verdicts of another run are none of this one's.
    m_stage.run.showRecord(cannedRun());
    turnFor(std::chrono::milliseconds(20));
    EXPECT_EQ(m_panel->model()->rowCount(), 0);
}

TEST_F(Verification, TitlesAreWholeHoweverNarrowThePanelIs)
{
    open();
    showVerified();
    for (const double scale : {1.0, 1.5}) {
        const TextScale text(scale);
        applyTheme(ThemeChoice::Light, false);
        for (const int width : {1000, 640, 420, 330, 1000}) {
            m_panel->resize(width, 620);
            turnFor(std::chrono::milliseconds(30));
            const QTableView* table = m_panel->table();
            const std::string what = std::to_string(width) + " at " + std::to_string(scale);
            for (int row = 0; row < table->model()->rowCount(); ++row) {
                const QModelIndex index = table->model()->index(row, CheckTableModel::CheckColumn);
                QStyleOptionViewItem option;
                option.initFrom(table);
                option.widget = table;
                option.font = table->font();
                option.rect = QRect(0, 0, table->columnWidth(index.column()), table->rowHeight(row));
                option.features.setFlag(QStyleOptionViewItem::WrapText, table->wordWrap());
                const QSize needed = table->itemDelegateForIndex(index)->sizeHint(option, index);
                const std::string title = index.data().toString().toStdString();
                EXPECT_LE(needed.width(), option.rect.width()) << what << ": " << title;
                EXPECT_LE(needed.height(), option.rect.height()) << what << ": " << title;
            }
            EXPECT_EQ(headersCutOff(), "") << what;
            EXPECT_EQ(table->horizontalScrollBar()->maximum(), 0) << what << ": no column stands outside";
            EXPECT_EQ(table->isColumnHidden(CheckTableModel::ThresholdColumn), width * 1.0 / scale < 500) << what;
        }
        // And at each width between, where a column comes and goes.
        int changes = 0;
        for (int width = 330; width <= 1000; width += 5) {
            const QTableView* table = m_panel->table();
            const bool wasHidden = table->isColumnHidden(CheckTableModel::ThresholdColumn);
            m_panel->resize(width, 620);
            QCoreApplication::processEvents();
            changes += table->isColumnHidden(CheckTableModel::ThresholdColumn) != wasHidden ? 1 : 0;
            ASSERT_EQ(headersCutOff(), "") << width << " at " << scale;
        }
        EXPECT_EQ(changes, 2) << "it goes at the first width, and comes once";
        // What has no column stands below.
        m_panel->resize(330, 620);
        turnFor(std::chrono::milliseconds(30));
        EXPECT_THAT(m_panel->findChild<QTextBrowser*>()->toPlainText().toStdString(), HasSubstr("8.772 against 25"));
    }
}

TEST_F(Verification, ANarrowMapKeepsItsLegendInside)
{
    GridMap map{QStringLiteral("spot 0"), 4, 4, std::vector<float>(16, 0.5F), QPoint(1, 1), QPoint(2, 2)};
    map.values[10] = 25.29F;
    GridMaps maps;
    const auto inkOf = [&maps](const QRect& part) {
        const QImage shown = maps.grab().toImage();
        int ink = 0;
        for (int y = part.top(); y <= part.bottom(); ++y) {
            for (int x = part.left(); x <= part.right(); ++x)
                ink += shown.pixel(x, y) != shown.pixel(0, 0) ? 1 : 0;
        }
        return ink;
    };
    const int line = maps.fontMetrics().height();
    // In the narrowest the unit goes below its numbers.
    maps.setMaps({map}, QStringLiteral("relative L2 change"));
    for (const QSize size : {QSize(150, 210), QSize(190, 210), QSize(260, 200), QSize(520, 200)}) {
        maps.resize(size);
        EXPECT_EQ(inkOf(QRect(size.width() - 3, 0, 3, size.height())), 0) << size.width();
        const int below = maps.cellRect(0, 3, 3).bottom() + 2;
        EXPECT_GT(inkOf(QRect(0, below, size.width(), size.height() - below)), 100) << "the legend is there";
        EXPECT_LE(below + line, size.height());
    }
}

TEST_F(Verification, SpotsChooseExpectedAndStrongestToken)
{
    open();
    m_stage.desk.give(cannedRegistration());
    showVerified();
    m_panel->findChild<QTabWidget*>()->setCurrentIndex(1);
    RegistrationView* spots = m_panel->registration();
    ASSERT_EQ(spots->maps()->maps().size(), 4U);
    EXPECT_EQ(spots->maps()->maps()[0].expected, QPoint(3, 1));
    EXPECT_EQ(spots->maps()->maps()[0].peak, QPoint(4, 0));
    EXPECT_EQ(spots->model()->rowCount(), 4);
    turnFor(std::chrono::milliseconds(30));
    clickAt(spots->maps(), spots->maps()->cellRect(1, 2, 2).center());
    EXPECT_THAT(m_stage.selection.chosen(), ElementsAre(8, 14));
    ASSERT_TRUE(m_panel->viewData().has_value());
    EXPECT_EQ(m_panel->viewData()->request.name, "registration");
}

TEST_F(Verification, Pictures)
{
    for (const bool dark : {false, true}) {
        for (const QSize size : {QSize(340, 420), QSize(420, 300), QSize(640, 480), QSize(1000, 700)}) {
            PanelStage stage;
            applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, dark);
            VerificationPanel panel(stage.context());
            panel.resize(size);
            panel.show();
            ASSERT_TRUE(QTest::qWaitForWindowExposed(&panel));
            stage.desk.give(cannedVerification());
            stage.desk.give(cannedRegistration());
            stage.run.showRecord(cannedRun());
            turnFor(std::chrono::milliseconds(80));
            const auto name = [&](const char* what) {
                return QStringLiteral("verification-%1-%2-%3x%4")
                    .arg(QLatin1String(what), dark ? QLatin1String("dark") : QLatin1String("light"))
                    .arg(size.width())
                    .arg(size.height());
            };
            // Each shape is drawn in its colour, in the row of its verdict.
            const QTableView* table = panel.table();
            const QImage shown = panel.grab().toImage();
            const auto hasColor = [&](int row, Verdict verdict) {
                const QRect area(table->viewport()->mapTo(&panel,
                                                          table->visualRect(table->model()->index(row, 0)).topLeft()),
                                 table->visualRect(table->model()->index(row, 0)).size());
                int found = 0;
                for (int y = std::max(area.top(), 0); y < std::min(area.bottom(), shown.height()); ++y) {
                    for (int x = area.left(); x < area.right(); ++x) {
                        const QColor pixel = shown.pixelColor(x, y);
                        const QColor wanted = verdictColor(verdict, dark);
                        found += std::abs(pixel.red() - wanted.red()) + std::abs(pixel.green() - wanted.green()) +
                                             std::abs(pixel.blue() - wanted.blue()) <
                                         24
                                     ? 1
                                     : 0;
                    }
                }
                return found > 25;
            };
            const int failed = panel.table()->currentIndex().row();
            EXPECT_TRUE(hasColor(failed, Verdict::Fail));
            EXPECT_FALSE(hasColor(failed, Verdict::Pass));
            (void)panelPicture(panel, name("checks"));
            panel.findChild<QTabWidget*>()->setCurrentIndex(1);
            turnFor(std::chrono::milliseconds(60));
            (void)panelPicture(panel, name("spots"));
        }
    }
}

}  // namespace
}  // namespace armillary::test
