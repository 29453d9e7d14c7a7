// The numbers of the language model that a run used, so that its record can be analysed without the model.
// Thread rule: plain values.
#pragma once

#include <cstdint>
#include <vector>

namespace armillary {

// Positions [begin, end) of the fused sequence.
struct PositionBlock {
    std::int64_t begin = 0;
    std::int64_t end = 0;

    bool operator==(const PositionBlock&) const = default;
};

struct ModelFacts {
    std::int64_t layers = 0;          // L; 0: the record names no model
    std::int64_t queryHeads = 0;      // H; query head h reads key/value head h / (H / K)
    std::int64_t keyValueHeads = 0;   // K
    std::int64_t headWidth = 0;       // d
    std::int64_t hiddenSize = 0;      // D
    std::int64_t vocabularyRows = 0;  // V, as run: a fusion may shorten or lengthen the table
    double scoreScale = 0;            // scores are scale * (q . k)
    double normEpsilon = 0;
    std::int64_t slidingWindow = 0;  // a local layer sees key > query - slidingWindow
    std::vector<bool> layerIsLocal;  // [L]; the others are global

    // The window of layer `layer`; 0: none.
    [[nodiscard]] std::int64_t window(std::int64_t layer) const
    {
        const auto at = static_cast<std::size_t>(layer);
        return at < layerIsLocal.size() && layerIsLocal[at] ? slidingWindow : 0;
    }

    bool operator==(const ModelFacts&) const = default;
};

}  // namespace armillary
