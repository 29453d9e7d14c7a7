#include "widgets/panels/matrix_panel.h"

#include "widgets/analysis/analysis_strip.h"
#include "widgets/analysis/analysis_view.h"
#include "widgets/flow_row.h"
#include "widgets/hint_page.h"
#include "widgets/models/message_list_model.h"
#include "widgets/models/result_table_model.h"

#include <QAction>
#include <QComboBox>
#include <QPushButton>
#include <QScopedValueRollback>
#include <QStackedLayout>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <tuple>
#include <utility>

namespace armillary::widgets {
namespace {

struct Measure {
    QString name;  // shown
    const char* measure;
    const char* segment;
    const char* unit;
    QString tip;
};

const std::vector<Measure>& measures()
{
    static const std::vector<Measure> all = [] {
        const auto words = [](const char* text) { return MatrixPanel::tr(text); };
        const QString mass = words("Sum of the weights on the tokens of this kind, 0 to 1");
        const QString lift =
            words("Mass by what even attention would give: 1 is even, whatever the number of tokens of this kind");
        return std::vector<Measure>{
            {words("mass on world"), "mass", "world", "", mass},
            {words("mass on image"), "mass", "image", "", mass},
            {words("mass on text"), "mass", "text", "", mass},
            {words("mass on answer"), "mass", "generated", "", mass},
            {words("lift on world"), "lift", "world", "", lift},
            {words("lift on image"), "lift", "image", "", lift},
            {words("lift on text"), "lift", "text", "", lift},
            {words("lift on answer"), "lift", "generated", "", lift},
            {words("entropy"), "entropy", "", "", words("0: one key gets all; 1: all visible keys get the same")},
            {words("entropy in bits"), "entropy-bits", "", "bits", words("Entropy of the weights of a row")},
            {words("distance"), "distance", "", "positions",
             words("How far keys lie from the query, in positions, weighted by their weights")},
            {words("maximum"), "maximum", "", "", words("The largest weight of a row")},
        };
    }();
    return all;
}

AnalysisRequest requestFor(const Measure& measure, const QString& queries)
{
    AnalysisRequest request{"attention-matrix", {{"measure", measure.measure}, {"positions", queries.toStdString()}}};
    if (*measure.segment != '\0')
        request.arguments["segment"] = measure.segment;
    return request;
}

// What the result is of; results that do not say are of the measure `shown`.
const Measure& measureOf(const AnalysisResult& result, int shown)
{
    const auto argument = [&result](const char* name) {
        const auto found = result.request.arguments.find(name);
        return found == result.request.arguments.end() ? std::string() : found->second;
    };
    for (const Measure& measure : measures()) {
        if (argument("measure") == measure.measure &&
            (*measure.segment == '\0' || argument("segment") == measure.segment))
            return measure;
    }
    return measures()[static_cast<std::size_t>(shown)];
}

// Of [layer, head]: 0 x 0 when the result holds none.
std::pair<int, int> sizesOf(const AnalysisResult& result)
{
    const auto found = result.arrays.find("matrix");
    if (found == result.arrays.end() || found->second.values.shape.size() != 2)
        return {0, 0};
    return {static_cast<int>(found->second.values.shape[0]), static_cast<int>(found->second.values.shape[1])};
}

}  // namespace

MatrixPanel::MatrixPanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("matrix"), tr("Layers by heads"), context, parent)
{
    m_view = new AnalysisView(context, this);
    m_worldView = new AnalysisView(context, this);
    m_canvas = new HeatMatrixCanvas;
    m_strip = new AnalysisStrip(context, *m_view);
    makeActions();
    makeControls();
    connect(m_view, &AnalysisView::changed, this, [this] {
        showResult();
        showPages();
    });
    connect(m_worldView, &AnalysisView::changed, this, &MatrixPanel::answerWorld);
    connect(m_canvas, &HeatMatrixCanvas::cellPointed, this, &MatrixPanel::point);
    connect(m_canvas, &HeatMatrixCanvas::cellClicked, this, &MatrixPanel::choose);
    showRun();
    showFocus();
}

