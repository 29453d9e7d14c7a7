// What a position of the sequence is, in words: for tooltips, the status line, tables and screen readers.
// Thread rule: pure functions.
#pragma once

#include "widgets/shown_run.h"

#include <QString>
#include <QStringList>

namespace armillary::widgets {

struct TokenDescription {
    QString title;      // "512 · world"
    QStringList lines;  // id and piece, grid place, pixels, probability: what applies

    [[nodiscard]] QString oneLine() const;
};

[[nodiscard]] TokenDescription describeToken(const ShownRun& run, std::int64_t position);

// A vocabulary piece as people read it: the space mark becomes a space, line breaks and bytes stay visible.
[[nodiscard]] QString readablePiece(const std::string& piece);
// The file name of picture `media` of a question, or "picture N".
[[nodiscard]] QString mediaName(const Question& question, int media);
// In which cells of a temporal grid the pixels of a position lie, and at which moments; empty where it saw no grid.
[[nodiscard]] QString gridCellLine(const ShownRun& run, std::int64_t position);
// What the vision encoder saw of `media`: a still, or four frames as one picture; null image if there is none.
[[nodiscard]] Image stillImage(const Question& question, int media);
// Its index in the source, for videos.
[[nodiscard]] int stillFrameIndex(const Question& question, int media);

}  // namespace armillary::widgets
