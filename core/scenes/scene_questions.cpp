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
constexpr double kTurnMarginFrames = 0.5;  // a wall met this near to the middle frame

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

// Which way a shape moves while it meets a wall is a matter of a frame's fraction.
bool isTurning(const MovingShape& shape)
{
    const auto isMet = [](double place, double velocity) {
        const double travel = kTurnMarginFrames * std::abs(velocity);
        return place - kLowestCentre < travel || kHighestCentre - place < travel;
    };
    const Point& now = shape.centres[kNow];
    const Point& velocity = shape.velocities[kNow];
    return isMet(now.x, velocity.x) || isMet(now.y, velocity.y);
}

// Whether the motion of this moment, on which the answer hangs, is too close to call.
bool isUncertain(QuestionKind kind, const MovingShape& shape)
{
    return (kind == QuestionKind::Direction || kind == QuestionKind::FirstWall) && isTurning(shape);
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

Answer answerOf(const Scene& scene, QuestionKind kind, std::size_t shape)
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
    }
    return std::nullopt;
}

// Most shapes reach no wall in four frames. Such questions are asked less often, so that "none" is no safe guess.
double askedShare(QuestionKind kind, const std::string& answer)
{
    return kind == QuestionKind::FirstWall && answer == "none" ? 0.2 : 1;
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
    static constexpr std::array kNames = {"count", "colour", "shape", "cell", "direction", "end cell", "first wall"};
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
    }
    return {};
}

std::vector<SceneQuestion> questionsOf(const Scene& scene, RandomSource& random)
{
    std::vector<SceneQuestion> out;
    const auto ask = [&](QuestionKind kind, std::size_t shape) {
        const auto answer = answerOf(scene, kind, shape);
        if (!answer || random.uniform() >= askedShare(kind, *answer))
            return;
        const std::vector<std::string> phrasings = phrasingsOf(kind);
        std::string text =
            phrasings[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(phrasings.size())))];
        const MovingShape& moving = scene.shapes[shape];
        replace(text, "{k}", shapeName(moving.kind));
        replace(text, "{c}", colorName(moving.color));
        replace(text, "{x}", nameOf(moving, random));
        // Drawn and left, as what is uncertain is left only now: the scenes of a seed keep the wording that trained models and
        // recorded sessions were made with.
        for (int unused = 0; unused < 2; ++unused)
            nameOf(moving, random);
        if (!isUncertain(kind, moving))
            out.push_back({kind, std::move(text), *answer, shape});
    };
    ask(QuestionKind::Count, 0);
    for (std::size_t i = 0; i < scene.shapes.size(); ++i) {
        for (const QuestionKind kind : {QuestionKind::Color, QuestionKind::Shape, QuestionKind::Cell,
                                        QuestionKind::Direction, QuestionKind::EndCell, QuestionKind::FirstWall})
            ask(kind, i);
    }
    return out;
}

double bestFromStill(const Scene& scene, const SceneQuestion& question, const SceneOptions& options)
{
    if (isAboutStill(question.kind))
        return 1;
    Scene imagined = scene;
    std::map<std::string, int> counts;
    const MovingShape& seen = scene.shapes[question.shape];
    for (const Point& velocity : velocitiesOf(options, 64, 5)) {
        imagined.shapes[question.shape] = moveShape(seen.color, seen.kind, seen.centres[kNow], velocity);
        const auto answer = answerOf(imagined, question.kind, question.shape);
        if (answer && !isUncertain(question.kind, imagined.shapes[question.shape]))
            ++counts[*answer];
    }
    return shareOfLikeliest(question.kind, counts);
}

}  // namespace armillary::scenes