void MatrixPanel::makeControls()
{
    m_measure = new QComboBox;
    m_measure->setAccessibleName(tr("Measure"));
    m_measure->setToolTip(tr("What each layer and head is coloured by"));
    for (const Measure& measure : measures()) {
        m_measure->addItem(measure.name);
        m_measure->setItemData(m_measure->count() - 1, measure.tip, Qt::ToolTipRole);
    }
    m_queries = new QComboBox;
    m_queries->setAccessibleName(tr("Queries"));
    m_queries->setToolTip(tr("Which positions look: the measure is the mean over them"));
    m_queries->addItem(tr("answer"), QStringLiteral("answer"));
    m_queries->addItem(tr("last of prompt"), QStringLiteral("last"));
    m_queries->addItem(tr("all"), QStringLiteral("all"));
    m_queries->setItemData(0, tr("The rows that answer tokens were chosen from"), Qt::ToolTipRole);
    m_queries->setItemData(1, tr("The row that the first token was chosen from"), Qt::ToolTipRole);
    m_queries->setItemData(2, tr("Every position; needs capture qkv"), Qt::ToolTipRole);
    m_worldButton = new QPushButton(tr("Most on world"));
    m_worldButton->setToolTip(m_world->toolTip());
    m_worldButton->setAccessibleName(m_world->text());
    connect(m_worldButton, &QPushButton::clicked, m_world, &QAction::trigger);
    for (QComboBox* box : {m_measure, m_queries}) {
        box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
        connect(box, &QComboBox::currentIndexChanged, this, &MatrixPanel::ask);
    }
    auto* row = new FlowRow;
    row->setContentsMargins(10, 6, 8, 2);
    row->setSpacing(6);
    row->addWidget(m_measure);
    row->addWidget(m_queries);
    row->addWidget(m_worldButton);

    auto* shown = new QWidget;
    auto* column = new QVBoxLayout(shown);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(row);
    column->addWidget(m_canvas, 1);
    column->addWidget(m_strip);

    m_pages = new QStackedLayout(this);
    m_pages->setContentsMargins(0, 0, 0, 0);
    m_pages->addWidget(new HintPage(tr("No attention yet"),
                                    tr("Ask a question. When its answer is finished, every layer and head of the "
                                       "language model appears here, coloured by where it looks."),
                                    {}));
    m_pages->addWidget(shown);
}

void MatrixPanel::makeActions()
{
    m_world = new QAction(tr("Most tied to the world"), this);
    m_world->setToolTip(tr("Show the layer and head whose attention to the world tokens lies highest above even"));
    connect(m_world, &QAction::triggered, this, &MatrixPanel::focusOnWorld);
    addAction(m_world);
    auto* mean = new QAction(tr("Mean of all layers and heads"), this);
    mean->setToolTip(tr("Show the mean over all layers and heads again"));
    connect(mean, &QAction::triggered, this, [this] { choose({}); });
    addAction(mean);
    // Boxes have their own arrow keys; these are the matrix'.
    const auto addMove = [this](const QString& name, Qt::Key key, int layers, int heads) {
        auto* action = new QAction(name, m_canvas);
        action->setShortcut(key);
        action->setShortcutContext(Qt::WidgetShortcut);
        action->setToolTip(name);
        connect(action, &QAction::triggered, this, [this, layers, heads] { moveBy(layers, heads); });
        m_canvas->addAction(action);
    };
    addMove(tr("One layer down"), Qt::Key_Down, 1, 0);
    addMove(tr("One layer up"), Qt::Key_Up, -1, 0);
    addMove(tr("Next head"), Qt::Key_Right, 0, 1);
    addMove(tr("Previous head"), Qt::Key_Left, 0, -1);
    addMove(tr("First layer"), Qt::Key_Home, -1'000'000, 0);
    addMove(tr("Last layer"), Qt::Key_End, 1'000'000, 0);
}

