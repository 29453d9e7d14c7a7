#include "widgets/media/grid_preview.h"

#include "widgets/media/moment_ruler.h"
#include "widgets/theme.h"

#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>

namespace armillary::widgets {

GridPreview::GridPreview(QWidget* parent) : QWidget(parent)
{
    setMouseTracking(true);
    setAccessibleName(tr("The grid's picture"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void GridPreview::setGrid(std::shared_ptr<const TemporalGrid> grid, const QImage& picture, const QSize& frameSize,
                          double rate)
{
    m_grid = std::move(grid);
    m_picture = picture;
    m_rate = rate;
    m_sizes = m_grid ? gridSizes(*m_grid, frameSize.height(), frameSize.width()) : GridSizes();
    QStringList words;
    for (int cell = 0; m_grid && cell < kGridCells; ++cell)
        words << cellWords(cell);
    setAccessibleDescription(words.join(QStringLiteral("; ")));
    update();
}

void GridPreview::setHighlighted(std::vector<int> cells)
{
    if (cells == m_highlighted)
        return;
    m_highlighted = std::move(cells);
    update();
}

void GridPreview::setActive(int cell)
{
    if (cell == m_active)
        return;
    m_active = cell;
    update();
}

QRectF GridPreview::pictureRect() const
{
    if (!m_grid || m_sizes.pictureWidth <= 0 || m_sizes.pictureHeight <= 0)
        return {};
    const QSizeF size = QSizeF(m_sizes.pictureWidth, m_sizes.pictureHeight).scaled(rect().size(), Qt::KeepAspectRatio);
    return {QPointF((width() - size.width()) / 2, (height() - size.height()) / 2), size};
}

QRectF GridPreview::cellRect(int cell) const
{
    const QRectF whole = pictureRect();
    if (whole.isEmpty())
        return {};
    const PixelBox box = gridCellBox(m_sizes, cell);
    return {whole.left() + box.left * whole.width(), whole.top() + box.top * whole.height(),
            (box.right - box.left) * whole.width(), (box.bottom - box.top) * whole.height()};
}

QString GridPreview::cellWords(int cell) const
{
    if (!m_grid)
        return {};
    const GridMoment& moment = m_grid->moments[static_cast<std::size_t>(cell)];
    const QString frame = tr("%1 · %2,%3 · frame %4")
                              .arg(cell + 1)
                              .arg(cell / kGridColumns + 1)
                              .arg(cell % kGridColumns + 1)
                              .arg(moment.sourceFrame);
    return m_rate > 0 ? tr("%1 · %2 s").arg(frame).arg(moment.sourceFrame / m_rate, 0, 'f', 2) : frame;
}

int GridPreview::cellAt(const QPointF& point) const
{
    for (int cell = 0; cell < kGridCells; ++cell) {
        if (cellRect(cell).contains(point))
            return cell;
    }
    return -1;
}

void GridPreview::paintEvent(QPaintEvent*)
{
    const QRectF whole = pictureRect();
    if (whole.isEmpty())
        return;
    const ThemeColors& colors = themeColors(palette());
    QPainter painter(this);
    painter.fillRect(whole, Qt::black);
    if (!m_picture.isNull()) {
        painter.setRenderHint(QPainter::SmoothPixmapTransform);
        painter.drawImage(whole, m_picture);
    }
    for (int cell = 0; cell < kGridCells; ++cell) {
        const QRectF at = cellRect(cell);
        const bool isMarked = std::find(m_highlighted.begin(), m_highlighted.end(), cell) != m_highlighted.end();
        const double thick = isMarked ? 4 : cell == m_active ? 3 : 1.5;
        painter.setPen(QPen(cellColor(cell, true), thick));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(at.adjusted(thick / 2, thick / 2, -thick / 2, -thick / 2));
        // Where the whole name has no room, its place and frame are enough.
        QString words = cellWords(cell);
        const auto fits = [&](const QString& text) { return fontMetrics().horizontalAdvance(text) + 12 < at.width(); };
        if (!fits(words))
            words = tr("%1 · frame %2").arg(cell + 1).arg(m_grid->moments[static_cast<std::size_t>(cell)].sourceFrame);
        if (!fits(words))
            words = QString::number(m_grid->moments[static_cast<std::size_t>(cell)].sourceFrame);
        const QRectF label(at.left() + 3, at.top() + 3, fontMetrics().horizontalAdvance(words) + 8,
                           fontMetrics().height() + 2);
        painter.fillRect(label, QColor(0, 0, 0, 190));
        painter.setPen(cellColor(cell, true));
        painter.drawText(label, Qt::AlignCenter, words);
    }
    if (m_picture.isNull()) {
        painter.setPen(colors.dark ? colors.muted : QColor(0xc0, 0xc6, 0xce));
        painter.drawText(whole, Qt::AlignCenter, tr("composing …"));
    }
}

void GridPreview::mouseMoveEvent(QMouseEvent* event)
{
    const int cell = cellAt(event->position());
    if (cell == m_pointed)
        return;
    m_pointed = cell;
    Q_EMIT cellHovered(cell);
}

void GridPreview::mousePressEvent(QMouseEvent* event)
{
    if (const int cell = cellAt(event->position()); cell >= 0 && event->button() == Qt::LeftButton)
        Q_EMIT cellPressed(cell, event->modifiers());
}

void GridPreview::leaveEvent(QEvent*)
{
    if (std::exchange(m_pointed, -1) >= 0)
        Q_EMIT cellHovered(-1);
}

bool GridPreview::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        const int cell = cellAt(help->pos());
        QToolTip::showText(help->globalPos(), cell < 0 ? QString() : cellWords(cell), this);
        return true;
    }
    return QWidget::event(event);
}

}  // namespace armillary::widgets
