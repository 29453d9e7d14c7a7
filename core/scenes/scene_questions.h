// Questions about a scene with answers of one to three words, from its exact truth. Cases too close to call are not asked: a
// place near a line of the board, a direction near the next, walls met nearly at once, motion within half a frame of a wall.
//
// About the still: how many, which colour, which shape, where. About motion: which way. About the future (the frames behind the
// middle one): where at the end, which wall first.
// Thread rule: pure functions.
#pragma once

#include "scenes/scene.h"

#include <string>
#include <string_view>
#include <vector>

namespace armillary::scenes {

enum class QuestionKind { Count, Color, Shape, Cell, Direction, EndCell, FirstWall };
inline constexpr std::array kQuestionKinds = {
    QuestionKind::Count,     QuestionKind::Color,   QuestionKind::Shape,    QuestionKind::Cell,
    QuestionKind::Direction, QuestionKind::EndCell, QuestionKind::FirstWall};

// "count", "colour", "shape", "cell", "direction", "end cell", "first wall"
[[nodiscard]] std::string_view kindName(QuestionKind kind);
// Whether the still picture alone holds the answer.
[[nodiscard]] bool isAboutStill(QuestionKind kind);
// Every answer that the kind can have.
[[nodiscard]] std::vector<std::string> answersOf(QuestionKind kind);
// Ways to ask, with {x} for a name, {c} for a colour and {k} for a kind.
[[nodiscard]] std::vector<std::string> phrasingsOf(QuestionKind kind);
[[nodiscard]] std::string colorName(ShapeColor color);
[[nodiscard]] std::string shapeName(ShapeKind kind);

struct SceneQuestion {
    QuestionKind kind = QuestionKind::Count;
    std::string text;
    std::string answer;
    std::size_t shape = 0;  // what it is about, index in the scene
};

// Every question that can be asked of the scene, each in one phrasing drawn from `random`; of first walls that are "none" one in
// five.
[[nodiscard]] std::vector<SceneQuestion> questionsOf(const Scene& scene, RandomSource& random);

// How often the best guess from the still picture alone is right: 1 where the still holds the answer; else the probability of
// the likeliest answer over all velocities that `options` allows, among those in which the question would be asked.
[[nodiscard]] double bestFromStill(const Scene& scene, const SceneQuestion& question, const SceneOptions& options);

}  // namespace armillary::scenes
