// Chooses the next token from a row of logits: the best one, or a draw.
//
// A draw follows transformers' order of logits processors: temperature, then top-k (ties with the k-th stay), then top-p (the
// most likely tokens up to and with the one that reaches the mass), then min-p (relative to the most likely), then one draw
// among what is left, its probabilities normalised, most likely first. Random numbers come from the standard's
// mt19937_64 with the caller's seed and are turned into [0, 1) by hand, so that a seed means the same with every
// standard library and device.
// Thread rule: used by one thread.
#pragma once

#include "records/question.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <utility>
#include <vector>

namespace armillary::language {

struct ChosenToken {
    std::int64_t id = 0;
    float probability = 0;                                     // softmax of the logits as they are, before temperature
    std::vector<std::pair<std::int64_t, float>> alternatives;  // the best ten and their probabilities, best first
    at::Tensor logits;                                         // [1,V] float32
};

class TokenChooser {
public:
    explicit TokenChooser(const SamplingOptions& sampling) : m_sampling(sampling), m_random(sampling.seed) {}

    // logits [V] float32 on the CPU. A `forced` id, below V, is taken whatever they say; a draw is spent all the same, so that
    // the next one does not depend on it.
    [[nodiscard]] ChosenToken choose(const at::Tensor& logits, std::optional<std::int64_t> forced = std::nullopt);

    // The tokens that a draw from `logits` can give, and their probabilities, most likely first.
    [[nodiscard]] static std::vector<std::pair<std::int64_t, double>> candidates(std::span<const float> logits,
                                                                                 const SamplingOptions& sampling);

private:
    [[nodiscard]] std::int64_t draw(std::span<const float> logits);

    SamplingOptions m_sampling;
    std::mt19937_64 m_random;
};

}  // namespace armillary::language
