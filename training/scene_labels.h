// What each patch of a picture and each cell of latents shows: labels for throw-away heads that teach dense facts quickly.
// Thread rule: free functions without shared state.
#pragma once

#include "scenes/scene_exam.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace armillary::training {

// Of [B,n] patches or cells: classes 0 where there is no shape.
struct DenseLabels {
    at::Tensor color;      // 0, or 1 + colour
    at::Tensor kind;       // 0, or 1 + kind
    at::Tensor direction;  // eighth of a turn in the middle frame; where there is a shape
    at::Tensor endCell;    // of a 3 x 3 board, row by row; where there is a shape
    at::Tensor firstWall;  // 0, or 1 + the wall that is hit first; where there is a shape
    at::Tensor offset;     // [B,n,2] centre of the shape from the centre of the patch, in patches
};

// Patches of 8 pixels of frame `frame`: n = 64, row by row. A patch is of the nearest shape within 9 pixels.
[[nodiscard]] DenseLabels labelsOfFrame(const std::vector<scenes::ExamScene>& scenes, int frame);
// Cells of the three latent frames, which stand for frames 0, 1-4 and 5-8: n = 192; shapes where they are on average.
[[nodiscard]] DenseLabels labelsOfLatents(const std::vector<scenes::ExamScene>& scenes);

}  // namespace armillary::training
