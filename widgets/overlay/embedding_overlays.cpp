#include "widgets/overlay/embedding_overlays.h"

#include "widgets/embedding/embedding_cloud.h"
#include "widgets/kind_colors.h"

#include <QAction>

#include <algorithm>
#include <cmath>
#include <limits>

namespace armillary::widgets {
namespace {

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();
constexpr int kDelayMilliseconds = 120;

QString idOf(EmbeddingOverlays::Layer layer)
{
    switch (layer) {
    case EmbeddingOverlays::Components: return QStringLiteral("pca-rgb");
    case EmbeddingOverlays::Similarity: return QStringLiteral("similarity");
    default: return QStringLiteral("norm");
    }
}

void spread(std::vector<float>& values, std::int64_t position, float value)
{
    if (position < 0)
        return;
    if (static_cast<std::size_t>(position) >= values.size())
        values.resize(static_cast<std::size_t>(position) + 1, kNone);
    values[static_cast<std::size_t>(position)] = value;
}

// One scale over all tokens; `above` leaves out the share of the highest values (a few long tokens would take the colours).
void setRange(OverlayLayer& layer, double above, bool isDifference)
{
    std::vector<float> finite;
    std::copy_if(layer.values.begin(), layer.values.end(), std::back_inserter(finite),
                 [](float value) { return std::isfinite(value); });
    if (finite.empty())
        return;
    std::sort(finite.begin(), finite.end());
    layer.lowest = finite.front();
    layer.highest = finite[static_cast<std::size_t>((1 - above) * static_cast<double>(finite.size() - 1))];
    if (isDifference) {
        const float furthest = std::max(std::abs(finite.front()), std::abs(finite.back()));
        layer.lowest = -furthest;
        layer.highest = furthest;
        layer.scale = ColorScale::Signed;
    }
}

// A result is of one tensor; layers say which.
QString tensorWords(const AnalysisResult& result)
{
    const auto tensor = result.request.arguments.find("tensor");
    if (tensor == result.request.arguments.end() || tensor->second == "auto")
        return EmbeddingOverlays::tr("input of layer 0");
    return QString::fromStdString(tensor->second);
}

}  // namespace

EmbeddingOverlays::EmbeddingOverlays(const PanelContext& context, QWidget* owner) : QObject(owner), m_context(context)
{
    const auto add = [this, owner](Layer layer, const QString& name, const QString& tip) {
        auto* action = new QAction(name, owner);
        action->setObjectName(idOf(layer));
        action->setCheckable(true);
        action->setToolTip(tip);
        owner->addAction(action);
        m_actions[layer] = action;
        m_views[layer] = new AnalysisView(m_context, this);
        connect(action, &QAction::toggled, this, [this, layer] { wish(layer); });
        connect(m_views[layer], &AnalysisView::changed, this, [this, layer] { show(layer); });
        // Taken away in the list of layers, or there before.
        connect(&m_context.overlays, &OverlayStack::changed, this, [this, layer] {
            if (m_views[layer]->state() == AnalysisView::State::Done && !m_hasNothing[layer] &&
                m_actions[layer]->isChecked() && m_context.overlays.find(idOf(layer)) == nullptr &&
                m_context.run.record())
                m_actions[layer]->setChecked(false);
        });
    };
    add(Components, tr("Colour tokens by components (PCA-RGB)"),
        tr("The first three principal components of image and world tokens as red, green and blue, in every picture "
           "and latent frame; one basis, so equal colours mean equal scores"));
    add(Similarity, tr("Colour by similarity to the chosen token"),
        tr("The cosine of every token to the chosen one, in every picture and latent frame"));
    add(Norm, tr("Colour by norm"),
        tr("The Euclidean norm of every token's vector, in every picture and latent frame"));

    m_similarityDelay.setSingleShot(true);
    m_similarityDelay.setInterval(kDelayMilliseconds);
    connect(&m_similarityDelay, &QTimer::timeout, this, [this] { wish(Similarity); });
    connect(&m_context.selection, &Selection::chosenChanged, this, [this] {
        if (m_actions[Similarity]->isChecked())
            m_similarityDelay.start();
    });
}

void EmbeddingOverlays::setTensor(const QString& tensor)
{
    if (m_tensor == tensor)
        return;
    m_tensor = tensor;
    for (const Layer layer : {Components, Similarity, Norm})
        wish(layer);
}

std::optional<std::int64_t> EmbeddingOverlays::chosenToken() const
{
    const Positions& chosen = m_context.selection.chosen();
    if (chosen.empty())
        return std::nullopt;
    // Of several the one that a detail view describes; a hovered one is not chosen.
    const auto described = m_context.selection.described();
    return described && m_context.selection.isChosen(*described) ? described : std::optional(chosen.front());
}

AnalysisRequest EmbeddingOverlays::requestOf(Layer layer) const
{
    const std::string tensor = m_tensor.toStdString();
    switch (layer) {
    case Components: return {"pca-rgb", {{"tensor", tensor}}};
    case Similarity:
        return {"embedding-neighbours",
                {{"tensor", tensor}, {"position", std::to_string(*chosenToken())}, {"count", "100000"}}};
    default: return {"embedding-norms", {{"tensor", tensor}}};
    }
}

void EmbeddingOverlays::wish(Layer layer)
{
    const bool wanted = m_actions[layer]->isChecked() && (layer != Similarity || chosenToken());
    if (wanted) {
        m_views[layer]->want(requestOf(layer));
    } else {
        m_views[layer]->clear();
        m_context.overlays.removeLayer(idOf(layer));
    }
    Q_EMIT noteChanged();
}

void EmbeddingOverlays::show(Layer layer)
{
    const AnalysisView& view = *m_views[layer];
    // Colours of another run or another token must not pass for this one's.
    const bool done = view.state() == AnalysisView::State::Done && view.result() != nullptr;
    OverlayLayer made = done ? layerFrom(layer, *view.result()) : OverlayLayer();
    m_hasNothing[layer] = done && made.values.empty() && made.colors.empty();
    if (done && !m_hasNothing[layer])
        m_context.overlays.setLayer(idOf(layer), std::move(made));
    else if (m_hasNothing[layer])
        m_context.overlays.removeLayer(idOf(layer));
    else if (view.state() != AnalysisView::State::Working || view.record() != m_context.run.record())
        m_context.overlays.removeLayer(idOf(layer));
    Q_EMIT noteChanged();
}

OverlayLayer EmbeddingOverlays::layerFrom(Layer layer, const AnalysisResult& result) const
{
    OverlayLayer out;
    const bool isDifference = m_views[layer]->isDifference();
    const std::vector<ResultToken> tokens = tokensOfResult(result, m_context.run.layout());
    const QString of = tensorWords(result);
    if (layer == Components) {
        out.title = tr("Components 1–3 as red, green, blue (%1)").arg(of);
        const std::vector<float> colours = floatsOf(result, "colours");
        for (std::size_t i = 0; i < tokens.size() && 3 * i + 2 < colours.size(); ++i) {
            const auto at = static_cast<std::size_t>(std::max<std::int64_t>(tokens[i].position, 0));
            if (tokens[i].position < 0)
                continue;
            if (at >= out.colors.size())
                out.colors.resize(at + 1, qRgba(0, 0, 0, 0));
            const auto part = [&colours, i, isDifference](std::size_t channel) {
                const float value = colours[3 * i + channel];
                return static_cast<int>(
                    std::lround(255 * std::clamp(isDifference ? 0.5F + value / 2 : value, 0.0F, 1.0F)));
            };
            out.colors[at] = qRgb(part(0), part(1), part(2));
        }
        if (isDifference)
            out.title = tr("%1, A - B: grey is no difference").arg(out.title);
        return out;
    }
    if (layer == Similarity) {
        const auto argument = result.request.arguments.find("position");
        const std::int64_t chosen = argument == result.request.arguments.end() ? -1 : std::stoll(argument->second);
        out.title = tr("Cosine to %1 · %2 (%3)").arg(chosen).arg(kindName(m_context.run.kindAt(chosen)), of);
        for (const AnalysisTable& table : result.tables) {
            for (std::size_t i = 0; table.name == "neighbours" && i < table.rows.size() && i < tokens.size(); ++i)
                spread(out.values, tokens[i].position, static_cast<float>(std::get<double>(table.rows[i][4])));
        }
        setRange(out, 0, isDifference);
        return out;
    }
    out.title = tr("Norm of vectors (%1)").arg(of);
    const std::vector<float> norms = floatsOf(result, "norms");
    for (std::size_t i = 0; i < tokens.size() && i < norms.size(); ++i)
        spread(out.values, tokens[i].position, norms[i]);
    setRange(out, 0.01, isDifference);
    if (!isDifference)
        out.title = tr("%1, the highest 1 % as one colour").arg(out.title);
    else
        out.title = tr("%1, A - B").arg(out.title);
    return out;
}

QString EmbeddingOverlays::note() const
{
    for (const Layer layer : {Components, Similarity, Norm}) {
        if (!m_actions[layer]->isChecked())
            continue;
        if (layer == Similarity && !chosenToken())
            return tr("Choose a token to colour the others by their similarity to it.");
        const AnalysisView& view = *m_views[layer];
        if (view.state() == AnalysisView::State::Working)
            return tr("%1: being computed…").arg(m_actions[layer]->text());
        if (m_hasNothing[layer])
            return tr("%1: the two runs have no tokens in common to subtract.").arg(m_actions[layer]->text());
        if (view.state() == AnalysisView::State::Failed)
            return tr("%1: %2").arg(m_actions[layer]->text(), view.problem());
    }
    return {};
}

}  // namespace armillary::widgets
