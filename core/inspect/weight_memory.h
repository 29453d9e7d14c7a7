// What weights would take in other number formats, scales of quantisation included, part by part.
// Thread rule: pure functions.
#pragma once

#include "records/snapshot_contents.h"

#include <cstdint>
#include <string>
#include <vector>

namespace armillary::inspect {

// How int8 and int4 are thought of. There is no one way; a published quantisation states its own.
struct QuantisationRule {
    std::int64_t int8Group = 0;    // numbers of a row that share a scale; 0: the whole row
    std::int64_t int4Group = 128;  // as GPTQ and AWQ have it by default
    std::int64_t scaleBytes = 2;   // a bfloat16 scale, no zero point
    bool keepsTables = false;      // embedding tables and heads stay bfloat16, as many published ones do
};

struct WeightMemoryRow {
    std::string part;
    std::int64_t parameters = 0;  // a table that is stored twice counts once
    std::int64_t stored = 0;      // bytes in the files
    std::int64_t float32 = 0;
    std::int64_t bfloat16 = 0;
    std::int64_t int8 = 0;
    std::int64_t int4 = 0;
};

// A row a part, the largest first, and the whole last.
[[nodiscard]] std::vector<WeightMemoryRow> weightMemory(const SnapshotContents& contents, const QuantisationRule& rule);
// The assumptions in a sentence.
[[nodiscard]] std::string sentenceOf(const QuantisationRule& rule);

}  // namespace armillary::inspect
