#include "widgets/legend_row.h"

#include "widgets/kind_colors.h"
#include "widgets/theme.h"

#include <QFontMetricsF>
#include <QHelpEvent>
#include <QLocale>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

constexpr double kSwatch = 11;
constexpr double kSwatchGap = 6;
constexpr double kEntryGap = 16;
constexpr double kNarrowGap = 9;

}  // namespace

LegendRow::LegendRow(const ShownRun& run, QWidget* parent) : QWidget(parent), m_run(&run)
{
    setObjectName(QStringLiteral("legend"));
    setAccessibleName(tr("Legend of token kinds"));
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

QString LegendRow::entryText(const Entry& entry)
{
    return QStringLiteral("%1 %2").arg(kindName(entry.kind), QLocale().toString(static_cast<qlonglong>(entry.count)));
}

QString LegendRow::shownText(const Entry& entry) const
{
    return m_showsCounts ? entryText(entry) : kindName(entry.kind);
}

QString LegendRow::text() const
{
    QStringList parts;
    for (const Entry& entry : m_entries)
        parts << entryText(entry);
    return parts.join(QStringLiteral("   "));
}

void LegendRow::setRun(const ShownRun& run)
{
    m_run = &run;
    refresh();
}

void LegendRow::refresh()
{
    m_entries.clear();
    for (const TokenKind kind : kTokenKinds) {
        const std::int64_t count = m_run->count(kind);
        if (count > 0)
            m_entries.push_back({kind, count, 0, 0, 0});
    }
    m_showsCounts = true;
    m_wanted = place(kEntryGap);
    arrange();
    setAccessibleDescription(text());
    updateGeometry();
    update();
}

double LegendRow::place(double gap, double room)
{
    const QFontMetricsF metrics(font());
    double x = 0;
    m_lines = 1;
    for (Entry& entry : m_entries) {
        const double width = kSwatch + kSwatchGap + metrics.horizontalAdvance(shownText(entry));
        if (room > 0 && x > 0 && x + width > room) {
            x = 0;
            ++m_lines;
        }
        entry.line = m_lines - 1;
        entry.left = x;
        entry.right = x + width;
        x = entry.right + gap;
    }
    return m_entries.empty() ? 0 : m_entries.back().right;
}

double LegendRow::shownWidth() const
{
    double out = 0;
    for (const Entry& entry : m_entries)
        out = std::max(out, entry.right);
    return out;
}

double LegendRow::lineHeight() const
{
    return QFontMetricsF(font()).height() + 4;
}

void LegendRow::arrange()
{
    // In a narrow row the counts go first, to the tips, then the room between the entries; then they go on below.
    const int before = m_lines;
    m_showsCounts = true;
    if (place(kEntryGap) > width()) {
        m_showsCounts = false;
        if (place(kEntryGap) > width() && place(kNarrowGap) > width())
            place(kNarrowGap, width());
    }
    if (m_lines != before)
        updateGeometry();
}

void LegendRow::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    arrange();
}

void LegendRow::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        refresh();
}

QSize LegendRow::sizeHint() const
{
    return {static_cast<int>(std::ceil(m_wanted)), static_cast<int>(std::ceil(m_lines * lineHeight()))};
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
        const double top = (height() - m_lines * lineHeight()) / 2 + entry.line * lineHeight();
        painter.drawRoundedRect(QRectF(entry.left, top + (lineHeight() - kSwatch) / 2, kSwatch, kSwatch), 3, 3);
        painter.setPen(theme.text);
        painter.drawText(QRectF(entry.left + kSwatch + kSwatchGap, top, entry.right - entry.left + 2, lineHeight()),
                         Qt::AlignVCenter | Qt::AlignLeft, shownText(entry));
    }
}

bool LegendRow::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        for (const Entry& entry : m_entries) {
            const double top = (height() - m_lines * lineHeight()) / 2 + entry.line * lineHeight();
            const bool isInLine = help->pos().y() >= top && help->pos().y() < top + lineHeight();
            if (isInLine && help->pos().x() >= entry.left && help->pos().x() < entry.right)
                QToolTip::showText(help->globalPos(),
                                   QStringLiteral("%1\n%2").arg(entryText(entry), kindExplanation(entry.kind)), this);
        }
        return true;
    }
    return QWidget::event(event);
}

}  // namespace armillary::widgets
