#include "training/scene_labels.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

namespace armillary::training {
namespace {

constexpr int kPatchPixels = 8;
constexpr int kPatches = scenes::kBoardPixels / kPatchPixels;  // a side
constexpr double kReach = 9;

using FrameRange = std::pair<int, int>;  // first and last

scenes::Point meanCentre(const scenes::MovingShape& shape, const FrameRange& frames)
{
    scenes::Point out;
    for (int frame = frames.first; frame <= frames.second; ++frame) {
        out.x += shape.centres[static_cast<std::size_t>(frame)].x;
        out.y += shape.centres[static_cast<std::size_t>(frame)].y;
    }
    const double count = frames.second - frames.first + 1;
    return {out.x / count, out.y / count};
}

std::int64_t eighthOf(const scenes::Point& velocity)
{
    const double eighths = std::atan2(velocity.y, velocity.x) / (std::numbers::pi / 4);
    return (static_cast<std::int64_t>(std::round(eighths)) + scenes::kDirections) % scenes::kDirections;
}

std::int64_t cellOf(const scenes::Point& point)
{
    const auto third = [](double value) {
        return std::clamp<std::int64_t>(static_cast<std::int64_t>(value * 3 / scenes::kBoardPixels), 0, 2);
    };
    return third(point.y) * 3 + third(point.x);
}

std::int64_t firstWallOf(const scenes::MovingShape& shape)
{
    const auto hits = scenes::wallHits(shape.centres[scenes::kNow], shape.velocities[scenes::kNow]);
    return hits.empty() ? 0 : 1 + static_cast<std::int64_t>(hits.front().wall);
}

DenseLabels labelsOf(const std::vector<scenes::ExamScene>& scenes, const std::vector<FrameRange>& ranges)
{
    const auto batch = static_cast<std::int64_t>(scenes.size());
    const std::int64_t cells = static_cast<std::int64_t>(ranges.size()) * kPatches * kPatches;
    DenseLabels out;
    for (at::Tensor* classes : {&out.color, &out.kind, &out.direction, &out.endCell, &out.firstWall})
        *classes = at::zeros({batch, cells}, at::kLong);
    out.offset = at::zeros({batch, cells, 2}, at::kFloat);
    auto color = out.color.accessor<std::int64_t, 2>();
    auto kind = out.kind.accessor<std::int64_t, 2>();
    auto direction = out.direction.accessor<std::int64_t, 2>();
    auto endCell = out.endCell.accessor<std::int64_t, 2>();
    auto firstWall = out.firstWall.accessor<std::int64_t, 2>();
    auto offset = out.offset.accessor<float, 3>();
    for (std::int64_t b = 0; b < batch; ++b) {
        std::int64_t cell = 0;
        for (const FrameRange& range : ranges) {
            for (int row = 0; row < kPatches; ++row) {
                for (int column = 0; column < kPatches; ++column, ++cell) {
                    const double x = (column + 0.5) * kPatchPixels;
                    const double y = (row + 0.5) * kPatchPixels;
                    double nearest = kReach;
                    for (const scenes::MovingShape& shape : scenes[static_cast<std::size_t>(b)].scene.shapes) {
                        const scenes::Point centre = meanCentre(shape, range);
                        const double distance = std::hypot(centre.x - x, centre.y - y);
                        if (distance >= nearest)
                            continue;
                        nearest = distance;
                        color[b][cell] = 1 + static_cast<std::int64_t>(shape.color);
                        kind[b][cell] = 1 + static_cast<std::int64_t>(shape.kind);
                        direction[b][cell] = eighthOf(shape.velocities[scenes::kNow]);
                        endCell[b][cell] = cellOf(shape.centres[scenes::kFrames - 1]);
                        firstWall[b][cell] = firstWallOf(shape);
                        offset[b][cell][0] = static_cast<float>((centre.x - x) / kPatchPixels);
                        offset[b][cell][1] = static_cast<float>((centre.y - y) / kPatchPixels);
                    }
                }
            }
        }
    }
    return out;
}

}  // namespace

DenseLabels labelsOfFrame(const std::vector<scenes::ExamScene>& scenes, int frame)
{
    return labelsOf(scenes, {{frame, frame}});
}

DenseLabels labelsOfLatents(const std::vector<scenes::ExamScene>& scenes)
{
    return labelsOf(scenes, {{0, 0}, {1, 4}, {5, 8}});
}

}  // namespace armillary::training
