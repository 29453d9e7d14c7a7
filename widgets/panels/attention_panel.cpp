#include "widgets/panels/attention_panel.h"

#include "widgets/analysis/analysis_strip.h"
#include "widgets/analysis/analysis_view.h"
#include "widgets/canvas/attention_map_canvas.h"
#include "widgets/models/result_table_model.h"
#include "widgets/overlay/attention_tables.h"
#include "widgets/theme.h"

#include <QComboBox>
#include <QEvent>
#include <QLabel>
#include <QStackedLayout>
#include <QTabWidget>
#include <QTimer>

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

// A focus that wanders (a pointer over the matrix, a key held down) asks for nothing that would be thrown away.
constexpr int kRestMilliseconds = 120;
// Flow and sinks of long sequences take some of the rows only: all of them cost minutes.
constexpr std::int64_t kMostRows = 512;
// In a lower panel, in lines of text, the map and its legend need the room that whole sentences take.
constexpr int kLeastLinesWithWholeNotes = 20;
// Margins and gaps of the row that they share with the boxes.
constexpr int kBesideNotes = 36;

std::string everyOf(const ShownRun& run)
{
    return std::to_string(std::max<std::int64_t>(1, (run.size() + kMostRows - 1) / kMostRows));
}

}  // namespace

AttentionPanel::AttentionPanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("attention"), tr("Attention map"), context, parent)
{
    for (PageView& each : m_views) {
        each.view = new AnalysisView(context, this);
        each.strip = new AnalysisStrip(context, *each.view);
        connect(each.view, &AnalysisView::changed, this, &AttentionPanel::showResults);
    }
    m_check = new AnalysisView(context, this);
    connect(m_check, &AnalysisView::changed, this, &AttentionPanel::showNotes);
    m_rest = new QTimer(this);
    m_rest->setSingleShot(true);
    m_rest->setInterval(kRestMilliseconds);
    connect(m_rest, &QTimer::timeout, this, &AttentionPanel::askNow);
    makePages();
    makeActions();
    showRun();
}

void AttentionPanel::moveQuery(int step)
{
    const auto queries = m_canvas->map().queries;
    if (queries.empty())
        return;
    Focus focus = selection().focus();
    auto at = std::ssize(queries) - 1;
    if (focus.query)
        at = std::lower_bound(queries.begin(), queries.end(), *focus.query) - queries.begin() + step;
    focus.query = queries[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(at, 0, std::ssize(queries) - 1))];
    selection().setFocus(focus);
}

void AttentionPanel::moveKey(int step)
{
    const std::int64_t keys = m_canvas->map().keys;
    if (keys == 0)
        return;
    const auto described = selection().chosen();
    const std::int64_t from = described.empty() ? (step > 0 ? -1 : keys) : described.back();
    selection().choose({std::clamp<std::int64_t>(from + step, 0, keys - 1)});
}

AttentionPanel::Page AttentionPanel::page() const
{
    return static_cast<Page>(m_tabs->currentIndex());
}

int AttentionPanel::layer() const
{
    return selection().focus().layer.value_or(0);
}

std::string AttentionPanel::queryPositions() const
{
    const auto& query = selection().focus().query;
    if (!query)
        return "answer";
    // A word of the answer was chosen from the row before it.
    const std::int64_t row = *query >= run().prefillLength() ? *query - 1 : *query;
    return std::to_string(row);
}

AnalysisRequest AttentionPanel::requestFor(Page page) const
{
    const Focus& focus = selection().focus();
    const std::string layerText = focus.layer ? std::to_string(*focus.layer) : "all";
    switch (page) {
    case MapPage: {
        AnalysisRequest request{"attention-map", {{"layer", std::to_string(layer())}, {"bins", "512"}}};
        request.arguments["head"] = focus.head ? std::to_string(*focus.head) : "mean";
        request.arguments["view"] = focus.sinksRemoved ? "sinks-removed" : "raw";
        return request;
    }
    case SegmentsPage: return {"segment-mass", {{"positions", queryPositions()}, {"layer", layerText}}};
    case FlowPage: return {"cross-modal-flow", {{"positions", "available"}, {"every", everyOf(run())}}};
    case SinksPage:
        return {"attention-sinks", {{"positions", "available"}, {"every", everyOf(run())}, {"layer", layerText}}};
    }
    return {};
}

