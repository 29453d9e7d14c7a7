#include "widgets/legend_row.h"

#include "widgets/kind_colors.h"
#include "widgets/theme.h"

#include <QFontMetricsF>
#include <QHelpEvent>
#include <QLocale>
#include <QPainter>
#include <QToolTip>

#include <cmath>

namespace armillary::widgets {
namespace {

constexpr double kSwatch = 11;
constexpr double kSwatchGap = 6;
constexpr double kEntryGap = 16;

}  // namespace

LegendRow::LegendRow(const ShownRun& run, QWidget* parent) : QWidget(parent), m_run(run)
{
    setObjectName(QStringLiteral("legend"));
    setAccessibleName(tr("Legend of token kinds"));
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

QString LegendRow::entryText(const Entry& entry)
{
    return QStringLiteral("%1 %2").arg(kindName(entry.kind), QLocale().toString(static_cast<qlonglong>(entry.count)));
}

QString LegendRow::text() const
{
    QStringList parts;
    for (const Entry& entry : m_entries)
        parts << entryText(entry);
    return parts.join(QStringLiteral("   "));
}

void LegendRow::refresh()
{
    m_entries.clear();
    double x = 0;
    const QFontMetricsF metrics(font());
    for (const TokenKind kind : kTokenKinds) {
        const std::int64_t count = m_run.count(kind);
        if (count == 0)
            continue;
        Entry entry{kind, count, x, 0};
        entry.right = x + kSwatch + kSwatchGap + metrics.horizontalAdvance(entryText(entry));
        x = entry.right + kEntryGap;
        m_entries.push_back(entry);
    }
    setAccessibleDescription(text());
    updateGeometry();
    update();
}

QSize LegendRow::sizeHint() const
{
    const double width = m_entries.empty() ? 0 : m_entries.back().right;
    return {static_cast<int>(std::ceil(width)), static_cast<int>(std::ceil(QFontMetricsF(font()).height() + 4))};
}

QSize LegendRow::minimumSizeHint() const
{
    return {0, sizeHint().height()};
}

void LegendRow::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const ThemeColors& theme = themeColors(palette());
    for (const Entry& entry : m_entries) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(kindColor(entry.kind, theme.dark));
        painter.drawRoundedRect(QRectF(entry.left, (height() - kSwatch) / 2, kSwatch, kSwatch), 3, 3);
        painter.setPen(theme.text);
        painter.drawText(QRectF(entry.left + kSwatch + kSwatchGap, 0, entry.right - entry.left + 2, height()),
                         Qt::AlignVCenter | Qt::AlignLeft, entryText(entry));
    }
}

bool LegendRow::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        for (const Entry& entry : m_entries) {
            if (help->pos().x() >= entry.left && help->pos().x() < entry.right)
                QToolTip::showText(help->globalPos(), kindExplanation(entry.kind), this);
        }
        return true;
    }
    return QWidget::event(event);
}

}  // namespace armillary::widgets
