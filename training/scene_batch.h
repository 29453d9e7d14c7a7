// Scenes as tensors.
// Thread rule: free functions without shared state.
#pragma once

#include "scenes/scene_exam.h"
#include "training/prompts.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace armillary::training {

// Examination seeds: no scene of one is a scene of another.
[[nodiscard]] std::uint64_t trainingScenes(std::uint64_t seed);
[[nodiscard]] std::uint64_t heldOutScenes(std::uint64_t seed);

[[nodiscard]] std::vector<scenes::ExamScene> scenesOf(std::uint64_t examSeed, std::int64_t first, std::int64_t count,
                                                      const scenes::SceneOptions& options = {});

// Frames [first, first + count) of each scene: [B,3,count,h,w] in -1...1.
[[nodiscard]] at::Tensor clipsOf(const std::vector<scenes::ExamScene>& scenes, int first = 0,
                                 int count = scenes::kFrames);
// The still that SigLIP sees, the middle frame: [B,3,h,w] in -1...1, as the image processor gives it.
[[nodiscard]] at::Tensor stillsOf(const std::vector<scenes::ExamScene>& scenes);
// Frame `frame` of decoded clips [B,3,F,h,w] as pictures.
[[nodiscard]] std::vector<Image> picturesOf(const at::Tensor& clips, std::int64_t frame);

// Distances in pixels from where each shape of the last frame truly is to where it is found in `frames`, pictures of the last
// frame; shapes that touch another are left out, lost ones count as the board's width.
[[nodiscard]] std::vector<double> positionErrors(const std::vector<Image>& frames,
                                                 const std::vector<scenes::ExamScene>& scenes);

}  // namespace armillary::training
