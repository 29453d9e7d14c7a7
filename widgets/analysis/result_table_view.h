// A table view for ResultTableModel: rows to choose, sorting by the headers, bars in cells, long texts cut off with the whole text
// as a tooltip.
// Thread rule: GUI thread.
#pragma once

class QAbstractItemModel;
class QTableView;
class QWidget;

namespace armillary::widgets {

class ResultTableModel;

[[nodiscard]] QTableView* makeResultTable(ResultTableModel* model, QWidget* parent = nullptr);
// The same looks for another model: no grid, thin rows, whole rows chosen.
void dressTable(QTableView* table);
// Rows of one line of text and so many pixels, also after the text has grown or shrunk. Once a table.
void fitRows(QTableView* table, int extraPixels);

}  // namespace armillary::widgets
