#include "widgets/embedding/norm_histogram.h"

#include "widgets/embedding/embedding_cloud.h"
#include "widgets/kind_colors.h"
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

constexpr double kMargin = 12;

}  // namespace

NormHistogram::NormHistogram(QWidget* parent) : QWidget(parent)
{
    setAccessibleName(tr("Histogram of norms by segment"));
}

void NormHistogram::clear()
{
    m_segments.clear();
    update();
}

void NormHistogram::setResult(const AnalysisResult& result)
{
    m_segments.clear();
    const std::vector<float> counts = floatsOf(result, "histograms");
    const std::vector<float> range = floatsOf(result, "histogram range");
    const auto shape = result.arrays.find("histograms");
    if (shape == result.arrays.end() || shape->second.values.shape.size() != 3 || range.size() < 2)
        return;
    const auto bins = static_cast<std::size_t>(shape->second.values.shape[2]);
    m_low = range[0];
    m_high = range[1];
    m_tallest = 0;
    for (const AnalysisTable& table : result.tables) {
        for (std::size_t i = 0; table.name == "segments" && i < table.rows.size(); ++i) {
            const auto* name = std::get_if<std::string>(&table.rows[i][1]);
            if (name == nullptr || (i + 1) * bins > counts.size())
                break;
            Segment segment{QString::fromStdString(*name), {}, 0};
            for (std::size_t bin = 0; bin < bins; ++bin)
                segment.total += counts[i * bins + bin];
            for (std::size_t bin = 0; bin < bins; ++bin)
                segment.shares.push_back(segment.total > 0 ? counts[i * bins + bin] / segment.total : 0);
            m_tallest = std::max(m_tallest, *std::max_element(segment.shares.begin(), segment.shares.end()));
            m_segments.push_back(std::move(segment));
        }
    }
    setAccessibleDescription(segments().join(QStringLiteral(", ")));
    update();
}

QStringList NormHistogram::segments() const
{
    QStringList out;
    for (const Segment& segment : m_segments)
        out << segment.name;
    return out;
}

QRectF NormHistogram::plot() const
{
    const double line = fontMetrics().height();
    return QRectF(rect()).adjusted(kMargin, line + 8, -kMargin, -line - 6);
}

QColor NormHistogram::colorOf(const Segment& segment) const
{
    const bool dark = themeColors(palette()).dark;
    for (const TokenKind kind : kTokenKinds) {
        // "world 0 frame 1" is of the world.
        if (segment.name.section(QLatin1Char(' '), 0, 0) == kindName(kind))
            return kindColor(kind, dark);
    }
    return themeColors(palette()).muted;
}

double NormHistogram::binX(std::size_t bin) const
{
    const QRectF area = plot();
    const std::size_t bins = m_segments.empty() ? 1 : m_segments.front().shares.size();
    return area.left() + area.width() * static_cast<double>(bin) / static_cast<double>(bins);
}

QPointF NormHistogram::peakOf(int segment) const
{
    const std::vector<double>& shares = m_segments[static_cast<std::size_t>(segment)].shares;
    const auto peak = static_cast<std::size_t>(std::max_element(shares.begin(), shares.end()) - shares.begin());
    const QRectF area = plot();
    return {(binX(peak) + binX(peak + 1)) / 2, area.bottom() - area.height() * shares[peak] / m_tallest};
}

void NormHistogram::paintEvent(QPaintEvent* /*event*/)
{
    const ThemeColors& theme = themeColors(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (m_segments.empty() || m_tallest <= 0)
        return;
    const QRectF area = plot();
    painter.setPen(theme.border);
    painter.drawLine(area.bottomLeft(), area.bottomRight());
    for (const Segment& segment : m_segments) {
        QPainterPath path(area.bottomLeft());
        for (std::size_t bin = 0; bin < segment.shares.size(); ++bin) {
            const double y = area.bottom() - area.height() * segment.shares[bin] / m_tallest;
            path.lineTo(binX(bin), y);
            path.lineTo(binX(bin + 1), y);
        }
        path.lineTo(area.bottomRight());
        QColor fill = colorOf(segment);
        painter.setPen(QPen(fill, 1.6));
        fill.setAlphaF(0.22F);
        painter.setBrush(fill);
        painter.drawPath(path);
    }
    painter.setPen(theme.muted);
    const QRectF under(area.left(), area.bottom() + 2, area.width(), fontMetrics().height() + 2);
    painter.drawText(under, Qt::AlignLeft, QLocale().toString(m_low, 'g', 4));
    painter.drawText(under, Qt::AlignRight, QLocale().toString(m_high, 'g', 4));
    const double ends = fontMetrics().horizontalAdvance(QStringLiteral("0000000000"));
    const QString all = tr("Euclidean norm; height: share of the segment's tokens");
    const bool fits = fontMetrics().horizontalAdvance(all) + 2 * ends < area.width();
    painter.drawText(under, Qt::AlignHCenter, fits ? all : tr("Euclidean norm"));
    double x = area.left();
    for (const Segment& segment : m_segments) {
        const QString text = tr("%1 (%2)").arg(segment.name, QLocale().toString(segment.total, 'f', 0));
        const double width = fontMetrics().horizontalAdvance(text);
        if (x + 14 + width > area.right())
            break;
        painter.fillRect(QRectF(x, 6, 10, 10), colorOf(segment));
        painter.setPen(theme.text);
        painter.drawText(QPointF(x + 14, 6 + fontMetrics().ascent() - 1), text);
        x += 14 + width + 14;
    }
}

bool NormHistogram::event(QEvent* event)
{
    if (event->type() != QEvent::ToolTip || m_segments.empty())
        return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const QRectF area = plot();
    const auto bins = static_cast<double>(m_segments.front().shares.size());
    const double place = std::floor((help->pos().x() - area.left()) / area.width() * bins);
    if (place < 0 || place >= bins)
        return true;
    const double step = (m_high - m_low) / bins;
    QStringList lines{
        tr("norm %1 – %2").arg(m_low + place * step, 0, 'g', 4).arg(m_low + (place + 1) * step, 0, 'g', 4)};
    for (const Segment& segment : m_segments) {
        const double share = segment.shares[static_cast<std::size_t>(place)];
        if (share > 0)
            lines << tr("%1: %2 of %3 tokens (%4 %)")
                         .arg(segment.name)
                         .arg(share * segment.total, 0, 'f', 0)
                         .arg(segment.total, 0, 'f', 0)
                         .arg(100 * share, 0, 'f', 1);
    }
    QToolTip::showText(help->globalPos(), lines.join(QLatin1Char('\n')), this);
    return true;
}

}  // namespace armillary::widgets
