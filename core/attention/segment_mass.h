// How much attention goes to which part of the sequence, raw and corrected for the parts' sizes.
// Thread rule: pure functions.
#pragma once

#include "attention/record_attention.h"
#include "attention/segments.h"

#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

namespace armillary::attention {

// Mass of a row on a segment s: the sum of its weights on the keys of s. Lift: (mass / visible keys of s) * visible keys; 1 is what
// even attention would give, whatever the sizes. A row that sees no key of s has no lift and mass 0.
struct SegmentMass {
    std::vector<std::int64_t> layers;  // [n]
    std::int64_t heads = 0;            // H
    Segmentation segments;             // [G] sources
    std::int64_t targets = 0;          // T groups of queries
    std::vector<double> mass;     // [n,H,T,G] mean over the queries of a group; NaN where none of them sees the segment
    std::vector<double> lift;     // [n,H,T,G] mean over the queries that see the segment; NaN where there is none
    std::vector<double> byQuery;  // [queries,G] mean mass over layers and heads of rows that hold numbers
    std::int64_t rowsLeftOut = 0;  // rows (of a layer and head) that hold no number

    [[nodiscard]] std::size_t index(std::int64_t layerIndex, std::int64_t head, std::int64_t target,
                                    std::int64_t segment) const
    {
        return static_cast<std::size_t>(((layerIndex * heads + head) * targets + target) * segments.count() + segment);
    }
};

// Of the queries at `positions` (rising), all in one group. `layers` empty: all. Errors: as forEachTile.
[[nodiscard]] Result<SegmentMass> segmentMass(const RecordAttention& attention, const Segmentation& segments,
                                              std::span<const std::int64_t> layers,
                                              std::span<const std::int64_t> positions, const std::stop_token& stop);

// Mean over heads of the mass that queries of a target segment give to a source segment: [n,T,G] as `mass` and `lift` of the means
// over heads, with the segments themselves as groups. NaN where order or the window hides the source from the whole target.
struct CrossModalFlow {
    std::vector<std::int64_t> layers;
    Segmentation segments;
    std::vector<double> flow;  // [n,T,G]
    std::vector<double> lift;  // [n,T,G]
    std::int64_t rowsLeftOut = 0;
};
[[nodiscard]] Result<CrossModalFlow> crossModalFlow(const RecordAttention& attention,
                                                    std::span<const std::int64_t> layers,
                                                    std::span<const std::int64_t> positions,
                                                    const std::stop_token& stop);

}  // namespace armillary::attention
