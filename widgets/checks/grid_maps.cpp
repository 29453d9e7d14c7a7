#include "widgets/checks/grid_maps.h"

#include "widgets/models/result_table_model.h"
#include "widgets/theme.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <utility>

namespace armillary::widgets {
namespace {

constexpr int kGap = 14;
constexpr int kLegendBar = 120;  // pixels wide
constexpr int kLeastLegendBar = 24;
constexpr int kWordGap = 6;

}  // namespace

GridMaps::GridMaps(QWidget* parent) : QWidget(parent)
{
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Heat maps"));
}

void GridMaps::setMaps(std::vector<GridMap> maps, const QString& unit, ColorScale scale)
{
    m_maps = std::move(maps);
    m_unit = unit;
    m_scale = scale;
    m_hovered = {};
    m_images.clear();
    m_lowest = 0;
    m_highest = 0;
    m_hasMarks = false;
    for (const GridMap& map : m_maps) {
        m_hasMarks = m_hasMarks || map.expected || map.peak;
        for (const float value : map.values) {
            if (std::isfinite(value)) {
                m_lowest = std::min(m_lowest, value);
                m_highest = std::max(m_highest, value);
            }
        }
    }
    if (scale == ColorScale::Signed) {
        m_highest = std::max(std::abs(m_lowest), std::abs(m_highest));
        m_lowest = -m_highest;
    }
    if (m_highest <= m_lowest)
        m_highest = m_lowest + 1;
    for (const GridMap& map : m_maps)
        m_images.push_back(imageFromValues(map.values, map.rows, map.columns, m_lowest, m_highest, scale));
    setVisible(!m_maps.empty());
    updateGeometry();
    update();
}

QSize GridMaps::sizeHint() const
{
    const int count = std::max(static_cast<int>(m_maps.size()), 1);
    return {std::min(count, 4) * 150 + kGap, 150 + 3 * fontMetrics().height()};
}

int GridMaps::marksWidth() const
{
    const QFontMetrics metrics = fontMetrics();
    return m_hasMarks
               ? 2 * metrics.height() + metrics.horizontalAdvance(tr("expected") + tr("strongest")) + 5 * kWordGap
               : 0;
}

GridMaps::Legend GridMaps::legend() const
{
    const auto lengthOf = [this](const QString& text) { return fontMetrics().horizontalAdvance(text); };
    const int lowest = lengthOf(numberText(static_cast<double>(m_lowest)));
    const int highest = lengthOf(numberText(static_cast<double>(m_highest)));
    const int withUnit = lengthOf(numberText(static_cast<double>(m_highest), m_unit));
    const int room = width() - 2 * kGap - 2 * kWordGap - lowest;
    Legend out;
    out.isUnitBelow = withUnit + kLeastLegendBar > room;
    const int most = std::max(kLeastLegendBar, std::min(kLegendBar, width() / 3));
    out.barWidth = std::clamp(room - (out.isUnitBelow ? highest : withUnit), kLeastLegendBar, most);
    out.areMarksBelow = m_hasMarks && withUnit + out.barWidth + kWordGap + marksWidth() > room;
    return out;
}

QRectF GridMaps::mapRect(int map) const
{
    const auto count = static_cast<int>(m_maps.size());
    const int line = fontMetrics().height();
    const double room = height() - legend().lines() * line - 10.0;  // above the legend
    // The number of maps in a row that makes them largest.
    double best = 0;
    int columns = 1;
    for (int each = 1; each <= count; ++each) {
        const int rows = (count + each - 1) / each;
        const double wide = (width() - kGap) / static_cast<double>(each) - kGap;
        const double high = room / rows - line - 6;
        const double side = std::min(wide, high);
        if (side > best) {
            best = side;
            columns = each;
        }
    }
    const GridMap& shown = m_maps[static_cast<std::size_t>(map)];
    const int rows = (count + columns - 1) / columns;
    const double cell = best / std::max(std::max(shown.rows, shown.columns), 1);
    const double left = kGap + (map % columns) * (best + kGap);
    const double top = line + 4 + (map / columns) * (room / rows);
    return {left, top, cell * shown.columns, cell * shown.rows};
}

QRect GridMaps::cellRect(int map, int row, int column) const
{
    const GridMap& shown = m_maps[static_cast<std::size_t>(map)];
    const QRectF all = mapRect(map);
    const double wide = all.width() / shown.columns;
    const double high = all.height() / shown.rows;
    return QRectF(all.left() + wide * column, all.top() + high * row, wide, high).toAlignedRect();
}

GridMaps::Cell GridMaps::cellAt(const QPointF& point) const
{
    for (int i = 0; i < static_cast<int>(m_maps.size()); ++i) {
        const QRectF all = mapRect(i);
        if (!all.contains(point))
            continue;
        const GridMap& map = m_maps[static_cast<std::size_t>(i)];
        return {i, std::min(static_cast<int>((point.y() - all.top()) / all.height() * map.rows), map.rows - 1),
                std::min(static_cast<int>((point.x() - all.left()) / all.width() * map.columns), map.columns - 1)};
    }
    return {};
}

QString GridMaps::textOf(const Cell& cell) const
{
    if (cell.map < 0)
        return {};
    const GridMap& map = m_maps[static_cast<std::size_t>(cell.map)];
    const float value = map.values[static_cast<std::size_t>(cell.row * map.columns + cell.column)];
    return tr("%1 · row %2, column %3: %4")
        .arg(map.title)
        .arg(cell.row)
        .arg(cell.column)
        .arg(numberText(static_cast<double>(value), m_unit));
}

void GridMaps::paintEvent(QPaintEvent*)
{
    if (m_maps.empty())
        return;
    QPainter painter(this);
    for (int i = 0; i < static_cast<int>(m_maps.size()); ++i)
        drawMap(painter, i);
    drawLegend(painter);
}

void GridMaps::drawMap(QPainter& painter, int map) const
{
    const ThemeColors& colors = themeColors(palette());
    const GridMap& shown = m_maps[static_cast<std::size_t>(map)];
    const QRectF all = mapRect(map);
    const int line = fontMetrics().height();
    painter.setPen(colors.text);
    painter.drawText(QRectF(all.left(), all.top() - line - 2, std::max(all.width(), 40.0), line),
                     Qt::AlignLeft | Qt::AlignVCenter,
                     fontMetrics().elidedText(shown.title, Qt::ElideRight,
                                              static_cast<int>(std::max(all.width(), 40.0))));
    painter.drawImage(all, m_images[static_cast<std::size_t>(map)]);
    for (std::size_t i = 0; i < shown.values.size(); ++i) {
        if (std::isnan(shown.values[i])) {
            const QRect cell = cellRect(map, static_cast<int>(i) / shown.columns, static_cast<int>(i) % shown.columns);
            painter.fillRect(cell, colors.base);
            painter.fillRect(cell, QBrush(colors.muted, Qt::BDiagPattern));
        }
    }
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(colors.border, 1));
    painter.drawRect(all);
    // Marks in white over black, so that they stand out from every colour of the scale.
    const auto twice = [&](auto draw) {
        painter.setPen(QPen(Qt::black, 3.5));
        draw();
        painter.setPen(QPen(Qt::white, 1.6));
        draw();
    };
    if (shown.expected) {
        const QRect cell = cellRect(map, shown.expected->y(), shown.expected->x()).adjusted(1, 1, -2, -2);
        twice([&] { painter.drawRect(cell); });
    }
    if (shown.peak) {
        const QRect cell = cellRect(map, shown.peak->y(), shown.peak->x());
        const int inset = std::max(cell.width() / 4, 2);
        const QRect cross = cell.adjusted(inset, inset, -inset, -inset);
        twice([&] {
            painter.drawLine(cross.topLeft(), cross.bottomRight());
            painter.drawLine(cross.topRight(), cross.bottomLeft());
        });
    }
    if (m_hovered.map == map) {
        painter.setPen(QPen(colors.accent, 2));
        painter.drawRect(cellRect(map, m_hovered.row, m_hovered.column));
    }
}

