#include "widgets/text/flow_text.h"

#include <QFontMetricsF>
#include <QPainter>
#include <QTextLayout>

#include <algorithm>
#include <cmath>
#include <utility>

namespace armillary::widgets {
namespace {

QTextOption wrapOption()
{
    QTextOption option;
    option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    return option;
}

// One already wrapped line, ready to measure or draw.
void layOutLine(QTextLayout& layout)
{
    QTextOption option;
    option.setWrapMode(QTextOption::NoWrap);
    layout.setTextOption(option);
    layout.setCacheEnabled(true);
    layout.beginLayout();
    QTextLine line = layout.createLine();
    if (line.isValid())
        line.setLineWidth(1e6);
    layout.endLayout();
}

}  // namespace

void FlowText::setFont(const QFont& font)
{
    m_font = font;
    m_lineHeight = std::ceil(QFontMetricsF(font).height() * 1.28);
    m_lines.clear();
    wrapFrom(0);
}

void FlowText::setWidth(double width)
{
    const double wanted = std::max(width, 40.0);
    if (wanted == m_width)
        return;
    m_width = wanted;
    m_lines.clear();
    wrapFrom(0);
}

void FlowText::clear()
{
    m_text.clear();
    m_lines.clear();
}

void FlowText::append(const QString& text)
{
    if (text.isEmpty())
        return;
    m_text += text;
    // Lines are filled greedily, so only the last one can take up what comes.
    wrapFrom(m_lines.empty() ? 0 : m_lines.size() - 1);
}

void FlowText::wrapFrom(std::size_t line)
{
    qsizetype start = line < m_lines.size() ? m_lines[line].start : 0;
    m_lines.resize(std::min(line, m_lines.size()));
    while (start <= m_text.size() && !m_text.isEmpty()) {
        const qsizetype lineBreak = m_text.indexOf(QLatin1Char('\n'), start);
        const qsizetype end = lineBreak < 0 ? m_text.size() : lineBreak;
        wrapParagraph(start, end - start);
        if (lineBreak < 0)
            break;
        start = lineBreak + 1;
    }
}

void FlowText::wrapParagraph(qsizetype start, qsizetype length)
{
    if (length == 0) {
        m_lines.push_back({start, 0});
        ++m_wrappedLines;
        return;
    }
    QTextLayout layout(m_text.mid(start, length), m_font);
    layout.setTextOption(wrapOption());
    layout.beginLayout();
    for (QTextLine line = layout.createLine(); line.isValid(); line = layout.createLine()) {
        line.setLineWidth(m_width);
        m_lines.push_back({start + line.textStart(), line.textLength()});
        ++m_wrappedLines;
    }
    layout.endLayout();
}

std::optional<qsizetype> FlowText::characterFromPoint(const QPointF& point) const
{
    if (point.y() < 0 || point.x() < 0)
        return std::nullopt;
    const auto at = static_cast<std::size_t>(point.y() / m_lineHeight);
    if (at >= m_lines.size() || m_lines[at].length == 0)
        return std::nullopt;
    QTextLayout layout(m_text.mid(m_lines[at].start, m_lines[at].length), m_font);
    layOutLine(layout);
    const QTextLine line = layout.lineAt(0);
    if (point.x() > line.naturalTextWidth())
        return std::nullopt;
    return m_lines[at].start + line.xToCursor(point.x(), QTextLine::CursorOnCharacter);
}

std::vector<QRectF> FlowText::rectsFromRange(qsizetype start, qsizetype length) const
{
    std::vector<QRectF> out;
    const auto first = std::upper_bound(m_lines.begin(), m_lines.end(), start,
                                        [](qsizetype value, const Line& line) { return value < line.start; });
    for (auto it = first == m_lines.begin() ? first : first - 1; it != m_lines.end() && it->start < start + length;
         ++it) {
        const qsizetype from = std::max(start, it->start);
        const qsizetype to = std::min(start + length, it->start + it->length);
        if (from >= to)
            continue;
        QTextLayout layout(m_text.mid(it->start, it->length), m_font);
        layOutLine(layout);
        const QTextLine line = layout.lineAt(0);
        const double x0 = line.cursorToX(static_cast<int>(from - it->start));
        const double x1 = line.cursorToX(static_cast<int>(to - it->start));
        const double y = static_cast<double>(it - m_lines.begin()) * m_lineHeight;
        out.emplace_back(std::min(x0, x1), y, std::abs(x1 - x0), m_lineHeight);
    }
    return out;
}

void FlowText::drawLine(QPainter& painter, const QPointF& corner, const Line& line,
                        const std::vector<TextMark>& marks) const
{
    const auto insideOf = [&line](const TextMark& mark) {
        const qsizetype from = std::max(mark.start, line.start) - line.start;
        const qsizetype to = std::min(mark.start + mark.length, line.start + line.length) - line.start;
        return std::pair(static_cast<int>(from), static_cast<int>(to));
    };
    QTextLayout layout(m_text.mid(line.start, line.length), m_font);
    QList<QTextLayout::FormatRange> inks;
    for (const TextMark& mark : marks) {
        const auto [from, to] = insideOf(mark);
        if (from >= to || !mark.ink.isValid())
            continue;
        QTextLayout::FormatRange range;
        range.start = from;
        range.length = to - from;
        range.format.setForeground(mark.ink);
        inks << range;
    }
    layout.setFormats(inks);
    layOutLine(layout);
    const QTextLine laidOut = layout.lineAt(0);
    const auto rectOf = [&](const TextMark& mark) {
        const auto [from, to] = insideOf(mark);
        if (from >= to)
            return QRectF();
        const double x0 = laidOut.cursorToX(from);
        const double x1 = laidOut.cursorToX(to);
        return QRectF(corner.x() + std::min(x0, x1), corner.y(), std::abs(x1 - x0), m_lineHeight);
    };
    for (const TextMark& mark : marks) {
        if (const QRectF rect = rectOf(mark); !rect.isEmpty() && mark.ground.isValid())
            painter.fillRect(rect.adjusted(0, 1, 0, -1), mark.ground);
    }
    const double baselineShift = (m_lineHeight - QFontMetricsF(m_font).height()) / 2;
    layout.draw(&painter, corner + QPointF(0, baselineShift));
    for (const TextMark& mark : marks) {
        const QRectF rect = rectOf(mark);
        if (rect.isEmpty())
            continue;
        if (mark.underline.isValid()) {
            painter.setPen(QPen(mark.underline, 2, mark.underlineStyle));
            painter.drawLine(rect.bottomLeft() + QPointF(1, -1.5), rect.bottomRight() + QPointF(-1, -1.5));
            if (mark.isStruck)
                painter.drawLine(QPointF(rect.left() + 1, rect.center().y() + 1),
                                 QPointF(rect.right() - 1, rect.center().y() + 1));
        }
        if (mark.outline.isValid()) {
            painter.setPen(QPen(mark.outline, mark.outlineWidth));
            painter.setBrush(Qt::NoBrush);
            painter.drawRoundedRect(rect.adjusted(0.5, 1.5, -0.5, -1.5), 3, 3);
        }
    }
}

void FlowText::draw(QPainter& painter, const QPointF& origin, double top, double bottom, const MarksIn& marksIn) const
{
    const QPen pen = painter.pen();
    const auto first = static_cast<std::size_t>(std::max(0.0, std::floor(top / m_lineHeight)));
    for (std::size_t i = first; i < m_lines.size() && static_cast<double>(i) * m_lineHeight < bottom; ++i) {
        const Line& line = m_lines[i];
        if (line.length == 0)
            continue;
        painter.setPen(pen);
        drawLine(painter, origin + QPointF(0, static_cast<double>(i) * m_lineHeight), line,
                 marksIn ? marksIn(line.start, line.start + line.length) : std::vector<TextMark>());
    }
}

}  // namespace armillary::widgets
