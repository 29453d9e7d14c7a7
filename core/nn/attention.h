// Attention: the fused path that models run, which never holds all scores at once, and the explicit path that gives the
// softmax weights of chosen rows for records and analyses.
//
// The fused path goes over blocks of query rows, each with just the keys its rows can see, through LibTorch's
// scaled_dot_product_attention. Heads of queries share key heads in groups (query head h reads key head h / (H / K)).
// Thread rule: free functions without shared state.
#pragma once

#include "base/error.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <stop_token>
#include <vector>

namespace armillary::nn {

// Positions [begin, end) of a sequence.
struct PositionRange {
    std::int64_t begin = 0;
    std::int64_t end = 0;

    bool operator==(const PositionRange&) const = default;
};

// Edges taken out of a mask to see what they carry: none of the queries sees any of the keys, but each still sees itself.
struct BlockedEdges {
    std::vector<PositionRange> queries;
    std::vector<PositionRange> keys;

    [[nodiscard]] bool blocks(std::int64_t query, std::int64_t key) const;
};

// Which keys a query sees: those not after it, and all of its own bidirectional block; inside the window, if there is one;
// without what is blocked.
struct AttentionMask {
    std::int64_t window = 0;                   // 0: none; else key > query - window
    std::vector<PositionRange> bidirectional;  // disjoint, rising
    std::vector<BlockedEdges> blocked = {};

    [[nodiscard]] bool sees(std::int64_t query, std::int64_t key) const;
};

// The smallest range that holds every key of [0, keyCount) seen by the queries [first, first + count), blocked ones included.
[[nodiscard]] PositionRange seenKeys(const AttentionMask& mask, std::int64_t first, std::int64_t count,
                                     std::int64_t keyCount);

// [count, keys.end - keys.begin] float32 on the CPU: 0 where a query of [first, first + count) sees the key, else -infinity.
[[nodiscard]] at::Tensor maskRows(const AttentionMask& mask, std::int64_t first, std::int64_t count,
                                  PositionRange keys);

// q [H,Sq,C], k and v [K,Sk,C] -> [Sq,H*C]. Query row i stands at position `queryOffset` + i, key j at position j.
// Errors: Cancelled (polled between blocks of rows).
[[nodiscard]] Result<at::Tensor> attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale,
                                        const AttentionMask& mask, std::int64_t queryOffset,
                                        const std::stop_token& stop);

// Attention without a mask, as in vision encoders: q, k, v [P,H,C] -> [P,H*C]. Errors: Cancelled (polled between heads).
[[nodiscard]] Result<at::Tensor> attendToAll(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                             double scale, const std::stop_token& stop);

// The softmax weights of the same queries, computed in float32: q [H,Sq,C], k [K,Sk,C] -> [H,Sq,Sk], 0 where masked.
[[nodiscard]] at::Tensor attentionProbabilities(const at::Tensor& q, const at::Tensor& k, double scale,
                                                const AttentionMask& mask, std::int64_t queryOffset);

}  // namespace armillary::nn
