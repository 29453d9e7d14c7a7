#include "widgets/conversation_view.h"

#include "widgets/kind_colors.h"
#include "widgets/theme.h"
#include "widgets/token_description.h"

#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QFontMetricsF>
#include <QMenu>
#include <QPainter>
#include <QScrollBar>

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

constexpr double kSideMargin = 14;
constexpr double kBubblePadding = 10;
constexpr double kBlockGap = 14;

QFont captionFont(const QFont& base)
{
    QFont font = base;
    font.setWeight(QFont::DemiBold);
    if (font.pointSizeF() > 0)
        font.setPointSizeF(font.pointSizeF() * 0.9);
    return font;
}

QString stateWords(RunState state, const RunRecord* record)
{
    switch (state) {
    case RunState::Cancelled: return ConversationView::tr("stopped");
    case RunState::Failed: return ConversationView::tr("no answer: see Messages");
    case RunState::Completed:
        return record != nullptr && record->stopReason == StopReason::TokenLimit
                   ? ConversationView::tr("cut at the limit of new tokens")
                   : QString();
    default: return {};
    }
}

}  // namespace

ConversationView::ConversationView(const ShownRun& run, Selection& selection, QWidget* parent)
    : QAbstractScrollArea(parent), m_run(run), m_selection(selection)
{
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Conversation"));
    viewport()->setMouseTracking(true);
    viewport()->setAutoFillBackground(false);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
}

void ConversationView::styleBlock(Block& block)
{
    block.text.setFont(font());
    block.text.setWidth(viewport()->width() - 2 * kSideMargin - 2 * kBubblePadding);
}

void ConversationView::addBlock(ChatRole role, const QString& caption, const QString& text)
{
    Block block;
    block.role = role;
    block.caption = caption;
    styleBlock(block);
    block.text.append(text);
    m_blocks.push_back(std::move(block));
}

void ConversationView::showTurns()
{
    m_blocks.clear();
    m_tokenStarts.clear();
    m_hasAnswer = false;
    const Question* question = m_run.question();
    if (question == nullptr) {
        arrange();
        return;
    }
    const auto caption = [question](const ChatTurn& turn) {
        if (turn.role == ChatRole::Model)
            return tr("Answer");
        QStringList names;
        for (const int media : turn.mediaIndices) {
            const bool isVideo = media < static_cast<int>(question->media.size()) &&
                                 question->media[static_cast<std::size_t>(media)].framesPerSecond > 0;
            const QString name = mediaName(*question, media);
            names << (isVideo ? tr("%1, frame %2").arg(name).arg(stillFrameIndex(*question, media) + 1) : name);
        }
        return names.isEmpty() ? tr("Question") : tr("Question · %1").arg(names.join(QStringLiteral(", ")));
    };
    for (const ChatTurn& turn : question->turns)
        addBlock(turn.role, caption(turn), QString::fromStdString(turn.text));
    if (question->rawPrompt)
        addBlock(ChatRole::User, tr("Raw prompt"), QString::fromStdString(*question->rawPrompt));
    addBlock(ChatRole::Model, tr("Answer"), {});
    m_hasAnswer = true;
    if (!m_run.generated().empty())
        appendTokens(0, static_cast<qint64>(m_run.generated().size()));
    showState();
    verticalScrollBar()->setValue(verticalScrollBar()->maximum());
}

void ConversationView::appendTokens(qint64 first, qint64 count)
{
    Block* answer = answerBlock();
    if (answer == nullptr || static_cast<std::size_t>(first) != m_tokenStarts.size())
        return;
    QString text;
    for (qint64 i = first; i < first + count; ++i) {
        m_tokenStarts.push_back(answer->text.text().size() + text.size());
        text += QString::fromStdString(m_run.generated()[static_cast<std::size_t>(i)].text);
    }
    const bool atEnd = verticalScrollBar()->value() >= verticalScrollBar()->maximum() - 4;
    answer->text.append(text);
    arrange();
    if (atEnd)
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
}

void ConversationView::showState()
{
    if (Block* answer = answerBlock()) {
        answer->footnote = stateWords(m_run.state(), m_run.record().get());
        if (m_run.state() != RunState::Running)
            setAccessibleDescription(tr("Last answer: %1").arg(answer->text.text()));
    }
    arrange();
}

ConversationView::Block* ConversationView::answerBlock()
{
    return m_hasAnswer ? &m_blocks.back() : nullptr;
}

const ConversationView::Block* ConversationView::answerBlock() const
{
    return m_hasAnswer ? &m_blocks.back() : nullptr;
}

QString ConversationView::answerText() const
{
    return m_hasAnswer ? m_blocks.back().text.text() : QString();
}

