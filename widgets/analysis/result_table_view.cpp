#include "widgets/analysis/result_table_view.h"

#include "widgets/checks/number_bar_delegate.h"
#include "widgets/models/result_table_model.h"

#include <QEvent>
#include <QHeaderView>
#include <QTableView>

#include <algorithm>

namespace armillary::widgets {
namespace {

constexpr int kWidest = 260;  // pixels of a column of text; more is cut off

class RowHeight : public QObject {
public:
    RowHeight(QTableView* table, int extraPixels) : QObject(table), m_table(table), m_extraPixels(extraPixels)
    {
        fit();
        table->installEventFilter(this);
    }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override
    {
        if (event->type() == QEvent::FontChange)
            fit();
        return QObject::eventFilter(watched, event);
    }

private:
    void fit() { m_table->verticalHeader()->setDefaultSectionSize(m_table->fontMetrics().height() + m_extraPixels); }

    QTableView* m_table;
    int m_extraPixels;
};

// Columns as wide as what they hold, measured on the first rows.
void fitColumns(QTableView* table)
{
    table->resizeColumnsToContents();
    for (int i = 0; i < table->model()->columnCount(); ++i)
        table->setColumnWidth(i, std::clamp(table->columnWidth(i) + 6, 40, kWidest));
}

}  // namespace

void dressTable(QTableView* table)
{
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setShowGrid(false);
    table->setAlternatingRowColors(true);
    table->setWordWrap(false);
    table->setMinimumHeight(48);
    table->setSizeAdjustPolicy(QAbstractScrollArea::AdjustIgnored);
    table->setMouseTracking(true);
    table->setTabKeyNavigation(false);
    table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    table->verticalHeader()->hide();
    table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    fitRows(table, 8);
    table->horizontalHeader()->setHighlightSections(false);
    table->horizontalHeader()->setStretchLastSection(true);
    table->horizontalHeader()->setResizeContentsPrecision(50);
}

void fitRows(QTableView* table, int extraPixels)
{
    new RowHeight(table, extraPixels);  // the table's child
}

QTableView* makeResultTable(ResultTableModel* model, QWidget* parent)
{
    auto* table = new QTableView(parent);
    dressTable(table);
    table->setSelectionMode(QAbstractItemView::SingleSelection);
    table->setItemDelegate(new NumberBarDelegate(table));
    table->setModel(model);
    table->setSortingEnabled(true);
    // The order of the analysis until a header is clicked.
    table->horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
    QObject::connect(model, &QAbstractItemModel::modelReset, table, [table, model] {
        if (model->sortColumn() < 0)
            table->horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
        fitColumns(table);
    });
    fitColumns(table);
    return table;
}

}  // namespace armillary::widgets
