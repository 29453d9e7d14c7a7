#include "widgets/canvas/token_strip_cells.h"

#include <algorithm>

namespace armillary::widgets {

QImage stripCellsPicture(const TokenStripLayout& layout, std::int64_t first, std::int64_t last, int gap, int foot,
                         const std::function<StripCellLook(std::int64_t position)>& look)
{
    const auto width = static_cast<int>(layout.cellWidth), height = static_cast<int>(layout.cellHeight);
    const auto rows = static_cast<int>((last - first + layout.columns - 1) / layout.columns);
    QImage out(static_cast<int>(layout.columns) * width, rows * height, QImage::Format_RGBA8888);
    out.fill(Qt::transparent);
    auto* pixels = reinterpret_cast<std::uint32_t*>(out.bits());
    const auto stride = static_cast<std::ptrdiff_t>(out.bytesPerLine() / 4);
    const int end = height - gap;
    for (std::int64_t position = first; position < last; ++position) {
        const StripCellLook cell = look(position);
        const std::int64_t column = (position - first) % layout.columns, row = (position - first) / layout.columns;
        std::uint32_t* line = pixels + row * height * stride + column * width;
        for (int y = 0; y < end; ++y, line += stride)
            std::fill(line, line + width - gap, cell.foot != 0 && y >= end - foot ? cell.foot : cell.fill);
    }
    return out;
}

}  // namespace armillary::widgets
