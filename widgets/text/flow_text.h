// Text that grows at its end and is wrapped into lines as it grows. Appending costs as much as the appended text and one
// line, however long the text before it is; that is what keeps a streamed answer of 10,000 tokens smooth.
// Thread rule: GUI thread.
#pragma once

#include <QColor>
#include <QFont>
#include <QPointF>
#include <QRectF>
#include <QString>

#include <functional>
#include <optional>
#include <vector>

class QPainter;

namespace armillary::widgets {

// How characters [start, start + length) look; invalid colours leave a part out.
struct TextMark {
    qsizetype start = 0;
    qsizetype length = 0;
    QColor ground;
    QColor ink;
    QColor outline;
    double outlineWidth = 1.5;
    QColor underline;
    Qt::PenStyle underlineStyle = Qt::SolidLine;
    bool isStruck = false;  // a line through it, in the colour of the underline
};

class FlowText {
public:
    // One wrapped line: characters [start, start + length) of the text, without the line break that may follow.
    struct Line {
        qsizetype start = 0;
        qsizetype length = 0;
    };

    void setFont(const QFont& font);
    // Wraps everything anew if the width differs.
    void setWidth(double width);
    void append(const QString& text);
    void clear();

    [[nodiscard]] const QString& text() const { return m_text; }
    [[nodiscard]] const std::vector<Line>& lines() const { return m_lines; }
    [[nodiscard]] double lineHeight() const { return m_lineHeight; }
    [[nodiscard]] double height() const { return m_lineHeight * static_cast<double>(m_lines.size()); }
    // Lines wrapped since the object was made; tests of the growth rule read this.
    [[nodiscard]] qint64 wrappedLines() const { return m_wrappedLines; }

    // The character under a point relative to the text's top left corner; empty beside the text.
    [[nodiscard]] std::optional<qsizetype> characterFromPoint(const QPointF& point) const;
    // One rectangle a line that characters [start, start + length) touch.
    [[nodiscard]] std::vector<QRectF> rectsFromRange(qsizetype start, qsizetype length) const;
    // Marks of characters [start, end), in order; asked for lines in view only.
    using MarksIn = std::function<std::vector<TextMark>(qsizetype start, qsizetype end)>;
    // Draws the lines that touch [top, bottom), relative to the text's top, in the painter's pen.
    void draw(QPainter& painter, const QPointF& origin, double top, double bottom, const MarksIn& marksIn = {}) const;

private:
    // Wraps from the start of line `line` to the end.
    void wrapFrom(std::size_t line);
    void wrapParagraph(qsizetype start, qsizetype length);
    void drawLine(QPainter& painter, const QPointF& corner, const Line& line, const std::vector<TextMark>& marks) const;

    QString m_text;
    QFont m_font;
    double m_width = 400;
    double m_lineHeight = 16;
    std::vector<Line> m_lines;
    qint64 m_wrappedLines = 0;
};

}  // namespace armillary::widgets
