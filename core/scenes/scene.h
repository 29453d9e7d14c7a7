// Scenes whose truth is known: coloured shapes that move straight over a square board and bounce off its walls. They train the embedded
// demo, ask it questions, and tell how well it answers.
//
// A scene is drawn by where its shapes are in the middle frame, the last one that a model sees: places there are uniform and
// directions uniform and independent of them, so the still picture says nothing about the motion. Everything follows from the seed,
// with every compiler.
// Thread rule: pure functions and plain values.
#pragma once

#include "base/random_source.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace armillary::scenes {

inline constexpr int kBoardPixels = 64;  // square
inline constexpr int kFrames = 9;        // of a clip: three latent frames
inline constexpr int kSeenFrames = 5;    // the clip so far: two latent frames
inline constexpr int kNow = kSeenFrames - 1;
inline constexpr double kReachPixels = 7;  // of a shape from its centre, whatever its kind
inline constexpr double kLowestCentre = kReachPixels;
inline constexpr double kHighestCentre = kBoardPixels - kReachPixels;

enum class ShapeColor { Red, Green, Blue, Yellow };
enum class ShapeKind { Disc, Square, Triangle };
inline constexpr int kColors = 4;
inline constexpr int kKinds = 3;
// Eighths of a turn from right over down (y grows downwards).
inline constexpr int kDirections = 8;
inline constexpr int kWalls = 4;

struct Point {
    double x = 0, y = 0;  // pixels from the top left corner of the board
};

struct MovingShape {
    ShapeColor color = ShapeColor::Red;
    ShapeKind kind = ShapeKind::Disc;
    std::array<Point, kFrames> centres;     // of each frame
    std::array<Point, kFrames> velocities;  // pixels a frame, after the bounces so far
};

// Where a centre may bounce.
enum class Wall { Left, Right, Top, Bottom };

struct Scene {
    std::vector<MovingShape> shapes;  // painted in this order; colours and kinds differ
};

struct SceneOptions {
    int mostShapes = 2;        // 1 ... 3
    double slowestPixels = 3;  // a frame
    double fastestPixels = 5;
    double apartPixels = 15;  // centres are never nearer in the frames that a model sees
};

[[nodiscard]] Scene drawScene(RandomSource& random, const SceneOptions& options = {});

// A shape at `now` in the middle frame with velocity `velocity` there, its other frames by reflection at the walls.
[[nodiscard]] MovingShape moveShape(ShapeColor color, ShapeKind kind, Point now, Point velocity);

// The eighth of a turn that `velocity` points to; nothing within `marginDegrees` of the border of two.
[[nodiscard]] std::optional<int> directionOf(Point velocity, double marginDegrees);
struct WallHit {
    Wall wall = Wall::Left;
    double frames = 0;  // after the middle one
};
// The first touch of each axis' wall after the middle frame and by the last one, soonest first; empty when there is none.
[[nodiscard]] std::vector<WallHit> wallHits(Point now, Point velocity);

}  // namespace armillary::scenes
