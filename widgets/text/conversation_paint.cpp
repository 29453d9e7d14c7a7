// How a conversation looks: bubbles, captions, footnotes, and the marks of the answer's words.
#include "widgets/text/conversation_view.h"

#include "widgets/kind_colors.h"
#include "widgets/theme.h"

#include <QFontMetricsF>
#include <QPainter>
#include <QScrollBar>

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

constexpr double kSideMargin = 14;
constexpr double kBubblePadding = 10;

QFont captionFont(const QFont& base)
{
    QFont font = base;
    font.setWeight(QFont::DemiBold);
    if (font.pointSizeF() > 0)
        font.setPointSizeF(font.pointSizeF() * 0.9);
    return font;
}

QColor mixed(const QColor& a, const QColor& b, double partOfB)
{
    const auto mix = [partOfB](int x, int y) { return static_cast<int>(std::lround(x + (y - x) * partOfB)); };
    return {mix(a.red(), b.red()), mix(a.green(), b.green()), mix(a.blue(), b.blue())};
}

}  // namespace

QColor onlyInColor(bool isA, bool dark)
{
    // Okabe and Ito's orange and blue, the lighter ones on dark.
    if (isA)
        return dark ? QColor(0xE6, 0x9F, 0x00) : QColor(0xD5, 0x5E, 0x00);
    return dark ? QColor(0x56, 0xB4, 0xE9) : QColor(0x00, 0x72, 0xB2);
}

void ConversationView::styleBlock(Block& block)
{
    block.text.setFont(font());
    block.text.setWidth(viewport()->width() - 2 * kSideMargin - 2 * kBubblePadding);
}

double ConversationView::captionHeight() const
{
    return std::ceil(QFontMetricsF(captionFont(font())).height() + 4);
}

double ConversationView::blockHeight(const Block& block) const
{
    const double text = std::max(block.text.height(), block.text.lineHeight());
    const double padding = block.role == ChatRole::User ? 2 * kBubblePadding : kBubblePadding;
    return captionHeight() + text + footnoteHeight(block) + padding;
}

double ConversationView::footnoteHeight(const Block& block) const
{
    if (block.footnote.isEmpty())
        return 0;
    const QFontMetricsF metrics(captionFont(font()));
    const QRectF room(0, 0, viewport()->width() - 2 * kSideMargin - 2 * kBubblePadding, 1000);
    return std::ceil(metrics.boundingRect(room, Qt::TextWordWrap, block.footnote).height() + 4);
}

QPointF ConversationView::textOrigin(const Block& block) const
{
    const double padding = block.role == ChatRole::User ? kBubblePadding : 0;
    return {kSideMargin + kBubblePadding, block.top + padding + captionHeight()};
}

TextMark ConversationView::markOf(const Block& block, std::size_t token, const ThemeColors& theme) const
{
    TextMark out;
    const auto [start, end] = block.rangeOf(token);
    out.start = start;
    out.length = end - start;
    const std::optional<std::int64_t> position = positionOf(block, token);
    const bool chosen = position && m_selection.isChosen(*position);
    const bool hovered = position && m_selection.isHovered(*position);
    const Positions& allChosen = m_selection.chosen();
    const bool othersChosen = !chosen && !hovered && !allChosen.empty() && allChosen.back() >= m_run.prefillLength();
    if (position)
        out.ground = m_colors.color(static_cast<std::size_t>(*position - m_run.prefillLength()));
    if (out.ground.isValid()) {
        // What is not chosen turns towards grey and keeps its order of colours.
        if (othersChosen)
            out.ground = mixed(out.ground, theme.base, 0.65);
        out.ink = inkOn(out.ground);
    } else if (chosen || hovered) {
        out.ground = mixed(theme.base, kindColor(TokenKind::Generated, theme.dark), chosen ? 0.55 : 0.45);
        out.ink = inkOn(out.ground);
    } else if (othersChosen) {
        out.ink = theme.muted;
    }
    if (chosen || hovered) {
        out.outline = chosen ? theme.accent : theme.text;
        out.outlineWidth = chosen ? 2.5 : 1.5;
    }
    if (m_other && !(isOther(block) ? m_difference.partnerInA : m_difference.partnerInB)[token]) {
        out.underline = onlyInColor(!isOther(block), theme.dark);
        out.underlineStyle = isOther(block) ? Qt::DashLine : Qt::SolidLine;
    } else if (position && m_selection.focus().query == position) {
        out.underline = theme.accent;
    } else if (!isOther(block) && token < m_run.question()->answerPrefix.size()) {
        out.underline = theme.muted;
        out.underlineStyle = Qt::DotLine;
    }
    return out;
}

std::vector<TextMark> ConversationView::marksOf(const Block& block, qsizetype start, qsizetype end) const
{
    std::vector<TextMark> out;
    const ThemeColors& theme = themeColors(palette());
    const std::size_t after = block.tokenAt(start);
    for (std::size_t i = after == 0 ? 0 : after - 1; i < block.tokenStarts.size() && block.tokenStarts[i] < end; ++i)
        out.push_back(markOf(block, i, theme));
    return out;
}

void ConversationView::paintBlock(QPainter& painter, const Block& block, double visibleTop, double visibleBottom) const
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
    if (&block == answerBlock() && block.text.text().isEmpty() && m_run.state() == RunState::Running) {
        painter.setPen(theme.muted);
        painter.drawText(origin + QPointF(0, QFontMetricsF(font()).ascent() + 2), tr("waiting for the first token …"));
    }
    painter.setPen(theme.text);
    FlowText::MarksIn marksIn;
    if (!block.tokenStarts.empty())
        marksIn = [this, &block](qsizetype start, qsizetype end) { return marksOf(block, start, end); };
    block.text.draw(painter, origin, visibleTop - origin.y(), visibleBottom - origin.y(), marksIn);
    if (!block.footnote.isEmpty()) {
        painter.setFont(captionFont(font()));
        painter.setPen(theme.muted);
        const double y = origin.y() + std::max(block.text.height(), block.text.lineHeight());
        const QRectF place(origin.x(), y, frame.width() - 2 * kBubblePadding, footnoteHeight(block));
        painter.drawText(place, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextWordWrap, block.footnote);
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

}  // namespace armillary::widgets
