// The lens from records and canned results: the words a token was chosen among, layers and their words, nearest words beside noise,
// selection and focus in and out, and what it says where there is nothing.
#include "support/record_builder.h"
#include "window_support/layout_counter.h"
#include "window_support/panel_picture.h"
#include "window_support/panel_stage.h"
#include "window_support/waiting.h"

#include "widgets/analysis/analysis_strip.h"
#include "widgets/checks/series_chart.h"
#include "widgets/models/lens_table_model.h"
#include "widgets/models/result_table_model.h"
#include "widgets/models/word_list_model.h"
#include "widgets/panels/lens_panel.h"
#include "widgets/text/drawn_words.h"
#include "widgets/text/layer_words_page.h"
#include "widgets/text/logits_page.h"
#include "widgets/text/nearest_words_page.h"
#include "widgets/theme.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QAction>
#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QTabWidget>
#include <QTableView>
#include <QTest>

#include <cmath>
#include <cstring>

namespace armillary::test {
namespace {

using namespace widgets;

constexpr int kLayers = 6;

TensorSnapshot floats(std::vector<std::int64_t> shape, const std::vector<float>& values)
{
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(float));
    std::memcpy(bytes->data(), values.data(), bytes->size());
    return {ElementType::Float32, std::move(shape), std::move(bytes)};
}

std::shared_ptr<RunRecord> record(bool withLogits)
{
    auto out = std::make_shared<RunRecord>(*RecordBuilder::typical().build());
    out->model.layers = kLayers;
    out->model.layerIsLocal = {true, true, false, true, true, false};
    for (TokenPiece& token : out->generated)
        token.alternatives = {{token.id, 0.5F}, {900, 0.25F}, {901, 0.125F}};
    out->vocabulary = {{900, "▁mug"}, {901, "▁tea"}};
    if (withLogits) {
        // 600 ids; token i has logits log(0.5), log(0.25), log(0.125), ... at ids 500 + i, 0, 1, ...
        std::vector<float> logits;
        for (std::size_t i = 0; i < out->generated.size(); ++i) {
            std::vector<float> row(600, -60.0F);
            row[500 + i] = std::log(0.5F);
            for (int k = 0; k < 8; ++k)
                row[static_cast<std::size_t>(k)] = std::log(0.25F) - static_cast<float>(k) * std::log(2.0F);
            logits.insert(logits.end(), row.begin(), row.end());
        }
        out->tensors["logits"] = floats({static_cast<std::int64_t>(out->generated.size()), 600}, logits);
        out->question.sampling.temperature = 1;
        out->question.sampling.topP = 0.8;
    }
    return out;
}

// Words " coffee", " mug" and a third of each layer; the answer's word grows from 0 to 0.9.
AnalysisResult lens(std::int64_t position, std::int64_t target = 503)
{
    AnalysisResult out;
    out.request = {"logit-lens", {{"position", std::to_string(position)}}};
    if (target != 503)
        out.request.arguments["target"] = std::to_string(target);
    AnalysisTable words{"words", {"layer", "position", "rank", "id", "word", "probability"}, {}};
    AnalysisTable followed{"target", {"layer", "position", "id", "word", "probability", "rank", "entropy_bits"}, {}};
    for (int layer = 0; layer <= kLayers; ++layer) {
        const double p = 0.9 * layer / kLayers;
        const auto at = static_cast<double>(layer), place = static_cast<double>(position);
        const bool isFirst = layer >= 3;
        words.rows.push_back({at, place, 0.0, isFirst ? 503.0 : 900.0, std::string(isFirst ? "▁coffee" : "▁mug"),
                              isFirst ? p : 0.95 - p});
        words.rows.push_back(
            {at, place, 1.0, isFirst ? 900.0 : 40.0 + layer, std::string(isFirst ? "▁mug" : "▁something"), 0.05});
        followed.rows.push_back({at, place, static_cast<double>(target), std::string("▁coffee"),
                                 target == 503 ? p : 0.3, static_cast<double>(kLayers - layer), 2.0});
    }
    out.tables = {words, followed};
    out.cautions = {"early layers mislead"};
    return out;
}

AnalysisResult nearest(std::int64_t position)
{
    AnalysisResult out;
    out.request = {"nearest-words", {{"tokens", "image"}}};
    out.numbers = {{"mean_best_cosine", 0.38, ""},
                   {"noise_mean_best_cosine", 0.37, ""},
                   {"noise_95_best_cosine", 0.42, ""},
                   {"share_beyond_noise", 0.0, ""},
                   {"share_of_words_noise_finds_too", 1.0, ""}};
    AnalysisTable words{"words", {"position", "rank", "id", "word", "cosine", "p_value"}, {}};
    AnalysisTable noise{"noise_words", {"draw", "rank", "id", "word", "cosine"}, {}};
    for (int i = 0; i < 8; ++i) {
        words.rows.push_back({static_cast<double>(position + i), 0.0, 900.0, std::string("▁mug"), 0.3 + 0.01 * i, 0.2});
        noise.rows.push_back({static_cast<double>(i), 0.0, 901.0, std::string("▁tea"), 0.31});
    }
    out.tables = {words, noise};
    return out;
}

class Lens : public testing::Test {
protected:
    void picture(const QString& name)
    {
        // Layouts settle in the event loop.
        QTest::qWait(30);
        panelPicture(*m_panel, name);
    }
    void show(bool dark = false, const QSize& size = {640, 480})
    {
        applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, dark);
        m_panel = std::make_unique<LensPanel>(m_stage.context());
        m_panel->resize(size);
        m_panel->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_panel.get()));
    }
    void showRecord(bool withLogits = false)
    {
        const auto shown = record(withLogits);
        m_first = shown->layout->size();
        m_stage.run.showRecord(shown);
    }
    void openTab(const QWidget* page) { m_panel->tabs()->setCurrentIndex(m_panel->tabs()->indexOf(page)); }
    void clickCell(QTableView* table, int row, int column)
    {
        const QModelIndex index = table->model()->index(row, column);
        table->scrollTo(index);
        QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, table->visualRect(index).center());
    }
    [[nodiscard]] LayerWordsPage* layers() const { return m_panel->layers(); }

    PanelStage m_stage;
    std::unique_ptr<LensPanel> m_panel;
    std::int64_t m_first = 0;
};

