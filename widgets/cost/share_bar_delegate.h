// Paints a share of the whole as a bar with its number on it.
// Thread rule: GUI thread.
#pragma once

#include <QStyledItemDelegate>

namespace armillary::widgets {

class ShareBarDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    // `shareRole` gives 0 ... 1, or less than 0 for no bar.
    ShareBarDelegate(int shareRole, QObject* parent);

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    int m_shareRole;
};

}  // namespace armillary::widgets
