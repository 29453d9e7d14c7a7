#include "training/scene_batch.h"

#include "scenes/scene_renderer.h"
#include "training/parameters.h"

#include <ATen/ATen.h>

#include <cmath>
#include <cstring>

namespace armillary::training {

std::uint64_t trainingScenes(std::uint64_t seed)
{
    return seedOf(seed, "training scenes");
}

std::uint64_t heldOutScenes(std::uint64_t seed)
{
    return seedOf(seed, "held-out scenes");
}

std::vector<scenes::ExamScene> scenesOf(std::uint64_t examSeed, std::int64_t first, std::int64_t count,
                                        const scenes::SceneOptions& options)
{
    std::vector<scenes::ExamScene> out;
    for (std::int64_t index = first; index < first + count; ++index)
        out.push_back(scenes::examScene(examSeed, index, options));
    return out;
}

at::Tensor clipsOf(const std::vector<scenes::ExamScene>& scenes, int first, int count)
{
    constexpr std::int64_t kSide = scenes::kBoardPixels;
    at::Tensor pixels =
        at::empty({static_cast<std::int64_t>(scenes.size()), count, kSide, kSide, 3}, at::TensorOptions(at::kByte));
    auto* to = pixels.mutable_data_ptr<std::uint8_t>();
    for (const scenes::ExamScene& scene : scenes) {
        for (const Image& frame : scenes::renderClip(scene.scene, scene.grainSeed, first, count).frames) {
            std::memcpy(to, frame.rgb().data(), frame.rgb().size());
            to += frame.rgb().size();
        }
    }
    return (pixels.to(at::kFloat) / 127.5 - 1).permute({0, 4, 1, 2, 3}).contiguous();
}

at::Tensor stillsOf(const std::vector<scenes::ExamScene>& scenes)
{
    return clipsOf(scenes, scenes::kNow, 1).squeeze(2);
}

std::vector<Image> picturesOf(const at::Tensor& clips, std::int64_t frame)
{
    const at::Tensor pixels = ((clips.select(2, frame).clamp(-1, 1) / 2 + 0.5) * 255)
                                  .to(at::kByte)
                                  .permute({0, 2, 3, 1})
                                  .contiguous();  // [B,h,w,3]; truncated, as the pipeline does
    std::vector<Image> out;
    for (std::int64_t i = 0; i < pixels.size(0); ++i) {
        const at::Tensor picture = pixels[i];
        const auto* data = picture.const_data_ptr<std::uint8_t>();
        out.emplace_back(static_cast<int>(picture.size(0)), static_cast<int>(picture.size(1)),
                         std::vector<std::uint8_t>(data, data + picture.numel()));
    }
    return out;
}

std::vector<double> positionErrors(const std::vector<Image>& frames, const std::vector<scenes::ExamScene>& scenes)
{
    constexpr double kTouching = 13;
    constexpr std::size_t kLast = scenes::kFrames - 1;
    const auto distance = [](const scenes::Point& a, const scenes::Point& b) {
        return std::hypot(a.x - b.x, a.y - b.y);
    };
    std::vector<double> out;
    for (std::size_t i = 0; i < scenes.size(); ++i) {
        const auto& shapes = scenes[i].scene.shapes;
        const auto found = scenes::findShapes(frames[i], scenes[i].scene);
        for (std::size_t shape = 0; shape < shapes.size(); ++shape) {
            bool isCovered = false;
            for (std::size_t other = 0; other < shapes.size(); ++other)
                isCovered = isCovered || (other != shape && distance(shapes[shape].centres[kLast],
                                                                     shapes[other].centres[kLast]) < kTouching);
            if (!isCovered)
                out.push_back(found[shape] ? distance(*found[shape], shapes[shape].centres[kLast])
                                           : static_cast<double>(scenes::kBoardPixels));
        }
    }
    return out;
}

}  // namespace armillary::training
