#include "scenes/scene_questions.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

namespace armillary::scenes {
namespace {

constexpr double kCellMarginPixels = 2;
constexpr double kDirectionMarginDegrees = 4;
constexpr double kEndMarginFrames = 0.5;   // a wall reached this near to the last frame
constexpr double kWallMarginFrames = 0.7;  // between two walls
constexpr double kTouchPixels = 13;        // between centres
constexpr double kTouchMarginPixels = 1.5;

constexpr std::array kColorNames = {"red", "green", "blue", "yellow"};
constexpr std::array kShapeNames = {"disc", "square", "triangle"};
constexpr std::array kNumberNames = {"one", "two", "three"};
constexpr std::array kDirectionNames = {"right", "down right", "down", "down left",
                                        "left",  "up left",    "up",   "up right"};
constexpr std::array kCellNames = {"top left", "top",         "top right", "left",        "centre",
                                   "right",    "bottom left", "bottom",    "bottom right"};
constexpr std::array kWallNames = {"left", "right", "top", "bottom"};

using Answer = std::optional<std::string>;

// Of a 3 x 3 board; nothing near its lines.
Answer cellOf(const Point& point)
{
    constexpr double kThird = kBoardPixels / 3.0;
    for (const double value : {point.x, point.y}) {
        for (const double line : {kThird, 2 * kThird}) {
            if (std::abs(value - line) < kCellMarginPixels)
                return std::nullopt;
        }
    }
    const auto index = [](double value) { return std::clamp(static_cast<int>(value / kThird), 0, 2); };
    return kCellNames[static_cast<std::size_t>(index(point.y) * 3 + index(point.x))];
}

Answer firstWallOf(const MovingShape& shape)
{
    constexpr double kFuture = kFrames - 1 - kNow;
    const Point& now = shape.centres[kNow];
    const Point& velocity = shape.velocities[kNow];
    const std::vector<WallHit> hits = wallHits(now, velocity);
    if (hits.empty()) {
        // One that would be reached just behind the last frame looks the same.
        const Point later{now.x + velocity.x * (kFuture + kEndMarginFrames),
                          now.y + velocity.y * (kFuture + kEndMarginFrames)};
        const bool clear = std::min(later.x, later.y) > kLowestCentre && std::max(later.x, later.y) < kHighestCentre;
        return clear ? Answer("none") : std::nullopt;
    }
    if (kFuture - hits[0].frames < kEndMarginFrames ||
        (hits.size() > 1 && hits[1].frames - hits[0].frames < kWallMarginFrames))
        return std::nullopt;
    return kWallNames[static_cast<std::size_t>(hits[0].wall)];
}

Answer touchOf(const MovingShape& a, const MovingShape& b)
{
    double nearest = kBoardPixels;
    for (std::size_t frame = kNow; frame < kFrames; ++frame)
        nearest = std::min(nearest, std::hypot(a.centres[frame].x - b.centres[frame].x,
                                               a.centres[frame].y - b.centres[frame].y));
    if (std::abs(nearest - kTouchPixels) < kTouchMarginPixels)
        return std::nullopt;
    return nearest < kTouchPixels ? "yes" : "no";
}

Answer answerOf(const Scene& scene, QuestionKind kind, std::size_t shape, std::size_t other)
{
    const MovingShape& moving = scene.shapes[shape];
    switch (kind) {
    case QuestionKind::Count: return kNumberNames[scene.shapes.size() - 1];
    case QuestionKind::Color: return kColorNames[static_cast<std::size_t>(moving.color)];
    case QuestionKind::Shape: return kShapeNames[static_cast<std::size_t>(moving.kind)];
    case QuestionKind::Cell: return cellOf(moving.centres[kNow]);
    case QuestionKind::Direction: {
        const auto eighth = directionOf(moving.velocities[kNow], kDirectionMarginDegrees);
        return eighth ? Answer(kDirectionNames[static_cast<std::size_t>(*eighth)]) : std::nullopt;
    }
    case QuestionKind::EndCell: return cellOf(moving.centres[kFrames - 1]);
    case QuestionKind::FirstWall: return firstWallOf(moving);
    case QuestionKind::Touch: return touchOf(moving, scene.shapes[other]);
    }
    return std::nullopt;
}

// Most shapes reach no wall and touch nothing in four frames. Such questions are asked less often, so that "none" and "no" are no
// safe guesses.
double askedShare(QuestionKind kind, const std::string& answer)
{
    if (kind == QuestionKind::FirstWall && answer == "none")
        return 0.2;
    return kind == QuestionKind::Touch && answer == "no" ? 0.15 : 1;
}

void replace(std::string& text, std::string_view what, const std::string& by)
{
    if (const std::size_t at = text.find(what); at != std::string::npos)
        text.replace(at, what.size(), by);
}

// "the red shape", "the disc" or "the red disc".
std::string nameOf(const MovingShape& shape, RandomSource& random)
{
    switch (random.below(3)) {
    case 0: return "the " + colorName(shape.color) + " shape";
    case 1: return "the " + shapeName(shape.kind);
    default: return "the " + colorName(shape.color) + " " + shapeName(shape.kind);
    }
}

// Velocities spread evenly over directions and speeds.
std::vector<Point> velocitiesOf(const SceneOptions& options, int directions, int speeds)
{
    std::vector<Point> out;
    for (int i = 0; i < directions; ++i) {
        const double angle = 2 * std::numbers::pi * (i + 0.5) / directions;
        for (int j = 0; j < speeds; ++j) {
            const double speed =
                options.slowestPixels + (options.fastestPixels - options.slowestPixels) * (j + 0.5) / speeds;
            out.push_back({speed * std::cos(angle), speed * std::sin(angle)});
        }
    }
    return out;
}

double shareOfLikeliest(QuestionKind kind, const std::map<std::string, int>& counts)
{
    double most = 0, all = 0;
    for (const auto& [answer, count] : counts) {
        const double asked = count * askedShare(kind, answer);
        most = std::max(most, asked);
        all += asked;
    }
    return all == 0 ? 1 : most / all;
}

}  // namespace

std::string_view kindName(QuestionKind kind)
{
    static constexpr std::array kNames = {"count",     "colour",   "shape",      "cell",
                                          "direction", "end cell", "first wall", "touch"};
    return kNames[static_cast<std::size_t>(kind)];
}

bool isAboutStill(QuestionKind kind)
{
    return kind <= QuestionKind::Cell;
}

std::string colorName(ShapeColor color)
{
    return kColorNames[static_cast<std::size_t>(color)];
}

std::string shapeName(ShapeKind kind)
{
    return kShapeNames[static_cast<std::size_t>(kind)];
}

std::vector<std::string> answersOf(QuestionKind kind)
{
    const auto all = [](const auto& names) { return std::vector<std::string>(names.begin(), names.end()); };
    switch (kind) {
    case QuestionKind::Count: return all(kNumberNames);
    case QuestionKind::Color: return all(kColorNames);
    case QuestionKind::Shape: return all(kShapeNames);
    case QuestionKind::Cell:
    case QuestionKind::EndCell: return all(kCellNames);
    case QuestionKind::Direction: return all(kDirectionNames);
    case QuestionKind::FirstWall: {
        std::vector<std::string> out = all(kWallNames);
        out.emplace_back("none");
        return out;
    }
    case QuestionKind::Touch: return {"yes", "no"};
    }
    return {};
}

std::vector<std::string> phrasingsOf(QuestionKind kind)
{
    switch (kind) {
    case QuestionKind::Count: return {"How many shapes are there?", "How many shapes do you see?", "Count the shapes."};
    case QuestionKind::Color:
        return {"What colour is the {k}?", "Which colour does the {k} have?", "Name the colour of the {k}."};
    case QuestionKind::Shape:
        return {"What shape is the {c} one?", "Which shape is {c}?", "Name the shape of the {c} one."};
    case QuestionKind::Cell: return {"Where is {x} now?", "In which cell is {x} now?", "Name the present cell of {x}."};
    case QuestionKind::Direction:
        return {"Which way does {x} move?", "In which direction is {x} moving?", "Where is {x} heading?"};
    case QuestionKind::EndCell:
        return {"Where will {x} be at the end?", "In which cell will {x} end?", "Name the last cell of {x}."};
    case QuestionKind::FirstWall:
        return {"Which wall will {x} hit first?", "What wall does {x} reach first?",
                "Name the first wall that {x} hits."};
    case QuestionKind::Touch: return {"Will {a} and {b} touch?", "Do {a} and {b} meet?", "Will {a} touch {b}?"};
    }
    return {};
}

std::vector<SceneQuestion> questionsOf(const Scene& scene, RandomSource& random)
{
    std::vector<SceneQuestion> out;
    const auto ask = [&](QuestionKind kind, std::size_t shape, std::size_t other) {
        const auto answer = answerOf(scene, kind, shape, other);
        if (!answer || random.uniform() >= askedShare(kind, *answer))
            return;
        const std::vector<std::string> phrasings = phrasingsOf(kind);
        std::string text =
            phrasings[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(phrasings.size())))];
        const MovingShape& moving = scene.shapes[shape];
        replace(text, "{k}", shapeName(moving.kind));
        replace(text, "{c}", colorName(moving.color));
        replace(text, "{x}", nameOf(moving, random));
        replace(text, "{a}", nameOf(moving, random));
        replace(text, "{b}", nameOf(scene.shapes[other], random));
        out.push_back({kind, std::move(text), *answer, shape, other});
    };
    ask(QuestionKind::Count, 0, 0);
    for (std::size_t i = 0; i < scene.shapes.size(); ++i) {
        for (const QuestionKind kind : {QuestionKind::Color, QuestionKind::Shape, QuestionKind::Cell,
                                        QuestionKind::Direction, QuestionKind::EndCell, QuestionKind::FirstWall})
            ask(kind, i, i);
    }
    for (std::size_t i = 0; i < scene.shapes.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            const bool turned = random.below(2) == 0;
            ask(QuestionKind::Touch, turned ? j : i, turned ? i : j);
        }
    }
    return out;
}

double bestFromStill(const Scene& scene, const SceneQuestion& question, const SceneOptions& options)
{
    if (isAboutStill(question.kind))
        return 1;
    Scene imagined = scene;
    std::map<std::string, int> counts;
    const auto count = [&] {
        if (const auto answer = answerOf(imagined, question.kind, question.shape, question.other))
            ++counts[*answer];
    };
    const auto imagine = [&](std::size_t shape, const Point& velocity) {
        const MovingShape& seen = scene.shapes[shape];
        imagined.shapes[shape] = moveShape(seen.color, seen.kind, seen.centres[kNow], velocity);
    };
    if (question.kind != QuestionKind::Touch) {
        for (const Point& velocity : velocitiesOf(options, 64, 5)) {
            imagine(question.shape, velocity);
            count();
        }
        return shareOfLikeliest(question.kind, counts);
    }
    const std::vector<Point> velocities = velocitiesOf(options, 32, 3);
    for (const Point& first : velocities) {
        imagine(question.shape, first);
        for (const Point& second : velocities) {
            imagine(question.other, second);
            count();
        }
    }
    return shareOfLikeliest(question.kind, counts);
}

}  // namespace armillary::scenes
