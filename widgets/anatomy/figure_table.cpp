#include "widgets/anatomy/figure_table.h"

#include "widgets/analysis/result_table_view.h"
#include "widgets/cost/share_bar_delegate.h"

#include <QHeaderView>
#include <QResizeEvent>
#include <QSignalBlocker>
#include <QSortFilterProxyModel>
#include <QStyledItemDelegate>

#include <algorithm>
#include <utility>

namespace armillary::widgets {
namespace {

// The end of a dotted name tells more than its beginning.
class NameDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override
    {
        QStyledItemDelegate::initStyleOption(option, index);
        option->textElideMode = Qt::ElideLeft;
    }
};

}  // namespace

FigureTable::FigureTable(std::vector<FigureColumn> columns, int shareColumn, const QString& accessibleName,
                         QWidget* parent)
    : QTableView(parent),
      m_model(new FigureTableModel(std::move(columns), this)),
      m_sorted(new QSortFilterProxyModel(this))
{
    m_sorted->setSourceModel(m_model);
    m_sorted->setFilterRole(FigureTableModel::NameRole);
    m_sorted->setSortRole(FigureTableModel::SortRole);
    m_sorted->setFilterCaseSensitivity(Qt::CaseInsensitive);
    setModel(m_sorted);
    setAccessibleName(accessibleName);
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setSelectionMode(QAbstractItemView::SingleSelection);
    setAlternatingRowColors(true);
    setShowGrid(false);
    setWordWrap(false);
    setTabKeyNavigation(false);
    setTextElideMode(Qt::ElideRight);
    setItemDelegateForColumn(0, new NameDelegate(this));
    setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    verticalHeader()->hide();
    fitRows(this, 6);
    verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    horizontalHeader()->setMinimumSectionSize(40);
    horizontalHeader()->setHighlightSections(false);
    setSortingEnabled(true);
    // As made, until a person clicks a header.
    m_sorted->sort(-1);
    horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
    m_model->setShareColumn(shareColumn);
    if (shareColumn >= 0)
        setItemDelegateForColumn(shareColumn, new ShareBarDelegate(FigureTableModel::ShareRole, this));
    connect(selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& current) {
        if (current.isValid())
            Q_EMIT rowChosen();
    });
}

void FigureTable::setRows(std::vector<FigureRow> rows)
{
    const FigureRow* chosen = chosenRow();
    const QString name = chosen != nullptr ? chosen->name : QString();
    {
        const QSignalBlocker quiet(selectionModel());
        m_model->setRows(std::move(rows));
        chooseRow(name);
    }
    fitColumns();
    viewport()->update();
}

void FigureTable::setFilter(const QString& text)
{
    m_sorted->setFilterFixedString(text);
}

void FigureTable::setFocusedLayer(int layer)
{
    m_model->setFocusedLayer(layer);
    const FigureRow* chosen = chosenRow();
    if (chosen != nullptr && chosen->layer == layer)
        return;
    const int row = m_model->firstRowOf(layer);
    if (row >= 0)
        scrollTo(m_sorted->mapFromSource(m_model->index(row, 0)));
}

const FigureRow* FigureTable::chosenRow() const
{
    const QModelIndex at = m_sorted->mapToSource(currentIndex());
    return at.isValid() ? &m_model->rows()[static_cast<std::size_t>(at.row())] : nullptr;
}

void FigureTable::chooseRow(const QString& name)
{
    const auto found = std::find_if(m_model->rows().begin(), m_model->rows().end(),
                                    [&name](const FigureRow& row) { return row.name == name; });
    if (found == m_model->rows().end())
        return;
    const auto row = static_cast<int>(found - m_model->rows().begin());
    setCurrentIndex(m_sorted->mapFromSource(m_model->index(row, 0)));
}

void FigureTable::fitColumns()
{
    // Names take what the numbers leave, and as much as they need up to nearly half of the room.
    resizeColumnsToContents();
    const int wanted = columnWidth(0);
    const int most = 32 * fontMetrics().averageCharWidth();
    int others = 0;
    for (int column = 1; column < m_model->columnCount(); ++column) {
        setColumnWidth(column, std::min(columnWidth(column), most));
        others += columnWidth(column);
    }
    const int room = viewport()->width();
    setColumnWidth(0, std::max(room - others, std::min(wanted, room * 45 / 100)));
}

void FigureTable::resizeEvent(QResizeEvent* event)
{
    QTableView::resizeEvent(event);
    if (event->oldSize().width() != event->size().width())
        fitColumns();
}

}  // namespace armillary::widgets
