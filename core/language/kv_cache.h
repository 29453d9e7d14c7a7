// Keys and values of one conversation, of every position in every layer: local layers keep theirs too, because analyses look
// at what the window hides and a shorter prefix must stay exact.
// Thread rule: used by the thread that runs the model.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace armillary::language {

class KvCache {
public:
    KvCache() = default;
    explicit KvCache(std::int64_t layers) : m_layers(static_cast<std::size_t>(layers)) {}

    // Positions that every layer holds.
    [[nodiscard]] std::int64_t length() const { return m_length; }
    // Forgets positions from `length` on. Memory stays allocated.
    void truncate(std::int64_t length);
    // Puts `keys`, `values` [K,n,C] behind the positions that count; they count once advance() was called for all layers. What
    // a stopped pass appended to some layers is simply written over by the next one.
    void append(std::int64_t layer, const at::Tensor& keys, const at::Tensor& values);
    void advance(std::int64_t positions) { m_length += positions; }
    // Keys of the first `length` positions, counted or just appended: a view [K,length,C] that append may move.
    [[nodiscard]] at::Tensor keys(std::int64_t layer, std::int64_t length) const;
    [[nodiscard]] at::Tensor values(std::int64_t layer, std::int64_t length) const;
    // What is allocated.
    [[nodiscard]] std::int64_t bytes() const;

private:
    struct Layer {
        at::Tensor keys;    // [K,capacity,C]
        at::Tensor values;  // [K,capacity,C]
    };
    std::vector<Layer> m_layers;
    std::int64_t m_length = 0;
};

}  // namespace armillary::language
