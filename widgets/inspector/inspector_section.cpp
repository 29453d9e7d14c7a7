#include "widgets/inspector/inspector_section.h"

#include "widgets/inspector/measured_label.h"
#include "widgets/theme.h"

#include <QEvent>
#include <QFontMetrics>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace armillary::widgets {
namespace {

constexpr auto kLinkStart = "position:";

qint64 positionOf(const QString& link)
{
    bool isNumber = false;
    const qint64 position = link.mid(static_cast<int>(qstrlen(kLinkStart))).toLongLong(&isNumber);
    return isNumber ? position : -1;
}

constexpr int kBetweenColumns = 10;

QString tableFrom(const QString& rows)
{
    return rows.isEmpty() ? QString()
                          : QStringLiteral("<table cellspacing=\"0\" cellpadding=\"1\">%1</table>").arg(rows);
}

QString rowFrom(const QString& color, const QString& label, const QString& value)
{
    return QStringLiteral("<tr><td style=\"color:%1;padding-right:%2px\">%3</td><td>%4</td></tr>")
        .arg(color)
        .arg(kBetweenColumns)
        .arg(label, value);
}

int measuredRows(const QFont& font, int rows)
{
    QLabel label;
    label.setFont(font);
    label.setWordWrap(true);
    label.setTextFormat(Qt::RichText);
    label.setText(
        tableFrom(rowFrom(QStringLiteral("#000000"), QStringLiteral("x"), QStringLiteral("x")).repeated(rows)));
    constexpr int kWide = 1000;
    return label.heightForWidth(kWide);
}

// Tables of one line a row are as high as their rows: nothing of them is laid out to know it, which takes longer than the rest of
// a hover. Other fonts for single letters may be higher, and long values are wrapped.
KnownHeight knownHeight(const QFont& font, const std::vector<InspectorLine>& lines)
{
    struct Rows {
        QFont font;
        int first = 0, step = 0;
    };
    static Rows rows;
    if (rows.step == 0 || rows.font != font)
        rows = {font, measuredRows(font, 1), measuredRows(font, 2) - measuredRows(font, 1)};
    const QFontMetrics metrics(font);
    const auto isOwn = [&metrics](const QString& text) {
        return std::all_of(text.begin(), text.end(), [&metrics](QChar each) {
            return (each >= QLatin1Char(' ') && each <= QLatin1Char('~')) ||
                   (!each.isSurrogate() && !each.isMark() && metrics.inFont(each));
        });
    };
    int labels = 0, values = 0;
    for (const InspectorLine& line : lines) {
        if (!isOwn(line.label) || !isOwn(line.value))
            return {};
        labels = std::max(labels, metrics.horizontalAdvance(line.label));
        values = std::max(values, metrics.horizontalAdvance(line.value));
    }
    // More than the cells' own margins: a little room decides about a line break.
    constexpr int kRoom = 24;
    return {rows.first + (static_cast<int>(lines.size()) - 1) * rows.step, labels + values + kBetweenColumns + kRoom};
}

}  // namespace

InspectorSection::InspectorSection(const QString& name, const QString& title, const QString& tip, QWidget* parent)
    : QWidget(parent), m_title(title)
{
    setObjectName(name);
    m_header = new QToolButton;
    m_header->setText(title);
    m_header->setToolTip(tip);
    m_header->setAccessibleName(title);
    m_header->setCheckable(true);
    m_header->setChecked(true);
    m_header->setArrowType(Qt::DownArrow);
    m_header->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_header->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    QFont font = m_header->font();
    font.setWeight(QFont::DemiBold);
    m_header->setFont(font);

    m_text = new MeasuredLabel;
    m_text->label()->setTextFormat(Qt::RichText);
    m_text->label()->setTextInteractionFlags(Qt::TextBrowserInteraction | Qt::TextSelectableByKeyboard);
    m_text->label()->setAccessibleName(title);
    m_text->hide();
    m_status = new MeasuredLabel;
    m_status->label()->setProperty("role", "muted");
    m_button = new QPushButton;
    m_button->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);

    m_body = new QWidget;
    m_column = new QVBoxLayout(m_body);
    m_column->setContentsMargins(16, 0, 8, 6);
    m_column->setSpacing(4);
    m_column->addWidget(m_text);
    auto* row = new QHBoxLayout;
    row->addWidget(m_status, 1);
    row->addWidget(m_button, 0, Qt::AlignTop);
    m_column->addLayout(row);

    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_header);
    column->addWidget(m_body);
    setStatus({});

    connect(m_header, &QToolButton::toggled, this, [this](bool open) {
        m_header->setArrowType(open ? Qt::DownArrow : Qt::RightArrow);
        m_body->setVisible(open);
        Q_EMIT opened(open);
    });
    connect(m_button, &QPushButton::clicked, this, &InspectorSection::buttonClicked);
    connect(m_text->label(), &QLabel::linkActivated, this,
            [this](const QString& link) { Q_EMIT positionActivated(positionOf(link)); });
    connect(m_text->label(), &QLabel::linkHovered, this,
            [this](const QString& link) { Q_EMIT positionHovered(link.isEmpty() ? -1 : positionOf(link)); });
}

QLabel* InspectorSection::text() const
{
    return m_text->label();
}

bool InspectorSection::isOpen() const
{
    return m_header->isChecked();
}

void InspectorSection::setOpen(bool open)
{
    m_header->setChecked(open);
}

void InspectorSection::setLines(const std::vector<InspectorLine>& lines)
{
    m_lines = lines;
    m_waits = isVisible() && visibleRegion().isEmpty();
    if (!m_waits)
        showLines();
}

void InspectorSection::showWaiting()
{
    if (std::exchange(m_waits, false))
        showLines();
}

void InspectorSection::showLines()
{
    const ThemeColors& colors = themeColors(palette());
    QString rows;
    for (const InspectorLine& line : m_lines) {
        const QString value = line.value.toHtmlEscaped();
        const QString shown = line.position < 0
                                  ? value
                                  : QStringLiteral("<a href=\"%1%2\" style=\"color:%3;text-decoration:none\">%4</a>")
                                        .arg(QLatin1String(kLinkStart))
                                        .arg(line.position)
                                        .arg(colors.accent.name(), value);
        rows += rowFrom(colors.muted.name(), line.label.toHtmlEscaped(), shown);
    }
    const QString html = tableFrom(rows);
    // The same text again would lose what a person has selected in it.
    if (html == m_shownText)
        return;
    m_shownText = html;
    m_text->setText(html, html.isEmpty() ? KnownHeight() : knownHeight(m_text->label()->font(), m_lines));
    m_text->setVisible(!html.isEmpty());
}

void InspectorSection::setStatus(const QString& text, const QString& buttonText)
{
    m_status->setText(text);
    m_status->setVisible(!text.isEmpty());
    m_button->setText(buttonText);
    m_button->setAccessibleName(tr("%1: %2").arg(m_title, buttonText));
    m_button->setVisible(!buttonText.isEmpty());
}

QString InspectorSection::status() const
{
    return m_status->text();
}

void InspectorSection::addWidget(QWidget* widget)
{
    m_column->addWidget(widget);
}

void InspectorSection::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        showLines();
}

}  // namespace armillary::widgets
