// The view of a FigureTableModel: sorting, filter by name, rows of the focused layer, and which row is chosen.
// Thread rule: GUI thread.
#pragma once

#include "widgets/anatomy/figure_table_model.h"

#include <QTableView>

class QSortFilterProxyModel;

namespace armillary::widgets {

class FigureTable : public QTableView {
    Q_OBJECT
public:
    // `shareColumn`: where a share is drawn as a bar; -1: nowhere.
    FigureTable(std::vector<FigureColumn> columns, int shareColumn, const QString& accessibleName,
                QWidget* parent = nullptr);

    [[nodiscard]] FigureTableModel* figures() const { return m_model; }
    // Keeps the chosen row where it is still there by its name.
    void setRows(std::vector<FigureRow> rows);
    void setFilter(const QString& text);
    void setFocusedLayer(int layer);
    // The row that is chosen; null: none.
    [[nodiscard]] const FigureRow* chosenRow() const;
    void chooseRow(const QString& name);
    [[nodiscard]] QSortFilterProxyModel* sorted() const { return m_sorted; }

Q_SIGNALS:
    void rowChosen();

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void fitColumns();

    FigureTableModel* m_model = nullptr;
    QSortFilterProxyModel* m_sorted = nullptr;
};

}  // namespace armillary::widgets
