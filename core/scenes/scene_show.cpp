#include "scenes/scene_show.h"

#include <algorithm>
#include <charconv>

namespace armillary::scenes {
namespace {

constexpr std::string_view kLabel = "scene ";

}  // namespace

ExamScene shownScene(std::int64_t number)
{
    return examScene(kShownSeed, number - 1);
}

std::string sceneLabel(std::int64_t number)
{
    return std::string(kLabel) + std::to_string(number);
}

std::optional<std::int64_t> sceneNumber(const std::string& label)
{
    const auto at = label.rfind(kLabel);
    if (at == std::string::npos)
        return std::nullopt;
    const char* first = label.data() + at + kLabel.size();
    const char* last = label.data() + label.size();
    std::int64_t number = 0;
    const auto [end, problem] = std::from_chars(first, last, number);
    return problem == std::errc() && end == last && number > 0 ? std::optional(number) : std::nullopt;
}

Question shownQuestion(std::int64_t number, const std::string& text, WorldGiven world)
{
    const bool isForeign = world == WorldGiven::Foreign;
    const ExamScene scene = shownScene(number);
    SceneQuestion asked;
    asked.text = text;
    Question out = engineQuestion(scene, asked, world, isForeign ? shownScene(number + 1) : scene);
    for (std::size_t i = 0; i < out.media.size(); ++i)
        out.media[i].path = sceneLabel(isForeign && i == 0 ? number + 1 : number);
    // Said outright: a model whose own standard is another size has as much to do as the demo.
    out.world.heightPixels = kBoardPixels;
    out.world.widthPixels = kBoardPixels;
    return out;
}

std::optional<std::string> rightAnswer(const ExamScene& scene, const std::string& text)
{
    const auto found = std::find_if(scene.questions.begin(), scene.questions.end(),
                                    [&text](const SceneQuestion& question) { return question.text == text; });
    return found == scene.questions.end() ? std::nullopt : std::optional(found->answer);
}

SceneQuestion tellingQuestion(const ExamScene& scene)
{
    constexpr std::array kRank = {QuestionKind::EndCell, QuestionKind::FirstWall, QuestionKind::Direction};
    for (const QuestionKind kind : kRank) {
        for (const SceneQuestion& question : scene.questions) {
            if (question.kind == kind)
                return question;
        }
    }
    return scene.questions.empty() ? SceneQuestion() : scene.questions.front();
}

}  // namespace armillary::scenes
