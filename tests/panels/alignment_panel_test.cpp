// World against SigLIP from a record of vectors made by hand: numbers beside chance, the heat map, norms, latent channels.
#include "support/embedding_record.h"
#include "window_support/panel_stage.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "widgets/canvas/similarity_canvas.h"
#include "widgets/embedding/norm_histogram.h"
#include "widgets/embedding/null_band_delegate.h"
#include "widgets/hint_page.h"
#include "widgets/kind_colors.h"
#include "widgets/models/measure_table_model.h"
#include "widgets/models/result_table_model.h"
#include "widgets/panels/alignment_panel.h"
#include "widgets/theme.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QTableView>
#include <QTest>

namespace armillary::test {
namespace {

using namespace widgets;
using testing::ElementsAre;
using testing::HasSubstr;

class AlignmentOfRun : public testing::Test {
protected:
    void open(bool dark = false, const QSize& size = {900, 640})
    {
        applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, dark);
        m_panel = std::make_unique<AlignmentPanel>(m_stage.context());
        m_panel->resize(size);
        m_panel->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_panel.get()));
    }
    void showRecord(const EmbeddingRecord& shown)
    {
        m_stage.run.showRecord(shown.record);
        ASSERT_TRUE(waitUntil([this] { return m_panel->measures()->rowCount() > 12; }));
        settle();
    }
    void settle()
    {
        turnFor(std::chrono::milliseconds(60));
        (void)m_panel->grab();
        turnFor(std::chrono::milliseconds(60));
    }
    [[nodiscard]] const MeasureRow* row(const QString& measure, const QString& against) const
    {
        for (const MeasureRow& each : m_panel->measures()->rows()) {
            if (each.measure == measure && each.against == against)
                return &each;
        }
        return nullptr;
    }

    PanelStage m_stage;
    EmbeddingRecord m_made = embeddingRecord(3, 6, 6);
    std::unique_ptr<AlignmentPanel> m_panel;
};

TEST_F(AlignmentOfRun, PutsNumbersBesideChance)
{
    open();
    const QAbstractItemModelTester tester(m_panel->measures(), QAbstractItemModelTester::FailureReportingMode::Fatal);
    showRecord(m_made);
    const MeasureRow* knn = row(QStringLiteral("mutual kNN"), QStringLiteral("permuted pairs"));
    ASSERT_NE(knn, nullptr);
    EXPECT_FALSE(knn->isChance()) << "both grids are ruled by row and column alike";
    EXPECT_GT(knn->value, knn->band->high);
    ASSERT_NE(row(QStringLiteral("mutual kNN"), QStringLiteral("shifted grids")), nullptr);
    const MeasureRow* gap = row(QStringLiteral("gap"), QStringLiteral("permuted labels"));
    ASSERT_NE(gap, nullptr);
    EXPECT_GT(gap->value, 0.5);
    EXPECT_NE(row(QStringLiteral("effective rank of world"), QStringLiteral("permuted columns")), nullptr);
    EXPECT_NE(row(QStringLiteral("k-NN accuracy"), QStringLiteral("permuted labels")), nullptr);
    EXPECT_FALSE(m_panel->note().isEmpty()) << "cautions";
}

TEST(MeasureRows, InsideTheBandIsChanceAndADifferenceHasNoBand)
{
    AnalysisResult result;
    result.request.name = "alignment";
    result.tables.push_back({"measures",
                             {"measure", "value", "permuted mean", "permuted deviation", "permuted low",
                              "permuted high", "permuted p", "permuted draws"},
                             {{std::string("linear CKA"), 0.2, 0.15, 0.05, 0.1, 0.3, 0.4, 200.0},
                              {std::string("mutual kNN"), 0.9, 0.15, 0.05, 0.1, 0.3, 0.005, 200.0}}});
    const std::vector<MeasureRow> rows = measureRows(result, false);
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_TRUE(rows[0].isChance());
    EXPECT_FALSE(rows[1].isChance());
    MeasureTableModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    model.setRows(rows);
    EXPECT_THAT(model.index(0, MeasureTableModel::ChanceColumn).data().toString().toStdString(),
                HasSubstr("no more than chance"));
    EXPECT_TRUE(model.index(0, MeasureTableModel::ValueColumn).data(Qt::ForegroundRole).isValid());
    EXPECT_FALSE(model.index(1, MeasureTableModel::ValueColumn).data(Qt::ForegroundRole).isValid());
    // The mark of a value beyond the band stands right of it.
    const QRectF cell(0, 0, 116, 20);
    EXPECT_NEAR(NullBandDelegate::markX(rows[1], cell), 108, 0.1);
    EXPECT_NEAR(NullBandDelegate::markX(rows[0], cell), 8 + 100 * 0.2 / 0.3, 0.1);
    const std::vector<MeasureRow> differences = measureRows(result, true);
    ASSERT_EQ(differences.size(), 2u);
    EXPECT_FALSE(differences[0].band);
    model.setRows(differences);
    EXPECT_EQ(model.index(0, MeasureTableModel::ChanceColumn).data().toString().toStdString(), "A - B");
}

