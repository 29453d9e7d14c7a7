// Examinations of a model by fresh scenes: which scenes and questions a seed means, and how the answers are counted.
// `armillary-cli evaluate-demo` and the trainer ask and count with these.
// Thread rule: plain values, pure functions; a tally belongs to one thread.
#pragma once

#include "records/question.h"
#include "scenes/scene_questions.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace armillary::scenes {

struct ExamScene {
    Scene scene;
    std::uint64_t grainSeed = 0;    // of renderClip
    std::uint64_t rolloutSeed = 0;  // of the world model's noise
    std::vector<SceneQuestion> questions;
};

// Scene `index` of the examination `seed`, the same whatever others are drawn.
[[nodiscard]] ExamScene examScene(std::uint64_t seed, std::int64_t index, const SceneOptions& options = {});

// Where the world tokens of an answer come from.
enum class WorldGiven {
    True,     // the true clip
    Rollout,  // what the world model makes of the clip so far
    Absent,   // nowhere
    Foreign,  // the true clip of another scene: the next one of the examination, of the last one the first
};
inline constexpr std::array kWorldsGiven = {WorldGiven::True, WorldGiven::Rollout, WorldGiven::Absent,
                                            WorldGiven::Foreign};
// "true", "rollout", "absent", "foreign"
[[nodiscard]] std::string_view worldName(WorldGiven world);

// How the demo's world model is asked.
inline constexpr int kRolloutSteps = 10;
inline constexpr double kFramesPerSecond = 16;
// The rollout that it was trained for, without a condition.
[[nodiscard]] RolloutRequest trainedRollout();

// `asked` of `scene` as the engine is asked it: greedy, the middle frame as the still. `other` gives a foreign world.
[[nodiscard]] Question engineQuestion(const ExamScene& scene, const SceneQuestion& asked, WorldGiven world,
                                      const ExamScene& other);

// An answer as it is compared: without spaces around it and a full stop behind it, in lower case.
[[nodiscard]] std::string plainAnswer(std::string_view said);

class ExamTally {
public:
    // Counts a question as asked; once for all worlds. `bestFromStill` is that of the question.
    void ask(const SceneQuestion& question, double bestFromStill);
    void answer(const SceneQuestion& question, WorldGiven world, std::string_view said);
    // As answer, of one that was judged elsewhere.
    void judge(const SceneQuestion& question, WorldGiven world, bool isRight);

    struct Row {
        QuestionKind kind = QuestionKind::Count;
        std::int64_t asked = 0;
        double chance = 0;         // share of the commonest right answer
        double bestFromStill = 0;  // mean over the questions
        std::array<std::int64_t, kWorldsGiven.size()> answered{};
        std::array<std::int64_t, kWorldsGiven.size()> right{};

        // Share of right answers; 0 when none was given.
        [[nodiscard]] double accuracy(WorldGiven world) const;
    };
    // One a kind that was asked, in the order of kQuestionKinds.
    [[nodiscard]] std::vector<Row> rows() const;

private:
    struct Count {
        Row row;
        std::map<std::string, std::int64_t> answers;
    };
    [[nodiscard]] Count& countOf(QuestionKind kind);

    std::array<Count, kQuestionKinds.size()> m_counts;
};

}  // namespace armillary::scenes
