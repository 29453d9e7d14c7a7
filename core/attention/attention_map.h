// The whole map of one layer and head (or of the mean over heads), binned so that it stays small whatever the sequence.
// Thread rule: pure functions.
#pragma once

#include "attention/attention_view.h"
#include "attention/record_attention.h"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <vector>

namespace armillary::attention {

struct MapRequest {
    std::int64_t layer = 0;
    std::optional<std::int64_t> head;  // nothing: the mean over heads
    std::int64_t bins = 512;           // at most so many rows and columns
    ViewOptions view;
    double nearZero = 1e-5;  // raw weights below it are CellState::NearZero
};

// Bin b of n over N things holds [b * N / n, (b + 1) * N / n), rounded down; with N <= n every bin holds one.
struct AttentionMap {
    std::int64_t layer = 0;
    std::vector<std::int64_t> queries;      // [Q] positions of the rows that the record can give
    std::int64_t keys = 0;                  // P
    std::vector<std::int64_t> rowEdges;     // [rows+1] indices into `queries`
    std::vector<std::int64_t> columnEdges;  // [columns+1] key positions
    std::vector<float> mean;                // [rows,columns] over the visible cells of a bin; 0 where none is visible
    std::vector<float> maximum;             // [rows,columns] over the visible cells; 0 where none is visible
    // [rows,columns] Visible where any cell is, NearZero where all visible ones are near zero; else OutsideWindow where any cell
    // is, else Future.
    std::vector<CellState> states;
    std::int64_t rowsLeftOut = 0;  // rows (of a head) that hold no number

    [[nodiscard]] std::int64_t rows() const { return static_cast<std::int64_t>(rowEdges.size()) - 1; }
    [[nodiscard]] std::int64_t columns() const { return static_cast<std::int64_t>(columnEdges.size()) - 1; }
};

// Computed in tiles of rows. Errors: as forEachTile; InvalidInput for fewer than one bin.
[[nodiscard]] Result<AttentionMap> attentionMap(const RecordAttention& attention, const MapRequest& request,
                                                const std::stop_token& stop);

}  // namespace armillary::attention
