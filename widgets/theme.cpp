#include "widgets/theme.h"

#include <QApplication>
#include <QFile>
#include <QFont>
#include <QStyle>
#include <QStyleFactory>

#include <array>
#include <utility>

namespace armillary::widgets {

const ThemeColors& themeColors(bool dark)
{
    static const ThemeColors light{
        .dark = false,
        .window = QColor(0xee, 0xf0, 0xf4),
        .base = QColor(0xff, 0xff, 0xff),
        .raised = QColor(0xf7, 0xf8, 0xfa),
        .text = QColor(0x1c, 0x23, 0x30),
        .muted = QColor(0x5b, 0x66, 0x78),
        .border = QColor(0xd5, 0xda, 0xe2),
        .accent = QColor(0x2a, 0x62, 0xcf),
        .onAccent = QColor(0xff, 0xff, 0xff),
        .soft = QColor(0xdf, 0xe8, 0xfa),
        .warning = QColor(0xff, 0xf3, 0xd6),
        .onWarning = QColor(0x5c, 0x41, 0x05),
        .error = QColor(0xb4, 0x23, 0x18),
    };
    static const ThemeColors night{
        .dark = true,
        .window = QColor(0x12, 0x15, 0x1a),
        .base = QColor(0x1a, 0x1e, 0x25),
        .raised = QColor(0x23, 0x28, 0x31),
        .text = QColor(0xe6, 0xe9, 0xef),
        .muted = QColor(0x9a, 0xa5, 0xb5),
        .border = QColor(0x31, 0x38, 0x43),
        .accent = QColor(0x6c, 0xa4, 0xff),
        .onAccent = QColor(0x0c, 0x12, 0x1c),
        .soft = QColor(0x26, 0x35, 0x4f),
        .warning = QColor(0x3a, 0x2f, 0x14),
        .onWarning = QColor(0xf6, 0xdc, 0x9c),
        .error = QColor(0xff, 0x9a, 0x8f),
    };
    return dark ? night : light;
}

const ThemeColors& themeColors(const QPalette& palette)
{
    return themeColors(palette.color(QPalette::Window).lightness() < palette.color(QPalette::WindowText).lightness());
}

QPalette themePalette(bool dark)
{
    const ThemeColors& colors = themeColors(dark);
    QPalette palette;
    palette.setColor(QPalette::Window, colors.window);
    palette.setColor(QPalette::WindowText, colors.text);
    palette.setColor(QPalette::Base, colors.base);
    palette.setColor(QPalette::AlternateBase, colors.raised);
    palette.setColor(QPalette::Text, colors.text);
    palette.setColor(QPalette::PlaceholderText, colors.muted);
    palette.setColor(QPalette::Button, colors.raised);
    palette.setColor(QPalette::ButtonText, colors.text);
    palette.setColor(QPalette::BrightText, colors.error);
    palette.setColor(QPalette::ToolTipBase, colors.raised);
    palette.setColor(QPalette::ToolTipText, colors.text);
    palette.setColor(QPalette::Highlight, colors.accent);
    palette.setColor(QPalette::HighlightedText, colors.onAccent);
    palette.setColor(QPalette::Link, colors.accent);
    palette.setColor(QPalette::Mid, colors.border);
    palette.setColor(QPalette::Dark, colors.border);
    palette.setColor(QPalette::Light, colors.raised);
    for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, dark ? QColor(0x6b, 0x75, 0x84) : QColor(0x98, 0xa1, 0xae));
    return palette;
}

QString themeStyleSheet(bool dark)
{
    QFile file(QStringLiteral(":/theme.qss"));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    QString sheet = QString::fromUtf8(file.readAll());
    const ThemeColors& colors = themeColors(dark);
    const std::array<std::pair<const char*, QColor>, 12> names = {{
        {"@window@", colors.window},
        {"@base@", colors.base},
        {"@raised@", colors.raised},
        {"@text@", colors.text},
        {"@muted@", colors.muted},
        {"@border@", colors.border},
        {"@accent@", colors.accent},
        {"@onAccent@", colors.onAccent},
        {"@soft@", colors.soft},
        {"@warning@", colors.warning},
        {"@onWarning@", colors.onWarning},
        {"@error@", colors.error},
    }};
    for (const auto& [name, color] : names)
        sheet.replace(QLatin1String(name), color.name());
    // Titles grow with the text.
    sheet.replace(QLatin1String("@titleSize@"), QStringLiteral("%1pt").arg(1.25 * QApplication::font().pointSizeF()));
    return sheet;
}

void applyTheme(ThemeChoice choice, bool systemIsDark)
{
    const bool dark = choice == ThemeChoice::Dark || (choice == ThemeChoice::System && systemIsDark);
    if (qApp->style()->objectName() != QLatin1String("fusion"))
        QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    QApplication::setPalette(themePalette(dark));
    qApp->setStyleSheet(themeStyleSheet(dark));
}

}  // namespace armillary::widgets
