#include "widgets/checks/number_bar_delegate.h"

#include "widgets/checks/series_chart.h"
#include "widgets/models/result_table_model.h"
#include "widgets/theme.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace armillary::widgets {

void NumberBarDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const QVariant share = index.data(ResultTableModel::BarRole);
    if (share.isValid()) {
        const ThemeColors& colors = themeColors(option.palette);
        const QRectF cell = QRectF(option.rect).adjusted(3, 3, -3, -3);
        const double value = std::clamp(share.toDouble(), -1.0, 1.0);
        const bool isSigned = index.data(ResultTableModel::SignedRole).toBool();
        const double zero = isSigned ? cell.center().x() : cell.left();
        const double room = isSigned ? cell.width() / 2 : cell.width();
        QColor color = value < 0 ? seriesColor(1, colors.dark) : seriesColor(0, colors.dark);
        color.setAlphaF(0.34F);
        const double length = std::max(std::abs(value) * room, 1.0);
        painter->fillRect(QRectF(value < 0 ? zero - length : zero, cell.top(), length, cell.height()), color);
    }
    QStyledItemDelegate::paint(painter, option, index);
}

}  // namespace armillary::widgets
