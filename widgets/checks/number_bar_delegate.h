// Draws ResultTableModel::BarRole as a bar behind the number, from the middle of the cell where negative numbers occur; cells
// without a bar as ever.
// Thread rule: GUI thread.
#pragma once

#include <QStyledItemDelegate>

namespace armillary::widgets {

class NumberBarDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

}  // namespace armillary::widgets
