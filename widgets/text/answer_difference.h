// Two answers as one rich text: common words as they are, words of the first struck out, words of the second underlined.
// Thread rule: pure functions.
#pragma once

#include <QString>

namespace armillary::widgets {

[[nodiscard]] QString answerDifferenceHtml(const QString& first, const QString& second, bool dark);

}  // namespace armillary::widgets