bool near(const QColor& a, const QColor& b)
{
    return std::abs(a.red() - b.red()) <= 6 && std::abs(a.green() - b.green()) <= 6 &&
           std::abs(a.blue() - b.blue()) <= 6;
}

TEST_F(Lens, EmptyItSaysWhatBelongsHere)
{
    show();
    const auto labels = m_panel->findChildren<QLabel*>();
    EXPECT_TRUE(std::any_of(labels.begin(), labels.end(), [](const QLabel* label) {
        return label->isVisible() && label->text().contains(QStringLiteral("recorded run"));
    }));
    EXPECT_FALSE(m_panel->viewData());
}

TEST_F(Lens, LogitsShowTheAlternativesOfTheRecord)
{
    show();
    showRecord();
    WordListModel* model = m_panel->logits()->model();
    const QAbstractItemModelTester tester(model);
    m_stage.selection.choose({m_first + 3});
    ASSERT_EQ(model->rowCount(), 3);
    EXPECT_EQ(model->index(0, WordListModel::Word).data().toString(), QStringLiteral(" coffee"));
    EXPECT_EQ(model->index(1, WordListModel::Word).data().toString(), QStringLiteral(" mug"));
    EXPECT_EQ(model->index(1, WordListModel::Bits).data().toString(), QStringLiteral("2.00"));
    EXPECT_EQ(model->takenRow(), 0);
    EXPECT_THAT(m_panel->logits()->note().toStdString(), testing::HasSubstr("“logits” kept"));
    EXPECT_TRUE(m_panel->logits()->table()->isColumnHidden(WordListModel::Drawn));
    // A hovered word shows at once and goes with the pointer.
    m_stage.selection.hover({m_first + 1});
    EXPECT_EQ(model->index(0, WordListModel::Word).data().toString(), QStringLiteral(" cup"));
    m_stage.selection.hover({});
    EXPECT_EQ(model->index(0, WordListModel::Word).data().toString(), QStringLiteral(" coffee"));
    m_stage.selection.choose({2});
    EXPECT_EQ(model->rowCount(), 0);
    EXPECT_THAT(m_panel->logits()->note().toStdString(), testing::HasSubstr("word of the answer"));
    picture(QStringLiteral("lens-logits-none"));
}

