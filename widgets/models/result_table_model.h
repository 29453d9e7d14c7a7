// A table of an analysis for any view: numbers with few digits and exact ones in tooltips, a dash where there is no number, bars,
// and rows in any order. Whatever the order, rowOf() names a row by its place in the table. A column "verdict" gets its shapes; rows
// with a "reason" could not be computed and are grey.
// Thread rule: GUI thread; the table is immutable and shared.
#pragma once

#include "records/analysis.h"

#include <QAbstractTableModel>
#include <QString>

#include <map>
#include <memory>
#include <vector>

namespace armillary::widgets {

// How a column is shown. Without one the name of the column speaks: "next_token_kl_bits" is "next token kl" in bits.
struct ResultColumn {
    QString title;
    QString unit;
    QString tip;          // what the number means
    bool hasBar = false;  // a bar as long as the number, for NumberBarDelegate
};

// "1,060", "0.0312", "2.1e-5", "–" for none; "1.5 MiB" for bytes. The unit follows unless it is empty.
[[nodiscard]] QString numberText(double value, const QString& unit = {});
// All digits, for tooltips.
[[nodiscard]] QString exactNumberText(double value, const QString& unit = {});

class ResultTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Role {
        CellRole = Qt::UserRole,  // the number (double, NaN for none) or the text
        BarRole,                  // number / largest absolute number of the column; invalid in columns without bars
        SignedRole,               // the column holds numbers below 0
        RowRole                   // row in the table
    };

    using QAbstractTableModel::QAbstractTableModel;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role = Qt::DisplayRole) const override;
    // Column -1: the order of the table. Rows without a number go last, whatever the order.
    void sort(int column, Qt::SortOrder order = Qt::AscendingOrder) override;

    // For columns of this name in every table that comes.
    void describe(const QString& column, ResultColumn how);
    // The texts of this column name the rows, so that they stay in sight while the columns scroll.
    void setRowNames(const QString& column) { m_rowNames = column; }
    // The table of this name in `result`; empty where there is none. The last sort is kept when the columns are the same.
    void setResult(const std::shared_ptr<const AnalysisResult>& result, const std::string& table);
    void setTable(AnalysisTable table);
    void clear();

    [[nodiscard]] const AnalysisTable* table() const { return m_table.get(); }
    // -1: the order of the table.
    [[nodiscard]] int sortColumn() const { return m_sortColumn; }
    // -1: no such column.
    [[nodiscard]] int columnOf(const QString& name) const;
    // Row of the table at `row` of the view, and back.
    [[nodiscard]] int rowOf(int row) const { return m_order[static_cast<std::size_t>(row)]; }
    [[nodiscard]] int viewRowOf(int tableRow) const;

private:
    struct Column {
        ResultColumn how;
        bool isNumber = false;
        bool isSigned = false;
        double largest = 0;
    };

    void setShared(std::shared_ptr<const AnalysisTable> table);
    [[nodiscard]] Column columnFrom(std::size_t index) const;
    void arrange();
    [[nodiscard]] const AnalysisCell& cell(const QModelIndex& index) const;
    // The text at a row of the view; empty for numbers and columns that are not there.
    [[nodiscard]] QString text(int row, int column) const;

    std::shared_ptr<const AnalysisTable> m_table;
    std::vector<Column> m_columns;
    std::vector<int> m_order;
    std::map<QString, ResultColumn> m_described;
    QString m_rowNames;
    int m_reasonColumn = -1;
    int m_verdictColumn = -1;
    int m_sortColumn = -1;
    Qt::SortOrder m_sortOrder = Qt::AscendingOrder;
};

}  // namespace armillary::widgets
