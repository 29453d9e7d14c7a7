// The legend of a colour scale, drawn into a canvas: the colours from the lowest to the highest value, both ends, and what they
// measure.
// Thread rule: GUI thread, while a canvas draws its frame.
#pragma once

#include "widgets/colormap.h"

#include <imgui.h>

#include <QString>

namespace armillary::widgets {

struct ThemeColors;

struct ScaleWords {
    ColorScale scale = ColorScale::Magnitude;
    QString lowest;
    QString highest;
    QString name;  // "mass on world", with its unit
};

// Colours with the words below them, `width` logical pixels wide from `at` on; returns where its right end lies, words included.
float drawScaleBar(ImDrawList& list, const ImVec2& at, float width, float fontSize, const ScaleWords& words,
                   const ThemeColors& theme);
[[nodiscard]] constexpr float scaleBarHeight(float fontSize)
{
    return 10 + fontSize;
}
// A line or several in a dark box beside `pointer`, kept inside `size`.
void drawTip(ImDrawList& list, const ImVec2& pointer, const ImVec2& size, float fontSize, const QString& text);
// A sentence in the middle of an empty canvas.
void drawHint(ImDrawList& list, const ImVec2& size, float fontSize, const QString& text, const ThemeColors& theme);

}  // namespace armillary::widgets