void GridMaps::drawLegend(QPainter& painter) const
{
    const ThemeColors& colors = themeColors(palette());
    const int line = fontMetrics().height();
    double below = 0;
    for (int i = 0; i < static_cast<int>(m_maps.size()); ++i)
        below = std::max(below, mapRect(i).bottom());
    const Legend legend = this->legend();
    int top = std::min(static_cast<int>(below) + 8, height() - legend.lines() * line - 2);
    int x = kGap;
    const auto say = [&](const QString& text) {
        painter.setPen(colors.muted);
        painter.drawText(x, top, width() - x, line, Qt::AlignLeft | Qt::AlignVCenter,
                         fontMetrics().elidedText(text, Qt::ElideRight, width() - x));
        x += fontMetrics().horizontalAdvance(text) + kWordGap;
    };
    say(numberText(static_cast<double>(m_lowest)));
    QLinearGradient gradient = scaleGradient(m_scale);
    gradient.setStart(x, 0);
    gradient.setFinalStop(x + legend.barWidth, 0);
    painter.fillRect(x, top + 3, legend.barWidth, line - 6, gradient);
    x += legend.barWidth + kWordGap;
    say(numberText(static_cast<double>(m_highest), legend.isUnitBelow ? QString() : m_unit));
    if (legend.isUnitBelow) {
        x = kGap;
        top += line;
        say(m_unit);
    }
    if (m_hasMarks) {
        x = legend.areMarksBelow ? kGap : x + kWordGap;
        top += legend.areMarksBelow ? line : 0;
        const QRect square(x, top + 3, line - 7, line - 7);
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(colors.text, 1.4));
        painter.drawRect(square);
        x += line;
        say(tr("expected"));
        const QRect cross(x, top + 4, line - 9, line - 9);
        painter.setPen(QPen(colors.text, 1.4));
        painter.drawLine(cross.topLeft(), cross.bottomRight());
        painter.drawLine(cross.topRight(), cross.bottomLeft());
        x += line;
        say(tr("strongest"));
    }
}

