#include "widgets/cost/memory_curve.h"

#include "widgets/cost/stage_timing.h"
#include "widgets/theme.h"

#include <QHelpEvent>
#include <QLocale>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

constexpr double kRight = 12;
constexpr double kApart = 5;  // between labels

QColor forecastColor(bool dark)
{
    // Orange of Okabe and Ito, as the second run of the timeline; the dashes tell it apart without colour.
    return dark ? QColor(0xe6, 0x9f, 0x00) : QColor(0xd5, 0x5e, 0x00);
}

}  // namespace

MemoryCurve::MemoryCurve(QWidget* parent) : QWidget(parent)
{
    setAccessibleName(tr("Memory of the program over the session"));
    setMouseTracking(true);
}

void MemoryCurve::add(const MemorySample& sample)
{
    m_samples.push_back(sample);
    m_most = std::max(m_most, sample.bytes);
    if (m_samples.size() > kMostSamples) {
        // Of two neighbours the larger one stays: peaks are what a person looks for.
        std::vector<MemorySample> kept;
        for (std::size_t i = 0; i + 1 < m_samples.size(); i += 2)
            kept.push_back(m_samples[i].bytes >= m_samples[i + 1].bytes ? m_samples[i] : m_samples[i + 1]);
        kept.push_back(m_samples.back());
        m_samples = std::move(kept);
    }
    update();
}

void MemoryCurve::setForecast(std::optional<std::int64_t> bytes)
{
    m_forecast = bytes;
    update();
}

void MemoryCurve::setPeak(std::optional<std::int64_t> bytes)
{
    m_peak = bytes;
    update();
}

QRectF MemoryCurve::plot() const
{
    const double line = fontMetrics().height();
    const double top = std::max(6.0, line / 2);  // half of the uppermost label stands above
    // Not narrower when numbers are short, so that the curve stays where it is while they grow.
    int widest = fontMetrics().horizontalAdvance(QStringLiteral("1000.0 MiB"));
    for (const double share : {0.5, 1.0})
        widest = std::max(widest, fontMetrics().horizontalAdvance(bytesAt(share)));
    const double left = widest + 8;
    return {left, top, std::max(10.0, width() - left - kRight), std::max(10.0, height() - 2 * line - top - 10)};
}

QString MemoryCurve::bytesAt(double share) const
{
    return share == 0 ? QStringLiteral("0")
                      : QLocale().formattedDataSize(static_cast<std::int64_t>(share * static_cast<double>(top())), 1);
}

std::int64_t MemoryCurve::top() const
{
    const std::int64_t most = std::max({m_most, m_forecast.value_or(0), m_peak.value_or(0)});
    return most + most / 10;
}

double MemoryCurve::yOf(std::int64_t bytes) const
{
    return yIn(plot(), static_cast<double>(bytes));
}

double MemoryCurve::yIn(const QRectF& area, double bytes) const
{
    return area.bottom() - bytes / static_cast<double>(top()) * area.height();
}

double MemoryCurve::xIn(const QRectF& area, double seconds) const
{
    const double first = m_samples.empty() ? 0 : m_samples.front().seconds;
    const double span = m_samples.empty() ? 1 : std::max(1.0, m_samples.back().seconds - first);
    return area.left() + (seconds - first) / span * area.width();
}

std::vector<MemoryCurve::AxisLabel> MemoryCurve::axisLabels() const
{
    return axisLabelsIn(plot());
}

std::vector<MemoryCurve::AxisLabel> MemoryCurve::axisLabelsIn(const QRectF& area) const
{
    const double high = fontMetrics().height();
    std::vector<AxisLabel> out;
    const auto add = [&](double left, double top, const QString& text) {
        const QRectF place(left, top, fontMetrics().horizontalAdvance(text) + 1, high);
        const QRectF ground = place.adjusted(-kApart, -1, kApart, 1);
        const bool isFree = std::none_of(out.begin(), out.end(),
                                         [&](const AxisLabel& other) { return other.place.intersects(ground); });
        if (isFree && place.left() >= 0)
            out.push_back({place, text});
    };
    const auto addBytes = [&](double share) {
        const QString text = bytesAt(share);
        const double y = yIn(area, share * static_cast<double>(top()));
        add(area.left() - 7 - fontMetrics().horizontalAdvance(text), y - high / 2, text);
    };
    const double below = area.bottom() + 2;
    addBytes(1);
    if (m_samples.size() > 1) {
        const QString text = secondsText(std::max(1.0, m_samples.back().seconds - m_samples.front().seconds));
        add(area.right() - fontMetrics().horizontalAdvance(text), below, text);
    }
    addBytes(0);
    addBytes(0.5);
    add(area.left(), below, tr("0 s"));
    return out;
}

