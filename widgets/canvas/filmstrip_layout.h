// Where each frame of a rollout lies on the filmstrip: slots of equal width in one row, a time ruler of frames and latent
// frames above them. Lengths are logical pixels.
// Thread rule: pure functions, no OpenGL.
#pragma once

#include <optional>
#include <utility>

namespace armillary::widgets {

inline constexpr float kSmallestSlotPixels = 4;

struct FilmstripLayout {
    int frames = 0;
    float slotWidth = 1;
    float thumbnailWidth = 1;
    float thumbnailHeight = 1;
    int stride = 1;  // a thumbnail is drawn for every so many frames, so that none covers another

    [[nodiscard]] float contentWidth() const { return static_cast<float>(frames) * slotWidth; }
    [[nodiscard]] float leftOf(int frame) const { return static_cast<float>(frame) * slotWidth; }
    // Empty outside of the strip.
    [[nodiscard]] std::optional<int> frameFromX(float x) const;
    // Left and right end of the frames that a latent frame stands for, cut at the last frame.
    [[nodiscard]] std::pair<float, float> bandOfLatentFrame(int latentFrame) const;
    [[nodiscard]] int latentFrames() const;
    // The frame whose thumbnail is drawn where `frame` lies.
    [[nodiscard]] int drawnFrame(int frame) const { return frame - frame % stride; }
};

// `aspect` is width / height of a frame. `slotWidth` empty = all frames within `width`, but no wider than a thumbnail.
[[nodiscard]] FilmstripLayout layoutFilmstrip(int frames, float aspect, float width, float thumbnailHeight,
                                              std::optional<float> slotWidth);

// Frames between two numbers of the ruler so that numbers `labelWidth` wide do not touch: 1, 2, 4, 8, 16 ...
[[nodiscard]] int rulerStep(float slotWidth, float labelWidth);

}  // namespace armillary::widgets
