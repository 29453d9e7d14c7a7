#include "widgets/canvas/filmstrip_layout.h"

#include "widgets/rollout/shown_rollout.h"

#include <algorithm>
#include <cmath>

namespace armillary::widgets {

std::optional<int> FilmstripLayout::frameFromX(float x) const
{
    if (x < 0 || x >= contentWidth())
        return std::nullopt;
    return std::min(frames - 1, static_cast<int>(x / slotWidth));
}

std::pair<float, float> FilmstripLayout::bandOfLatentFrame(int latentFrame) const
{
    const auto [first, last] = framesFromLatentFrame(latentFrame);
    return {leftOf(std::min(first, frames)), leftOf(std::min(last + 1, frames))};
}

int FilmstripLayout::latentFrames() const
{
    return frames == 0 ? 0 : latentFrameFromFrame(frames - 1) + 1;
}

FilmstripLayout layoutFilmstrip(int frames, float aspect, float width, float thumbnailHeight,
                                std::optional<float> slotWidth)
{
    FilmstripLayout out;
    out.frames = std::max(0, frames);
    out.thumbnailHeight = std::max(1.0F, thumbnailHeight);
    out.thumbnailWidth = std::max(1.0F, aspect * out.thumbnailHeight);
    const float widest = out.thumbnailWidth + 2;
    const float fitted = out.frames > 0 ? width / static_cast<float>(out.frames) : widest;
    out.slotWidth = std::clamp(slotWidth.value_or(fitted), std::min(kSmallestSlotPixels, widest), widest);
    // Rounded down: thumbnails lose a little at their sides, and no gaps open between them.
    out.stride = std::max(1, static_cast<int>(out.thumbnailWidth / out.slotWidth + 0.01F));
    return out;
}

int rulerStep(float slotWidth, float labelWidth)
{
    int step = 1;
    while (static_cast<float>(step) * slotWidth < labelWidth && step < (1 << 20))
        step *= 2;
    return step;
}

}  // namespace armillary::widgets