void AttentionPanel::ask()
{
    const auto record = run().record();
    // A difference needs both results; the view knows which are at hand.
    const bool atHand = record && !pair().subtracted() && desk().atHand({record, requestFor(page())});
    if (atHand || pageView(page()).view->result() == nullptr)
        askNow();
    else
        m_rest->start();
}

void AttentionPanel::askNow()
{
    m_rest->stop();
    // What nobody sees is not computed.
    if (!isVisible())
        return;
    if (!run().record()) {
        for (const PageView& each : m_views)
            each.view->clear();
        m_check->clear();
        return;
    }
    pageView(page()).view->want(requestFor(page()));
    m_check->want({"attention-check", {}});
    showResults();
}

void AttentionPanel::showEvent(QShowEvent* event)
{
    Panel::showEvent(event);
    askNow();
}

void AttentionPanel::showRun()
{
    m_pages->setCurrentIndex(run().record() ? 1 : 0);
    askNow();
    showHeader();
}

void AttentionPanel::showState()
{
    showRun();
}

void AttentionPanel::showSelection()
{
    m_canvas->update();
}

void AttentionPanel::showFocus()
{
    m_canvas->update();
    m_chart->setMarked(selection().focus().layer);
    showHeader();
    showSegments();
    ask();
}

void AttentionPanel::showPair()
{
    showResults();
    showHeader();
}

void AttentionPanel::showHeader()
{
    m_slice->setText(sliceText());
    m_segmentsOf->setText(selection().focus().query
                              ? tr("Of the query at position %1, %2").arg(*selection().focus().query).arg(sliceText())
                              : tr("Mean over the answer's queries, %1").arg(sliceText()));
}

QString AttentionPanel::sliceText() const
{
    const Focus& focus = selection().focus();
    const bool isOneLayer = m_tabs->currentIndex() == MapPage || focus.layer;
    QString words = isOneLayer ? tr("layer %1").arg(layer()) : tr("mean of layers");
    if (const auto record = run().record(); record && isOneLayer) {
        const auto at = static_cast<std::size_t>(layer());
        if (at < record->model.layerIsLocal.size())
            words += record->model.layerIsLocal[at] ? tr(" (local, sees %1)").arg(record->model.slidingWindow)
                                                    : tr(" (global)");
    }
    words += focus.head ? tr(", head %1").arg(*focus.head) : tr(", mean of heads");
    if (focus.sinksRemoved && m_tabs->currentIndex() == MapPage)
        words += tr(", sinks removed");
    return words;
}

void AttentionPanel::showResults()
{
    const auto isNew = [](PageView& each) {
        const bool changed =
            each.shown != each.view->sharedResult() || each.shownIsDifference != each.view->isDifference();
        each.shown = each.view->sharedResult();
        each.shownIsDifference = each.view->isDifference();
        return changed;
    };
    if (isNew(pageView(MapPage)))
        showMap();
    else
        showNotes();
    const auto state = pageView(MapPage).view->state();
    const bool doNotFit = pageView(MapPage).shownIsDifference && m_canvas->map().isEmpty();
    m_canvas->setHint(state == AnalysisView::State::Working  ? tr("The map is being computed.")
                      : state == AnalysisView::State::Failed ? tr("There is no map of this layer and head.")
                      : doNotFit ? tr("The maps of A and B cannot be subtracted: their sequences differ.")
                                 : QString());
    if (isNew(pageView(SegmentsPage)))
        showSegments();
    if (isNew(pageView(FlowPage)))
        showFlow();
    if (isNew(pageView(SinksPage)))
        showSinks();
}

void AttentionPanel::showMap()
{
    const PageView& of = pageView(MapPage);
    m_scale->setEnabled(!of.shownIsDifference);
    m_canvas->setMap(attentionMapPicture(of.shown, of.view->record(), of.shownIsDifference,
                                         m_value->currentIndex() == 0 ? BinValue::Mean : BinValue::Maximum,
                                         m_scale->currentIndex() == 0 ? ValueScale::Logarithmic : ValueScale::Linear));
    showNotes();
}