void MatrixPanel::ask()
{
    if (run().record() == nullptr) {
        m_view->clear();
        return;
    }
    m_view->want(requestFor(measures()[static_cast<std::size_t>(m_measure->currentIndex())],
                            m_queries->currentData().toString()));
    showResult();
    showPages();
}

void MatrixPanel::showRun()
{
    m_wantsWorld = false;
    m_worldView->clear();
    ask();
    showPages();
}

void MatrixPanel::showState()
{
    ask();
    showPages();
}

void MatrixPanel::showPair()
{
    showResult();
}

void MatrixPanel::showPages()
{
    const auto state = m_view->state();
    m_canvas->setHint(state == AnalysisView::State::Working  ? tr("The measure is being computed.")
                      : state == AnalysisView::State::Failed ? tr("There is no such measure of this run.")
                                                             : QString());
    const bool hasSomething = run().record() != nullptr || m_view->result() != nullptr;
    m_pages->setCurrentIndex(hasSomething ? 1 : 0);
    m_world->setEnabled(run().record() != nullptr && run().count(TokenKind::World) > 0);
    m_worldButton->setEnabled(m_world->isEnabled());
}

void MatrixPanel::showResult()
{
    const auto result = m_view->sharedResult();
    if (result == m_shown && m_view->isDifference() == m_shownIsDifference)
        return;
    m_shown = result;
    m_shownIsDifference = m_view->isDifference();
    HeatMatrix matrix;
    if (result && sizesOf(*result).first > 0) {
        std::tie(matrix.layers, matrix.heads) = sizesOf(*result);
        matrix.values = result->arrays.at("matrix").values.floats();
        const Measure& measure = measureOf(*result, m_measure->currentIndex());
        matrix.measure = m_shownIsDifference ? tr("%1, A − B").arg(measure.name) : measure.name;
        matrix.unit = QString::fromLatin1(measure.unit);
        float most = 0;
        for (const float value : matrix.values)
            most = std::isnan(value) ? most : std::max(most, std::abs(value));
        matrix.highest = most > 0 ? most : 1;
        if (m_shownIsDifference) {
            matrix.scale = ColorScale::Signed;
            matrix.lowest = -matrix.highest;
        } else if (std::string_view(measure.measure) == "entropy") {
            matrix.highest = 1;
        }
        if (const auto record = m_view->record()) {
            const std::vector<bool>& local = record->model.layerIsLocal;
            if (static_cast<int>(local.size()) == matrix.layers) {
                for (const bool isLocal : local)
                    matrix.isGlobal.push_back(!isLocal);
                matrix.window = record->model.slidingWindow;
            }
        }
    }
    m_canvas->setMatrix(std::move(matrix));
}

void MatrixPanel::showFocus()
{
    const Focus& focus = selection().focus();
    m_canvas->setMarked({focus.layer, focus.head});
    // Somebody else moved it meanwhile: that stays.
    if (!m_settingFocus && m_before)
        m_before = MatrixCell{focus.layer, focus.head};
}

void MatrixPanel::setFocus(const MatrixCell& cell)
{
    const QScopedValueRollback<bool> own(m_settingFocus, true);
    Focus focus = selection().focus();
    focus.layer = cell.layer;
    focus.head = cell.head;
    selection().setFocus(focus);
}

void MatrixPanel::point(const std::optional<MatrixCell>& cell)
{
    if (cell) {
        if (!m_before)
            m_before = MatrixCell{selection().focus().layer, selection().focus().head};
        setFocus(*cell);
    } else if (m_before) {
        const MatrixCell before = *m_before;
        m_before.reset();
        setFocus(before);
    }
}

void MatrixPanel::choose(const MatrixCell& cell)
{
    if (m_before)
        m_before = cell;
    setFocus(cell);
}

