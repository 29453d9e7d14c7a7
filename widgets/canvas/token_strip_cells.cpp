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
    for (std::int64_t position = first; position < last; ++position) {
        const StripCellLook cell = look(position);
        const auto left = static_cast<int>((position - first) % layout.columns) * width;
        const auto top = static_cast<int>((position - first) / layout.columns) * height;
        const int end = height - gap;
        for (int y = 0; y < end; ++y) {
            auto* line = reinterpret_cast<std::uint32_t*>(out.scanLine(top + y)) + left;
            std::fill(line, line + width - gap, cell.foot != 0 && y >= end - foot ? cell.foot : cell.fill);
        }
    }
    return out;
}

}  // namespace armillary::widgets
