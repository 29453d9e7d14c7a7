#include "widgets/panels/map_panel.h"

#include "widgets/analysis/analysis_strip.h"
#include "widgets/canvas/embedding_map_canvas.h"
#include "widgets/canvas/embedding_space_canvas.h"
#include "widgets/embedding/map_legend_row.h"
#include "widgets/embedding/map_options_row.h"
#include "widgets/embedding/neighbour_side.h"
#include "widgets/embedding/vector_sources.h"
#include "widgets/hint_page.h"
#include "widgets/overlay/embedding_overlays.h"
#include "widgets/theme.h"
#include "widgets/token_description.h"

#include <QAction>
#include <QComboBox>
#include <QEvent>
#include <QLabel>
#include <QLocale>
#include <QSplitter>
#include <QStackedLayout>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <limits>

namespace armillary::widgets {
namespace {

constexpr int kWishDelayMilliseconds = 250;
constexpr int kLeastWidthWithNeighbours = 400;
constexpr int kLeastHeightWithWholeNote = 400;

PanelContext withoutPair(const PanelContext& context, RunPair& none)
{
    return {context.selection, context.run, context.media,    context.messages,
            context.desk,      none,        context.overlays, context.runs};
}

}  // namespace

MapPanel::MapPanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("map"), tr("Embedding map"), context, parent),
      m_alone(withoutPair(context, m_noPair)),
      m_crops(run())
{
    m_view = new AnalysisView(m_alone, this);
    m_norms = new AnalysisView(m_alone, this);
    m_layers = new EmbeddingOverlays(this->context(), this);
    m_map = new EmbeddingMapCanvas(selection(), m_crops);
    m_space = new EmbeddingSpaceCanvas(selection(), m_crops);
    for (PointCloudCanvas* each : {static_cast<PointCloudCanvas*>(m_map), static_cast<PointCloudCanvas*>(m_space)})
        each->setDescription([this](int point) { return describePoint(point); });
    m_canvases = new QStackedWidget;
    m_canvases->addWidget(m_map);
    m_canvases->addWidget(m_space);

    auto* shown = new QWidget;
    auto* column = new QVBoxLayout(shown);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    column->addWidget(makeTop());
    m_split = new QSplitter(Qt::Horizontal);
    m_split->addWidget(m_canvases);
    m_neighbours = new NeighbourSide(m_alone, m_crops);
    m_split->addWidget(m_neighbours);
    m_split->setStretchFactor(0, 1);
    m_split->setStretchFactor(1, 0);
    m_split->setSizes({700, 190});
    column->addWidget(m_split, 1);
    m_legend = new MapLegendRow;
    m_note = new QLabel;
    m_note->setObjectName(QStringLiteral("mapNote"));
    m_note->setProperty("role", "muted");
    m_note->setWordWrap(true);
    auto* foot = new QVBoxLayout;
    foot->setContentsMargins(12, 2, 12, 2);
    foot->setSpacing(2);
    foot->addWidget(m_legend);
    foot->addWidget(m_note);
    column->addLayout(foot);
    column->addWidget(new AnalysisStrip(this->context(), *m_view));

    m_pages = new QStackedLayout(this);
    m_pages->setContentsMargins(0, 0, 0, 0);
    m_pages->addWidget(new HintPage(tr("No map yet"),
                                    tr("World, image and word tokens of a run appear here as points of one map as soon "
                                       "as its answer is done. Ask a question, or open a session."),
                                    {}));
    m_pages->addWidget(shown);

    m_wishDelay.setSingleShot(true);
    m_wishDelay.setInterval(kWishDelayMilliseconds);
    connect(&m_wishDelay, &QTimer::timeout, this, &MapPanel::wish);
    connect(m_view, &AnalysisView::changed, this, &MapPanel::showResult);
    connect(m_norms, &AnalysisView::changed, this, &MapPanel::recolor);
    connect(m_layers, &EmbeddingOverlays::noteChanged, this, &MapPanel::showNote);
    setKeyboardPlace(m_map);
    showRun();
}

MapPanel::~MapPanel() = default;

PointCloudCanvas* MapPanel::canvas() const
{
    return method() == Method::Space ? static_cast<PointCloudCanvas*>(m_space) : m_map;
}

MapPanel::Method MapPanel::method() const
{
    return static_cast<Method>(std::max(0, m_methodBox->currentIndex()));
}

QString MapPanel::analysis() const
{
    switch (method()) {
    case Method::Tsne: return QStringLiteral("tsne");
    case Method::Umap: return QStringLiteral("umap");
    default: return QStringLiteral("pca");
    }
}

void MapPanel::setMethod(Method method)
{
    m_methodBox->setCurrentIndex(static_cast<int>(method));
}

AnalysisRequest MapPanel::request() const
{
    AnalysisRequest out{analysis().toStdString(), m_options->arguments()};
    out.arguments["tensor"] = m_tensorBox->currentData().toString().toStdString();
    return out;
}

void MapPanel::wish()
{
    // A map that nobody sees is not worth seconds of work.
    if (!isVisible() || isLocked())
        return;
    m_view->want(request());
    if (m_coloringBox->currentIndex() == static_cast<int>(MapColoring::Norm))
        m_norms->want({"embedding-norms", {{"tensor", m_tensorBox->currentData().toString().toStdString()}}});
}

