// Which part of the sequence a position belongs to, and positions chosen by words.
// Thread rule: plain values.
#pragma once

#include "attention/record_attention.h"

#include <cstdint>
#include <string>
#include <vector>

namespace armillary::attention {

// A cut of the positions into named segments.
struct Segmentation {
    std::vector<std::string> names;       // [G]
    std::vector<std::int32_t> segmentOf;  // [P]

    [[nodiscard]] std::int64_t count() const { return static_cast<std::int64_t>(names.size()); }
    [[nodiscard]] std::vector<std::int64_t> sizes() const;  // [G] positions of each
    // Nothing when no segment has this name.
    [[nodiscard]] std::optional<std::int64_t> find(const std::string& name) const;
};

// text, control, image, world, bracket, generated: the kinds of the layout.
[[nodiscard]] Segmentation segmentsByKind(const RecordAttention& attention);
// text (with control tokens and brackets), image, world, answer: the four of cross-modal flow.
[[nodiscard]] Segmentation fourSegments(const RecordAttention& attention);

// Of segments, how many keys of a range lie in each, in constant time.
class SegmentCounts {
public:
    explicit SegmentCounts(const Segmentation& segments);
    [[nodiscard]] std::int64_t inside(std::int64_t segment, const PositionBlock& keys) const
    {
        const std::size_t row = static_cast<std::size_t>(segment) * m_stride;
        return m_sums[row + static_cast<std::size_t>(keys.end)] - m_sums[row + static_cast<std::size_t>(keys.begin)];
    }

private:
    std::size_t m_stride = 0;          // P + 1
    std::vector<std::int64_t> m_sums;  // [G, P+1]
};

// What people type for query positions: `answer` (rows that answer tokens were chosen from), `last` (the prompt's last row, which
// the first token was chosen from), `all`, `available` (all rows that the record has), a kind (`text`, `image`, `world`,
// `generated` ...), a number, or a range `10:20` (without 20); of several, every `every`-th counts.
// Errors: InvalidInput (another word, nothing chosen, rows that the record lacks).
[[nodiscard]] Result<std::vector<std::int64_t>> positionsFromText(const RecordAttention& attention,
                                                                  const std::string& text, std::int64_t every = 1);
// One position: `last`, `answer:K` (the row that generated token K was chosen from), or a number. Errors: InvalidInput.
[[nodiscard]] Result<std::int64_t> positionFromText(const RecordAttention& attention, const std::string& text);

}  // namespace armillary::attention
