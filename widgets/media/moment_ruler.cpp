#include "widgets/media/moment_ruler.h"

#include "widgets/theme.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

constexpr double kMargin = 16;
constexpr double kHandle = 9;  // radius
constexpr int kPage = 10;

}  // namespace

QColor cellColor(int cell, bool dark)
{
    // Of Okabe and Ito's palette; lighter on dark ground.
    static const std::array<QColor, kGridCells> light = {QColor(0x00, 0x72, 0xb2), QColor(0x00, 0x7a, 0x58),
                                                         QColor(0xb3, 0x50, 0x00), QColor(0xa8, 0x4a, 0x80)};
    static const std::array<QColor, kGridCells> onDark = {QColor(0x56, 0xb4, 0xe9), QColor(0x2f, 0xc4, 0x97),
                                                          QColor(0xe6, 0x9f, 0x00), QColor(0xe0, 0x92, 0xbd)};
    return (dark ? onDark : light)[static_cast<std::size_t>(std::clamp(cell, 0, kGridCells - 1))];
}

MomentRuler::MomentRuler(QWidget* parent) : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Moments of the grid on the clip's time"));
    setToolTip(
        tr("Drag a moment; with the keyboard ↑ and ↓ choose one, ← and → move it by a frame, Page up and down by "
           "ten, Home and End to the ends"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void MomentRuler::setClip(int frameCount, double framesPerSecond)
{
    m_frameCount = std::max(frameCount, 1);
    m_rate = framesPerSecond;
    update();
}

void MomentRuler::setFrames(const std::array<int, kGridCells>& frames)
{
    m_frames = frames;
    update();
}

void MomentRuler::setActive(int cell)
{
    if (cell == m_active || cell < 0 || cell >= kGridCells)
        return;
    m_active = cell;
    update();
    Q_EMIT activeChanged(cell);
}

void MomentRuler::setHighlighted(std::vector<int> cells)
{
    if (cells == m_highlighted)
        return;
    m_highlighted = std::move(cells);
    update();
}

double MomentRuler::xOf(int frame) const
{
    const double last = std::max(m_frameCount - 1, 1);
    return kMargin + (width() - 2 * kMargin) * frame / last;
}

int MomentRuler::frameAt(double x) const
{
    const double room = std::max(1.0, width() - 2 * kMargin);
    return std::clamp(static_cast<int>(std::lround((x - kMargin) / room * (m_frameCount - 1))), 0, m_frameCount - 1);
}

QPointF MomentRuler::handlePosition(int cell) const
{
    // Handles of the same frame lie one above the other as far as the height goes.
    int below = 0;
    for (int other = 0; other < cell; ++other)
        below += std::abs(xOf(m_frames[static_cast<std::size_t>(other)]) -
                          xOf(m_frames[static_cast<std::size_t>(cell)])) < 1.6 * kHandle
                     ? 1
                     : 0;
    return {xOf(m_frames[static_cast<std::size_t>(cell)]), kHandle + 3 + (below % 2) * 1.5 * kHandle};
}

QSize MomentRuler::sizeHint() const
{
    return {240, static_cast<int>(4 * kHandle) + fontMetrics().height() + 10};
}

QSize MomentRuler::minimumSizeHint() const
{
    return {140, sizeHint().height()};
}

void MomentRuler::move(int cell, int frame)
{
    int& at = m_frames[static_cast<std::size_t>(cell)];
    const int clamped = std::clamp(frame, 0, m_frameCount - 1);
    if (at == clamped)
        return;
    at = clamped;
    update();
    Q_EMIT framesChanged(m_frames);
}

void MomentRuler::paintEvent(QPaintEvent*)
{
    const ThemeColors& colors = themeColors(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const double axis = 4 * kHandle + 2;
    painter.setPen(QPen(colors.muted, 1));
    painter.drawLine(QPointF(xOf(0), axis), QPointF(xOf(m_frameCount - 1), axis));
    for (int tick = 0; tick <= 4; ++tick) {
        const int frame = static_cast<int>(std::lround((m_frameCount - 1) * tick / 4.0));
        const double x = xOf(frame);
        painter.setPen(QPen(colors.muted, 1));
        painter.drawLine(QPointF(x, axis), QPointF(x, axis + 4));
        const QString words = m_rate > 0 ? tr("%1 s").arg(frame / m_rate, 0, 'f', 2) : QString::number(frame + 1);
        const int wide = fontMetrics().horizontalAdvance(words);
        // Where it is narrow, both ends are enough.
        if (tick % 4 != 0 && wide * 6 > width())
            continue;
        const double left = std::clamp(x - wide / 2.0, 0.0, static_cast<double>(width() - wide));
        painter.drawText(QPointF(left, axis + 6 + fontMetrics().ascent()), words);
    }
    for (int cell = kGridCells - 1; cell >= 0; --cell) {
        const QPointF at = handlePosition(cell);
        const QColor color = cellColor(cell, colors.dark);
        const bool isMarked = std::find(m_highlighted.begin(), m_highlighted.end(), cell) != m_highlighted.end();
        painter.setPen(QPen(color, isMarked ? 3 : 1.5));
        painter.drawLine(at + QPointF(0, kHandle), QPointF(at.x(), axis));
        painter.setBrush(color);
        painter.setPen(cell == m_active && hasFocus() ? QPen(colors.text, 2) : QPen(color, 1));
        painter.drawEllipse(at, kHandle, kHandle);
        painter.setPen(colors.dark ? QColor(0x10, 0x14, 0x1a) : QColor(Qt::white));
        painter.drawText(QRectF(at.x() - kHandle, at.y() - kHandle, 2 * kHandle, 2 * kHandle), Qt::AlignCenter,
                         QString::number(cell + 1));
    }
}

void MomentRuler::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return;
    int nearest = m_active;
    double least = 1e9;
    for (int cell = 0; cell < kGridCells; ++cell) {
        const QPointF away = handlePosition(cell) - event->position();
        const double distance = std::hypot(away.x(), away.y());
        if (distance < least) {
            least = distance;
            nearest = cell;
        }
    }
    setActive(nearest);
    m_isDragging = true;
    // Beside the handles the nearest one comes.
    if (least > 1.5 * kHandle)
        move(nearest, frameAt(event->position().x()));
}

void MomentRuler::mouseMoveEvent(QMouseEvent* event)
{
    if (m_isDragging)
        move(m_active, frameAt(event->position().x()));
}

void MomentRuler::mouseReleaseEvent(QMouseEvent*)
{
    m_isDragging = false;
}

void MomentRuler::keyPressEvent(QKeyEvent* event)
{
    const int at = m_frames[static_cast<std::size_t>(m_active)];
    switch (event->key()) {
    case Qt::Key_Left: move(m_active, at - 1); break;
    case Qt::Key_Right: move(m_active, at + 1); break;
    case Qt::Key_PageDown: move(m_active, at - kPage); break;
    case Qt::Key_PageUp: move(m_active, at + kPage); break;
    case Qt::Key_Home: move(m_active, 0); break;
    case Qt::Key_End: move(m_active, m_frameCount - 1); break;
    case Qt::Key_Up: setActive((m_active + kGridCells - 1) % kGridCells); break;
    case Qt::Key_Down: setActive((m_active + 1) % kGridCells); break;
    default: QWidget::keyPressEvent(event);
    }
}

void MomentRuler::focusInEvent(QFocusEvent*)
{
    update();
}

void MomentRuler::focusOutEvent(QFocusEvent*)
{
    update();
}

}  // namespace armillary::widgets
