// What pointer and keys do in a conversation.
#include "widgets/text/conversation_view.h"

#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QMenu>
#include <QScrollBar>

#include <algorithm>
#include <utility>

namespace armillary::widgets {

void ConversationView::resizeEvent(QResizeEvent*)
{
    const bool atEnd = verticalScrollBar()->value() >= verticalScrollBar()->maximum() - 4;
    for (Block& block : m_blocks)
        styleBlock(block);
    arrange();
    if (atEnd)
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
    Q_EMIT wordLeft();
}

void ConversationView::scrollContentsBy(int, int)
{
    viewport()->update();
    Q_EMIT wordLeft();
}

void ConversationView::mouseMoveEvent(QMouseEvent* event)
{
    const std::optional<std::int64_t> position = positionFromPoint(event->pos());
    const Positions own = std::exchange(m_hover, position ? Positions{*position} : Positions{});
    if (m_hover.empty())
        m_selection.endHover(own);
    else
        m_selection.hover(m_hover);
}

void ConversationView::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return;
    const std::optional<std::int64_t> position = positionFromPoint(event->pos());
    const Qt::KeyboardModifiers keys = event->modifiers();
    if (position && keys.testFlag(Qt::ShiftModifier)) {
        m_selection.extendTo(*position);
    } else if (position && keys.testFlag(Qt::ControlModifier)) {
        m_selection.toggle({*position});
    } else if (position && keys.testFlag(Qt::AltModifier)) {
        Focus focus = m_selection.focus();
        focus.query = focus.query == position ? std::nullopt : position;
        m_selection.setFocus(focus);
        viewport()->update();
    } else {
        m_selection.choose(position ? Positions{*position} : Positions{});
        if (position) {
            Q_EMIT alternativesWanted(*position);
            return;
        }
    }
    Q_EMIT wordLeft();
}

bool ConversationView::viewportEvent(QEvent* event)
{
    if (event->type() == QEvent::Leave)
        m_selection.endHover(std::exchange(m_hover, {}));
    return QAbstractScrollArea::viewportEvent(event);
}

void ConversationView::moveByToken(int step)
{
    const Block* answer = answerBlock();
    if (answer == nullptr || answer->tokenStarts.empty())
        return;
    const std::int64_t first = m_run.prefillLength();
    const std::int64_t last = first + static_cast<std::int64_t>(answer->tokenStarts.size()) - 1;
    const std::int64_t now = m_selection.described().value_or(step > 0 ? first - 1 : last + 1);
    const std::int64_t next = std::clamp(now + step, first, last);
    m_selection.choose({next});
    const std::optional<QRect> rect = rectFromPosition(next);
    if (!rect)
        return;
    if (rect->top() < 0)
        verticalScrollBar()->setValue(verticalScrollBar()->value() + rect->top());
    else if (rect->bottom() > viewport()->height())
        verticalScrollBar()->setValue(verticalScrollBar()->value() + rect->bottom() - viewport()->height());
}

void ConversationView::keyPressEvent(QKeyEvent* event)
{
    const std::optional<std::int64_t> described = m_selection.described();
    if (event->matches(QKeySequence::Copy))
        QApplication::clipboard()->setText(answerText());
    else if (event->key() == Qt::Key_Right)
        moveByToken(1);
    else if (event->key() == Qt::Key_Left)
        moveByToken(-1);
    else if (event->key() == Qt::Key_Home)
        verticalScrollBar()->setValue(0);
    else if (event->key() == Qt::Key_End)
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
    else if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) && described &&
             *described >= m_run.prefillLength())
        Q_EMIT alternativesWanted(*described);
    else
        QAbstractScrollArea::keyPressEvent(event);
}

void ConversationView::contextMenuEvent(QContextMenuEvent* event)
{
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setToolTipsVisible(true);
    const Block* block = event->reason() == QContextMenuEvent::Mouse ? blockAt(event->pos()) : nullptr;
    if (block != nullptr && block->role == ChatRole::User) {
        menu->addAction(tr("Edit this question"), this, [this, text = block->text.text()] { Q_EMIT editWanted(text); });
        menu->addSeparator();
    }
    menu->addActions(actions());
    if (!actions().isEmpty())
        menu->addSeparator();
    menu->addAction(tr("Copy the answer"), this, [this] { QApplication::clipboard()->setText(answerText()); });
    menu->addAction(tr("Copy the whole conversation"), this,
                    [this] { QApplication::clipboard()->setText(conversationText()); });
    menu->popup(event->globalPos());
}

void ConversationView::changeEvent(QEvent* event)
{
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::FontChange) {
        for (Block& block : m_blocks)
            styleBlock(block);
        arrange();
    }
    if (event->type() == QEvent::PaletteChange)
        viewport()->update();
}

}  // namespace armillary::widgets