TEST_F(Lens, AHoverLaysOutTheLogitsAloneAndNotTheWindow)
{
    show();
    showRecord();
    const LogitsPage& page = *m_panel->logits();
    QLabel* note = page.findChild<QLabel*>();
    m_stage.selection.hover({m_first + 1});
    turnFor(std::chrono::milliseconds(30));
    LayoutCounter layouts;
    layouts.watch(*m_panel);
    const QRect before = note->geometry();
    m_stage.selection.hover({2});
    turnFor(std::chrono::milliseconds(30));
    EXPECT_FALSE(page.table()->isVisible());
    EXPECT_LT(note->height(), before.height()) << "the two notes have as many lines";
    EXPECT_EQ(note->height(), note->heightForWidth(page.width()));
    m_stage.selection.hover({m_first + 1});
    turnFor(std::chrono::milliseconds(30));
    EXPECT_EQ(note->geometry(), before);
    EXPECT_EQ(page.table()->geometry(),
              QRect(0, before.bottom() + 1, page.width(), page.height() - before.bottom() - 1));
    EXPECT_EQ(layouts.count(), 0);
}

TEST_F(Lens, KeptLogitsShowWhatADrawMakesOfThem)
{
    for (const bool dark : {false, true}) {
        show(dark);
        showRecord(true);
        m_stage.selection.choose({m_first + 3});
        WordListModel* model = m_panel->logits()->model();
        ASSERT_EQ(model->rowCount(), 50);
        EXPECT_EQ(model->rows()[0].id, 503);
        EXPECT_TRUE(model->rows()[0].isTaken);
        // 0.5 + 0.25 + 0.125 reach 0.8 of the mass; the rest is cut.
        ASSERT_TRUE(model->rows()[1].drawn);
        EXPECT_NEAR(*model->rows()[0].drawn, 0.5 / 0.875, 1e-5);
        EXPECT_NEAR(*model->rows()[2].drawn, 0.125 / 0.875, 1e-5);
        EXPECT_TRUE(model->rows()[2].cut.isEmpty());
        EXPECT_EQ(model->rows()[3].cut, QStringLiteral("top p"));
        EXPECT_EQ(*model->rows()[3].drawn, 0);
        EXPECT_FALSE(m_panel->logits()->table()->isColumnHidden(WordListModel::Drawn));
        const auto data = m_panel->viewData();
        ASSERT_TRUE(data);
        EXPECT_EQ(data->tables.front().rows.size(), 50u);
        picture(dark ? QStringLiteral("lens-logits-dark") : QStringLiteral("lens-logits-light"));
        m_stage.run.clear();
        m_stage.selection.clear();
    }
}

TEST(DrawnWords, FollowTheOrderOfTheProcessors)
{
    const TensorSnapshot logits =
        floats({1, 5}, {std::log(0.4F), std::log(0.3F), std::log(0.2F), std::log(0.06F), std::log(0.04F)});
    SamplingOptions sampling;
    EXPECT_FALSE(bestWords(logits, 0, 3, sampling).front().drawn);
    sampling.temperature = 1;
    auto words = bestWords(logits, 0, 3, sampling);
    ASSERT_EQ(words.size(), 3u);
    EXPECT_NEAR(*words[2].drawn, 0.2, 1e-6);
    sampling.topK = 2;
    words = bestWords(logits, 0, 5, sampling);
    EXPECT_NEAR(*words[0].drawn, 0.4 / 0.7, 1e-6);
    EXPECT_EQ(words[2].cut, QStringLiteral("top k"));
    sampling.topK = 0;
    sampling.minP = 0.4;
    words = bestWords(logits, 0, 5, sampling);
    EXPECT_NEAR(*words[2].drawn, 0.2 / 0.9, 1e-6);
    EXPECT_EQ(words[3].cut, QStringLiteral("min p"));
    sampling.minP = 0;
    sampling.temperature = 0.5;
    words = bestWords(logits, 0, 5, sampling);
    EXPECT_NEAR(*words[0].drawn, 0.16 / (0.16 + 0.09 + 0.04 + 0.0036 + 0.0016), 1e-5);
    EXPECT_TRUE(bestWords(logits, 1, 5, sampling).empty());
}

