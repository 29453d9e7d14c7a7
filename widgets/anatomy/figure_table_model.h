// A table of figures that somebody made: rows with a name, texts and the numbers to sort by. For tensors and times.
// Thread rule: GUI thread. Rows are plain values and may be made anywhere.
#pragma once

#include <QAbstractTableModel>
#include <QString>

#include <vector>

namespace armillary::widgets {

struct FigureColumn {
    QString title;
    QString tip;
    bool isNumber = true;
};

struct FigureCell {
    QString text = {};
    double sort = 0;  // of numbers
};

struct FigureRow {
    QString name = {};  // in full: what filters read
    std::vector<FigureCell> cells = {};
    QString tip = {};
    int layer = -1;         // of the language model; -1: none
    double share = -1;      // 0 ... 1, for a bar; less than 0: none
    bool isTotal = false;   // of a part or a stage: bold
    bool isFault = false;   // shown in the colour of errors
    std::size_t index = 0;  // of whoever made it
};

class FigureTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Role { NameRole = Qt::UserRole, LayerRole, ShareRole, SortRole, IndexRole };

    explicit FigureTableModel(std::vector<FigureColumn> columns, QObject* parent = nullptr);

    void setRows(std::vector<FigureRow> rows);
    // Where bars are drawn, which a ground of its own would hide.
    void setShareColumn(int column) { m_shareColumn = column; }
    [[nodiscard]] const std::vector<FigureRow>& rows() const { return m_rows; }
    // The focused layer's rows stand out.
    void setFocusedLayer(int layer);
    // -1: no row of that layer.
    [[nodiscard]] int firstRowOf(int layer) const;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<FigureColumn> m_columns;
    std::vector<FigureRow> m_rows;
    int m_focused = -1;
    int m_shareColumn = -1;
};

}  // namespace armillary::widgets