QString ConversationView::conversationText() const
{
    QStringList parts;
    for (const Block& block : m_blocks)
        parts << QStringLiteral("%1\n%2").arg(block.caption, block.text.text());
    return parts.join(QStringLiteral("\n\n"));
}

double ConversationView::captionHeight() const
{
    return std::ceil(QFontMetricsF(captionFont(font())).height() + 4);
}

double ConversationView::blockHeight(const Block& block) const
{
    const double text = std::max(block.text.height(), block.text.lineHeight());
    const double footnote = block.footnote.isEmpty() ? 0 : captionHeight();
    const double padding = block.role == ChatRole::User ? 2 * kBubblePadding : kBubblePadding;
    return captionHeight() + text + footnote + padding;
}

QPointF ConversationView::textOrigin(const Block& block) const
{
    const double padding = block.role == ChatRole::User ? kBubblePadding : 0;
    return {kSideMargin + kBubblePadding, block.top + padding + captionHeight()};
}

void ConversationView::arrange()
{
    double y = kBlockGap / 2;
    for (Block& block : m_blocks) {
        block.top = y;
        y += blockHeight(block) + kBlockGap;
    }
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setSingleStep(static_cast<int>(captionHeight()));
    verticalScrollBar()->setRange(0, std::max(0, static_cast<int>(std::ceil(y)) - viewport()->height()));
    viewport()->update();
}

std::pair<qsizetype, qsizetype> ConversationView::rangeFromToken(std::size_t index) const
{
    const qsizetype start = m_tokenStarts[index];
    const qsizetype end =
        index + 1 < m_tokenStarts.size() ? m_tokenStarts[index + 1] : m_blocks.back().text.text().size();
    return {start, end - start};
}

std::optional<std::int64_t> ConversationView::positionFromPoint(const QPoint& point) const
{
    const Block* answer = answerBlock();
    if (answer == nullptr)
        return std::nullopt;
    const QPointF inContent = QPointF(point) + QPointF(0, verticalScrollBar()->value());
    const auto character = answer->text.characterFromPoint(inContent - textOrigin(*answer));
    if (!character)
        return std::nullopt;
    const auto after = std::upper_bound(m_tokenStarts.begin(), m_tokenStarts.end(), *character);
    if (after == m_tokenStarts.begin())
        return std::nullopt;
    return m_run.prefillLength() + (after - m_tokenStarts.begin()) - 1;
}

std::optional<QPoint> ConversationView::pointFromPosition(std::int64_t position) const
{
    const Block* answer = answerBlock();
    const std::int64_t index = position - m_run.prefillLength();
    if (answer == nullptr || index < 0 || index >= static_cast<std::int64_t>(m_tokenStarts.size()))
        return std::nullopt;
    const auto [start, length] = rangeFromToken(static_cast<std::size_t>(index));
    const std::vector<QRectF> rects = answer->text.rectsFromRange(start, length);
    if (rects.empty())
        return std::nullopt;
    const QPointF centre = rects.front().center() + textOrigin(*answer) - QPointF(0, verticalScrollBar()->value());
    return viewport()->rect().contains(centre.toPoint()) ? std::optional(centre.toPoint()) : std::nullopt;
}

void ConversationView::paintTokenMarks(QPainter& painter, const Block& block, const QPointF& origin, double visibleTop,
                                       double visibleBottom)
{
    const ThemeColors& theme = themeColors(palette());
    // A range may hold the whole of a long answer; only what is in view is measured.
    const std::vector<FlowText::Line>& lines = block.text.lines();
    if (lines.empty())
        return;
    const auto lineAt = [&](double y) {
        const double line =
            std::clamp((y - origin.y()) / block.text.lineHeight(), 0.0, static_cast<double>(lines.size() - 1));
        return lines[static_cast<std::size_t>(line)];
    };
    const qsizetype firstCharacter = lineAt(visibleTop).start;
    const qsizetype lastCharacter = lineAt(visibleBottom).start + lineAt(visibleBottom).length;
    const auto mark = [&](const Positions& positions, double opacity) {
        const auto begin = std::lower_bound(positions.begin(), positions.end(), m_run.prefillLength());
        for (auto it = begin; it != positions.end(); ++it) {
            const auto index = static_cast<std::size_t>(*it - m_run.prefillLength());
            if (index >= m_tokenStarts.size())
                break;
            const auto [start, length] = rangeFromToken(index);
            if (start + length < firstCharacter || start > lastCharacter)
                continue;
            QColor color = kindColor(TokenKind::Generated, theme.dark);
            color.setAlphaF(static_cast<float>(opacity));
            for (const QRectF& rect : block.text.rectsFromRange(start, length)) {
                painter.setPen(Qt::NoPen);
                painter.setBrush(color);
                painter.drawRoundedRect(rect.translated(origin).adjusted(-1, 1, 1, -1), 3, 3);
            }
        }
    };
    mark(m_selection.chosen(), 0.55);
    mark(m_selection.hovered(), 0.45);
}