TEST_F(Lens, TheLayersAreReadWhenAPersonStartsIt)
{
    show();
    showRecord();
    openTab(layers());
    m_stage.selection.choose({m_first + 3});
    EXPECT_THAT(layers()->strip()->text().toStdString(), testing::HasSubstr("models"));
    EXPECT_FALSE(layers()->strip()->startAction()->isEnabled());
    picture(QStringLiteral("lens-layers-none"));
    m_stage.desk.refuse("logit-lens", QStringLiteral("The loaded model is another one."));
    Q_EMIT m_stage.desk.availabilityChanged();
    EXPECT_TRUE(m_stage.desk.requests().empty());
    ASSERT_TRUE(layers()->strip()->startAction()->isEnabled());
    layers()->strip()->startAction()->trigger();
    ASSERT_TRUE(waitUntil([this] { return layers()->strip()->text().contains(QStringLiteral("is another one")); }));
    ASSERT_EQ(m_stage.desk.requests().size(), 1u);
    // One place before the word, where the model chose it.
    EXPECT_EQ(m_stage.desk.requests().front().request.arguments.at("position"), std::to_string(m_first + 2));
    // With the tick every chosen word asks by itself.
    layers()->setAuto(true);
    m_stage.selection.choose({m_first + 4});
    EXPECT_TRUE(waitUntil([this] {
        return m_stage.desk.requests().back().request.arguments.at("position") == std::to_string(m_first + 3);
    }));
}

TEST_F(Lens, LayersShowTheirWordsAndFollowOne)
{
    for (const bool dark : {false, true}) {
        show(dark);
        showRecord();
        openTab(layers());
        m_stage.desk.give(lens(m_first + 2));
        m_stage.selection.choose({m_first + 3});
        LensTableModel* model = layers()->model();
        const QAbstractItemModelTester tester(model);
        ASSERT_EQ(model->rowCount(), kLayers + 1);
        ASSERT_EQ(model->columnCount(), 2);
        EXPECT_EQ(model->index(0, 0).data().toString(), QStringLiteral(" coffee"));
        EXPECT_EQ(model->headerData(0, Qt::Vertical).toString(), QStringLiteral("5 global"));
        EXPECT_EQ(model->headerData(1, Qt::Vertical).toString(), QStringLiteral("4 local"));
        EXPECT_EQ(model->headerData(kLayers, Qt::Vertical).toString(), QStringLiteral("input"));
        EXPECT_TRUE(model->index(0, 0).data(LensTableModel::FollowedRole).toBool());
        ASSERT_EQ(layers()->chart()->chart().series.size(), 1u);
        EXPECT_NEAR(layers()->chart()->chart().series[0].values.back(), 0.9, 1e-9);
        EXPECT_EQ(layers()->chart()->chart().series[0].title, QStringLiteral("“ coffee”"));
        // The cell's colour is that of its probability.
        const QRect cell = layers()->table()->visualRect(model->index(0, 0));
        const QImage table = layers()->table()->viewport()->grab().toImage();
        EXPECT_TRUE(
            near(table.pixelColor(cell.left() + 6, cell.top() + 5), QColor(scaleColor(ColorScale::Magnitude, 0.9))))
            << table.pixelColor(cell.left() + 6, cell.top() + 5).name().toStdString();
        layers()->measureChoice()->setCurrentIndex(1);
        EXPECT_NEAR(layers()->chart()->chart().series[0].values.front(), std::log10(7.0), 1e-9);
        layers()->measureChoice()->setCurrentIndex(0);
        m_stage.selection.setFocus({2, {}, {}, {}, AttentionMethod::Raw, false});
        EXPECT_EQ(layers()->chart()->marked(), 3);
        EXPECT_EQ(model->headerData(kLayers - 3, Qt::Vertical).toString(), QStringLiteral("▸ 2 global"));
        picture(dark ? QStringLiteral("lens-layers-dark") : QStringLiteral("lens-layers-light"));
        const auto data = m_panel->viewData();
        ASSERT_TRUE(data);
        EXPECT_EQ(data->request.name, "logit-lens");

        // A click on a word follows it: known rows at once, all of them when the model is asked.
        clickCell(layers()->table(), 1, 1);
        EXPECT_EQ(layers()->followed(), 900);
        m_stage.desk.give(lens(m_first + 2, 900));
        EXPECT_EQ(layers()->chart()->chart().series[0].values.front(), 0.3);
        EXPECT_TRUE(model->index(1, 1).data(LensTableModel::FollowedRole).toBool());
        // A click on a layer puts it in focus.
        const QHeaderView* header = layers()->table()->verticalHeader();
        QTest::mouseClick(header->viewport(), Qt::LeftButton, {},
                          QPoint(20, header->sectionViewportPosition(1) + header->sectionSize(1) / 2));
        EXPECT_EQ(m_stage.selection.focus().layer, 4);
        m_stage.selection.setFocus({});
        // What was read at one place is not shown for another.
        m_stage.selection.choose({m_first + 6});
        EXPECT_EQ(model->rowCount(), 0);
        m_stage.selection.clear();
        m_stage.run.clear();
    }
}