QString AttentionPanel::coverText() const
{
    const AttentionMapPicture& map = m_canvas->map();
    if (map.isEmpty())
        return {};
    if (!map.isWhole())
        return tr("Only the %1 rows of the answer: ask again with capture qkv for the whole map.")
            .arg(map.queries.size());
    if (map.columns < map.keys)
        return tr("%1 positions in %2 bins").arg(map.keys).arg(map.columns);
    return tr("%1 × %1 positions").arg(map.keys);
}

void AttentionPanel::showSegments()
{
    const PageView& of = pageView(SegmentsPage);
    if (of.shown)
        m_segments->setTable(segmentMassTable(*of.shown, selection().focus().head));
    else
        m_segments->clear();
}

void AttentionPanel::showFlow()
{
    const PageView& of = pageView(FlowPage);
    if (!of.shown) {
        m_chart->clear();
        return;
    }
    const std::vector<std::string> targets = flowTargets(*of.shown);
    const auto target =
        std::find(targets.begin(), targets.end(), m_target->currentData().toString().toStdString()) - targets.begin();
    m_chart->setChart(flowChart(*of.shown, m_flowValue->currentIndex() == 0 ? "flow" : "lift", static_cast<int>(target),
                                of.shownIsDifference, themeColors(palette()).dark));
    m_chart->setMarked(selection().focus().layer);
}

void AttentionPanel::showSinks()
{
    const auto& result = pageView(SinksPage).shown;
    m_sinks->setResult(result, "sinks");
    m_sinkNote->setVisible(result != nullptr);
    if (!result)
        return;
    const auto threshold = result->request.arguments.find("threshold");
    const QString limit = threshold == result->request.arguments.end() ? QStringLiteral("0.3")
                                                                       : QString::fromStdString(threshold->second);
    m_sinkNote->setText(m_sinks->rowCount() == 0
                            ? tr("No key gets more than %1 of the weight of the queries behind it.").arg(limit)
                            : tr("Keys that get more than %1 of the weight of the queries behind them.").arg(limit));
}

QString AttentionPanel::errorText() const
{
    const AnalysisResult* result = m_check->result();
    // Why there is no map is said once.
    if (result == nullptr)
        return m_check->state() == AnalysisView::State::Failed && pageView(MapPage).view->result() != nullptr
                   ? tr("Error of recomputed attention: %1").arg(m_check->problem())
                   : QString();
    const double error = result->number("recomputation error").value_or(std::nan(""));
    if (std::isnan(error))
        return tr("Error of recomputed attention: not known, the record holds no output of the kernel");
    if (m_check->isDifference())
        return tr("Error of recomputed attention, A − B: %1").arg(numberText(error));
    return tr("Error of recomputed attention: at most %1, outputs of the kernel reach %2")
        .arg(numberText(error), numberText(result->number("largest kernel output").value_or(std::nan(""))));
}

void AttentionPanel::resizeEvent(QResizeEvent* event)
{
    Panel::resizeEvent(event);
    showNotes();
}

void AttentionPanel::changeEvent(QEvent* event)
{
    Panel::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        showNotes();
}

void AttentionPanel::showNotes()
{
    const PageView& map = pageView(MapPage);
    const bool isLow = height() < kLeastLinesWithWholeNotes * fontMetrics().height() && page() == MapPage;
    map.strip->setNotesShown(!isLow);
    const QString error = errorText();
    m_cover->setText(coverText());
    m_cover->setVisible(!isLow);
    m_error->setText(m_error->fontMetrics().elidedText(error, Qt::ElideRight, std::max(200, width() - 28)));
    m_error->setToolTip(error);
    m_error->setVisible(!isLow && !error.isEmpty());
    QStringList notes{m_cover->text()};
    if (isLow && map.shown != nullptr) {
        for (const std::string& caution : map.shown->cautions)
            notes << QString::fromStdString(caution);
    }
    notes << error;
    notes.removeAll(QString());
    const QString count = tr("%1 notes").arg(notes.size());
    const QString line = notes.size() < 2 ? notes.value(0) : tr("%1: %2").arg(count, notes.join(QStringLiteral(" · ")));
    const QFontMetrics metrics = m_notes->fontMetrics();
    const int room = width() - m_value->sizeHint().width() - m_scale->sizeHint().width() - kBesideNotes;
    // A word that is cut says less than the number alone.
    const bool isTight = notes.size() > 1 && room < 2 * metrics.horizontalAdvance(count);
    m_notes->setText(isTight ? count : metrics.elidedText(line, Qt::ElideRight, std::max(room, 0)));
    m_notes->setToolTip(notes.join(QLatin1Char('\n')));
    m_notes->setAccessibleDescription(m_notes->toolTip());
    m_notes->setVisible(isLow && !notes.isEmpty());
}

