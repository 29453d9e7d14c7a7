// Draws a share of 1 as a bar behind its number (WordListModel::BarRole); other cells as ever.
// Thread rule: GUI thread.
#pragma once

#include <QStyledItemDelegate>

namespace armillary::widgets {

class WordBarDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

}  // namespace armillary::widgets
