// Small cells of the token strip as pictures. Thousands of rectangles take a software renderer longer than everything else that a
// hover changes; a picture of the same pixels is one.
// Thread rule: pure functions, no OpenGL.
#pragma once

#include "widgets/canvas/token_strip_layout.h"

#include <QImage>

#include <cstdint>
#include <functional>

namespace armillary::widgets {

struct StripCellLook {
    std::uint32_t fill = 0;  // bytes red, green, blue, alpha, as draw lists and Format_RGBA8888 have them
    std::uint32_t foot = 0;  // 0: none
};

// The cells [first, last), from the beginning of a row on, a pixel for each logical one: `gap` is left free on the right and below,
// the foot's colour stands in the lowest `foot` pixels above it. Free pixels are transparent. Sides and lengths are whole numbers.
[[nodiscard]] QImage stripCellsPicture(const TokenStripLayout& layout, std::int64_t first, std::int64_t last, int gap,
                                       int foot, const std::function<StripCellLook(std::int64_t position)>& look);

}  // namespace armillary::widgets
