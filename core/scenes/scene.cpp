#include "scenes/scene.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace armillary::scenes {
namespace {

constexpr double kSpan = kHighestCentre - kLowestCentre;

// A coordinate that would run on without walls, folded back between them, and whether it runs backwards there.
struct Folded {
    double place = 0;
    double sign = 1;
};

Folded fold(double free)
{
    double along = std::fmod(free - kLowestCentre, 2 * kSpan);
    if (along < 0)
        along += 2 * kSpan;
    return along > kSpan ? Folded{kHighestCentre - (along - kSpan), -1} : Folded{kLowestCentre + along, 1};
}

double distance(const Point& a, const Point& b)
{
    return std::hypot(a.x - b.x, a.y - b.y);
}

bool isApart(const MovingShape& a, const MovingShape& b, double pixels)
{
    for (int frame = 0; frame < kSeenFrames; ++frame) {
        const auto at = static_cast<std::size_t>(frame);
        if (distance(a.centres[at], b.centres[at]) < pixels)
            return false;
    }
    return true;
}

void addHit(std::vector<WallHit>& hits, double place, double velocity, Wall low, Wall high)
{
    if (velocity == 0)
        return;
    const double frames = ((velocity > 0 ? kHighestCentre : kLowestCentre) - place) / velocity;
    if (frames <= kFrames - 1 - kNow)
        hits.push_back({velocity > 0 ? high : low, frames});
}

}  // namespace

MovingShape moveShape(ShapeColor color, ShapeKind kind, Point now, Point velocity)
{
    MovingShape out{color, kind, {}, {}};
    for (int frame = 0; frame < kFrames; ++frame) {
        const double time = frame - kNow;
        const Folded x = fold(now.x + velocity.x * time);
        const Folded y = fold(now.y + velocity.y * time);
        const auto at = static_cast<std::size_t>(frame);
        out.centres[at] = {x.place, y.place};
        out.velocities[at] = {velocity.x * x.sign, velocity.y * y.sign};
    }
    return out;
}

Scene drawScene(RandomSource& random, const SceneOptions& options)
{
    while (true) {
        const auto count = static_cast<std::size_t>(1 + random.below(options.mostShapes));
        const std::vector<std::int64_t> colors = random.permutation(kColors);
        const std::vector<std::int64_t> kinds = random.permutation(kKinds);
        Scene out;
        for (std::size_t i = 0; i < count; ++i) {
            const Point now{kLowestCentre + kSpan * random.uniform(), kLowestCentre + kSpan * random.uniform()};
            const double angle = 2 * std::numbers::pi * random.uniform();
            const double speed =
                options.slowestPixels + (options.fastestPixels - options.slowestPixels) * random.uniform();
            out.shapes.push_back(moveShape(static_cast<ShapeColor>(colors[i]), static_cast<ShapeKind>(kinds[i]), now,
                                           {speed * std::cos(angle), speed * std::sin(angle)}));
        }
        bool apart = true;
        for (std::size_t i = 0; i < count; ++i) {
            for (std::size_t j = 0; j < i; ++j)
                apart = apart && isApart(out.shapes[i], out.shapes[j], options.apartPixels);
        }
        if (apart)
            return out;
    }
}

std::optional<int> directionOf(Point velocity, double marginDegrees)
{
    const double eighths = std::atan2(velocity.y, velocity.x) / (std::numbers::pi / 4);
    const double nearest = std::round(eighths);
    if (std::abs(eighths - nearest) * 45 > 22.5 - marginDegrees)
        return std::nullopt;
    return (static_cast<int>(nearest) + kDirections) % kDirections;
}

std::vector<WallHit> wallHits(Point now, Point velocity)
{
    std::vector<WallHit> hits;
    addHit(hits, now.x, velocity.x, Wall::Left, Wall::Right);
    addHit(hits, now.y, velocity.y, Wall::Top, Wall::Bottom);
    std::sort(hits.begin(), hits.end(), [](const WallHit& a, const WallHit& b) { return a.frames < b.frames; });
    return hits;
}

}  // namespace armillary::scenes
