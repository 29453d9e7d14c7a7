#include "widgets/flow_row.h"

#include <QWidget>

#include <algorithm>

namespace armillary::widgets {

FlowRow::FlowRow(QWidget* parent) : QLayout(parent)
{
    setContentsMargins(12, 2, 8, 2);
    setSpacing(8);
}

FlowRow::~FlowRow()
{
    qDeleteAll(m_items);
}

QLayoutItem* FlowRow::takeAt(int index)
{
    return index >= 0 && index < count() ? m_items.takeAt(index) : nullptr;
}

int FlowRow::heightForWidth(int width) const
{
    return place({0, 0, width, 0}, true);
}

QSize FlowRow::sizeHint() const
{
    const QMargins margins = contentsMargins();
    int width = margins.left() + margins.right();
    for (const QLayoutItem* item : m_items)
        width += item->sizeHint().width() + spacing();
    return {width, heightForWidth(width)};
}

QSize FlowRow::minimumSize() const
{
    QSize size;
    for (const QLayoutItem* item : m_items)
        size = size.expandedTo(item->minimumSize());
    const QMargins margins = contentsMargins();
    return size + QSize(margins.left() + margins.right(), margins.top() + margins.bottom());
}

void FlowRow::setGeometry(const QRect& rect)
{
    QLayout::setGeometry(rect);
    place(rect, false);
}

int FlowRow::place(const QRect& rect, bool isTrial) const
{
    const QRect room = rect.marginsRemoved(contentsMargins());
    int x = room.left();
    int y = room.top();
    int high = 0;
    for (QLayoutItem* item : m_items) {
        if (item->isEmpty())
            continue;
        const QSize size = item->sizeHint();
        if (x > room.left() && x + size.width() > room.right() + 1) {
            x = room.left();
            y += high + spacing() / 2;
            high = 0;
        }
        if (!isTrial)
            item->setGeometry({QPoint(x, y), QSize(std::min(size.width(), room.width()), size.height())});
        x += size.width() + spacing();
        high = std::max(high, size.height());
    }
    return y + high - rect.top() + contentsMargins().bottom();
}

}  // namespace armillary::widgets
