#include "widgets/models/token_table_model.h"

#include "widgets/kind_colors.h"
#include "widgets/theme.h"
#include "widgets/token_description.h"

#include <QApplication>

namespace armillary::widgets {

TokenTableModel::TokenTableModel(const ShownRun& run, QObject* parent) : QAbstractTableModel(parent), m_run(&run)
{
    m_rows = static_cast<int>(run.size());
}

int TokenTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : m_rows;
}

int TokenTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant TokenTableModel::text(std::int64_t position, int column) const
{
    switch (column) {
    case PositionColumn: return static_cast<qlonglong>(position);
    case KindColumn: return kindName(m_run->kindAt(position));
    case IdColumn:
        return m_run->idAt(position) < 0 ? QVariant(QStringLiteral("–"))
                                        : QVariant(static_cast<qlonglong>(m_run->idAt(position)));
    case PieceColumn: return readablePiece(m_run->pieceAt(position));
    case PlaceColumn: {
        const TokenOrigin origin = m_run->originAt(position);
        if (origin.row < 0)
            return {};
        const QString cell = QStringLiteral("%1, %2").arg(origin.row).arg(origin.column);
        return origin.latentFrame >= 0 ? tr("t%1: %2").arg(origin.latentFrame).arg(cell) : cell;
    }
    case ProbabilityColumn: {
        const auto index = static_cast<std::size_t>(position - m_run->prefillLength());
        if (position < m_run->prefillLength() || index >= m_run->generated().size())
            return {};
        return tr("%1 %").arg(100.0 * m_run->generated()[index].probability, 0, 'f', 1);
    }
    default: return {};
    }
}

QVariant TokenTableModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= m_run->size())
        return {};
    switch (role) {
    case Qt::DisplayRole: return text(index.row(), index.column());
    case Qt::DecorationRole:
        if (index.column() == KindColumn)
            return kindColor(m_run->kindAt(index.row()), themeColors(QApplication::palette()).dark);
        return {};
    case Qt::TextAlignmentRole:
        if (index.column() == PositionColumn || index.column() == IdColumn || index.column() == ProbabilityColumn)
            return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
        return {};
    case Qt::ToolTipRole:
    case Qt::AccessibleDescriptionRole: return describeToken(*m_run, index.row()).oneLine();
    default: return {};
    }
}

QVariant TokenTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    const bool number = section == PositionColumn || section == IdColumn || section == ProbabilityColumn;
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>((number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case PositionColumn: return QStringLiteral("#");
    case KindColumn: return tr("Kind");
    case IdColumn: return tr("Id");
    case PieceColumn: return tr("Piece");
    case PlaceColumn: return tr("Row, col");
    case ProbabilityColumn: return tr("Prob.");
    default: return {};
    }
}

void TokenTableModel::setRun(const ShownRun& run)
{
    m_run = &run;
    reload();
}

void TokenTableModel::reload()
{
    beginResetModel();
    m_rows = static_cast<int>(m_run->size());
    endResetModel();
}

void TokenTableModel::grow()
{
    const int rows = static_cast<int>(m_run->size());
    if (rows <= m_rows)
        return;
    beginInsertRows({}, m_rows, rows - 1);
    m_rows = rows;
    endInsertRows();
}

}  // namespace armillary::widgets
