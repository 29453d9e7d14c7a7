#include "widgets/overlay/overlay_legend.h"

#include "widgets/overlay/overlay_images.h"
#include "widgets/theme.h"

#include <QFontMetricsF>
#include <QLocale>
#include <QPainter>
#include <QTextLayout>

#include <algorithm>
#include <cmath>
#include <utility>

namespace armillary::widgets {
namespace {

constexpr double kMargin = 12;
constexpr double kGradientWidth = 120;
constexpr double kLeastGradient = 24;
constexpr double kSwatch = 2 * kPatternPixels;  // whole tiles
constexpr double kGap = 6;
constexpr double kBar = 12;
constexpr double kLeastTitle = 260;  // of one line: before it has that, samples of patterns are left out

// Whole lines of words, the last one cut short where more would follow.
void drawLines(QPainter& painter, const QString& text, const QRectF& area)
{
    const QFontMetricsF metrics(painter.font());
    const int most = std::max(1, static_cast<int>(area.height() / metrics.lineSpacing()));
    QTextLayout layout(text, painter.font());
    QTextOption option;
    option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    layout.setTextOption(option);
    layout.beginLayout();
    for (int i = 0; i < most; ++i) {
        QTextLine line = layout.createLine();
        if (!line.isValid())
            break;
        line.setLineWidth(area.width());
        const QString rest = text.mid(line.textStart());
        const QString words = i + 1 < most ? rest.left(line.textLength()) : rest;
        painter.drawText(QRectF(area.left(), area.top() + i * metrics.lineSpacing(), area.width(), metrics.height()),
                         Qt::AlignLeft | Qt::AlignVCenter,
                         metrics.elidedText(words.trimmed(), Qt::ElideRight, area.width()));
    }
    layout.endLayout();
}

QString highestWords(const OverlayStack::Entry& entry)
{
    return QStringLiteral("%1 %2").arg(scaleNumber(entry.layer.highest), entry.layer.unit);
}

}  // namespace

QString scaleNumber(double value)
{
    return QLocale::c().toString(value, 'g', 3).replace(QLatin1Char('-'), QChar(0x2212));
}

QString layerWords(const OverlayLayer& layer)
{
    if (layer.values.empty())
        return layer.title;
    return OverlayLegend::tr("%1. Colours from %2 to %3 %4; larger values take the last colour.")
        .arg(layer.title, scaleNumber(layer.lowest), scaleNumber(layer.highest), layer.unit)
        .replace(QStringLiteral(" ;"), QStringLiteral(";"));
}

QString overlayWords(const OverlayStack& overlays, std::int64_t position)
{
    const OverlayStack::Entry* top = overlays.top();
    if (top == nullptr)
        return {};
    const OverlayLayer& layer = top->layer;
    if (overlayMark(layer, position) == CellMark::Future)
        return OverlayLegend::tr("masked: after the query");
    if (overlayMark(layer, position) == CellMark::OutsideWindow)
        return OverlayLegend::tr("outside the window");
    const auto at = static_cast<std::size_t>(position);
    if (!layer.colors.empty() || position < 0 || at >= layer.values.size() || std::isnan(layer.values[at]))
        return {};
    return QStringLiteral("%1 %2").arg(scaleNumber(static_cast<double>(layer.values[at])), layer.unit).trimmed();
}

OverlayLegend::OverlayLegend(const OverlayStack& overlays, Form form, QString id, QWidget* parent)
    : QWidget(parent), m_overlays(&overlays), m_form(form), m_id(std::move(id))
{
    setObjectName(QStringLiteral("overlayLegend"));
    setAccessibleName(tr("Legend of the overlay"));
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    refresh();
}

const OverlayStack::Entry* OverlayLegend::entry() const
{
    return m_id.isEmpty() ? m_overlays->top() : m_overlays->find(m_id);
}

void OverlayLegend::setOverlays(const OverlayStack& overlays)
{
    m_overlays = &overlays;
    refresh();
}

void OverlayLegend::refresh()
{
    const OverlayStack::Entry* shown = entry();
    m_hasScale = m_hasFuture = m_hasOutside = false;
    if (shown != nullptr) {
        m_text = shown->layer.title;
        m_hasScale = !shown->layer.values.empty() && shown->layer.colors.empty();
        const auto& marks = shown->layer.marks;
        m_hasFuture = std::find(marks.begin(), marks.end(), CellMark::Future) != marks.end();
        m_hasOutside = std::find(marks.begin(), marks.end(), CellMark::OutsideWindow) != marks.end();
    } else if (!m_overlays->isOn()) {
        m_text = tr("Overlay off (V shows it)");
    } else if (m_overlays->entries().empty()) {
        m_text = tr("No overlay: the shown run has kept no attention yet");
    } else {
        // The first layer that has nothing to show says why.
        const auto& entries = m_overlays->entries();
        const auto empty = std::find_if(entries.begin(), entries.end(), [](const OverlayStack::Entry& each) {
            return each.isVisible && each.layer.values.empty() && each.layer.colors.empty();
        });
        m_text = empty != entries.end() ? empty->layer.title : tr("No overlay layer is switched on");
    }
    setToolTip(shown != nullptr ? layerWords(shown->layer) : m_text);
    setAccessibleDescription(toolTip());
    update();
}

double OverlayLegend::lineHeight() const
{
    return std::ceil(std::max(QFontMetricsF(font()).height() + 2, kSwatch + 2));
}

QSize OverlayLegend::sizeHint() const
{
    return {360, static_cast<int>(lines() * lineHeight() + (lines() > 1 ? 6 : 2))};
}

QSize OverlayLegend::minimumSizeHint() const
{
    return {120, sizeHint().height()};
}

QRectF OverlayLegend::gradientRect() const
{
    const OverlayStack::Entry* shown = entry();
    if (shown == nullptr || !m_hasScale)
        return {};
    const double left = kMargin + QFontMetricsF(font()).horizontalAdvance(scaleNumber(shown->layer.lowest)) + kGap;
    // The numbers and their unit come first.
    const double words = QFontMetricsF(font()).horizontalAdvance(highestWords(*shown)) + kGap + 4;
    const double most = std::max(kLeastGradient, this->width() - left - words);
    const double width =
        std::min(most, std::clamp(this->width() - 240.0, 50.0, m_form == Form::OneLine ? 70.0 : kGradientWidth));
    return {left, scaleTop() + (lineHeight() - kBar) / 2, width, kBar};
}

void OverlayLegend::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const ThemeColors& theme = themeColors(palette());
    const QFontMetricsF metrics(font());
    const OverlayStack::Entry* shown = entry();
    const auto drawTitle = [&](double left, double height) {
        painter.setPen(shown != nullptr ? theme.text : theme.muted);
        const double room = width() - left - kMargin;
        if (height < 1.5 * lineHeight()) {
            painter.drawText(QRectF(left, 0, room, height), Qt::AlignVCenter | Qt::AlignLeft,
                             metrics.elidedText(m_text, Qt::ElideRight, room));
            return;
        }
        // What does not fit is in the tooltip.
        drawLines(painter, m_text, QRectF(left, 0, room, height));
    };
    const QRectF bar = gradientRect();
    // A list keeps the line of the scale for layers that have none now, so that a hover moves no rows; it says so.
    const bool keepsLine = m_form == Form::ThreeLines && shown != nullptr;
    if (m_form != Form::OneLine && (!bar.isEmpty() || keepsLine))
        drawTitle(kMargin, scaleTop());
    else if (bar.isEmpty())
        drawTitle(kMargin, height());
    if (bar.isEmpty()) {
        if (keepsLine) {
            painter.setPen(theme.muted);
            const double room = width() - 2 * kMargin;
            painter.drawText(QRectF(kMargin, scaleTop(), room, lineHeight()), Qt::AlignVCenter | Qt::AlignLeft,
                             metrics.elidedText(shown->layer.colors.empty() ? tr("nothing to paint now")
                                                                            : tr("colours of its own, no scale"),
                                                Qt::ElideRight, room));
        }
        return;
    }
    const QRectF line(0, scaleTop(), width(), lineHeight());
    const auto write = [&](double left, const QString& words) {
        const QString fitting = metrics.elidedText(words, Qt::ElideRight, width() - left);
        const double advance = metrics.horizontalAdvance(fitting);
        painter.drawText(QRectF(left, line.top(), advance + 2, line.height()), Qt::AlignVCenter | Qt::AlignLeft,
                         fitting);
        return left + advance;
    };
    painter.setPen(theme.muted);
    write(kMargin, scaleNumber(shown->layer.lowest));
    QLinearGradient gradient = scaleGradient(shown->layer.scale);
    gradient.setStart(bar.topLeft());
    gradient.setFinalStop(bar.topRight());
    painter.setBrush(gradient);
    painter.setPen(Qt::NoPen);
    painter.drawRect(bar);
    painter.setPen(theme.muted);
    double x = write(bar.right() + kGap, highestWords(*shown));
    const auto sample = [&](CellMark mark, const QString& words) {
        const double after = x + 3 * kGap + kSwatch + metrics.horizontalAdvance(words);
        if (after + (m_form == Form::OneLine ? kLeastTitle : 0) > width())
            return;
        x += 2 * kGap;
        const QRectF swatch(x, line.top() + (line.height() - kSwatch) / 2, kSwatch, kSwatch);
        painter.save();
        painter.setBrushOrigin(swatch.topLeft());
        QBrush brush(markPattern(mark));
        brush.setTransform(QTransform::fromScale(0.5, 0.5));
        painter.fillRect(swatch, theme.muted);
        painter.fillRect(swatch, brush);
        painter.restore();
        x = write(x + kSwatch + kGap, words);
    };
    if (m_hasFuture)
        sample(CellMark::Future, tr("masked"));
    if (m_hasOutside)
        sample(CellMark::OutsideWindow, tr("outside window"));
    if (m_form == Form::OneLine)
        drawTitle(x + 2 * kGap, lineHeight());
}

}  // namespace armillary::widgets
