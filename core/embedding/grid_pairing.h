// Tokens of two grids of one picture brought to one common grid, so that they can be paired cell by cell: 28 x 28 world tokens
// with 16 x 16 image tokens, say.
//
// The common grid has the smaller number of rows and the smaller number of columns of both, over the whole picture. A common
// cell is the mean of the tokens that lie in it, weighted by the area they share (a token on a border counts for both sides);
// where a grid covers a part of the picture only (a crop), cells that it covers by less than half are left out of both.
// Thread rule: pure functions.
#pragma once

#include "embedding/token_groups.h"

namespace armillary::embedding {

// One grid of tokens out of a set of vectors.
struct GridTokens {
    TokenGrid grid;
    std::vector<std::int64_t> rows;  // of the vectors, [grid.rows * grid.columns], row-major; -1: not there
};

// The grid of `kind` and `media` (-1: the first there is), its whole picture (crop 0); of world tokens latent frame
// `latentFrame`. Errors: InvalidInput (no such grid, no such frame).
[[nodiscard]] Result<GridTokens> gridTokens(const TokenVectors& tokens, TokenKind kind, std::int32_t media,
                                            std::int32_t latentFrame);

struct PairedVectors {
    Matrix x, y;                // equal rows
    std::int64_t gridRows = 0;  // 0: the pairs are no full grid
    std::int64_t gridColumns = 0;
    std::vector<std::string> cautions;  // how tokens were pooled and what was left out
};

// Errors: InvalidInput (no cell that both cover).
[[nodiscard]] Result<PairedVectors> pairedGrids(const TokenVectors& first, const GridTokens& firstGrid,
                                                const TokenVectors& second, const GridTokens& secondGrid);
// Rows of the same positions of the sequence in both. Errors: InvalidInput (none).
[[nodiscard]] Result<PairedVectors> pairedPositions(const TokenVectors& first, const TokenVectors& second);

}  // namespace armillary::embedding