void MapPanel::showResult()
{
    const std::shared_ptr<const AnalysisResult> result = m_view->sharedResult();
    // Another method's last result is no map of this one.
    const bool fits = result && result->request.name == analysis().toStdString();
    if (!fits) {
        m_shown.reset();
        m_cloud = std::make_shared<const PointCloud>();
    } else if (result != m_shown) {
        m_shown = result;
        m_cloud = std::make_shared<const PointCloud>(
            cloudFromResult(*result, run().layout(), method() == Method::Space ? 3 : 2));
    } else {
        showNote();
        return;
    }
    QStringList axes;
    for (const AnalysisTable& table : m_shown ? m_shown->tables : std::vector<AnalysisTable>()) {
        for (std::size_t i = 0; table.name == "components" && i < table.rows.size() && i < 3; ++i)
            axes << tr("component %1 (%2 %)").arg(i + 1).arg(100 * std::get<double>(table.rows[i][2]), 0, 'f', 1);
    }
    canvas()->setAxisNames(axes);
    canvas()->setCloud(m_cloud);
    recolor();
    showNote();
}

void MapPanel::recolor()
{
    if (!m_cloud)
        return;
    m_normValues.clear();
    if (const AnalysisResult* norms = m_norms->result()) {
        const std::vector<ResultToken> tokens = tokensOfResult(*norms, run().layout());
        const std::vector<float> values = floatsOf(*norms, "norms");
        for (std::size_t i = 0; i < tokens.size() && i < values.size(); ++i) {
            const auto at = static_cast<std::size_t>(std::max<std::int64_t>(tokens[i].position, 0));
            if (tokens[i].position < 0)
                continue;
            if (at >= m_normValues.size())
                m_normValues.resize(at + 1, std::numeric_limits<float>::quiet_NaN());
            m_normValues[at] = values[i];
        }
    }
    const OverlayStack::Entry* top = overlays().top();
    PointColors made =
        colorsOfPoints(*m_cloud, static_cast<MapColoring>(std::max(0, m_coloringBox->currentIndex())), m_normValues,
                       top == nullptr ? nullptr : &top->layer, themeColors(palette()).dark);
    canvas()->setColors(std::move(made.colors));
    m_legend->setLegend(std::move(made.legend));
}

QString MapPanel::note() const
{
    return m_note->toolTip();
}

void MapPanel::showNote()
{
    QStringList parts;
    if (pair().side() == PairSide::Difference)
        parts << tr("A map has no difference: this is the map of A.");
    if (m_shown && m_cloud) {
        const QString count = QLocale().toString(static_cast<qlonglong>(m_cloud->points.size()));
        if (const auto trust = m_shown->number("trustworthiness"))
            parts << tr("%1 tokens, trustworthiness %2 over 10 neighbours. Distances between clusters and their sizes "
                        "mean nothing.")
                         .arg(count)
                         .arg(*trust, 0, 'f', 3);
        else if (m_shown->number("explained"))
            parts << tr("%1 tokens; the axes shown hold %2 % of the variance, so points that lie together may be far "
                        "apart in truth.")
                         .arg(count)
                         .arg(explainedPercent(), 0, 'f', 1);
        if (m_cloud->leftOut > 0)
            parts << tr("%1 without finite numbers left out.").arg(m_cloud->leftOut);
    }
    const QString layers = m_layers->note();
    if (!layers.isEmpty())
        parts << layers;
    const QString text = parts.join(QLatin1Char(' '));
    m_note->setToolTip(text);
    // In a low panel one line, all of it in the tip: the map needs the room.
    const bool low = height() < kLeastHeightWithWholeNote;
    m_note->setWordWrap(!low);
    m_note->setSizePolicy(low ? QSizePolicy::Ignored : QSizePolicy::Preferred, QSizePolicy::Preferred);
    const QString shown = low ? m_note->fontMetrics().elidedText(text, Qt::ElideRight, width() - 28) : text;
    if (shown != m_note->text())
        m_note->setText(shown);
    m_note->setVisible(!text.isEmpty());
}

double MapPanel::explainedPercent() const
{
    double sum = 0;
    const std::size_t axes = method() == Method::Space ? 3 : 2;
    for (const AnalysisTable& table : m_shown->tables) {
        for (std::size_t i = 0; table.name == "components" && i < table.rows.size() && i < axes; ++i)
            sum += 100 * std::get<double>(table.rows[i][2]);
    }
    return sum;
}

QStringList MapPanel::describePoint(int point) const
{
    if (!m_cloud || point >= static_cast<int>(m_cloud->points.size()))
        return {};
    const CloudPoint& each = m_cloud->points[static_cast<std::size_t>(point)];
    if (each.position < 0)
        return {tr("no token of the sequence"), tr("row %1, column %2").arg(each.origin.row).arg(each.origin.column)};
    const TokenDescription described = describeToken(run(), each.position);
    QStringList out{described.title};
    // The vocabulary id is the same for all soft tokens.
    out << described.lines.mid(each.kind == TokenKind::World || each.kind == TokenKind::Image ? 1 : 0, 2);
    if (static_cast<std::size_t>(each.position) < m_normValues.size())
        out << tr("norm %1").arg(m_normValues[static_cast<std::size_t>(each.position)], 0, 'g', 4);
    return out;
}

