// Value to colour for maps, with the legend that goes with it.
//
// Magnitudes take viridis, which rises evenly in lightness and survives colour blindness and grey printing; values around
// a centre take blue over neutral to orange. Both are read off a few anchors and interpolated.
// Thread rule: pure functions; images may be made on any thread.
#pragma once

#include <QColor>
#include <QImage>
#include <QLinearGradient>

#include <cstdint>
#include <span>

namespace armillary::widgets {

enum class ColorScale { Magnitude, Signed };

// `fraction` 0 ... 1 from the lowest to the highest value; outside it is clamped, NaN gives grey.
[[nodiscard]] QRgb scaleColor(ColorScale scale, double fraction);
// From the lowest (left) to the highest (right), for legends between two x positions.
[[nodiscard]] QLinearGradient scaleGradient(ColorScale scale);
// One pixel a value, rows x columns, `lowest` and `highest` at the ends of the scale.
[[nodiscard]] QImage imageFromValues(std::span<const float> values, int rows, int columns, float lowest, float highest,
                                     ColorScale scale);
[[nodiscard]] QImage imageFromBytes(std::span<const std::uint8_t> values, int rows, int columns, int highest,
                                    ColorScale scale);
// Every pixel a square block, so that neighbours stay apart when the picture is drawn larger; at least `leastSide` pixels.
[[nodiscard]] QImage blockImage(const QImage& image, int leastSide);

}  // namespace armillary::widgets
