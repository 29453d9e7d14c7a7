// Pictures of scenes: a dark board whose hue tells the place, faint rulings, a still grain, and shapes with soft edges.
// Thread rule: pure functions.
#pragma once

#include "records/image.h"
#include "scenes/scene.h"

#include <cstdint>

namespace armillary::scenes {

// Frames [first, first + count) of the scene, kBoardPixels square. `grainSeed` makes the board's grain, the same in every frame.
[[nodiscard]] Clip renderClip(const Scene& scene, std::uint64_t grainSeed, int first = 0, int count = kFrames);

// Where the centres of the scene's shapes are in `frame`, one of renderClip's, found by the colours of its pixels alone: what
// became of each shape in a picture that a model made. Nothing where too few pixels have the shape's colour.
[[nodiscard]] std::vector<std::optional<Point>> findShapes(const Image& frame, const Scene& scene);

}  // namespace armillary::scenes
