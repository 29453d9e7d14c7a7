// The points of an embedding map out of an analysis result (pca, tsne, umap): where they lie, which positions of the sequence
// they are, and which of them are one world cell at successive latent frames.
// Thread rule: pure functions; a finished cloud is immutable behind std::shared_ptr<const PointCloud>.
#pragma once

#include "records/analysis.h"
#include "records/token_layout.h"

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace armillary::widgets {

struct CloudPoint {
    std::array<float, 3> at{};   // all points of a cloud fill -1 ... 1, with one scale for all axes
    std::int64_t position = -1;  // in the fused sequence; -1: none
    TokenKind kind = TokenKind::Text;
    TokenOrigin origin;
};

struct PointCloud {
    int dimensions = 2;
    std::vector<CloudPoint> points;
    std::array<float, 3> extent{1, 1, 1};     // points lie within -extent ... extent of each axis; the largest is 1
    std::vector<std::pair<int, int>> trails;  // indices: the same world cell, one latent frame later
    std::int64_t leftOut = 0;                 // rows without finite numbers
};

// `dimensions` 2 or 3; fewer columns leave the other axes 0. Rows that are no position themselves (patches of SigLIP) take the
// position of the token that covers them, by `layout`. An empty cloud when the result holds no points.
[[nodiscard]] PointCloud cloudFromResult(const AnalysisResult& result, const TokenLayout* layout, int dimensions);

// What `array` of a result says of each token's kind, place and position; empty without those arrays.
struct ResultToken {
    std::int64_t position = -1;
    TokenKind kind = TokenKind::Text;
    TokenOrigin origin;
};
[[nodiscard]] std::vector<ResultToken> tokensOfResult(const AnalysisResult& result, const TokenLayout* layout);
// The floats of an array; empty when there is none.
[[nodiscard]] std::vector<float> floatsOf(const AnalysisResult& result, const std::string& array);

}  // namespace armillary::widgets