void ConversationView::paintBlock(QPainter& painter, const Block& block, double visibleTop, double visibleBottom)
{
    const ThemeColors& theme = themeColors(palette());
    const bool user = block.role == ChatRole::User;
    const QRectF frame(kSideMargin, block.top, viewport()->width() - 2 * kSideMargin, blockHeight(block));
    if (user) {
        painter.setPen(QPen(theme.border, 1));
        painter.setBrush(theme.raised);
        painter.drawRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5), 8, 8);
    }
    painter.setFont(captionFont(font()));
    painter.setPen(theme.muted);
    const double captionTop = block.top + (user ? kBubblePadding : 0);
    const QRectF captionRect(kSideMargin + kBubblePadding, captionTop - 2, frame.width() - 2 * kBubblePadding,
                             captionHeight());
    painter.drawText(captionRect, Qt::AlignLeft | Qt::AlignTop,
                     QFontMetricsF(painter.font()).elidedText(block.caption, Qt::ElideMiddle, captionRect.width()));

    const QPointF origin = textOrigin(block);
    painter.setFont(font());
    if (&block == answerBlock()) {
        paintTokenMarks(painter, block, origin, visibleTop, visibleBottom);
        if (block.text.text().isEmpty() && m_run.state() == RunState::Running) {
            painter.setPen(theme.muted);
            painter.drawText(origin + QPointF(0, QFontMetricsF(font()).ascent() + 2),
                             tr("waiting for the first token …"));
        }
    }
    painter.setPen(theme.text);
    block.text.draw(painter, origin, visibleTop - origin.y(), visibleBottom - origin.y());
    if (!block.footnote.isEmpty()) {
        painter.setFont(captionFont(font()));
        painter.setPen(theme.muted);
        const double y = origin.y() + std::max(block.text.height(), block.text.lineHeight());
        painter.drawText(QRectF(origin.x(), y, frame.width() - 2 * kBubblePadding, captionHeight()),
                         Qt::AlignLeft | Qt::AlignVCenter, block.footnote);
    }
}

void ConversationView::paintEvent(QPaintEvent*)
{
    QPainter painter(viewport());
    painter.fillRect(viewport()->rect(), themeColors(palette()).base);
    painter.setRenderHint(QPainter::Antialiasing);
    const double top = verticalScrollBar()->value();
    const double bottom = top + viewport()->height();
    painter.translate(0, -top);
    for (const Block& block : m_blocks) {
        if (block.top + blockHeight(block) >= top && block.top <= bottom)
            paintBlock(painter, block, top, bottom);
    }
}

void ConversationView::resizeEvent(QResizeEvent*)
{
    const bool atEnd = verticalScrollBar()->value() >= verticalScrollBar()->maximum() - 4;
    for (Block& block : m_blocks)
        block.text.setWidth(viewport()->width() - 2 * kSideMargin - 2 * kBubblePadding);
    arrange();
    if (atEnd)
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
}

void ConversationView::scrollContentsBy(int, int)
{
    viewport()->update();
}

void ConversationView::mouseMoveEvent(QMouseEvent* event)
{
    const std::optional<std::int64_t> position = positionFromPoint(event->pos());
    m_selection.hover(position ? Positions{*position} : Positions{});
}

void ConversationView::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return;
    const std::optional<std::int64_t> position = positionFromPoint(event->pos());
    if (position && event->modifiers().testFlag(Qt::ShiftModifier))
        m_selection.extendTo(*position);
    else if (position && event->modifiers().testFlag(Qt::ControlModifier))
        m_selection.toggle({*position});
    else
        m_selection.choose(position ? Positions{*position} : Positions{});
}

bool ConversationView::viewportEvent(QEvent* event)
{
    if (event->type() == QEvent::Leave)
        m_selection.hover({});
    return QAbstractScrollArea::viewportEvent(event);
}

void ConversationView::moveByToken(int step)
{
    if (m_tokenStarts.empty())
        return;
    const std::int64_t first = m_run.prefillLength();
    const std::int64_t last = first + static_cast<std::int64_t>(m_tokenStarts.size()) - 1;
    const std::int64_t now = m_selection.described().value_or(step > 0 ? first - 1 : last + 1);
    m_selection.choose({std::clamp(now + step, first, last)});
}

void ConversationView::keyPressEvent(QKeyEvent* event)
{
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
    else
        QAbstractScrollArea::keyPressEvent(event);
}

void ConversationView::contextMenuEvent(QContextMenuEvent* event)
{
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
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
