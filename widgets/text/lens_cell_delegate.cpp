#include "widgets/text/lens_cell_delegate.h"

#include "widgets/colormap.h"
#include "widgets/models/lens_table_model.h"
#include "widgets/text/word_colors.h"
#include "widgets/theme.h"

#include <QPainter>

namespace armillary::widgets {

void LensCellDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const QVariant probability = index.data(LensTableModel::ProbabilityRole);
    if (!probability.isValid())
        return;
    const ThemeColors& theme = themeColors(option.palette);
    const QColor ground(scaleColor(ColorScale::Magnitude, probability.toDouble()));
    painter->save();
    painter->fillRect(option.rect.adjusted(0, 0, -1, -1), ground);
    const QRect place = option.rect.adjusted(3, 0, -4, 0);
    const QString word = index.data(Qt::DisplayRole).toString();
    const bool fits = option.fontMetrics.horizontalAdvance(word) <= place.width();
    painter->setPen(inkOn(ground));
    painter->drawText(place, static_cast<int>(fits ? Qt::AlignCenter : Qt::AlignVCenter | Qt::AlignLeft),
                      option.fontMetrics.elidedText(word, Qt::ElideRight, place.width()));
    if (index.data(LensTableModel::FollowedRole).toBool()) {
        painter->setPen(QPen(inkOn(ground), 2));
        painter->drawRect(option.rect.adjusted(1, 1, -3, -3));
    }
    if (option.state.testFlag(QStyle::State_HasFocus)) {
        painter->setPen(QPen(theme.accent, 3));
        painter->drawRect(option.rect.adjusted(1, 1, -3, -3));
    }
    painter->restore();
}

}  // namespace armillary::widgets
