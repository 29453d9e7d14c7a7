#include "widgets/anatomy/figure_table_model.h"

#include "widgets/theme.h"

#include <QApplication>
#include <QFont>

#include <algorithm>
#include <utility>

namespace armillary::widgets {

FigureTableModel::FigureTableModel(std::vector<FigureColumn> columns, QObject* parent)
    : QAbstractTableModel(parent), m_columns(std::move(columns))
{}

void FigureTableModel::setRows(std::vector<FigureRow> rows)
{
    beginResetModel();
    m_rows = std::move(rows);
    endResetModel();
}

void FigureTableModel::setFocusedLayer(int layer)
{
    if (layer == m_focused)
        return;
    m_focused = layer;
    if (!m_rows.empty())
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1), {Qt::BackgroundRole});
}

int FigureTableModel::firstRowOf(int layer) const
{
    const auto found = std::find_if(m_rows.begin(), m_rows.end(),
                                    [layer](const FigureRow& row) { return layer >= 0 && row.layer == layer; });
    return found == m_rows.end() ? -1 : static_cast<int>(found - m_rows.begin());
}

int FigureTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int FigureTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_columns.size());
}

QVariant FigureTableModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    const FigureRow& row = m_rows[static_cast<std::size_t>(index.row())];
    const auto column = static_cast<std::size_t>(index.column());
    const FigureCell empty;
    const FigureCell& cell = column < row.cells.size() ? row.cells[column] : empty;
    switch (role) {
    case Qt::DisplayRole: return cell.text;
    case Qt::ToolTipRole: return row.tip.isEmpty() ? row.name : row.name + QLatin1Char('\n') + row.tip;
    case Qt::TextAlignmentRole:
        return static_cast<int>((m_columns[column].isNumber ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    case Qt::FontRole: {
        if (!row.isTotal)
            return {};
        QFont font = QApplication::font();
        font.setBold(true);
        return font;
    }
    case Qt::ForegroundRole: return row.isFault ? QVariant(themeColors(QApplication::palette()).error) : QVariant();
    case Qt::BackgroundRole:
        return row.layer >= 0 && row.layer == m_focused && index.column() != m_shareColumn
                   ? QVariant(themeColors(QApplication::palette()).soft)
                   : QVariant();
    case NameRole: return row.name;
    case LayerRole: return row.layer;
    case ShareRole: return row.share;
    case SortRole: return m_columns[column].isNumber ? QVariant(cell.sort) : QVariant(cell.text);
    case IndexRole: return static_cast<qulonglong>(row.index);
    default: return {};
    }
}

QVariant FigureTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount())
        return {};
    const FigureColumn& column = m_columns[static_cast<std::size_t>(section)];
    switch (role) {
    case Qt::DisplayRole: return column.title;
    case Qt::ToolTipRole: return column.tip;
    case Qt::TextAlignmentRole:
        return static_cast<int>((column.isNumber ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    default: return {};
    }
}

}  // namespace armillary::widgets