void MatrixPanel::hideEvent(QHideEvent* event)
{
    // Another tab came in front while the pointer was on a cell.
    point(std::nullopt);
    Panel::hideEvent(event);
}

void MatrixPanel::moveBy(int layers, int heads)
{
    const HeatMatrix& matrix = m_canvas->matrix();
    if (matrix.layers == 0)
        return;
    MatrixCell cell{selection().focus().layer, selection().focus().head};
    if (layers != 0) {
        const int from = cell.layer.value_or(layers > 0 ? -1 : matrix.layers);
        cell.layer = std::clamp(from + layers, 0, matrix.layers - 1);
    }
    if (heads != 0) {
        // The column of means stands right of the last head.
        const int to = std::clamp(cell.head.value_or(matrix.heads) + heads, 0, matrix.heads);
        cell.head = to == matrix.heads ? std::nullopt : std::optional(to);
    }
    choose(cell);
}

void MatrixPanel::focusOnWorld()
{
    if (run().record() == nullptr)
        return;
    const Measure& shown = measures()[static_cast<std::size_t>(m_measure->currentIndex())];
    const bool byMass = std::string_view(shown.measure) == "mass" && std::string_view(shown.segment) == "world";
    m_wantsWorld = true;
    m_worldView->want(requestFor(measures()[byMass ? 0 : 4], m_queries->currentData().toString()));
    answerWorld();
}

void MatrixPanel::answerWorld()
{
    if (!m_wantsWorld || m_worldView->state() == AnalysisView::State::Working)
        return;
    m_wantsWorld = false;
    if (m_worldView->state() == AnalysisView::State::Failed) {
        messages().add(MessageKind::Warning, m_worldView->problem());
        return;
    }
    if (m_worldView->result() == nullptr)
        return;
    const int heads = sizesOf(*m_worldView->result()).second;
    const std::vector<float> values = m_worldView->result()->arrays.at("matrix").values.floats();
    int best = -1;
    for (int at = 0; at < static_cast<int>(values.size()); ++at) {
        const float value = values[static_cast<std::size_t>(at)];
        if (!std::isnan(value) && (best < 0 || value > values[static_cast<std::size_t>(best)]))
            best = at;
    }
    if (best < 0) {
        messages().add(MessageKind::Warning, tr("No head of this run sees a world token."));
        return;
    }
    choose({best / heads, best % heads});
}

QJsonObject MatrixPanel::saveView() const
{
    const Measure& measure = measures()[static_cast<std::size_t>(m_measure->currentIndex())];
    return {{QStringLiteral("measure"), QString::fromLatin1(measure.measure)},
            {QStringLiteral("segment"), QString::fromLatin1(measure.segment)},
            {QStringLiteral("queries"), m_queries->currentData().toString()}};
}

void MatrixPanel::restoreView(const QJsonObject& view)
{
    for (int i = 0; i < m_measure->count(); ++i) {
        const Measure& measure = measures()[static_cast<std::size_t>(i)];
        if (view[QStringLiteral("measure")].toString() == QLatin1String(measure.measure) &&
            view[QStringLiteral("segment")].toString() == QLatin1String(measure.segment))
            m_measure->setCurrentIndex(i);
    }
    if (const int at = m_queries->findData(view[QStringLiteral("queries")].toString()); at >= 0)
        m_queries->setCurrentIndex(at);
}

QString MatrixPanel::caption() const
{
    const HeatMatrix& matrix = m_canvas->matrix();
    if (matrix.layers == 0)
        return Panel::caption();
    return tr("%1: %2, mean over queries (%3); colours from %4 to %5.")
        .arg(Panel::caption(), matrix.measure, m_queries->currentText(), numberText(matrix.lowest, matrix.unit),
             numberText(matrix.highest, matrix.unit));
}

std::optional<AnalysisResult> MatrixPanel::viewData() const
{
    return m_shown ? std::optional(*m_shown) : std::nullopt;
}

}  // namespace armillary::widgets
