#include "widgets/anatomy/flame_chart.h"

#include "widgets/cost/stage_timing.h"
#include "widgets/theme.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <QWheelEvent>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

namespace armillary::widgets {
namespace {

constexpr int kMargin = 8;
constexpr double kLeastSeconds = 1e-6;

// 1, 2 or 5 times a power of ten: at most `most` of them in `range`.
double tickStep(double range, int most)
{
    const double raw = range / most;
    const double power = std::pow(10, std::floor(std::log10(raw)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (factor * power >= raw)
            return factor * power;
    }
    return 10 * power;
}

}  // namespace

FlameChart::FlameChart(QWidget* parent) : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Stages, passes and layers over time"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
}

QColor FlameChart::stageColor(int stage, bool dark)
{
    // Okabe and Ito; lighter on dark ground.
    constexpr std::array<QRgb, 7> kColors = {0xff0072b2, 0xffe69f00, 0xff009e73, 0xffcc79a7,
                                             0xff56b4e9, 0xffd55e00, 0xff8c8c8c};
    const QColor color = QColor::fromRgb(kColors[static_cast<std::size_t>(stage) % kColors.size()]);
    return dark ? color.lighter(115) : color;
}

void FlameChart::setSlices(std::vector<inspect::TimeSlice> slices)
{
    m_slices = std::move(slices);
    m_stages.clear();
    m_end = 0;
    std::map<std::string, int> numbers;
    for (const inspect::TimeSlice& slice : m_slices) {
        m_stages.push_back(numbers.try_emplace(slice.stage, static_cast<int>(numbers.size())).first->second);
        m_end = std::max(m_end, slice.startSeconds + slice.durationSeconds);
    }
    m_chosen.reset();
    updateGeometry();
    fit();
}

void FlameChart::setFocusedLayer(int layer)
{
    if (layer == m_focused)
        return;
    m_focused = layer;
    update();
}

void FlameChart::fit()
{
    m_from = 0;
    m_to = m_end;
    update();
}

void FlameChart::zoom(double factor, std::optional<double> seconds)
{
    if (m_end <= 0)
        return;
    const double around = seconds.value_or((m_from + m_to) / 2);
    const double span = std::clamp((m_to - m_from) * factor, kLeastSeconds, m_end);
    m_from = std::clamp(around - (around - m_from) / (m_to - m_from) * span, 0.0, m_end - span);
    m_to = m_from + span;
    update();
}

void FlameChart::move(double share)
{
    const double span = m_to - m_from;
    m_from = std::clamp(m_from + share * span, 0.0, std::max(0.0, m_end - span));
    m_to = m_from + span;
    update();
}

double FlameChart::plotWidth() const
{
    return std::max(10, width() - 2 * kMargin);
}

double FlameChart::secondsAt(double x) const
{
    return m_from + (x - kMargin) / plotWidth() * (m_to - m_from);
}

int FlameChart::lineHeight() const
{
    return fontMetrics().height() + 4;
}

int FlameChart::lines() const
{
    int deepest = 0;
    for (const inspect::TimeSlice& slice : m_slices)
        deepest = std::max(deepest, slice.depth);
    return deepest + 1;
}

QSize FlameChart::sizeHint() const
{
    return {420, minimumSizeHint().height()};
}

QSize FlameChart::minimumSizeHint() const
{
    return {200, (std::max(lines(), 3) + 1) * lineHeight() + 6};
}

QRectF FlameChart::rectOf(std::size_t slice) const
{
    const inspect::TimeSlice& at = m_slices[slice];
    if (m_to <= m_from || at.startSeconds > m_to || at.startSeconds + at.durationSeconds < m_from)
        return {};
    const double scale = plotWidth() / (m_to - m_from);
    const double left = kMargin + (std::max(at.startSeconds, m_from) - m_from) * scale;
    const double right = kMargin + (std::min(at.startSeconds + at.durationSeconds, m_to) - m_from) * scale;
    return {left, 2.0 + at.depth * lineHeight(), std::max(right - left, 0.5), lineHeight() - 1.0};
}

std::optional<std::size_t> FlameChart::sliceAt(QPointF point) const
{
    for (std::size_t i = 0; i < m_slices.size(); ++i) {
        if (rectOf(i).contains(point))
            return i;
    }
    return std::nullopt;
}

QColor FlameChart::colorOf(const inspect::TimeSlice& slice) const
{
    const ThemeColors& colors = themeColors(palette());
    const auto index = static_cast<std::size_t>(&slice - m_slices.data());
    QColor color = stageColor(m_stages[index], colors.dark);
    const bool isOther = m_focused >= 0 && slice.layer >= 0 && (slice.layer != m_focused || slice.stage == "SigLIP");
    if (isOther)
        return colors.border;
    if (slice.depth == 1)
        color.setAlphaF(0.7F);
    else if (slice.depth == 2 && slice.layer % 2 == 1)
        color.setAlphaF(0.75F);
    return color;
}

void FlameChart::paintAxis(QPainter& painter)
{
    const ThemeColors& colors = themeColors(palette());
    const double top = 2.0 + lines() * lineHeight();
    const double span = m_to - m_from;
    if (span <= 0)
        return;
    const double step = tickStep(span, std::max(2, static_cast<int>(plotWidth()) / 90));
    for (double at = std::ceil(m_from / step) * step; at <= m_to; at += step) {
        const double x = kMargin + (at - m_from) / span * plotWidth();
        painter.setPen(colors.border);
        painter.drawLine(QPointF(x, top), QPointF(x, top + 4));
        painter.setPen(colors.muted);
        const QString text = at < step / 2 ? tr("0 s") : secondsText(at);
        const double half = fontMetrics().horizontalAdvance(text) / 2.0 + 1;
        painter.drawText(QRectF(std::clamp(x - half, 0.0, width() - 2 * half), top + 3, 2 * half, lineHeight()),
                         Qt::AlignCenter, text);
    }
}

void FlameChart::paintEvent(QPaintEvent*)
{
    const ThemeColors& colors = themeColors(palette());
    QPainter painter(this);
    // Slices narrower than a pixel are drawn once a pixel and line.
    std::array<double, 8> paintedTo{};
    paintedTo.fill(-1);
    for (std::size_t i = 0; i < m_slices.size(); ++i) {
        const QRectF rect = rectOf(i);
        if (rect.isEmpty())
            continue;
        double& painted = paintedTo[static_cast<std::size_t>(m_slices[i].depth)];
        if (rect.width() < 1 && rect.right() < painted + 0.5)
            continue;
        painted = rect.right();
        const QColor color = colorOf(m_slices[i]);
        painter.fillRect(rect.adjusted(0, 0, rect.width() > 3 ? -1 : 0, 0), color);
        if (m_chosen == i) {
            painter.setPen(QPen(colors.text, 1.5));
            painter.setBrush(Qt::NoBrush);
            painter.drawRect(rect.adjusted(0.5, 0.5, -1.5, -0.5));
        }
        if (rect.width() < 3 * fontMetrics().averageCharWidth())
            continue;
        const QColor over = color.alphaF() < 1
                                ? QColor::fromRgbF(static_cast<float>(color.redF() * color.alphaF() +
                                                                      colors.base.redF() * (1 - color.alphaF())),
                                                   static_cast<float>(color.greenF() * color.alphaF() +
                                                                      colors.base.greenF() * (1 - color.alphaF())),
                                                   static_cast<float>(color.blueF() * color.alphaF() +
                                                                      colors.base.blueF() * (1 - color.alphaF())))
                                : color;
        painter.setPen(qGray(over.rgb()) > 128 ? Qt::black : Qt::white);
        const QString name = QString::fromStdString(m_slices[i].name);
        painter.drawText(rect.adjusted(3, 0, -3, 0), Qt::AlignVCenter | Qt::AlignLeft,
                         fontMetrics().elidedText(name, Qt::ElideRight, static_cast<int>(rect.width()) - 6));
    }
    paintAxis(painter);
    if (hasFocus()) {
        painter.setPen(colors.accent);
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

void FlameChart::wheelEvent(QWheelEvent* event)
{
    if (event->modifiers().testFlag(Qt::ShiftModifier) || event->angleDelta().y() == 0)
        move(-(event->angleDelta().x() + event->angleDelta().y()) / 1200.0);
    else
        zoom(std::pow(0.8, event->angleDelta().y() / 120.0), secondsAt(event->position().x()));
    event->accept();
}

void FlameChart::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return;
    m_grabbed = event->position();
    m_isDragged = false;
}

void FlameChart::mouseMoveEvent(QMouseEvent* event)
{
    if (!m_grabbed || !event->buttons().testFlag(Qt::LeftButton))
        return;
    const double away = event->position().x() - m_grabbed->x();
    if (!m_isDragged && std::abs(away) < 4)
        return;
    m_isDragged = true;
    move(-away / plotWidth());
    m_grabbed = event->position();
}

void FlameChart::mouseReleaseEvent(QMouseEvent* event)
{
    const bool wasDragged = std::exchange(m_isDragged, false);
    if (!std::exchange(m_grabbed, std::nullopt) || wasDragged)
        return;
    m_chosen = sliceAt(event->position());
    if (m_chosen)
        Q_EMIT sliceActivated(QString::fromStdString(m_slices[*m_chosen].stage), m_slices[*m_chosen].layer);
    update();
}

void FlameChart::mouseDoubleClickEvent(QMouseEvent* event)
{
    const auto at = sliceAt(event->position());
    if (!at) {
        fit();
        return;
    }
    const double span = std::max(m_slices[*at].durationSeconds * 1.1, kLeastSeconds);
    m_from = std::clamp(m_slices[*at].startSeconds - span * 0.05, 0.0, std::max(0.0, m_end - span));
    m_to = std::min(m_from + span, m_end);
    update();
}

void FlameChart::keyPressEvent(QKeyEvent* event)
{
    constexpr double kStep = 0.7;
    switch (event->key()) {
    case Qt::Key_W:
    case Qt::Key_Plus: zoom(kStep); return;
    case Qt::Key_S:
    case Qt::Key_Minus: zoom(1 / kStep); return;
    case Qt::Key_A:
    case Qt::Key_Left: move(-0.2); return;
    case Qt::Key_D:
    case Qt::Key_Right: move(0.2); return;
    case Qt::Key_F:
    case Qt::Key_Home: fit(); return;
    default: QWidget::keyPressEvent(event);
    }
}

void FlameChart::focusInEvent(QFocusEvent*)
{
    update();
}

void FlameChart::focusOutEvent(QFocusEvent*)
{
    update();
}

QString FlameChart::tipOf(const inspect::TimeSlice& slice) const
{
    QString out = tr("%1 of %2: from %3, took %4, %5 % of the run")
                      .arg(QString::fromStdString(slice.name), QString::fromStdString(slice.stage),
                           secondsText(slice.startSeconds), secondsText(slice.durationSeconds))
                      .arg(m_end > 0 ? 100 * slice.durationSeconds / m_end : 0, 0, 'f', 2);
    if (slice.rows > 0)
        out += tr(" · %1 rows").arg(slice.rows);
    return out;
}

bool FlameChart::event(QEvent* event)
{
    if (event->type() == QEvent::ShortcutOverride) {
        // Letters that move the chart are its own while it has the keyboard.
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->modifiers() == Qt::NoModifier &&
            (key->key() == Qt::Key_W || key->key() == Qt::Key_S || key->key() == Qt::Key_A || key->key() == Qt::Key_D ||
             key->key() == Qt::Key_F || key->key() == Qt::Key_Left || key->key() == Qt::Key_Right))
            event->accept();
    }
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const auto at = sliceAt(help->pos());
    if (at)
        QToolTip::showText(help->globalPos(), tipOf(m_slices[*at]), this);
    else
        QToolTip::hideText();
    return true;
}

}  // namespace armillary::widgets
