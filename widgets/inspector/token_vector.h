// The exact numbers of one position in a recorded tensor: as it entered the model, behind a layer, or its latent channels.
// Thread rule: pure functions; what they give points into the record, which must outlive it.
#pragma once

#include "records/run_record.h"

#include <optional>
#include <string>
#include <vector>

namespace armillary::widgets {

struct TokenVector {
    std::string tensor;  // a name of record.md
    const TensorSnapshot* snapshot = nullptr;
    std::int64_t first = 0;   // flat index of its first number
    std::int64_t stride = 1;  // from one number to the next
    std::int64_t width = 0;

    [[nodiscard]] float at(std::int64_t index) const { return snapshot->floatAt(first + index * stride); }
};

// Tensors that hold a vector of `position`, in the order of the path through the model: latents, embeddings, layers.
[[nodiscard]] std::vector<std::string> vectorTensors(const RunRecord& record, std::int64_t position);
// Nothing where `tensor` has none of it.
[[nodiscard]] std::optional<TokenVector> tokenVector(const RunRecord& record, const std::string& tensor,
                                                     std::int64_t position);
// What the first layer receives, by the best tensor there is.
[[nodiscard]] std::optional<TokenVector> inputVector(const RunRecord& record, std::int64_t position);

struct ReceivedWeight {
    std::int64_t query = 0;
    float weight = 0;  // mean over the layers and heads asked for
};

// The recorded queries that look most at `key`, best first: those of the answer, which every run keeps. Empty: none kept.
[[nodiscard]] std::vector<ReceivedWeight> strongestQueries(const RunRecord& record, std::int64_t key,
                                                           std::optional<int> layer, std::optional<int> head,
                                                           std::size_t count);

}  // namespace armillary::widgets
