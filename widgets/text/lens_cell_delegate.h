// A word on the colour of its probability, framed where it is the one that is followed.
// Thread rule: GUI thread.
#pragma once

#include <QStyledItemDelegate>

namespace armillary::widgets {

class LensCellDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

}  // namespace armillary::widgets