void MemoryCurve::paintAxis(QPainter& painter, const QRectF& area)
{
    const ThemeColors& colors = themeColors(palette());
    painter.setPen(colors.border);
    painter.drawRect(area);
    for (const double share : {0.0, 0.5, 1.0}) {
        const double y = yIn(area, share * static_cast<double>(top()));
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
    }
    painter.setPen(colors.muted);
    for (const AxisLabel& label : axisLabelsIn(area))
        painter.drawText(label.place, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextDontClip, label.text);
}

void MemoryCurve::paintLegend(QPainter& painter)
{
    const ThemeColors& colors = themeColors(palette());
    const double y = height() - fontMetrics().height() / 2.0 - 4;
    double x = 12;
    const auto entry = [&](const QPen& pen, const QString& text) {
        // A line without a word says nothing.
        if (width() - x < 24 + 5 * fontMetrics().averageCharWidth())
            return;
        painter.setPen(pen);
        painter.drawLine(QPointF(x, y), QPointF(x + 18, y));
        x += 24;
        painter.setPen(colors.muted);
        const double room = std::max(0.0, width() - x - 4);
        const double high = fontMetrics().height();
        painter.drawText(QRectF(x, y - high / 2, room, high), Qt::AlignVCenter,
                         fontMetrics().elidedText(text, Qt::ElideRight, static_cast<int>(room)));
        x += fontMetrics().horizontalAdvance(text) + 14;
    };
    entry(QPen(colors.accent, 2), tr("process"));
    if (m_forecast)
        entry(QPen(forecastColor(colors.dark), 1.5, Qt::DashLine),
              tr("forecast %1").arg(QLocale().formattedDataSize(*m_forecast)));
    if (m_peak)
        entry(QPen(colors.text, 1.5, Qt::DotLine), tr("peak of the run %1").arg(QLocale().formattedDataSize(*m_peak)));
}

void MemoryCurve::paintEvent(QPaintEvent*)
{
    const ThemeColors& colors = themeColors(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF area = plot();
    paintAxis(painter, area);
    if (m_samples.empty()) {
        painter.setPen(colors.muted);
        painter.drawText(area, Qt::AlignCenter | Qt::TextWordWrap, tr("Measured while a run goes on"));
    }
    if (!m_samples.empty()) {
        QPainterPath path;
        const auto place = [&](const MemorySample& sample) {
            return QPointF(xIn(area, sample.seconds), yIn(area, static_cast<double>(sample.bytes)));
        };
        path.moveTo(place(m_samples.front()));
        for (const MemorySample& sample : m_samples)
            path.lineTo(place(sample));
        QPainterPath ground = path;
        ground.lineTo(xIn(area, m_samples.back().seconds), area.bottom());
        ground.lineTo(xIn(area, m_samples.front().seconds), area.bottom());
        QColor fill = colors.accent;
        fill.setAlphaF(0.18F);
        painter.fillPath(ground, fill);
        painter.setPen(QPen(colors.accent, 2));
        painter.drawPath(path);
    }
    const auto level = [&](std::optional<std::int64_t> bytes, const QPen& pen) {
        if (!bytes)
            return;
        painter.setPen(pen);
        const double y = yIn(area, static_cast<double>(*bytes));
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
    };
    level(m_forecast, QPen(forecastColor(colors.dark), 1.5, Qt::DashLine));
    level(m_peak, QPen(colors.text, 1.5, Qt::DotLine));
    paintLegend(painter);
}

bool MemoryCurve::event(QEvent* event)
{
    if (event->type() != QEvent::ToolTip || m_samples.empty())
        return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const QRectF area = plot();
    const auto nearest =
        std::min_element(m_samples.begin(), m_samples.end(), [&](const MemorySample& left, const MemorySample& right) {
            return std::abs(xIn(area, left.seconds) - help->pos().x()) <
                   std::abs(xIn(area, right.seconds) - help->pos().x());
        });
    QToolTip::showText(help->globalPos(),
                       tr("%1 after %2")
                           .arg(QLocale().formattedDataSize(nearest->bytes),
                                secondsText(nearest->seconds - m_samples.front().seconds)),
                       this);
    return true;
}

}  // namespace armillary::widgets
