#include "widgets/embedding/map_legend_row.h"

#include "widgets/kind_colors.h"
#include "widgets/theme.h"

#include <QFontMetricsF>
#include <QLocale>
#include <QPainter>
#include <QPolygonF>

#include <array>
#include <cmath>

namespace armillary::widgets {
namespace {

constexpr double kSwatch = 11;
constexpr double kGap = 6;
constexpr double kEntryGap = 14;
constexpr double kBar = 90;

QString numberWords(double value)
{
    return QLocale().toString(value, 'g', 4);
}

void paintShape(QPainter& painter, TokenKind kind, const QPointF& centre, const QColor& color)
{
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    const double r = kSwatch / 2;
    if (kind == TokenKind::World)
        painter.drawEllipse(centre, r, r);
    else if (kind == TokenKind::Image)
        painter.drawRect(QRectF(centre.x() - r, centre.y() - r, 2 * r, 2 * r));
    else
        painter.drawPolygon(QPolygonF{centre + QPointF(0, -r), centre + QPointF(r, 0), centre + QPointF(0, r),
                                      centre + QPointF(-r, 0)});
}

}  // namespace

MapLegendRow::MapLegendRow(QWidget* parent) : QWidget(parent)
{
    setAccessibleName(tr("Legend of the map"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void MapLegendRow::setLegend(MapLegend legend)
{
    m_legend = std::move(legend);
    setAccessibleDescription(text());
    setToolTip(text());
    update();
}

QString MapLegendRow::lowText() const
{
    return numberWords(m_legend.lowest);
}

QString MapLegendRow::highText() const
{
    const QString high = numberWords(m_legend.highest);
    return m_legend.unit.isEmpty() ? high : QStringLiteral("%1 %2").arg(high, m_legend.unit);
}

QString MapLegendRow::text() const
{
    QStringList parts;
    if (m_legend.form == MapLegend::Form::Scale)
        parts << tr("%1: %2 – %3").arg(m_legend.title, lowText(), highText());
    else if (m_legend.form == MapLegend::Form::Components)
        parts << tr("%1: component 1 red, 2 green, 3 blue").arg(m_legend.title);
    for (const auto& [kind, count] : m_legend.kinds)
        parts << QStringLiteral("%1 %2").arg(kindName(kind), QLocale().toString(static_cast<qlonglong>(count)));
    if (m_legend.unknown > 0)
        parts << tr("grey: no value (%1)").arg(QLocale().toString(static_cast<qlonglong>(m_legend.unknown)));
    return parts.join(QStringLiteral("   "));
}

QSize MapLegendRow::sizeHint() const
{
    return {200, static_cast<int>(std::ceil(QFontMetricsF(font()).height() + 6))};
}

QSize MapLegendRow::minimumSizeHint() const
{
    return {0, sizeHint().height()};
}

double MapLegendRow::paintScale(QPainter& painter) const
{
    const ThemeColors& theme = themeColors(palette());
    const QFontMetricsF metrics(font());
    double x = 0;
    const auto words = [&](const QString& text, const QColor& color) {
        painter.setPen(color);
        const double width = metrics.horizontalAdvance(text);
        painter.drawText(QRectF(x, 0, width + 2, height()), Qt::AlignVCenter | Qt::AlignLeft, text);
        x += width + kGap;
    };
    words(metrics.elidedText(m_legend.title, Qt::ElideRight, std::max(60.0, width() * 0.4)), theme.text);
    words(lowText(), theme.muted);
    QLinearGradient gradient = scaleGradient(m_legend.scale);
    gradient.setStart(x, 0);
    gradient.setFinalStop(x + kBar, 0);
    painter.fillRect(QRectF(x, height() / 2.0 - 5, kBar, 10), gradient);
    x += kBar + kGap;
    words(highText(), theme.muted);
    return x + kEntryGap;
}

double MapLegendRow::paintComponents(QPainter& painter) const
{
    const ThemeColors& theme = themeColors(palette());
    const QFontMetricsF metrics(font());
    const std::array<QColor, 3> parts = {QColor(0xd0, 0x30, 0x30), QColor(0x30, 0xa0, 0x30), QColor(0x30, 0x50, 0xd0)};
    double x = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        painter.fillRect(QRectF(x, height() / 2.0 - 5, 10, 10), parts[i]);
        x += 10 + kGap;
        const QString text = tr("component %1").arg(i + 1);
        painter.setPen(theme.text);
        painter.drawText(QRectF(x, 0, metrics.horizontalAdvance(text) + 2, height()), Qt::AlignVCenter | Qt::AlignLeft,
                         text);
        x += metrics.horizontalAdvance(text) + kEntryGap;
    }
    return x;
}

void MapLegendRow::paintKinds(QPainter& painter, double left) const
{
    const ThemeColors& theme = themeColors(palette());
    const QFontMetricsF metrics(font());
    double x = left;
    for (const auto& [kind, count] : m_legend.kinds) {
        const QString text =
            QStringLiteral("%1 %2").arg(kindName(kind), QLocale().toString(static_cast<qlonglong>(count)));
        // An entry cut in half would be read wrongly; the tip has all of them.
        if (x + kSwatch + kGap + metrics.horizontalAdvance(text) > width())
            return;
        const QColor color = m_legend.form == MapLegend::Form::Kinds ? kindColor(kind, theme.dark) : theme.muted;
        paintShape(painter, kind, QPointF(x + kSwatch / 2, height() / 2.0), color);
        x += kSwatch + kGap;
        painter.setPen(theme.text);
        painter.drawText(QRectF(x, 0, metrics.horizontalAdvance(text) + 2, height()), Qt::AlignVCenter | Qt::AlignLeft,
                         text);
        x += metrics.horizontalAdvance(text) + kEntryGap;
    }
    if (m_legend.unknown > 0) {
        const QString text = tr("grey: no value");
        if (x + metrics.horizontalAdvance(text) > width())
            return;
        painter.setPen(theme.muted);
        painter.drawText(QRectF(x, 0, width() - x, height()), Qt::AlignVCenter | Qt::AlignLeft, text);
    }
}

void MapLegendRow::paintEvent(QPaintEvent* /*event*/)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    double left = 0;
    if (m_legend.form == MapLegend::Form::Scale)
        left = paintScale(painter);
    else if (m_legend.form == MapLegend::Form::Components)
        left = paintComponents(painter);
    paintKinds(painter, left);
}

}  // namespace armillary::widgets