void GridMaps::hoverCell(const Cell& cell)
{
    if (cell == m_hovered)
        return;
    m_hovered = cell;
    setAccessibleDescription(textOf(cell));
    update();
    Q_EMIT cellHovered(cell.map, cell.row, cell.column);
}

void GridMaps::mouseMoveEvent(QMouseEvent* event)
{
    hoverCell(cellAt(event->position()));
}

void GridMaps::mousePressEvent(QMouseEvent* event)
{
    const Cell cell = cellAt(event->position());
    if (event->button() == Qt::LeftButton && cell.map >= 0)
        Q_EMIT cellClicked(cell.map, cell.row, cell.column);
}

void GridMaps::leaveEvent(QEvent*)
{
    hoverCell({});
}

void GridMaps::keyPressEvent(QKeyEvent* event)
{
    if (m_maps.empty()) {
        QWidget::keyPressEvent(event);
        return;
    }
    Cell next = m_hovered.map < 0 ? Cell{0, 0, 0} : m_hovered;
    const GridMap& map = m_maps[static_cast<std::size_t>(next.map)];
    const bool first = m_hovered.map < 0;
    switch (event->key()) {
    case Qt::Key_Left: next.column -= first ? 0 : 1; break;
    case Qt::Key_Right: next.column += first ? 0 : 1; break;
    case Qt::Key_Up: next.row -= first ? 0 : 1; break;
    case Qt::Key_Down: next.row += first ? 0 : 1; break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (!first)
            Q_EMIT cellClicked(next.map, next.row, next.column);
        return;
    default: QWidget::keyPressEvent(event); return;
    }
    // Over the edge lies the neighbouring map.
    if (next.column < 0 && next.map > 0)
        next = {next.map - 1, next.row, m_maps[static_cast<std::size_t>(next.map) - 1].columns - 1};
    else if (next.column >= map.columns && next.map + 1 < static_cast<int>(m_maps.size()))
        next = {next.map + 1, next.row, 0};
    const GridMap& there = m_maps[static_cast<std::size_t>(next.map)];
    next.row = std::clamp(next.row, 0, there.rows - 1);
    next.column = std::clamp(next.column, 0, there.columns - 1);
    hoverCell(next);
}

bool GridMaps::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const QString text = textOf(cellAt(help->pos()));
        if (text.isEmpty())
            QToolTip::hideText();
        else
            QToolTip::showText(help->globalPos(), text, this);
        return true;
    }
    return QWidget::event(event);
}

}  // namespace armillary::widgets