void MapPanel::stepToken(int step)
{
    if (!m_cloud || m_cloud->points.empty())
        return;
    std::vector<std::int64_t> positions;
    for (const CloudPoint& point : m_cloud->points) {
        if (point.position >= 0)
            positions.push_back(point.position);
    }
    std::sort(positions.begin(), positions.end());
    positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
    if (positions.empty())
        return;
    const std::int64_t now = selection().chosen().empty() ? -1 : selection().chosen().front();
    auto next = step > 0 ? std::upper_bound(positions.begin(), positions.end(), now)
                         : std::lower_bound(positions.begin(), positions.end(), now);
    if (step > 0)
        next = next == positions.end() ? positions.begin() : next;
    else
        next = next == positions.begin() ? std::prev(positions.end()) : std::prev(next);
    selection().choose({*next});
}

void MapPanel::setFollowing(bool following)
{
    for (AnalysisView* view : {m_view, m_norms})
        view->setFollowing(following);
}

void MapPanel::showRun()
{
    m_crops.clear();
    showState();
}

void MapPanel::showState()
{
    const std::shared_ptr<const RunRecord> record = run().record();
    m_pages->setCurrentIndex(record ? 1 : 0);
    fillVectorSources(*m_tensorBox, record.get());
    m_crops.clear();
    wish();
    m_neighbours->refresh();
}

void MapPanel::showSelection()
{
    canvas()->update();
    m_neighbours->followSelection();
}

void MapPanel::showOverlays()
{
    if (m_coloringBox->currentIndex() == static_cast<int>(MapColoring::Layer))
        recolor();
}

void MapPanel::showPair()
{
    showNote();
}

void MapPanel::showEvent(QShowEvent* event)
{
    Panel::showEvent(event);
    setFollowing(!isLocked());
    wish();
}

void MapPanel::hideEvent(QHideEvent* event)
{
    setFollowing(false);
    Panel::hideEvent(event);
}

void MapPanel::resizeEvent(QResizeEvent* event)
{
    Panel::resizeEvent(event);
    // Beside a map too narrow to read, a list of twelve is worth less than the map.
    m_neighbours->setVisible(width() >= kLeastWidthWithNeighbours);
    showNote();
}

void MapPanel::changeEvent(QEvent* event)
{
    Panel::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        recolor();
}

QJsonObject MapPanel::saveView() const
{
    return {{QStringLiteral("method"), m_methodBox->currentIndex()},
            {QStringLiteral("vectors"), m_tensorBox->currentData().toString()},
            {QStringLiteral("colouring"), m_coloringBox->currentIndex()},
            {QStringLiteral("options"), m_options->save()},
            {QStringLiteral("optionsShown"), m_optionsAction->isChecked()},
            {QStringLiteral("trails"), m_trailsAction->isChecked()},
            {QStringLiteral("pictures"), m_picturesAction->isChecked()},
            {QStringLiteral("freehand"), m_freehandAction->isChecked()},
            {QStringLiteral("around"), m_space->around()},
            {QStringLiteral("over"), m_space->over()}};
}

void MapPanel::restoreView(const QJsonObject& view)
{
    const auto check = [&view](QAction* action, const QString& name) {
        action->setChecked(view[name].toBool(action->isChecked()));
    };
    check(m_optionsAction, QStringLiteral("optionsShown"));
    check(m_trailsAction, QStringLiteral("trails"));
    check(m_picturesAction, QStringLiteral("pictures"));
    check(m_freehandAction, QStringLiteral("freehand"));
    m_options->restore(view[QStringLiteral("options")].toObject());
    const auto index = [&view](QComboBox* box, const QString& name) {
        const int wanted = view[name].toInt(box->currentIndex());
        if (wanted >= 0 && wanted < box->count())
            box->setCurrentIndex(wanted);
    };
    index(m_coloringBox, QStringLiteral("colouring"));
    // A tensor that this run did not keep is no choice.
    const int tensor = m_tensorBox->findData(view[QStringLiteral("vectors")].toString());
    if (tensor >= 0)
        m_tensorBox->setCurrentIndex(tensor);
    index(m_methodBox, QStringLiteral("method"));
    m_space->setTurn(view[QStringLiteral("around")].toDouble(m_space->around()),
                     view[QStringLiteral("over")].toDouble(m_space->over()));
}

QString MapPanel::caption() const
{
    QString out = tr("%1: %2 of %3, coloured %4.")
                      .arg(Panel::caption(), m_methodBox->currentText(), m_tensorBox->currentText(),
                           m_coloringBox->currentText());
    if (!note().isEmpty())
        out += QLatin1Char(' ') + note();
    return out;
}

std::optional<AnalysisResult> MapPanel::viewData() const
{
    return m_shown ? std::optional(*m_shown) : std::nullopt;
}

}  // namespace armillary::widgets
