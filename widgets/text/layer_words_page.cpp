#include "widgets/text/layer_words_page.h"

#include "widgets/analysis/analysis_strip.h"
#include "widgets/analysis/result_table_view.h"
#include "widgets/checks/series_chart.h"
#include "widgets/models/lens_table_model.h"
#include "widgets/text/lens_cell_delegate.h"
#include "widgets/text/vocabulary_words.h"
#include "widgets/text/word_legend.h"
#include "widgets/theme.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <limits>

namespace armillary::widgets {
namespace {

constexpr int kRestMilliseconds = 250;

const AnalysisTable* tableOf(const AnalysisResult* result, const std::string& name)
{
    if (result == nullptr)
        return nullptr;
    const auto found = std::find_if(result->tables.begin(), result->tables.end(),
                                    [&name](const AnalysisTable& table) { return table.name == name; });
    return found == result->tables.end() ? nullptr : &*found;
}

double numberOf(const AnalysisCell& cell)
{
    const auto* number = std::get_if<double>(&cell);
    return number != nullptr ? *number : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

LayerWordsPage::LayerWordsPage(const PanelContext& context, QWidget* parent) : QWidget(parent), m_context(context)
{
    setAccessibleName(tr("Words read from the layers"));
    m_view = new AnalysisView(context, this);
    m_strip = new AnalysisStrip(context, *m_view);
    m_model = new LensTableModel(this);
    m_title = new QLabel;
    m_title->setWordWrap(true);
    m_auto = new QCheckBox(tr("Auto"));
    m_auto->setToolTip(tr("Read the layers for every word that is chosen; each takes one pass of the model"));
    m_legend = new WordLegend;
    m_legend->setLegend({tr("probability"), {}, 0, 1, ColorScale::Magnitude, false}, false, {});
    m_table = new QTableView;
    m_table->setObjectName(QStringLiteral("lensTable"));
    m_table->setAccessibleName(tr("Layers and their likeliest words"));
    m_table->setModel(m_model);
    m_table->setItemDelegate(new LensCellDelegate(m_table));
    m_table->setShowGrid(false);
    m_table->setSelectionMode(QAbstractItemView::NoSelection);
    m_table->setTabKeyNavigation(false);
    m_table->setToolTip(tr("A click follows a word through the layers"));
    m_table->horizontalHeader()->setDefaultSectionSize(fontMetrics().horizontalAdvance(QStringLiteral("mmmmmmm")));
    m_table->horizontalHeader()->setMinimumSectionSize(40);
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    fitRows(m_table, 6);
    m_table->verticalHeader()->setSectionsClickable(true);
    m_table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_measure = new QComboBox;
    m_measure->setAccessibleName(tr("What the chart shows"));
    m_measure->addItem(tr("probability"));
    m_measure->addItem(tr("rank"));
    m_measure->setToolTip(
        tr("Of the followed word: its probability, or its place among all words (log10, 0 is the best)"));
    m_chart = new SeriesChart;
    m_chart->setAccessibleName(tr("The followed word by layer"));
    m_hint = new QLabel;
    m_hint->setProperty("role", "muted");
    m_hint->setAlignment(Qt::AlignCenter);
    m_hint->setWordWrap(true);
    m_hint->setContentsMargins(20, 12, 20, 12);

    auto* titleRow = new QHBoxLayout;
    titleRow->setContentsMargins(12, 4, 8, 2);
    titleRow->addWidget(m_title, 1);
    titleRow->addWidget(m_auto);
    auto* legendRow = new QHBoxLayout;
    legendRow->setContentsMargins(12, 0, 8, 4);
    legendRow->setSpacing(12);
    legendRow->addWidget(m_legend, 1);
    auto* below = new QWidget;
    auto* belowColumn = new QVBoxLayout(below);
    belowColumn->setContentsMargins(0, 0, 0, 0);
    belowColumn->setSpacing(0);
    auto* chartRow = new QHBoxLayout;
    chartRow->setContentsMargins(12, 2, 8, 0);
    chartRow->addWidget(new QLabel(tr("Followed word:")));
    chartRow->addWidget(m_measure);
    chartRow->addStretch(1);
    belowColumn->addLayout(chartRow);
    belowColumn->addWidget(m_chart, 1);
    auto* splitter = new QSplitter(Qt::Vertical);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(m_table);
    splitter->addWidget(below);
    splitter->setStretchFactor(0, 1);
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({1000, 1000});
    auto* content = new QWidget;
    auto* contentColumn = new QVBoxLayout(content);
    contentColumn->setContentsMargins(0, 0, 0, 0);
    contentColumn->setSpacing(0);
    contentColumn->addLayout(legendRow);
    contentColumn->addWidget(splitter, 1);
    m_pages = new QStackedWidget;
    m_pages->addWidget(m_hint);
    m_pages->addWidget(content);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(titleRow);
    m_strip->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
    column->addWidget(m_strip);
    column->addWidget(m_pages, 1);

    m_rest.setSingleShot(true);
    m_rest.setInterval(kRestMilliseconds);
    connect(&m_rest, &QTimer::timeout, this, [this] {
        if (isAuto() && m_view->state() == AnalysisView::State::Failed && m_strip->startAction()->isEnabled())
            m_view->compute();
    });
    connect(m_view, &AnalysisView::changed, this, &LayerWordsPage::showResult);
    connect(m_table, &QTableView::clicked, this, &LayerWordsPage::takeCell);
    connect(m_table, &QTableView::activated, this, &LayerWordsPage::takeCell);
    connect(m_table->verticalHeader(), &QHeaderView::sectionClicked, this,
            [this](int section) { focusReading(m_model->rowOf(section)); });
    connect(m_chart, &SeriesChart::placeClicked, this, &LayerWordsPage::focusReading);
    connect(m_measure, &QComboBox::currentIndexChanged, this, &LayerWordsPage::showChart);
    connect(m_auto, &QCheckBox::toggled, this, [this](bool on) {
        if (on)
            m_rest.start();
    });
    showResult();
}

bool LayerWordsPage::isAuto() const
{
    return m_auto->isChecked();
}

void LayerWordsPage::setAuto(bool on)
{
    m_auto->setChecked(on);
}

QString LayerWordsPage::title() const
{
    return m_title->text();
}

std::optional<std::int64_t> LayerWordsPage::lensPosition() const
{
    if (!m_position || *m_position < 0 || *m_position >= m_context.run.size())
        return std::nullopt;
    return *m_position >= m_context.run.prefillLength() ? *m_position - 1 : *m_position;
}

void LayerWordsPage::showPosition(std::optional<std::int64_t> position)
{
    if (position == m_position && m_isAsked)
        return;
    m_position = position;
    m_followed.reset();
    ask();
}

void LayerWordsPage::follow(std::optional<std::int64_t> id)
{
    if (id == m_followed)
        return;
    m_followed = id;
    const bool wasShown = placeResult() != nullptr;
    ask();
    // Whoever follows a word has started the lens before; only the followed word is new.
    if (wasShown && m_view->state() == AnalysisView::State::Failed && m_strip->startAction()->isEnabled())
        m_view->compute();
}

void LayerWordsPage::ask()
{
    const std::optional<std::int64_t> place = lensPosition();
    m_isAsked = true;
    if (!place) {
        m_view->clear();
        showResult();
        return;
    }
    AnalysisRequest request{"logit-lens", {{"position", std::to_string(*place)}}};
    if (m_followed)
        request.arguments["target"] = std::to_string(*m_followed);
    m_strip->setRequest(request, tr("Read the layers"),
                        tr("One pass of the model over prompt and answer, and the output table after every layer"));
    describe();
    if (isAuto())
        m_rest.start();
}

void LayerWordsPage::describe()
{
    const ShownRun& run = m_context.run;
    const std::optional<std::int64_t> place = lensPosition();
    if (!place) {
        m_title->setText(tr("Logit lens"));
        return;
    }
    const auto nameOf = [&run](std::int64_t position) {
        return run.pieceAt(position).empty()
                   ? tr("%1 token").arg(QString::fromStdString(std::string(tokenKindName(run.kindAt(position)))))
                   : tr("“%1”").arg(wordFromPiece(run.pieceAt(position), run.idAt(position)));
    };
    m_title->setText(
        *m_position >= run.prefillLength()
            ? tr("How the layers come to %1: what each would say at position %2").arg(nameOf(*m_position)).arg(*place)
            : tr("What each layer would say after %1, position %2").arg(nameOf(*place)).arg(*place));
}

const AnalysisResult* LayerWordsPage::placeResult() const
{
    // While another place has no result yet, the view keeps the last one.
    const AnalysisResult* result = m_view->result();
    const std::optional<std::int64_t> place = lensPosition();
    if (result == nullptr || !place)
        return nullptr;
    if (m_view->isDifference())
        return result;
    const AnalysisTable* words = tableOf(result, "words");
    const bool same =
        words != nullptr && !words->rows.empty() && numberOf(words->rows.front()[1]) == static_cast<double>(*place);
    return same ? result : nullptr;
}

void LayerWordsPage::showResult()
{
    const AnalysisResult* result = m_view->isDifference() ? nullptr : placeResult();
    const auto record = m_view->record();
    m_model->setResult(result, record ? record->model.layerIsLocal : std::vector<bool>());
    m_model->setFollowed(m_followed);
    if (!m_followed) {
        if (const AnalysisTable* target = tableOf(result, "target"); target != nullptr && !target->rows.empty()) {
            const double id = numberOf(target->rows.front()[2]);
            m_model->setFollowed(id >= 0 ? std::optional(static_cast<std::int64_t>(id)) : std::nullopt);
        }
    }
    describe();
    m_model->setFocusedLayer(m_context.selection.focus().layer);
    const bool isDifference = m_view->isDifference() && placeResult() != nullptr;
    m_table->setVisible(!isDifference);
    m_legend->setLegend(isDifference ? WordScale()
                                     : WordScale{tr("probability"), {}, 0, 1, ColorScale::Magnitude, false},
                        false, isDifference ? tr("Words of two runs cannot be subtracted: show A or B.") : QString());
    m_pages->setCurrentIndex(placeResult() != nullptr ? 1 : 0);
    if (m_context.run.size() == 0)
        m_hint->setText(tr("No run is shown: ask a question, or open a recorded run."));
    else if (m_view->state() == AnalysisView::State::Working)
        m_hint->setText(tr("The layers are being read …"));
    else
        m_hint->setText(tr("Every layer's output, read with the output table: which words it stands for, and where the "
                           "answer takes shape. Choose a word, then press “Read the layers” above. It needs the models "
                           "of the run loaded (Model, Open model folders), or a result kept with the session."));
    showChart();
}

std::vector<double> LayerWordsPage::followedValues(bool rank) const
{
    const AnalysisResult* result = placeResult();
    if (m_view->isDifference()) {
        if (result == nullptr || rank || !result->arrays.contains("target_probability"))
            return {};
        const std::vector<float> values = result->arrays.at("target_probability").values.floats();
        return {values.begin(), values.end()};
    }
    const AnalysisTable* target = tableOf(result, "target");
    if (target != nullptr && !target->rows.empty() &&
        (!m_followed || numberOf(target->rows.front()[2]) == static_cast<double>(*m_followed))) {
        std::vector<double> out;
        for (const auto& row : target->rows)
            out.push_back(rank ? std::log10(1 + numberOf(row[5])) : numberOf(row[4]));
        return out;
    }
    return rank ? std::vector<double>() : m_model->followedProbabilities();
}

void LayerWordsPage::showChart()
{
    const bool rank = m_measure->currentIndex() == 1;
    Chart chart;
    chart.placeTitle = tr("layer");
    chart.valueTitle = rank                     ? tr("log10(1 + rank)")
                       : m_view->isDifference() ? tr("probability, A − B")
                                                : tr("probability");
    ChartSeries series;
    series.values = followedValues(rank);
    series.color = seriesColor(0, themeColors(palette()).dark);
    std::optional<std::int64_t> id = m_followed;
    if (!id) {
        const AnalysisTable* target = tableOf(placeResult(), "target");
        if (target != nullptr && !target->rows.empty() && numberOf(target->rows.front()[2]) >= 0)
            id = static_cast<std::int64_t>(numberOf(target->rows.front()[2]));
    }
    QString word = id ? wordFromId(m_context.run, *id) : QString();
    // A word of the grid has its name there even where the record does not know it.
    if (id) {
        for (int row = 0; row < m_model->rowCount(); ++row) {
            for (int column = 0; column < m_model->columnCount(); ++column) {
                const QModelIndex cell = m_model->index(row, column);
                if (cell.data(LensTableModel::IdRole).toLongLong() == *id)
                    word = cell.data().toString();
            }
        }
    }
    series.title = word.isEmpty() ? tr("no word follows here") : tr("“%1”").arg(word);
    for (std::size_t i = 0; i < series.values.size(); ++i)
        chart.places << (i == 0 ? tr("in") : QString::number(i - 1));
    if (!series.values.empty())
        chart.series.push_back(std::move(series));
    m_chart->setChart(std::move(chart));
    showFocus();
}

void LayerWordsPage::showFocus()
{
    const std::optional<int> layer = m_context.selection.focus().layer;
    m_model->setFocusedLayer(layer);
    m_chart->setMarked(layer ? std::optional(*layer + 1) : std::nullopt);
}

void LayerWordsPage::takeCell(const QModelIndex& index)
{
    const QVariant id = index.data(LensTableModel::IdRole);
    if (id.isValid())
        follow(id.toLongLong());
}

void LayerWordsPage::focusReading(int reading)
{
    if (reading < 0)
        return;
    Focus focus = m_context.selection.focus();
    focus.layer = reading > 0 ? std::optional(reading - 1) : std::nullopt;
    m_context.selection.setFocus(focus);
}

}  // namespace armillary::widgets
