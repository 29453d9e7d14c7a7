#include "widgets/checks/registration_view.h"

#include "widgets/analysis/analysis_strip.h"
#include "widgets/analysis/offer_page.h"
#include "widgets/analysis/result_table_view.h"
#include "widgets/checks/grid_maps.h"
#include "widgets/flow_row.h"
#include "widgets/models/result_table_model.h"

#include <QAction>
#include <QComboBox>
#include <QLabel>
#include <QSpinBox>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <utility>

namespace armillary::widgets {

RegistrationView::RegistrationView(const PanelContext& context, QWidget* parent)
    : QWidget(parent), m_selection(context.selection)
{
    m_view = new AnalysisView(context, this);
    m_strip = new AnalysisStrip(context, *m_view);
    m_kind = new QComboBox;
    m_kind->setAccessibleName(tr("Which tokens"));
    m_kind->setToolTip(tr("Tokens whose response is shown"));
    m_kind->addItem(tr("World tokens"), QStringLiteral("world"));
    m_kind->addItem(tr("Image tokens"), QStringLiteral("image"));
    m_spots = new QSpinBox;
    m_spots->setRange(1, 64);
    m_spots->setValue(4);
    m_spots->setAccessibleName(tr("Number of spots"));
    m_spots->setToolTip(tr("White spots at spread places; one pass of the encoder each"));
    m_spots->setSuffix(tr(" spots"));
    m_summary = new QLabel;
    m_maps = new GridMaps;
    m_maps->setAccessibleName(tr("Response of each token to each spot"));
    m_model = new ResultTableModel(this);
    m_model->describe(QStringLiteral("peak"),
                      {tr("strongest"), tr("L2"), tr("How far the most moved token moves"), true});
    m_model->describe(QStringLiteral("median"), {tr("median"), tr("L2"), tr("How far the median token moves"), false});
    m_model->describe(QStringLiteral("distance"),
                      {tr("off by"), tr("tokens"), tr("Tokens between the spot and the most moved one"), false});
    m_model->describe(QStringLiteral("top"), {tr("row"), {}, tr("Of the first token under the spot"), false});
    m_model->describe(QStringLiteral("left"), {tr("column"), {}, tr("Of the first token under the spot"), false});
    m_model->describe(QStringLiteral("peak_row"), {tr("strongest row"), {}, tr("Of the token that moves most"), false});
    m_model->describe(QStringLiteral("peak_column"),
                      {tr("strongest column"), {}, tr("Of the token that moves most"), false});
    m_table = makeResultTable(m_model);
    m_table->setAccessibleName(tr("Spots"));

    auto* head = new QWidget;
    auto* headRow = new FlowRow(head);
    headRow->addWidget(m_kind);
    headRow->addWidget(m_spots);
    headRow->addWidget(m_summary);
    auto* split = new QSplitter(Qt::Vertical);
    split->setChildrenCollapsible(false);
    split->addWidget(m_maps);
    split->addWidget(m_table);
    split->setStretchFactor(0, 3);
    split->setStretchFactor(1, 2);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    column->addWidget(m_strip);
    column->addWidget(head);
    auto* offer =
        new OfferPage(tr("Which token does a spot move?"),
                      tr("White spots on grey go through the loaded encoders, one pass each. The token under a "
                         "spot should be the one "
                         "that moves most: then tokens lie where the pictures show them."),
                      m_strip->startAction());
    m_pages = new QStackedWidget;
    m_pages->addWidget(offer);
    m_pages->addWidget(split);
    column->addWidget(m_pages, 1);

    connect(m_view, &AnalysisView::changed, this, &RegistrationView::showResult);
    connect(m_kind, &QComboBox::currentIndexChanged, this, &RegistrationView::showResult);
    connect(m_spots, &QSpinBox::valueChanged, this, &RegistrationView::want);
    connect(m_maps, &GridMaps::cellClicked, this,
            [this](int map, int, int) { m_table->selectRow(m_model->viewRowOf(map)); });
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& now) {
        if (now.isValid())
            choose(m_model->rowOf(now.row()));
    });
    want();
}

QString RegistrationView::shownKind() const
{
    return m_kind->currentData().toString();
}

