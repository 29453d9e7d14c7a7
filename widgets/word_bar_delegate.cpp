#include "widgets/word_bar_delegate.h"

#include "widgets/kind_colors.h"
#include "widgets/models/word_list_model.h"
#include "widgets/theme.h"

#include <QApplication>
#include <QPainter>

#include <algorithm>
#include <utility>

namespace armillary::widgets {

void WordBarDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const QVariant bar = index.data(WordListModel::BarRole);
    if (!bar.isValid()) {
        QStyledItemDelegate::paint(painter, option, index);
        return;
    }
    QStyleOptionViewItem cell = option;
    initStyleOption(&cell, index);
    const QString text = std::exchange(cell.text, QString());
    const QStyle* style = cell.widget != nullptr ? cell.widget->style() : QApplication::style();
    style->drawControl(QStyle::CE_ItemViewItem, &cell, painter, cell.widget);
    const ThemeColors& theme = themeColors(option.palette);
    QColor color = kindColor(TokenKind::Generated, theme.dark);
    color.setAlphaF(0.55F);
    const QRectF place = QRectF(option.rect).adjusted(2, 3, -2, -3);
    painter->fillRect(QRectF(place.left(), place.top(), place.width() * std::clamp(bar.toDouble(), 0.0, 1.0),
                             place.height()),
                      color);
    painter->setPen(theme.text);
    painter->setFont(cell.font);
    painter->drawText(place.adjusted(4, 0, -4, 0), static_cast<int>(cell.displayAlignment), text);
}

}  // namespace armillary::widgets
