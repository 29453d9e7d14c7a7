// What the judgements of checks share: rows on the host, groups of equal rows, orders by value.
// Thread rule: pure functions.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace armillary::verification {

// [n,D] of any device and float type -> contiguous float32 on the CPU.
[[nodiscard]] at::Tensor hostRows(const at::Tensor& rows);
// Groups of rows with the same bits, each of two or more, in order of their first row. `rows` as from hostRows.
[[nodiscard]] std::vector<std::vector<std::int64_t>> equalRows(const at::Tensor& rows);
// Median cosine between different rows; of evenly spread ones where there are more than 512.
[[nodiscard]] double medianCosine(const at::Tensor& rows);
// `positions` by their `values` [n], largest first, at most 16.
[[nodiscard]] std::vector<std::int64_t> positionsByValue(const at::Tensor& values,
                                                         const std::vector<std::int64_t>& positions);

}  // namespace armillary::verification