TEST_F(AlignmentOfRun, PointingAtACellHoversBothTokens)
{
    open();
    showRecord(m_made);
    m_panel->setTab(AlignmentPanel::Similarity);
    SimilarityCanvas* canvas = m_panel->similarity();
    ASSERT_TRUE(waitUntil([&] { return canvas->matrix().values.size() == 108u * 36; }));
    settle();
    const int worldRow = 40, imageColumn = 17;
    const QPoint cell = canvas->pointFromCell(worldRow, imageColumn).toPoint();
    moveTo(canvas, cell);
    ASSERT_TRUE(waitUntil([&] { return m_stage.selection.hovered().size() == 2; }));
    const Positions want{canvas->matrix().rows[worldRow].position, canvas->matrix().columns[imageColumn].position};
    EXPECT_EQ(m_stage.selection.hovered(), want);
    clickAt(canvas, cell);
    EXPECT_TRUE(waitUntil([&] { return m_stage.selection.chosen() == want; }));
    // The cell has the colour of its cosine, the ruler that of the kind.
    moveTo(canvas, QPoint(2, 2));
    settle();
    const QImage shown = canvas->grab().toImage();
    const SimilarityMatrix& matrix = canvas->matrix();
    const float value = matrix.values[worldRow * 36 + imageColumn];
    const QColor heat(scaleColor(ColorScale::Signed, 0.5 + 0.5 * value / matrix.range));
    const QColor got = shown.pixelColor(cell);
    EXPECT_LT(std::abs(got.red() - heat.red()) + std::abs(got.green() - heat.green()) +
                  std::abs(got.blue() - heat.blue()),
              60);
    const QColor ruler = shown.pixelColor(14, static_cast<int>(canvas->matrixRect().top()) + 3);
    const QColor world = kindColor(TokenKind::World, false);
    EXPECT_LT(std::abs(ruler.red() - world.red()) + std::abs(ruler.green() - world.green()), 12);
}

TEST_F(AlignmentOfRun, OutliersAreChosenByTheirRows)
{
    open();
    showRecord(m_made);
    m_panel->setTab(AlignmentPanel::Norms);
    ASSERT_TRUE(waitUntil([this] { return m_panel->outliers()->rowCount() > 0; }));
    settle();
    EXPECT_THAT(m_panel->histogram()->segments(), testing::Contains(QStringLiteral("world")));
    m_panel->outlierTable()->selectRow(0);
    EXPECT_THAT(m_stage.selection.chosen(), ElementsAre(m_made.image + 1));
    // The peak of the world's norms in the world's colour.
    const auto at = static_cast<int>(m_panel->histogram()->segments().indexOf(QStringLiteral("world")));
    const QPoint peak = m_panel->histogram()->peakOf(at).toPoint();
    const QImage shown = m_panel->histogram()->grab().toImage();
    const QColor want = kindColor(TokenKind::World, false);
    int least = 1000;
    for (int y = -2; y <= 2; ++y) {
        const QColor got = shown.pixelColor(peak + QPoint(0, y));
        least = std::min(least, std::abs(got.red() - want.red()) + std::abs(got.green() - want.green()) +
                                    std::abs(got.blue() - want.blue()));
    }
    EXPECT_LT(least, 90);
}

TEST_F(AlignmentOfRun, ListsLatentChannels)
{
    open();
    showRecord(m_made);
    m_panel->setTab(AlignmentPanel::Channels);
    ASSERT_TRUE(waitUntil([this] { return m_panel->channels()->rowCount() == 4; }));
    EXPECT_THAT(m_panel->note().toStdString(), HasSubstr("no statistics of the autoencoder"));
}

TEST_F(AlignmentOfRun, FollowsTheLatentFrameOfTheFocus)
{
    open();
    showRecord(m_made);
    Focus focus;
    focus.latentFrame = 2;
    m_stage.selection.setFocus(focus);
    const auto asked = [this] {
        for (const AnalysisWish& wish : m_stage.desk.requests()) {
            if (wish.request.name == "alignment" && wish.request.arguments.at("first-frame") == "2")
                return true;
        }
        return false;
    };
    EXPECT_TRUE(waitUntil(asked));
}

