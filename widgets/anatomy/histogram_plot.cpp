#include "widgets/anatomy/histogram_plot.h"

#include "widgets/theme.h"

#include <QHelpEvent>
#include <QLocale>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

constexpr int kMargin = 10;

QString number(double value)
{
    return QLocale().toString(value, 'g', 3);
}

QString whole(std::int64_t value)
{
    return QLocale().toString(static_cast<qlonglong>(value));
}

}  // namespace

HistogramPlot::HistogramPlot(QWidget* parent) : QWidget(parent)
{
    setAccessibleName(tr("Histogram of the chosen weights"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void HistogramPlot::setHealth(const QString& title, const WeightHealth& health)
{
    m_title = title;
    m_health = health;
    m_most = counts().empty() ? 0 : *std::max_element(counts().begin(), counts().end());
    setAccessibleDescription(tr("%1: %2 numbers, mean %3, deviation %4")
                                 .arg(title, whole(health.elements), number(health.mean), number(health.deviation)));
    update();
}

void HistogramPlot::clear()
{
    setHealth({}, {});
}

void HistogramPlot::setByMagnitude(bool byMagnitude)
{
    m_byMagnitude = byMagnitude;
    setHealth(m_title, WeightHealth(m_health));
}

QRectF HistogramPlot::ground() const
{
    const int line = fontMetrics().height();
    return QRectF(rect()).adjusted(kMargin, line + 6, -kMargin, -line - 6);
}

double HistogramPlot::heightOf(std::int64_t count) const
{
    if (m_most <= 0 || count <= 0)
        return 0;
    if (!m_byMagnitude)
        return static_cast<double>(count) / static_cast<double>(m_most);
    // One number is still to be seen.
    return std::log1p(static_cast<double>(count)) / std::log1p(static_cast<double>(m_most));
}

QRectF HistogramPlot::barRect(std::size_t bin) const
{
    if (bin >= bins())
        return {};
    const QRectF all = ground();
    const double step = all.width() / static_cast<double>(bins());
    const double height = counts()[bin] > 0 ? std::max(1.0, heightOf(counts()[bin]) * all.height()) : 0;
    return {all.left() + step * static_cast<double>(bin), all.bottom() - height,
            std::max(1.0, step - (step > 4 ? 1 : 0)), height};
}

void HistogramPlot::paintEvent(QPaintEvent*)
{
    const ThemeColors& colors = themeColors(palette());
    QPainter painter(this);
    const int line = fontMetrics().height();
    const QRectF all = ground();
    const QRectF head(kMargin, 2, width() - 2 * kMargin, line);
    if (m_title.isEmpty()) {
        painter.setPen(colors.muted);
        painter.drawText(rect().adjusted(kMargin, 0, -kMargin, 0), Qt::AlignCenter | Qt::TextWordWrap,
                         tr("Choose a row to see how its numbers are spread"));
        return;
    }
    painter.setPen(colors.text);
    const QString text = m_byMagnitude
                             ? tr("%1 · by magnitude, heights logarithmic").arg(m_title)
                             : tr("%1 · %2 ± %3").arg(m_title, number(m_health.mean), number(m_health.deviation));
    painter.drawText(head, Qt::AlignVCenter | Qt::AlignLeft,
                     fontMetrics().elidedText(text, Qt::ElideMiddle, static_cast<int>(head.width())));
    painter.setPen(colors.border);
    painter.drawLine(all.bottomLeft(), all.bottomRight());
    for (std::size_t bin = 0; bin < bins(); ++bin)
        painter.fillRect(barRect(bin), colors.accent);

    painter.setPen(colors.muted);
    const QRectF feet(all.left(), all.bottom() + 2, all.width(), line + 2);
    if (m_byMagnitude) {
        const int last = m_health.firstExponent + static_cast<int>(m_health.byExponent.size());
        painter.drawText(feet, Qt::AlignLeft | Qt::AlignVCenter, QStringLiteral("2^%1").arg(m_health.firstExponent));
        painter.drawText(feet, Qt::AlignHCenter | Qt::AlignVCenter, tr("|x| · zeros %1").arg(whole(m_health.zeros)));
        painter.drawText(feet, Qt::AlignRight | Qt::AlignVCenter, QStringLiteral("2^%1").arg(last));
        return;
    }
    painter.drawText(feet, Qt::AlignLeft | Qt::AlignVCenter, number(m_health.histogramLow));
    painter.drawText(feet, Qt::AlignRight | Qt::AlignVCenter, number(m_health.histogramHigh));
    if (m_health.below + m_health.above > 0)
        painter.drawText(feet, Qt::AlignHCenter | Qt::AlignVCenter,
                         tr("outside %1 + %2").arg(whole(m_health.below), whole(m_health.above)));
    // The mean, and one deviation to each side.
    const double span = m_health.histogramHigh - m_health.histogramLow;
    if (span <= 0)
        return;
    for (const double at : {m_health.mean - m_health.deviation, m_health.mean, m_health.mean + m_health.deviation}) {
        const double x = all.left() + (at - m_health.histogramLow) / span * all.width();
        painter.setPen(QPen(colors.text, 1, at == m_health.mean ? Qt::SolidLine : Qt::DotLine));
        if (x >= all.left() && x <= all.right())
            painter.drawLine(QPointF(x, all.top()), QPointF(x, all.bottom()));
    }
}

QString HistogramPlot::tipAt(double x) const
{
    const QRectF all = ground();
    if (bins() == 0 || x < all.left() || x >= all.right())
        return {};
    const auto bin =
        std::min(bins() - 1, static_cast<std::size_t>((x - all.left()) / all.width() * static_cast<double>(bins())));
    const QString share = QLocale().toString(100 * static_cast<double>(counts()[bin]) /
                                                 static_cast<double>(std::max<std::int64_t>(m_health.finite(), 1)),
                                             'g', 3);
    if (m_byMagnitude) {
        const int exponent = m_health.firstExponent + static_cast<int>(bin);
        return tr("2^%1 to 2^%2: %3 numbers, %4 %").arg(exponent).arg(exponent + 1).arg(whole(counts()[bin]), share);
    }
    const double width = (m_health.histogramHigh - m_health.histogramLow) / static_cast<double>(bins());
    const double from = m_health.histogramLow + width * static_cast<double>(bin);
    return tr("%1 to %2: %3 numbers, %4 %\nsolid line: mean; dotted: one deviation")
        .arg(number(from), number(from + width), whole(counts()[bin]), share);
}

bool HistogramPlot::event(QEvent* event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const QString tip = tipAt(help->pos().x());
    if (tip.isEmpty())
        QToolTip::hideText();
    else
        QToolTip::showText(help->globalPos(), tip, this);
    return true;
}

}  // namespace armillary::widgets
