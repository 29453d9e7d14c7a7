// Names of vocabulary ids that a run knows: those of its prompt and answer, and those that its tokens were chosen among.
// Thread rule: pure functions.
#pragma once

#include "widgets/shown_run.h"

#include <QString>

#include <cstdint>
#include <string>

namespace armillary::widgets {

// As readablePiece, but a piece of nothing but spaces stays visible, and an empty one is named by its id.
[[nodiscard]] QString wordFromPiece(const std::string& piece, std::int64_t id);
// "token 512" where no name is known: before a run has ended only the words in the text have names.
[[nodiscard]] QString wordFromId(const ShownRun& run, std::int64_t id);

}  // namespace armillary::widgets
