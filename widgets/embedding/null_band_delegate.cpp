#include "widgets/embedding/null_band_delegate.h"

#include "widgets/theme.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

struct Axis {
    double low = 0, high = 1, left = 0, width = 1;

    [[nodiscard]] double x(double value) const
    {
        return left + width * std::clamp((value - low) / std::max(high - low, 1e-12), 0.0, 1.0);
    }
};

Axis axisOf(const MeasureRow& row, const QRectF& cell)
{
    Axis out;
    out.low = std::min({row.value, row.band->low, row.band->mean, 0.0});
    out.high = std::max({row.value, row.band->high, row.band->mean, 0.0});
    out.left = cell.left() + 8;
    out.width = std::max(1.0, cell.width() - 16);
    return out;
}

}  // namespace

double NullBandDelegate::markX(const MeasureRow& row, const QRectF& cell)
{
    return axisOf(row, cell).x(row.value);
}

void NullBandDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    QStyledItemDelegate::paint(painter, option, index);
    const int at = index.data(MeasureTableModel::RowRole).toInt();
    if (at < 0 || at >= static_cast<int>(m_model.rows().size()))
        return;
    const MeasureRow& row = m_model.rows()[static_cast<std::size_t>(at)];
    if (!row.band || !std::isfinite(row.value))
        return;
    const ThemeColors& theme = themeColors(option.palette);
    const QRectF cell(option.rect);
    const Axis axis = axisOf(row, cell);
    const double middle = cell.center().y();
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(theme.border, 1));
    painter->drawLine(QPointF(axis.left, middle), QPointF(axis.left + axis.width, middle));
    const double low = axis.x(row.band->low);
    const double high = std::max(axis.x(row.band->high), low + 2);
    QColor band = theme.muted;
    band.setAlphaF(0.35F);
    painter->fillRect(QRectF(low, middle - 6, high - low, 12), band);
    painter->setPen(QPen(theme.muted, 1));
    const double mean = axis.x(row.band->mean);
    painter->drawLine(QPointF(mean, middle - 6), QPointF(mean, middle + 6));
    painter->setPen(Qt::NoPen);
    painter->setBrush(row.isChance() ? theme.muted : theme.accent);
    painter->drawEllipse(QPointF(axis.x(row.value), middle), 4.5, 4.5);
    painter->restore();
}

}  // namespace armillary::widgets