TEST_F(AlignmentOfRun, ADifferenceOfRunsHasNoBands)
{
    open();
    showRecord(m_made);
    const double gap = row(QStringLiteral("gap"), QStringLiteral("permuted labels"))->value;
    const EmbeddingRecord other = embeddingRecord(3, 6, 6, 4);
    m_stage.pair.setA({m_made.record, QStringLiteral("a"), QStringLiteral("A")});
    m_stage.pair.setB({other.record, QStringLiteral("b"), QStringLiteral("B")});
    m_stage.pair.setSide(PairSide::Difference);
    ASSERT_TRUE(waitUntil([this] { return row(QStringLiteral("gap"), {}) != nullptr; }));
    EXPECT_NE(row(QStringLiteral("gap"), {})->value, gap);
    EXPECT_EQ(row(QStringLiteral("gap"), QStringLiteral("permuted labels")), nullptr);
    EXPECT_THAT(m_panel->note().toStdString(), HasSubstr("A - B"));
}

TEST_F(AlignmentOfRun, KeepsItsSettings)
{
    open();
    showRecord(m_made);
    m_panel->setTab(AlignmentPanel::Similarity);
    const QJsonObject saved = m_panel->saveView();
    AlignmentPanel other(m_stage.context());
    other.restoreView(saved);
    EXPECT_EQ(other.tab(), AlignmentPanel::Similarity);
    EXPECT_EQ(other.saveView(), saved);
    EXPECT_TRUE(waitUntil([this] { return m_panel->viewData().has_value(); }));
    EXPECT_THAT(m_panel->caption().toStdString(), HasSubstr("Similarity"));
}

TEST_F(AlignmentOfRun, ShowsWorkAndCanBeStopped)
{
    open();
    m_stage.desk.hold(true);
    m_stage.run.showRecord(m_made.record);
    settle();
    EXPECT_THAT(m_panel->workText().toStdString(), HasSubstr("Alignment"));
    for (QAction* action : m_panel->actions()) {
        if (action->text() == QStringLiteral("Stop"))
            action->trigger();
    }
    EXPECT_TRUE(m_panel->workText().isEmpty());
    ASSERT_EQ(m_panel->measures()->rowCount(), 4);
    EXPECT_EQ(m_panel->measures()->rows()[0].note.toStdString(), "Stopped.");
    m_stage.desk.hold(false);
}

TEST_F(AlignmentOfRun, SaysWhatBelongsHereAndWhatIsMissing)
{
    open();
    const auto hints = m_panel->findChildren<HintPage*>();
    ASSERT_EQ(hints.size(), 1);
    EXPECT_TRUE(hints.front()->isVisible());
    m_stage.run.showRecord(embeddingRecord(3, 4, 4, 1, false).record);
    EXPECT_FALSE(hints.front()->isVisible());
    ASSERT_TRUE(waitUntil([this] {
        return m_panel->measures()->rowCount() > 0 &&
               m_panel->measures()->rows()[0].note.contains(QStringLiteral("holds no vectors"));
    }));
}

class AlignmentScreenshot : public AlignmentOfRun, public testing::WithParamInterface<bool> {};

TEST_P(AlignmentScreenshot, LooksRight)
{
    const bool dark = GetParam();
    const QString mode = dark ? QStringLiteral("dark") : QStringLiteral("light");
    const std::array names = {"numbers", "similarity", "norms", "channels"};
    for (const QSize& size : {QSize(420, 300), QSize(640, 480), QSize(1000, 700)}) {
        open(dark, size);
        showRecord(m_made);
        for (std::size_t tab = 0; tab < names.size(); ++tab) {
            m_panel->setTab(static_cast<AlignmentPanel::Tab>(tab));
            turnFor(std::chrono::milliseconds(300));
            if (tab == 1) {
                moveTo(m_panel->similarity(), m_panel->similarity()->pointFromCell(30, 12).toPoint());
                ASSERT_TRUE(waitUntil([this] { return m_stage.selection.hovered().size() == 2; }));
            }
            settle();
            EXPECT_FALSE(saveScreenshot(*m_panel, QStringLiteral("alignment_%1_%2_%3")
                                                      .arg(QLatin1String(names[tab]), mode)
                                                      .arg(size.width()))
                             .isEmpty());
        }
        m_stage.run.clear();
    }
}

INSTANTIATE_TEST_SUITE_P(Modes, AlignmentScreenshot, testing::Bool(),
                         [](const auto& info) { return info.param ? "Dark" : "Light"; });

}  // namespace
}  // namespace armillary::test
