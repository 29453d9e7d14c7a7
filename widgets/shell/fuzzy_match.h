// How well typed letters fit a name: all of them in order, better at the beginnings of words and side by side.
// Thread rule: pure.
#pragma once

#include <QString>

#include <optional>
#include <vector>

namespace armillary::widgets {

struct FuzzyMatch {
    int score = 0;                  // higher fits better
    std::vector<qsizetype> places;  // of the matched characters in the name, for highlighting
};

// Nothing when a letter is missing. Spaces in `typed` separate words that may come in any order; an empty `typed` fits all.
[[nodiscard]] std::optional<FuzzyMatch> fuzzyMatch(const QString& typed, const QString& name);

}  // namespace armillary::widgets
