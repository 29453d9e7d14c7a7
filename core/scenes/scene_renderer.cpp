#include "scenes/scene_renderer.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace armillary::scenes {
namespace {

using Rgb = std::array<double, 3>;  // 0 ... 1

constexpr std::array<Rgb, kColors> kPaint = {{{228 / 255.0, 52 / 255.0, 48 / 255.0},
                                              {52 / 255.0, 200 / 255.0, 84 / 255.0},
                                              {64 / 255.0, 110 / 255.0, 240 / 255.0},
                                              {240 / 255.0, 208 / 255.0, 60 / 255.0}}};
constexpr int kGrainPixels = 2;  // a side
constexpr double kGrain = 0.012;
constexpr int kRulingPixels = 16;  // from line to line

std::vector<double> grainOf(std::uint64_t seed)
{
    constexpr int kSide = kBoardPixels / kGrainPixels;
    RandomSource random(seed);
    std::vector<double> out(static_cast<std::size_t>(kSide * kSide));
    std::generate(out.begin(), out.end(), [&random] { return kGrain * (2 * random.uniform() - 1); });
    return out;
}

Rgb board(int row, int column, double grain)
{
    const double x = (column + 0.5) / kBoardPixels;
    const double y = (row + 0.5) / kBoardPixels;
    const double more = grain + (row % kRulingPixels == 0 || column % kRulingPixels == 0 ? 0.02 : 0);
    return {0.06 + 0.05 * (1 - x) * (1 - y) + more, 0.05 + 0.11 * x + more, 0.08 + 0.16 * y + more};
}

// Signed distance in pixels of a point from the shape's edge, below 0 inside.
double edgeDistance(ShapeKind kind, double dx, double dy)
{
    switch (kind) {
    case ShapeKind::Disc: return std::hypot(dx, dy) - 6.5;
    case ShapeKind::Square: return std::max(std::abs(dx), std::abs(dy)) - 5.6;
    case ShapeKind::Triangle: return std::max(dy - 5.0, std::abs(dx) * 0.8575 - dy * 0.5145 - 3.7);  // apex up
    }
    return kBoardPixels;
}

std::uint8_t level(double value)
{
    return static_cast<std::uint8_t>(std::clamp(value, 0.0, 1.0) * 255 + 0.5);
}

}  // namespace

Clip renderClip(const Scene& scene, std::uint64_t grainSeed, int first, int count)
{
    const std::vector<double> grain = grainOf(grainSeed);
    Clip out;
    out.path = "scene";
    out.firstFrameIndex = first;
    out.framesPerSecond = 16;
    for (int frame = first; frame < first + count; ++frame) {
        std::vector<std::uint8_t> pixels;
        pixels.reserve(static_cast<std::size_t>(kBoardPixels) * kBoardPixels * 3);
        for (int row = 0; row < kBoardPixels; ++row) {
            for (int column = 0; column < kBoardPixels; ++column) {
                constexpr int kSide = kBoardPixels / kGrainPixels;
                Rgb color = board(row, column,
                                  grain[static_cast<std::size_t>(row / kGrainPixels * kSide + column / kGrainPixels)]);
                for (const MovingShape& shape : scene.shapes) {
                    const Point& centre = shape.centres[static_cast<std::size_t>(frame)];
                    const double inside = 0.5 - edgeDistance(shape.kind, column + 0.5 - centre.x, row + 0.5 - centre.y);
                    const double opacity = std::clamp(inside, 0.0, 1.0);
                    const Rgb& paint = kPaint[static_cast<std::size_t>(shape.color)];
                    for (std::size_t channel = 0; channel < 3; ++channel)
                        color[channel] += (paint[channel] - color[channel]) * opacity;
                }
                for (const double value : color)
                    pixels.push_back(level(value));
            }
        }
        out.frames.emplace_back(kBoardPixels, kBoardPixels, std::move(pixels));
    }
    return out;
}

std::vector<std::optional<Point>> findShapes(const Image& frame, const Scene& scene)
{
    constexpr double kMostDistance = 0.35;  // of RGB in 0 ... 1; paints lie further apart, and from the board
    constexpr double kLeastPixels = 12;
    std::vector<std::optional<Point>> out;
    for (const MovingShape& shape : scene.shapes) {
        const Rgb& paint = kPaint[static_cast<std::size_t>(shape.color)];
        double weight = 0, x = 0, y = 0;
        for (int row = 0; row < frame.height(); ++row) {
            for (int column = 0; column < frame.width(); ++column) {
                const auto at = static_cast<std::size_t>((row * frame.width() + column) * 3);
                double squares = 0;
                for (std::size_t channel = 0; channel < 3; ++channel) {
                    const double difference = frame.rgb()[at + channel] / 255.0 - paint[channel];
                    squares += difference * difference;
                }
                const double share = std::max(0.0, 1 - std::sqrt(squares) / kMostDistance);
                weight += share;
                x += share * (column + 0.5);
                y += share * (row + 0.5);
            }
        }
        out.push_back(weight < kLeastPixels ? std::nullopt : std::optional(Point{x / weight, y / weight}));
    }
    return out;
}

}  // namespace armillary::scenes
