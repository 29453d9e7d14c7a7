#include "widgets/models/memory_plan_model.h"

#include <QLocale>

namespace armillary::widgets {

int MemoryPlanModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_plan.rows.size());
}

int MemoryPlanModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant MemoryPlanModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const MemoryPlanRow& row = m_plan.rows[static_cast<std::size_t>(index.row())];
    if (role == Qt::TextAlignmentRole && (index.column() == SizeColumn || index.column() == MeasuredColumn))
        return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole)
        return {};
    switch (index.column()) {
    case PartColumn: return QString::fromStdString(row.part);
    case SizeColumn: return QLocale().formattedDataSize(row.weightBytes);
    case PlaceColumn: return QString::fromStdString(row.place);
    case AfterColumn: return QString::fromStdString(row.after);
    case MeasuredColumn:
        return row.measuredBytes < 0 ? QStringLiteral("–") : QLocale().formattedDataSize(row.measuredBytes);
    default: return {};
    }
}

QVariant MemoryPlanModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Horizontal && role == Qt::TextAlignmentRole)
        return static_cast<int>((section == SizeColumn || section == MeasuredColumn ? Qt::AlignRight : Qt::AlignLeft) |
                                Qt::AlignVCenter);
    if (orientation != Qt::Horizontal || (role != Qt::DisplayRole && role != Qt::ToolTipRole))
        return {};
    const bool tip = role == Qt::ToolTipRole;
    switch (section) {
    case PartColumn: return tip ? tr("The part of the world model") : tr("Part");
    case SizeColumn: return tip ? tr("Bytes of its weights in the format of the run") : tr("Weights");
    case PlaceColumn: return tip ? tr("Where it is put for this run") : tr("Place");
    case AfterColumn: return tip ? tr("What becomes of it when its work is done") : tr("After");
    case MeasuredColumn:
        return tip ? tr("How much memory grew while it was loaded and used; – = not run") : tr("Measured");
    default: return {};
    }
}

void MemoryPlanModel::setPlan(const MemoryPlan& plan)
{
    beginResetModel();
    m_plan = plan;
    endResetModel();
}

}  // namespace armillary::widgets