void RegistrationView::want()
{
    m_strip->setRequest({"registration", {{"of", "both"}, {"spots", std::to_string(m_spots->value())}}},
                        tr("Send spots through"),
                        tr("White spots on grey go through SigLIP and the VAE; one pass of each a spot, and one more"));
    showResult();
}

void RegistrationView::showResult()
{
    const auto result = m_view->sharedResult();
    const QString kind = shownKind();
    const std::string table = (kind + QStringLiteral(" spots")).toStdString();
    m_model->setResult(result, table);
    for (const char* hidden : {"bottom", "right"}) {
        if (const int column = m_model->columnOf(QString::fromLatin1(hidden)); column >= 0)
            m_table->setColumnHidden(column, true);
    }
    std::vector<GridMap> maps;
    const AnalysisArray* array = nullptr;
    if (result) {
        const auto found = result->arrays.find((kind + QStringLiteral(".response")).toStdString());
        if (found != result->arrays.end() && found->second.values.shape.size() == 3)
            array = &found->second;
    }
    if (array != nullptr && m_model->table() != nullptr) {
        const TensorSnapshot& response = array->values;
        const std::vector<float> values = response.floats();
        const auto rows = static_cast<int>(response.shape[1]);
        const auto columns = static_cast<int>(response.shape[2]);
        const auto cells = static_cast<std::ptrdiff_t>(rows) * columns;
        const auto cell = [this](std::size_t row, const char* name) {
            const int column = m_model->columnOf(QString::fromLatin1(name));
            const auto* number =
                column < 0 ? nullptr
                           : std::get_if<double>(&m_model->table()->rows[row][static_cast<std::size_t>(column)]);
            return number == nullptr || !std::isfinite(*number) ? -1 : static_cast<int>(*number);
        };
        for (std::size_t i = 0;
             i < m_model->table()->rows.size() && std::ssize(values) >= cells * (std::ptrdiff_t(i) + 1); ++i) {
            const auto first = values.begin() + static_cast<std::ptrdiff_t>(i) * cells;
            GridMap map{tr("spot %1").arg(i), rows, columns, {first, first + cells}, {}, {}};
            // A spot may cover several cells; the one in its middle is framed.
            map.expected =
                QPoint((cell(i, "left") + cell(i, "right") - 1) / 2, (cell(i, "top") + cell(i, "bottom") - 1) / 2);
            map.peak = QPoint(cell(i, "peak_column"), cell(i, "peak_row"));
            maps.push_back(std::move(map));
        }
    }
    m_maps->setMaps(std::move(maps), tr("L2 change"));
    const auto worst = result ? result->number((kind + QStringLiteral("_worst_distance")).toStdString()) : std::nullopt;
    const auto spot = result ? result->number((kind + QStringLiteral("_spot")).toStdString()) : std::nullopt;
    if (worst && spot)
        m_summary->setText(tr("Squares of %1 pixels; the strongest token is at most %2 off")
                               .arg(numberText(*spot), numberText(*worst)));
    else
        m_summary->setText(result ? tr("This run has no such tokens.") : QString());
    m_table->setVisible(m_model->rowCount() > 0);
    m_pages->setCurrentIndex(result ? 1 : 0);
}

void RegistrationView::choose(int spot)
{
    Positions positions;
    for (const char* name : {"expected_position", "peak_position"}) {
        const int column = m_model->columnOf(QString::fromLatin1(name));
        if (column < 0)
            continue;
        const auto* number = std::get_if<double>(
            &m_model->table()->rows[static_cast<std::size_t>(spot)][static_cast<std::size_t>(column)]);
        if (number != nullptr && *number >= 0)
            positions.push_back(static_cast<std::int64_t>(*number));
    }
    std::sort(positions.begin(), positions.end());
    positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
    m_selection.choose(std::move(positions));
}

QJsonObject RegistrationView::saveView() const
{
    return {{QStringLiteral("of"), shownKind()}, {QStringLiteral("spots"), m_spots->value()}};
}

void RegistrationView::restoreView(const QJsonObject& view)
{
    if (const int index = m_kind->findData(view[QLatin1String("of")].toString()); index >= 0)
        m_kind->setCurrentIndex(index);
    m_spots->setValue(view[QLatin1String("spots")].toInt(m_spots->value()));
}

}  // namespace armillary::widgets
