#include "scenes/scene_exam.h"

#include "scenes/scene_renderer.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace armillary::scenes {

ExamScene examScene(std::uint64_t seed, std::int64_t index, const SceneOptions& options)
{
    RandomSource random(mixedSeed(seed, static_cast<std::uint64_t>(index)));
    ExamScene out;
    const auto draw = [&random] { return static_cast<std::uint64_t>(random.uniform() * 0x1p53); };
    out.grainSeed = draw();
    out.rolloutSeed = draw();
    out.scene = drawScene(random, options);
    out.questions = questionsOf(out.scene, random);
    return out;
}

std::string_view worldName(WorldGiven world)
{
    static constexpr std::array kNames = {"true", "rollout", "absent", "foreign"};
    return kNames[static_cast<std::size_t>(world)];
}

RolloutRequest trainedRollout()
{
    RolloutRequest out;
    out.frames = kFrames;
    out.steps = kRolloutSteps;
    out.skipText = true;
    out.guidance = 1;
    out.framesPerSecond = kFramesPerSecond;
    out.heightPixels = kBoardPixels;
    out.widthPixels = kBoardPixels;
    return out;
}

Question engineQuestion(const ExamScene& scene, const SceneQuestion& asked, WorldGiven world, const ExamScene& other)
{
    constexpr int kMostTokens = 8;  // of an answer of three words
    const auto clipOf = [](const ExamScene& of, int first, int count) {
        return renderClip(of.scene, of.grainSeed, first, count);
    };
    Question out;
    int shown = 0;
    out.world.latentScale = LatentScale::Normalised;
    switch (world) {
    case WorldGiven::True:
        out.media = {clipOf(scene, 0, kFrames)};
        out.stillFrames = {kNow};
        out.world.source = WorldSource::Clip;
        break;
    case WorldGiven::Rollout: {
        out.media = {clipOf(scene, 0, kSeenFrames)};
        out.stillFrames = {kNow};
        out.world.source = WorldSource::Rollout;
        RolloutRequest request = trainedRollout();
        request.seed = scene.rolloutSeed;
        out.world.rollout = std::move(request);
        break;
    }
    case WorldGiven::Absent:
        out.media = {clipOf(scene, kNow, 1)};
        out.world.fusion = FusionOption::None;
        break;
    case WorldGiven::Foreign:
        // The world is the first medium's; only the second is shown.
        out.media = {clipOf(other, 0, kFrames), clipOf(scene, kNow, 1)};
        out.stillFrames = {kNow, 0};
        out.world.source = WorldSource::Clip;
        shown = 1;
        break;
    }
    out.turns.push_back({ChatRole::User, {shown}, asked.text});
    out.sampling.maxNewTokens = kMostTokens;
    return out;
}

std::string plainAnswer(std::string_view said)
{
    const auto isSpace = [](char letter) { return std::isspace(static_cast<unsigned char>(letter)) != 0; };
    while (!said.empty() && isSpace(said.front()))
        said.remove_prefix(1);
    while (!said.empty() && (isSpace(said.back()) || said.back() == '.'))
        said.remove_suffix(1);
    std::string out(said);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char letter) { return static_cast<char>(std::tolower(static_cast<unsigned char>(letter))); });
    return out;
}

ExamTally::Count& ExamTally::countOf(QuestionKind kind)
{
    Count& count = m_counts[static_cast<std::size_t>(kind)];
    count.row.kind = kind;
    return count;
}

void ExamTally::ask(const SceneQuestion& question, double bestFromStill)
{
    Count& count = countOf(question.kind);
    ++count.row.asked;
    ++count.answers[question.answer];
    count.row.bestFromStill += bestFromStill;
}

void ExamTally::answer(const SceneQuestion& question, WorldGiven world, std::string_view said)
{
    judge(question, world, plainAnswer(said) == question.answer);
}

void ExamTally::judge(const SceneQuestion& question, WorldGiven world, bool isRight)
{
    Row& row = countOf(question.kind).row;
    ++row.answered[static_cast<std::size_t>(world)];
    row.right[static_cast<std::size_t>(world)] += isRight ? 1 : 0;
}

double ExamTally::Row::accuracy(WorldGiven world) const
{
    const auto at = static_cast<std::size_t>(world);
    return answered[at] == 0 ? 0 : static_cast<double>(right[at]) / static_cast<double>(answered[at]);
}

std::vector<ExamTally::Row> ExamTally::rows() const
{
    std::vector<Row> out;
    for (const Count& count : m_counts) {
        if (count.row.asked == 0)
            continue;
        Row row = count.row;
        const auto asked = static_cast<double>(row.asked);
        std::int64_t most = 0;
        for (const auto& [answer, times] : count.answers)
            most = std::max(most, times);
        row.chance = static_cast<double>(most) / asked;
        row.bestFromStill /= asked;
        out.push_back(row);
    }
    return out;
}

}  // namespace armillary::scenes
