#include "widgets/text/word_legend.h"

#include "widgets/text/conversation_view.h"
#include "widgets/theme.h"

#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

constexpr double kGap = 6;
constexpr double kLongestBar = 140;
constexpr double kShortestBar = 36;

}  // namespace

WordLegend::WordLegend(QWidget* parent) : QWidget(parent)
{
    setObjectName(QStringLiteral("wordLegend"));
    setAccessibleName(tr("Legend of word colours"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void WordLegend::setLegend(const WordScale& scale, bool isDifference, const QString& lack)
{
    if (scale == m_scale && isDifference == m_isDifference && lack == m_lack)
        return;
    m_scale = scale;
    m_isDifference = isDifference;
    m_lack = lack;
    setAccessibleDescription(text());
    setToolTip(text());
    setVisible(rows() > 0);
    updateGeometry();
    update();
}

QString WordLegend::titleText() const
{
    return m_isDifference ? tr("%1, A − B").arg(m_scale.title) : m_scale.title;
}

QString WordLegend::endText(bool highest) const
{
    const double value = highest ? m_scale.highest : m_scale.lowest;
    QString text = QString::number(value, 'g', 3);
    if (m_scale.isOpen && highest)
        text += QLatin1Char('+');
    if (highest && !m_scale.unit.isEmpty())
        text += QLatin1Char(' ') + m_scale.unit;
    return text;
}

QString WordLegend::text() const
{
    QStringList parts;
    if (!m_lack.isEmpty())
        parts << m_lack;
    else if (!m_scale.title.isEmpty())
        parts << tr("%1 %2 – %3").arg(titleText(), endText(false), endText(true));
    if (m_isDifference)
        parts << tr("underlined: only in A; dashed: only in B");
    return parts.join(QStringLiteral(" · "));
}

int WordLegend::rows() const
{
    return (m_lack.isEmpty() && m_scale.title.isEmpty() ? 0 : 1) + (m_isDifference ? 1 : 0);
}

double WordLegend::rowHeight() const
{
    return std::ceil(QFontMetricsF(font()).height() + 4);
}

QSize WordLegend::sizeHint() const
{
    return {260, static_cast<int>(rows() * rowHeight())};
}

QSize WordLegend::minimumSizeHint() const
{
    return {0, sizeHint().height()};
}

void WordLegend::paintScale(QPainter& painter, const QRectF& row) const
{
    const ThemeColors& theme = themeColors(palette());
    const QFontMetricsF metrics(font());
    if (!m_lack.isEmpty()) {
        painter.setPen(theme.muted);
        painter.drawText(row, Qt::AlignLeft | Qt::AlignVCenter,
                         metrics.elidedText(m_lack, Qt::ElideRight, row.width()));
        return;
    }
    const QString low = endText(false), high = endText(true);
    const double ends = metrics.horizontalAdvance(low) + metrics.horizontalAdvance(high) + 2 * kGap;
    const double titleWanted = metrics.horizontalAdvance(titleText()) + kGap + 2;
    const double titleWidth = std::clamp(row.width() - ends - kShortestBar, 0.0, titleWanted);
    const double bar = std::clamp(row.width() - ends - titleWidth, kShortestBar, kLongestBar);
    painter.setPen(theme.muted);
    painter.drawText(QRectF(row.left(), row.top(), titleWidth, row.height()), Qt::AlignLeft | Qt::AlignVCenter,
                     metrics.elidedText(titleText(), Qt::ElideMiddle, titleWidth - kGap));
    double x = row.left() + titleWidth;
    painter.setPen(theme.text);
    painter.drawText(QRectF(x, row.top(), metrics.horizontalAdvance(low) + 2, row.height()),
                     Qt::AlignLeft | Qt::AlignVCenter, low);
    x += metrics.horizontalAdvance(low) + kGap;
    QLinearGradient gradient = scaleGradient(m_scale.scale);
    gradient.setStart(x, 0);
    gradient.setFinalStop(x + bar, 0);
    painter.fillRect(QRectF(x, row.top() + 4, bar, row.height() - 8), gradient);
    x += bar + kGap;
    painter.drawText(QRectF(x, row.top(), metrics.horizontalAdvance(high) + 2, row.height()),
                     Qt::AlignLeft | Qt::AlignVCenter, high);
}

void WordLegend::paintMarks(QPainter& painter, const QRectF& row) const
{
    const ThemeColors& theme = themeColors(palette());
    const QFontMetricsF metrics(font());
    double x = row.left();
    for (const bool isA : {true, false}) {
        const QString words = isA ? tr("only in A") : tr("only in B");
        const double width = metrics.horizontalAdvance(words);
        painter.setPen(theme.text);
        painter.drawText(QRectF(x, row.top(), width + 2, row.height() - 3), Qt::AlignLeft | Qt::AlignVCenter, words);
        painter.setPen(QPen(onlyInColor(isA, theme.dark), 2, isA ? Qt::SolidLine : Qt::DashLine));
        painter.drawLine(QPointF(x, row.bottom() - 2), QPointF(x + width, row.bottom() - 2));
        x += width + 3 * kGap;
    }
}

void WordLegend::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    QRectF row(0, 0, width(), rowHeight());
    if (!m_lack.isEmpty() || !m_scale.title.isEmpty()) {
        paintScale(painter, row);
        row.translate(0, rowHeight());
    }
    if (m_isDifference)
        paintMarks(painter, row);
}

}  // namespace armillary::widgets
