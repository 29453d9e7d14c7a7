// The scenes that the window shows and sessions are recorded of: one long row of them, all from one seed, and the questions that
// are asked of a scene by a person.
// Thread rule: pure functions.
#pragma once

#include "scenes/scene_exam.h"

#include <optional>
#include <string>

namespace armillary::scenes {

inline constexpr std::uint64_t kShownSeed = 7;

// Scene `number` of the row, from 1.
[[nodiscard]] ExamScene shownScene(std::int64_t number);

// What the medium of such a scene is called, and back; nothing for other names.
[[nodiscard]] std::string sceneLabel(std::int64_t number);
[[nodiscard]] std::optional<std::int64_t> sceneNumber(const std::string& label);

// `text` asked of the scene, its first medium named by its label. A foreign world is that of the next scene.
[[nodiscard]] Question shownQuestion(std::int64_t number, const std::string& text, WorldGiven world);

// The right answer to `text`, where it is one of the scene's questions; and one of them that needs the world most: about the
// future, else about motion, else any.
[[nodiscard]] std::optional<std::string> rightAnswer(const ExamScene& scene, const std::string& text);
[[nodiscard]] SceneQuestion tellingQuestion(const ExamScene& scene);

}  // namespace armillary::scenes
