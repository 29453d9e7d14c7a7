// What the screen must show where an overlay lies over a picture, and how far colours are apart.
// Thread rule: pure functions.
#pragma once

#include "widgets/colormap.h"

#include <QColor>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace armillary::test {

// A value of the scale of magnitudes over `picture`: small values let more of it through.
[[nodiscard]] inline QColor paintedOver(const QColor& picture, double fraction)
{
    const QColor value(widgets::scaleColor(widgets::ColorScale::Magnitude, fraction));
    const double alpha = 0.35 + 0.65 * fraction;
    const auto mix = [alpha](int below, int above) {
        return static_cast<int>(std::lround(below + (above - below) * alpha));
    };
    return {mix(picture.red(), value.red()), mix(picture.green(), value.green()), mix(picture.blue(), value.blue())};
}

// The largest difference of a channel.
[[nodiscard]] inline int colorDistance(const QColor& a, const QColor& b)
{
    return std::max({std::abs(a.red() - b.red()), std::abs(a.green() - b.green()), std::abs(a.blue() - b.blue())});
}

}  // namespace armillary::test