TEST_F(Lens, NearestWordsStandBesideNoise)
{
    for (const bool dark : {false, true}) {
        show(dark, {1000, 700});
        showRecord();
        openTab(m_panel->nearest());
        const QAbstractItemModelTester tester(m_panel->nearest()->words());
        picture(QStringLiteral("lens-nearest-none"));
        m_stage.desk.give(nearest(70));
        ASSERT_EQ(m_panel->nearest()->words()->rowCount(), 8);
        ASSERT_EQ(m_panel->nearest()->noise()->rowCount(), 8);
        EXPECT_THAT(m_panel->nearest()->summary().toStdString(), testing::HasSubstr("noise 0.37"));
        EXPECT_THAT(m_panel->nearest()->summary().toStdString(), testing::HasSubstr("Beyond noise: 0 %"));
        clickCell(m_panel->nearest()->table(), 2, 0);
        EXPECT_EQ(m_stage.selection.chosen(), Positions{72});
        m_stage.selection.choose({75});
        EXPECT_TRUE(m_panel->nearest()->table()->selectionModel()->isRowSelected(5, {}));
        picture(dark ? QStringLiteral("lens-nearest-dark") : QStringLiteral("lens-nearest-light"));
        m_panel->nearest()->tokenChoice()->setCurrentIndex(1);
        EXPECT_EQ(m_panel->nearest()->words()->rowCount(), 0);
        m_stage.selection.clear();
        m_stage.run.clear();
    }
}

TEST_F(Lens, TheViewIsRemembered)
{
    show();
    showRecord();
    openTab(m_panel->nearest());
    m_panel->nearest()->tokenChoice()->setCurrentIndex(1);
    layers()->setAuto(true);
    const QJsonObject saved = m_panel->saveView();
    openTab(m_panel->logits());
    m_panel->nearest()->tokenChoice()->setCurrentIndex(0);
    layers()->setAuto(false);
    m_panel->restoreView(saved);
    EXPECT_EQ(m_panel->tabs()->currentWidget(), m_panel->nearest());
    EXPECT_EQ(m_panel->nearest()->tokenChoice()->currentIndex(), 1);
    EXPECT_TRUE(layers()->isAuto());
    EXPECT_FALSE(m_panel->caption().isEmpty());
    m_panel->restoreView({});
    EXPECT_TRUE(layers()->isAuto());
}

}  // namespace
}  // namespace armillary::test
