// Where one position looks: its weights in every layer and head, and on the grids of pictures and worlds.
// Thread rule: pure functions.
#pragma once

#include "attention/attention_view.h"
#include "attention/record_attention.h"

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

namespace armillary::attention {

struct RowRequest {
    std::int64_t position = 0;
    std::vector<std::int64_t> layers;  // empty: all
    std::optional<std::int64_t> head;  // nothing: all
    ViewOptions view;
    double nearZero = 1e-5;  // raw weights below it are CellState::NearZero
};

struct AttentionRow {
    std::int64_t position = 0;
    std::vector<std::int64_t> layers;         // [n]
    std::int64_t heads = 0;                   // H, or 1
    std::int64_t keys = 0;                    // P
    std::vector<float> weights;               // [n,heads,P] in the view asked for; 0 where masked
    std::vector<CellState> states;            // [n,heads,P] of the raw weights
    std::vector<float> mean;                  // [P] over layers and heads, without rows that hold no number
    std::vector<AttentionSink> sinksRemoved;  // of the layers and heads asked for
    std::int64_t rowsLeftOut = 0;             // rows that hold no number
};

// Errors: as forEachTile.
[[nodiscard]] Result<AttentionRow> attentionRow(const RecordAttention& attention, const RowRequest& request,
                                                const std::stop_token& stop);

// Values of positions laid out as a token grid: an image's crop, or one latent frame of a world.
struct RowGrid {
    TokenGrid grid;                 // media, crop, kind and what it covers
    std::int32_t latentFrame = -1;  // of a world
    std::vector<float> values;      // [rows,columns]; NaN where the sequence has no token of this cell
};

// `values` [P or more than the layout] by position. World grids give one RowGrid a latent frame. Grids whose tokens have no place of
// their own (a pooled world) give none.
[[nodiscard]] std::vector<RowGrid> gridsFromRow(const TokenLayout& layout, std::span<const float> values);

}  // namespace armillary::attention
