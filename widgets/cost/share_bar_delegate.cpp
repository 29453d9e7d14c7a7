#include "widgets/cost/share_bar_delegate.h"

#include "widgets/theme.h"

#include <QPainter>

#include <algorithm>

namespace armillary::widgets {

ShareBarDelegate::ShareBarDelegate(int shareRole, QObject* parent) : QStyledItemDelegate(parent), m_shareRole(shareRole)
{}

void ShareBarDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const double share = index.data(m_shareRole).toDouble();
    if (share >= 0) {
        QColor color = themeColors(option.palette).accent;
        color.setAlphaF(0.35F);
        QRectF bar(option.rect.adjusted(2, 4, -2, -4));
        bar.setWidth(std::max(1.0, bar.width() * std::min(share, 1.0)));
        painter->fillRect(bar, color);
    }
    QStyledItemDelegate::paint(painter, option, index);
}

QSize ShareBarDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    // Rows as high as those of the tables, so that a bar has room around it.
    QSize size = QStyledItemDelegate::sizeHint(option, index);
    size.setHeight(std::max(size.height(), option.fontMetrics.height() + 6));
    return size;
}

}  // namespace armillary::widgets
