#include "widgets/models/neighbour_list_model.h"

#include "widgets/embedding/embedding_cloud.h"
#include "widgets/token_description.h"

#include <QIcon>
#include <QLocale>
#include <QPixmap>

namespace armillary::widgets {
namespace {

double numberOf(const AnalysisCell& cell)
{
    const auto* number = std::get_if<double>(&cell);
    return number == nullptr ? 0 : *number;
}

}  // namespace

NeighbourListModel::NeighbourListModel(const ShownRun& run, TokenCrops& crops, QObject* parent)
    : QAbstractListModel(parent), m_run(run), m_crops(crops)
{}

int NeighbourListModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

QVariant NeighbourListModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const Row& row = m_rows[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole: return QStringLiteral("%1\n%2").arg(row.label, QLocale().toString(row.cosine, 'f', 3));
    case Qt::DecorationRole: {
        const QImage picture = row.position < 0 ? QImage() : m_crops.of(row.position);
        return picture.isNull() ? QVariant() : QIcon(QPixmap::fromImage(picture));
    }
    case Qt::ToolTipRole:
        return tr("%1\ncosine %2, Euclidean distance %3, in all dimensions")
            .arg(row.position < 0 ? row.label : describeToken(m_run, row.position).oneLine())
            .arg(row.cosine, 0, 'g', 6)
            .arg(row.distance, 0, 'g', 6);
    case Qt::AccessibleTextRole: return tr("%1, cosine %2").arg(row.label).arg(row.cosine, 0, 'f', 3);
    case PositionRole: return static_cast<qlonglong>(row.position);
    case CosineRole: return row.cosine;
    default: return {};
    }
}

void NeighbourListModel::setResult(const AnalysisResult& result)
{
    beginResetModel();
    m_rows.clear();
    const std::vector<ResultToken> tokens = tokensOfResult(result, m_run.layout());
    for (const AnalysisTable& table : result.tables) {
        if (table.name != "neighbours")
            continue;
        for (std::size_t i = 0; i < table.rows.size() && i < tokens.size(); ++i) {
            const std::vector<AnalysisCell>& cells = table.rows[i];
            const std::int64_t position = tokens[i].position;
            const auto* label = std::get_if<std::string>(&cells[2]);
            m_rows.push_back({position,
                              position < 0 ? QString::fromStdString(label == nullptr ? "" : *label)
                                           : describeToken(m_run, position).title,
                              numberOf(cells[4]), numberOf(cells[5])});
        }
    }
    endResetModel();
}

void NeighbourListModel::clear()
{
    beginResetModel();
    m_rows.clear();
    endResetModel();
}

}  // namespace armillary::widgets
