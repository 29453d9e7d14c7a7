#include "widgets/inspector/mask_reach.h"

#include <algorithm>

namespace armillary::widgets {

MaskReach maskReach(std::int64_t position, std::int64_t length, std::int64_t window,
                    const std::vector<PositionBlock>& bidirectional)
{
    MaskReach out;
    out.window = window;
    out.end = std::min(position + 1, length);
    for (const PositionBlock& block : bidirectional) {
        if (position >= block.begin && position < block.end) {
            out.block = block;
            out.end = std::min(block.end, length);
        }
    }
    out.begin = window > 0 ? std::max<std::int64_t>(0, position - window + 1) : 0;
    out.hiddenByWindow = out.begin;
    out.hiddenAsFuture = length - out.end;
    return out;
}

}  // namespace armillary::widgets