void AttentionPanel::chooseKind(int row)
{
    const AnalysisTable* table = m_segments->table();
    const int column = m_segments->columnOf(QStringLiteral("segment"));
    if (table == nullptr || column < 0)
        return;
    const auto& cell = table->rows[static_cast<std::size_t>(m_segments->rowOf(row))][static_cast<std::size_t>(column)];
    const auto* name = std::get_if<std::string>(&cell);
    Positions positions;
    for (std::int64_t position = 0; name != nullptr && position < run().size(); ++position) {
        if (tokenKindName(run().kindAt(position)) == *name)
            positions.push_back(position);
    }
    selection().choose(std::move(positions));
}

void AttentionPanel::chooseSink(int row)
{
    const AnalysisTable* table = m_sinks->table();
    if (table == nullptr)
        return;
    const auto& cells = table->rows[static_cast<std::size_t>(m_sinks->rowOf(row))];
    const auto numberOf = [&](const char* name) -> std::optional<int> {
        const int column = m_sinks->columnOf(QString::fromLatin1(name));
        const auto* value = column < 0 ? nullptr : std::get_if<double>(&cells[static_cast<std::size_t>(column)]);
        return value == nullptr ? std::nullopt : std::optional(static_cast<int>(*value));
    };
    Focus focus = selection().focus();
    focus.layer = numberOf("layer");
    focus.head = numberOf("head");
    if (const auto position = numberOf("position"))
        selection().choose({*position});
    selection().setFocus(focus);
}

QJsonObject AttentionPanel::saveView() const
{
    const QRectF& part = m_canvas->part();
    return {{QStringLiteral("page"), m_tabs->currentIndex()},
            {QStringLiteral("value"), m_value->currentIndex()},
            {QStringLiteral("scale"), m_scale->currentIndex()},
            {QStringLiteral("target"), m_target->currentData().toString()},
            {QStringLiteral("flow"), m_flowValue->currentIndex()},
            {QStringLiteral("left"), part.left()},
            {QStringLiteral("top"), part.top()},
            {QStringLiteral("side"), part.width()}};
}

void AttentionPanel::restoreView(const QJsonObject& view)
{
    const auto choose = [](QComboBox* box, const QJsonValue& value) {
        if (const int index = value.toInt(-1); index >= 0 && index < box->count())
            box->setCurrentIndex(index);
    };
    if (const int page = view[QStringLiteral("page")].toInt(-1); page >= 0 && page < m_tabs->count())
        m_tabs->setCurrentIndex(page);
    choose(m_value, view[QStringLiteral("value")]);
    choose(m_scale, view[QStringLiteral("scale")]);
    choose(m_flowValue, view[QStringLiteral("flow")]);
    if (const int at = m_target->findData(view[QStringLiteral("target")].toString()); at >= 0)
        m_target->setCurrentIndex(at);
    if (view.contains(QStringLiteral("side")))
        m_canvas->setPart({view[QStringLiteral("left")].toDouble(), view[QStringLiteral("top")].toDouble(),
                           view[QStringLiteral("side")].toDouble(1), view[QStringLiteral("side")].toDouble(1)});
}

QString AttentionPanel::caption() const
{
    const QString base = tr("%1: %2, %3").arg(Panel::caption(), m_tabs->tabText(m_tabs->currentIndex()), sliceText());
    if (page() != MapPage || m_canvas->map().isEmpty())
        return base + QLatin1Char('.');
    return tr("%1; weights, %2 of each bin, from %3 to %4. %5")
        .arg(base, m_value->currentText(), numberText(m_canvas->map().lowest), numberText(m_canvas->map().highest),
             errorText());
}

std::optional<AnalysisResult> AttentionPanel::viewData() const
{
    const auto& shown = pageView(page()).shown;
    return shown ? std::optional(*shown) : std::nullopt;
}

}  // namespace armillary::widgets
