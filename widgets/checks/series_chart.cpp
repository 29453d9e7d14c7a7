#include "widgets/checks/series_chart.h"

#include "widgets/models/result_table_model.h"
#include "widgets/theme.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace armillary::widgets {
namespace {

constexpr int kSwatch = 18;  // pixels of a line in the legend
constexpr int kGap = 12;

// 1, 2 or 5 times a power of ten, so that about `wanted` steps fill `span`.
double niceStep(double span, int wanted)
{
    const double raw = span / std::max(wanted, 1);
    const double power = std::pow(10.0, std::floor(std::log10(raw)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (raw <= factor * power)
            return factor * power;
    }
    return 10 * power;
}

QString tickText(double value)
{
    return QString::number(value, 'g', 4);
}

QPen penOf(const ChartSeries& series)
{
    QPen pen(series.color, series.isControl ? 1.4 : 2.2, series.isControl ? Qt::DashLine : Qt::SolidLine);
    pen.setJoinStyle(Qt::RoundJoin);
    return pen;
}

}  // namespace

QColor seriesColor(int index, bool dark)
{
    // Okabe and Ito, the yellow and the black left out: they vanish on one of the two grounds.
    static constexpr std::array<QRgb, 6> kLight = {0xff0072b2, 0xffd55e00, 0xff008a65,
                                                   0xffb0578d, 0xffb57a00, 0xff2f86b8};
    static constexpr std::array<QRgb, 6> kDark = {0xff4ba3e3, 0xffff8a4c, 0xff2bc49a,
                                                  0xffe08fbd, 0xfff0b429, 0xff8fd0f5};
    return QColor::fromRgb((dark ? kDark : kLight)[static_cast<std::size_t>(index) % kLight.size()]);
}

SeriesChart::SeriesChart(QWidget* parent) : QWidget(parent)
{
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Chart"));
}

void SeriesChart::setChart(Chart chart)
{
    m_chart = std::move(chart);
    m_hovered = -1;
    measure();
    setAccessibleDescription(m_chart.series.empty() ? QString()
                                                    : tr("%1 over %2").arg(m_chart.valueTitle, m_chart.placeTitle));
    update();
}

void SeriesChart::setMarked(std::optional<int> place)
{
    if (place == m_marked)
        return;
    m_marked = place;
    update();
}

void SeriesChart::measure()
{
    double lowest = 0;
    double highest = 0;
    for (const ChartSeries& series : m_chart.series) {
        for (const double value : series.values) {
            if (std::isfinite(value)) {
                lowest = std::min(lowest, value);
                highest = std::max(highest, value);
            }
        }
    }
    for (const ChartLevel& level : m_chart.levels) {
        lowest = std::min(lowest, level.value);
        highest = std::max(highest, level.value);
    }
    if (highest - lowest < 1e-12)
        highest = lowest + 1;
    m_step = niceStep(highest - lowest, 4);
    m_lowest = std::floor(lowest / m_step + 1e-9) * m_step;
    m_highest = std::ceil(highest / m_step - 1e-9) * m_step;
}

int SeriesChart::legendRows() const
{
    int rows = 1;
    int x = 0;
    for (const ChartSeries& series : m_chart.series) {
        const int wide = kSwatch + 4 + fontMetrics().horizontalAdvance(series.title) + kGap;
        if (x > 0 && x + wide > width() - 16) {
            ++rows;
            x = 0;
        }
        x += wide;
    }
    return rows;
}

int SeriesChart::valueLabelWidth() const
{
    int wide = 0;
    for (double value = m_lowest; value <= m_highest + m_step / 2; value += m_step)
        wide = std::max(wide, fontMetrics().horizontalAdvance(tickText(std::round(value / m_step) * m_step)));
    return wide;
}

QRectF SeriesChart::plotArea() const
{
    const int line = fontMetrics().height();
    const double left = line + valueLabelWidth() + 12;
    const double top = legendRows() * (line + 2) + 8;
    return {left, top, std::max(width() - left - 10, 10.0), std::max(height() - top - 2 * line - 10, 10.0)};
}

double SeriesChart::xOf(int place) const
{
    const QRectF area = plotArea();
    const auto count = static_cast<double>(std::max<qsizetype>(m_chart.places.size(), 1));
    return area.left() + area.width() * (place + 0.5) / count;
}

double SeriesChart::yOf(double value) const
{
    const QRectF area = plotArea();
    return area.bottom() - area.height() * (value - m_lowest) / (m_highest - m_lowest);
}

int SeriesChart::placeAt(const QPointF& point) const
{
    const QRectF area = plotArea();
    if (m_chart.places.isEmpty() || point.x() < area.left() || point.x() > area.right() || point.y() < area.top() - 4)
        return -1;
    const auto count = static_cast<double>(m_chart.places.size());
    return std::clamp(static_cast<int>((point.x() - area.left()) / area.width() * count), 0,
                      static_cast<int>(m_chart.places.size()) - 1);
}

QPointF SeriesChart::pointOf(std::size_t series, int place) const
{
    return {xOf(place), yOf(m_chart.series[series].values[static_cast<std::size_t>(place)])};
}

QString SeriesChart::textOf(int place) const
{
    if (place < 0 || place >= m_chart.places.size())
        return {};
    QStringList lines{QStringLiteral("%1 %2").arg(m_chart.placeTitle, m_chart.places[place])};
    for (const ChartSeries& series : m_chart.series) {
        if (static_cast<std::size_t>(place) < series.values.size())
            lines << QStringLiteral("%1: %2").arg(series.title,
                                                  numberText(series.values[static_cast<std::size_t>(place)]));
    }
    return lines.join(QLatin1Char('\n'));
}

void SeriesChart::paintEvent(QPaintEvent*)
{
    if (m_chart.series.empty() || m_chart.places.isEmpty())
        return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    drawAxes(painter);
    drawLegend(painter);
    if (m_chart.form == Chart::Form::Bars)
        drawBars(painter);
    else
        drawLines(painter);
    if (hasFocus()) {
        painter.setPen(QPen(themeColors(palette()).accent, 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    }
}

void SeriesChart::drawAxes(QPainter& painter) const
{
    const ThemeColors& colors = themeColors(palette());
    const QRectF area = plotArea();
    const int line = fontMetrics().height();
    const double cell = area.width() / static_cast<double>(m_chart.places.size());
    for (const auto& [place, color] : {std::pair{m_marked.value_or(-1), colors.soft}, {m_hovered, colors.raised}}) {
        if (place >= 0 && place < m_chart.places.size())
            painter.fillRect(QRectF(xOf(place) - cell / 2, area.top(), cell, area.height()), color);
    }
    const double stepPixels = area.height() * m_step / (m_highest - m_lowest);
    const int everyLabel = std::max(1, static_cast<int>(std::ceil(line / std::max(stepPixels, 1.0))));
    for (double value = m_lowest; value <= m_highest + m_step / 2; value += m_step) {
        const double exact = std::round(value / m_step) * m_step;
        const double y = yOf(exact);
        painter.setPen(QPen(exact == 0 ? colors.muted : colors.border, 1));
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
        // In a low chart only every other number has room.
        const auto number = static_cast<int>(std::round(exact / m_step));
        if (number % everyLabel != 0)
            continue;
        painter.setPen(colors.muted);
        painter.drawText(QRectF(line + 2, y - line / 2.0, area.left() - line - 8, line),
                         Qt::AlignRight | Qt::AlignVCenter, tickText(exact));
    }
    // As many names of places as fit.
    int widest = 1;
    for (const QString& place : m_chart.places)
        widest = std::max(widest, std::min(fontMetrics().horizontalAdvance(place), 90));
    const int every = std::max(1, static_cast<int>(std::ceil((widest + 6) / cell)));
    for (int i = 0; i < m_chart.places.size(); i += every) {
        const double room = std::max(cell * every, 10.0);
        painter.drawText(QRectF(xOf(i) - room / 2, area.bottom() + 2, room, line), Qt::AlignCenter,
                         fontMetrics().elidedText(m_chart.places[i], Qt::ElideRight, static_cast<int>(room)));
    }
    // A long title of a narrow chart also takes the room below the numbers.
    const bool isLong = fontMetrics().horizontalAdvance(m_chart.placeTitle) > area.width();
    const QRectF title(isLong ? 4 : area.left(), area.bottom() + line + 3, isLong ? width() - 8 : area.width(), line);
    painter.drawText(title, Qt::AlignCenter,
                     fontMetrics().elidedText(m_chart.placeTitle, Qt::ElideRight, static_cast<int>(title.width())));
    painter.save();
    painter.translate(2, area.center().y());
    painter.rotate(-90);
    painter.drawText(QRectF(-area.height() / 2, 0, area.height(), line), Qt::AlignCenter,
                     fontMetrics().elidedText(m_chart.valueTitle, Qt::ElideRight, static_cast<int>(area.height())));
    painter.restore();
    for (const ChartLevel& level : m_chart.levels) {
        const double y = yOf(level.value);
        painter.setPen(QPen(colors.text, 1, Qt::DotLine));
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
        painter.setPen(colors.text);
        painter.drawText(QRectF(area.left(), y - line - 1, area.width() - 2, line), Qt::AlignRight, level.title);
    }
}

void SeriesChart::drawLegend(QPainter& painter) const
{
    const ThemeColors& colors = themeColors(palette());
    const int line = fontMetrics().height();
    int x = 8;
    int y = 3;
    for (const ChartSeries& series : m_chart.series) {
        const int wide = kSwatch + 4 + fontMetrics().horizontalAdvance(series.title) + kGap;
        if (x > 8 && x - 8 + wide > width() - 16) {
            x = 8;
            y += line + 2;
        }
        if (m_chart.form == Chart::Form::Bars) {
            painter.fillRect(QRectF(x, y + line / 2.0 - 4, kSwatch - 6, 8), series.color);
        } else {
            painter.setPen(penOf(series));
            painter.drawLine(QPointF(x, y + line / 2.0), QPointF(x + kSwatch - 2, y + line / 2.0));
        }
        painter.setPen(colors.text);
        painter.drawText(QRectF(x + kSwatch + 4, y, wide, line), Qt::AlignLeft | Qt::AlignVCenter, series.title);
        x += wide;
    }
}

void SeriesChart::drawLines(QPainter& painter) const
{
    std::vector<const ChartSeries*> order;
    for (const ChartSeries& series : m_chart.series)
        order.push_back(&series);
    // Controls lie under what they are a control of.
    std::stable_partition(order.begin(), order.end(), [](const ChartSeries* series) { return series->isControl; });
    for (const ChartSeries* shown : order) {
        const ChartSeries& series = *shown;
        const int count = static_cast<int>(std::min<qsizetype>(m_chart.places.size(), qsizetype(series.values.size())));
        QPolygonF run;
        const auto flush = [&] {
            painter.setPen(penOf(series));
            painter.setBrush(Qt::NoBrush);
            painter.drawPolyline(run);
            painter.setPen(Qt::NoPen);
            painter.setBrush(series.color);
            const double radius = series.isControl ? 2 : 3;
            if (run.size() == 1 || count <= 80) {
                for (const QPointF& point : std::as_const(run))
                    painter.drawEllipse(point, radius, radius);
            }
            run.clear();
        };
        for (int i = 0; i < count; ++i) {
            const double value = series.values[static_cast<std::size_t>(i)];
            if (std::isfinite(value))
                run << QPointF(xOf(i), yOf(value));
            else
                flush();
        }
        flush();
    }
}

void SeriesChart::drawBars(QPainter& painter) const
{
    const double cell = plotArea().width() / static_cast<double>(m_chart.places.size());
    const double wide = cell * 0.8 / static_cast<double>(m_chart.series.size());
    const double zero = yOf(std::clamp(0.0, m_lowest, m_highest));
    for (std::size_t s = 0; s < m_chart.series.size(); ++s) {
        const ChartSeries& series = m_chart.series[s];
        for (int i = 0; i < m_chart.places.size() && static_cast<std::size_t>(i) < series.values.size(); ++i) {
            const double value = series.values[static_cast<std::size_t>(i)];
            if (!std::isfinite(value))
                continue;
            const double left = xOf(i) - cell * 0.4 + wide * static_cast<double>(s);
            painter.fillRect(QRectF(QPointF(left, std::min(zero, yOf(value))),
                                    QPointF(left + std::max(wide - 1, 1.0), std::max(zero, yOf(value)))),
                             series.color);
        }
    }
}

void SeriesChart::hoverPlace(int place)
{
    if (place == m_hovered)
        return;
    m_hovered = place;
    update();
    Q_EMIT placeHovered(place);
}

void SeriesChart::mouseMoveEvent(QMouseEvent* event)
{
    hoverPlace(placeAt(event->position()));
}

void SeriesChart::mousePressEvent(QMouseEvent* event)
{
    const int place = placeAt(event->position());
    if (event->button() == Qt::LeftButton && place >= 0)
        Q_EMIT placeClicked(place);
}

void SeriesChart::leaveEvent(QEvent*)
{
    hoverPlace(-1);
}

void SeriesChart::keyPressEvent(QKeyEvent* event)
{
    const int last = static_cast<int>(m_chart.places.size()) - 1;
    if (last < 0) {
        QWidget::keyPressEvent(event);
        return;
    }
    switch (event->key()) {
    case Qt::Key_Left: hoverPlace(std::max(m_hovered - 1, 0)); break;
    case Qt::Key_Right: hoverPlace(std::min(m_hovered + 1, last)); break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (m_hovered >= 0)
            Q_EMIT placeClicked(m_hovered);
        break;
    default: QWidget::keyPressEvent(event); return;
    }
    setAccessibleDescription(textOf(m_hovered));
}

bool SeriesChart::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const QString text = textOf(placeAt(help->pos()));
        if (text.isEmpty())
            QToolTip::hideText();
        else
            QToolTip::showText(help->globalPos(), text, this);
        return true;
    }
    return QWidget::event(event);
}

}  // namespace armillary::widgets
