#include "widgets/overlay/attention_overlay.h"

#include "widgets/overlay/attention_layer.h"
#include "widgets/token_description.h"

#include <QScopedValueRollback>

#include <algorithm>
#include <array>
#include <utility>

namespace armillary::widgets {
namespace {

// What is read from the record is asked for when the pointer has rested; what needs the models, a little later.
constexpr int kRestMilliseconds = 60;
constexpr int kModelRestMilliseconds = 300;

std::string textOf(std::optional<int> index)
{
    return index ? std::to_string(*index) : "all";
}

bool same(const AnalysisRequest& a, const AnalysisRequest& b)
{
    return a.name == b.name && a.arguments == b.arguments;
}

QString unitOf(AttentionMethod method)
{
    switch (method) {
    case AttentionMethod::Raw: return AttentionOverlay::tr("weight");
    case AttentionMethod::Rollout: return AttentionOverlay::tr("share");
    case AttentionMethod::Relevancy: return AttentionOverlay::tr("relevancy");
    case AttentionMethod::ValueWeighted: return AttentionOverlay::tr("norm");
    }
    return {};
}

}  // namespace

const QString AttentionOverlay::kAttentionId = QStringLiteral("attention");
const QString AttentionOverlay::kReadersId = QStringLiteral("readers");

AttentionOverlay::AttentionOverlay(const PanelContext& context, QObject* parent)
    : QObject(parent),
      m_context(context),
      m_answer(context, this),
      m_row(context, this),
      m_rollout(context, this),
      m_relevancy(context, this),
      m_valueWeighted(context, this)
{
    m_rest.setSingleShot(true);
    connect(&m_rest, &QTimer::timeout, this, [this] {
        if (m_waiting)
            askNow(*std::exchange(m_waiting, std::nullopt));
        refresh();
    });
    for (AnalysisView* view : {&m_answer, &m_row, &m_rollout, &m_relevancy, &m_valueWeighted})
        connect(view, &AnalysisView::changed, this, &AttentionOverlay::refresh);
    connect(&context.selection, &Selection::hoverChanged, this, &AttentionOverlay::refresh);
    connect(&context.selection, &Selection::chosenChanged, this, &AttentionOverlay::refresh);
    connect(&context.selection, &Selection::focusChanged, this, &AttentionOverlay::refresh);
    connect(&context.run, &ShownRun::runChanged, this, &AttentionOverlay::refresh);
    connect(&context.run, &ShownRun::stateChanged, this, &AttentionOverlay::refresh);
    refresh();
}

bool AttentionOverlay::isWord(std::int64_t position) const
{
    if (position < 0 || position >= m_context.run.size())
        return false;
    const TokenKind kind = m_context.run.kindAt(position);
    return kind != TokenKind::Image && kind != TokenKind::World;
}

Positions AttentionOverlay::placesOf(const Positions& positions) const
{
    Positions out;
    std::copy_if(positions.begin(), positions.end(), std::back_inserter(out), [this](std::int64_t position) {
        return position >= 0 && position < m_context.run.size() && !isWord(position);
    });
    return out;
}

std::optional<std::int64_t> AttentionOverlay::query() const
{
    const ShownRun& run = m_context.run;
    const auto firstWord = [this](const Positions& positions) -> std::optional<std::int64_t> {
        const auto found =
            std::find_if(positions.begin(), positions.end(), [this](std::int64_t each) { return isWord(each); });
        return found == positions.end() ? std::nullopt : std::optional(*found);
    };
    if (run.size() == 0)
        return std::nullopt;
    if (const auto hovered = firstWord(m_context.selection.hovered()))
        return hovered;
    const std::optional<std::int64_t> kept = m_context.selection.focus().query;
    if (kept && *kept >= 0 && *kept < run.size())
        return kept;
    if (const auto chosen = firstWord(m_context.selection.chosen()))
        return chosen;
    return run.size() - 1;
}

bool AttentionOverlay::isCurrent(const AnalysisView& view) const
{
    return view.result() != nullptr && view.record() == m_context.run.record();
}

void AttentionOverlay::refresh()
{
    // Asking a view makes it say that it changed; what is asked here is looked at here.
    if (m_isRefreshing)
        return;
    const QScopedValueRollback<bool> own(m_isRefreshing, true);
    const auto record = m_context.run.record();
    if (!record || record->model.layers == 0 || m_context.run.prefillLength() == 0) {
        m_rest.stop();
        m_waiting.reset();
        m_shownResult.reset();
        m_readResult.reset();
        m_context.overlays.removeLayer(kAttentionId);
        m_context.overlays.removeLayer(kReadersId);
        return;
    }
    const Focus& focus = m_context.selection.focus();
    m_answer.want({"answer-attention",
                   {{"layer", textOf(focus.layer)},
                    {"head", textOf(focus.head)},
                    {"view", focus.sinksRemoved ? "sinks-removed" : "raw"}}});
    if (m_answer.state() == AnalysisView::State::Done)
        m_answerSlice = sliceWords(true);
    showAttention();
    showReaders();
}

AttentionOverlay::Source AttentionOverlay::sourceOf(std::int64_t query)
{
    const Focus& focus = m_context.selection.focus();
    const std::int64_t prefill = m_context.run.prefillLength();
    const std::string row = std::to_string(rowFromPosition(query, prefill));
    switch (focus.method) {
    case AttentionMethod::Raw: {
        const std::int64_t position = rowFromPosition(query, prefill);
        const bool inAnswer =
            isCurrent(m_answer) ? answerRowIndex(*m_answer.result(), position).has_value() : position >= prefill - 1;
        if (inAnswer)
            return {&m_answer, {}, {}};
        return {&m_row,
                {"attention-row",
                 {{"position", row},
                  {"layer", textOf(focus.layer)},
                  {"head", textOf(focus.head)},
                  {"view", focus.sinksRemoved ? "sinks-removed" : "raw"}}},
                {}};
    }
    case AttentionMethod::Rollout: return {&m_rollout, {"attention-rollout", {{"position", row}}}, {}};
    case AttentionMethod::Relevancy:
        if (query < prefill)
            return {nullptr, {}, tr("Relevancy is of a word of the answer; this is a position of the prompt.")};
        return {&m_relevancy, {"relevancy", {{"token", std::to_string(query - prefill)}}}, {}};
    case AttentionMethod::ValueWeighted:
        return {&m_valueWeighted,
                {"value-weighted-attention", {{"position", row}, {"layer", textOf(focus.layer)}}},
                {}};
    }
    return {};
}

void AttentionOverlay::askNow(const Source& source)
{
    m_asked = source.request;
    source.view->want(source.request);
}

void AttentionOverlay::askFor(const Source& source)
{
    // Another method's map would be computed again for every run that is shown.
    for (AnalysisView* view : {&m_row, &m_rollout, &m_relevancy, &m_valueWeighted}) {
        if (view != source.view && view->state() != AnalysisView::State::Idle)
            view->clear();
    }
    if (source.view == nullptr || source.view == &m_answer) {
        m_rest.stop();
        m_waiting.reset();
        m_asked.reset();
        return;
    }
    if (m_asked && same(*m_asked, source.request)) {
        m_rest.stop();
        m_waiting.reset();
        return;
    }
    if (m_context.desk.atHand({m_context.run.record(), source.request})) {
        m_rest.stop();
        m_waiting.reset();
        askNow(source);
        return;
    }
    if (m_waiting && same(m_waiting->request, source.request))
        return;
    m_waiting = source;
    const bool needsModel = source.view == &m_relevancy || source.view == &m_valueWeighted;
    m_rest.start(needsModel ? kModelRestMilliseconds : kRestMilliseconds);
}

void AttentionOverlay::showAttention()
{
    const std::int64_t position = *query();
    const Source source = sourceOf(position);
    askFor(source);
    if (source.view == nullptr) {
        setEmpty(kAttentionId, source.obstacle);
        return;
    }
    const AnalysisView& view = *source.view;
    const bool isAnswer = source.view == &m_answer;
    const bool isAsked = isAnswer || (m_asked && same(*m_asked, source.request));
    if (!isAsked)
        return;  // the pointer has not rested yet: the last map stays, under its own title
    if (view.state() == AnalysisView::State::Failed) {
        setEmpty(kAttentionId, tr("No attention of %1: %2").arg(wordAt(position), view.problem()));
        return;
    }
    // The answer's table stays in use while that of another layer or head is computed, under its own name.
    const bool isReady = isCurrent(view) && (isAnswer || view.state() == AnalysisView::State::Done);
    if (!isReady) {
        if (view.record() != m_context.run.record())
            setEmpty(kAttentionId, tr("Attention of %1 is being computed …").arg(wordAt(position)));
        return;
    }
    const QString title = titleOf(view, position);
    if (m_shownResult == view.sharedResult() && m_shownQuery == position && m_shownTitle == title)
        return;
    OverlayLayer layer = layerOf(view, position);
    if (layer.values.empty()) {
        setEmpty(kAttentionId, view.isDifference()
                                   ? tr("The rows of A and B cannot be subtracted: their sequences differ.")
                                   : tr("No attention of %1.").arg(wordAt(position)));
        return;
    }
    layer.title = title;
    layer.unit = unitOf(m_context.selection.focus().method);
    m_shownResult = view.sharedResult();
    m_shownQuery = position;
    m_shownTitle = title;
    m_context.overlays.setLayer(kAttentionId, std::move(layer));
}

OverlayLayer AttentionOverlay::layerOf(const AnalysisView& view, std::int64_t query) const
{
    const ShownRun& run = m_context.run;
    const AnalysisResult& result = *view.result();
    const TokenLayout& layout = *run.layout();
    const std::int64_t row = rowFromPosition(query, run.prefillLength());
    if (&view == &m_answer) {
        const auto index = answerRowIndex(result, row);
        return index ? layerFromAnswerRow(result, *index, layout, view.isDifference()) : OverlayLayer();
    }
    if (&view == &m_row)
        return layerFromRow(result, layout, view.isDifference());
    if (&view == &m_rollout)
        return layerFromShares(result, "share", row, layout, view.isDifference());
    if (&view == &m_relevancy)
        return layerFromShares(result, "relevancy", row, layout, view.isDifference());
    return layerFromNorms(result, row, layout, view.isDifference());
}

void AttentionOverlay::showReaders()
{
    Positions keys = placesOf(m_context.selection.hovered());
    if (keys.empty())
        keys = placesOf(m_context.selection.chosen());
    if (keys.empty() || !isCurrent(m_answer)) {
        setEmpty(kReadersId, tr("Answer words that read a patch: point at one"));
        return;
    }
    if (m_readResult == m_answer.sharedResult() && m_readKeys == keys && m_readSlice == m_answerSlice)
        return;
    OverlayLayer layer = layerFromReaders(*m_answer.result(), keys, *m_context.run.layout(), m_answer.isDifference());
    layer.title = (m_answer.isDifference() ? tr("A − B · ") : QString()) +
                  (keys.size() == 1
                       ? tr("Answer words that read position %1 · %2").arg(keys.front()).arg(m_answerSlice)
                       : tr("Answer words that read %1 positions together · %2").arg(keys.size()).arg(m_answerSlice));
    layer.unit = tr("weight");
    m_readResult = m_answer.sharedResult();
    m_readKeys = std::move(keys);
    m_readSlice = m_answerSlice;
    m_context.overlays.setLayer(kReadersId, std::move(layer));
}

void AttentionOverlay::setEmpty(const QString& id, const QString& title)
{
    if (id == kReadersId)
        m_readResult.reset();
    else
        m_shownResult.reset();
    const OverlayStack::Entry* entry = m_context.overlays.find(id);
    if (entry != nullptr && entry->layer.values.empty() && entry->layer.title == title)
        return;
    OverlayLayer layer;
    layer.title = title;
    m_context.overlays.setLayer(id, std::move(layer));
}

QString AttentionOverlay::wordAt(std::int64_t position) const
{
    const ShownRun& run = m_context.run;
    if (!isWord(position))
        return tr("position %1").arg(position);
    return QStringLiteral("“%1”").arg(readablePiece(run.pieceAt(position)).trimmed());
}

QString AttentionOverlay::sliceWords(bool withHeads) const
{
    const Focus& focus = m_context.selection.focus();
    const ModelFacts& model = m_context.run.record()->model;
    QStringList words;
    if (focus.layer) {
        const auto at = static_cast<std::size_t>(*focus.layer);
        const bool isLocal = at < model.layerIsLocal.size() && model.layerIsLocal[at];
        words << (isLocal ? tr("layer %1 (local)") : tr("layer %1 (global)")).arg(*focus.layer);
    } else {
        words << tr("mean of %1 layers").arg(model.layers);
    }
    if (withHeads) {
        words << (focus.head ? tr("head %1").arg(*focus.head) : tr("mean of %1 heads").arg(model.queryHeads));
        words << (focus.sinksRemoved ? tr("sinks removed") : tr("raw"));
    }
    return words.join(QStringLiteral(" · "));
}

QString AttentionOverlay::titleOf(const AnalysisView& view, std::int64_t query) const
{
    // A word of the answer is explained by the row that it was chosen from, not by where it looks itself.
    const bool isGenerated = query >= m_context.run.prefillLength();
    const QString word =
        isGenerated ? tr("choosing %1").arg(wordAt(query)) : tr("%1 at %2").arg(wordAt(query)).arg(query);
    QString words;
    if (&view == &m_rollout)
        words = tr("Attention rollout · %1 · all layers and heads").arg(word);
    else if (&view == &m_relevancy)
        words = tr("Relevancy · %1 · all layers and heads").arg(word);
    else if (&view == &m_valueWeighted)
        words = tr("Value-weighted attention · %1 · %2 · all heads").arg(word, sliceWords(false));
    else
        words = tr("Attention · %1 · %2").arg(word, &view == &m_answer ? m_answerSlice : sliceWords(true));
    return view.isDifference() ? tr("A − B · ") + words : words;
}

}  // namespace armillary::widgets
