// How a check came out, as a word, a shape and a colour: the shape alone tells verdicts apart.
// Thread rule: pure functions; icons on the GUI thread.
#pragma once

#include <QColor>
#include <QIcon>
#include <QString>

#include <array>
#include <string>

namespace armillary::widgets {

// In rising urgency; Skip: not applicable to this run.
enum class Verdict { Skip, Pass, Warn, Fail };
inline constexpr std::array kVerdicts = {Verdict::Pass, Verdict::Warn, Verdict::Fail, Verdict::Skip};

// As analyses write it: "pass", "warn", "fail"; everything else is Skip.
[[nodiscard]] Verdict verdictFrom(const std::string& word);
// "pass", "warning", "fail", "not applicable".
[[nodiscard]] QString verdictWord(Verdict verdict);
[[nodiscard]] QColor verdictColor(Verdict verdict, bool dark);
// A disc with a tick, a triangle with a mark, a square with a cross, or an empty ring.
[[nodiscard]] QIcon verdictIcon(Verdict verdict, bool dark);

}  // namespace armillary::widgets
