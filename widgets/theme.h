// Light and dark looks of the whole window: one palette and one style sheet, made from the same few colours.
// Thread rule: GUI thread.
#pragma once

#include <QColor>
#include <QPalette>
#include <QString>

namespace armillary::widgets {

enum class ThemeChoice { System, Light, Dark };

struct ThemeColors {
    bool dark = false;
    QColor window;  // behind panels
    QColor base;    // of panels and fields
    QColor raised;  // of buttons and headers
    QColor text;
    QColor muted;  // secondary text; 4.5:1 on base
    QColor border;
    QColor accent;  // selection, default button, focus ring
    QColor onAccent;
    QColor soft;     // ground of selected rows
    QColor warning;  // background of the notice strip
    QColor onWarning;
    QColor error;  // text of errors on base
};

[[nodiscard]] const ThemeColors& themeColors(bool dark);
// The colours that fit a palette (canvases and delegates ask this, so that they follow the application).
[[nodiscard]] const ThemeColors& themeColors(const QPalette& palette);
[[nodiscard]] QPalette themePalette(bool dark);
// theme.qss with its @names@ replaced.
[[nodiscard]] QString themeStyleSheet(bool dark);

// Applies style, palette and style sheet to the application. `systemIsDark` decides for ThemeChoice::System.
void applyTheme(ThemeChoice choice, bool systemIsDark);

}  // namespace armillary::widgets
