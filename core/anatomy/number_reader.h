// Numbers of tensors as floats, a block at a time, and what their stored patterns stand for.
// Thread rule: pure functions over immutable tables.
#pragma once

#include "records/tensor_snapshot.h"

#include <cstdint>
#include <span>

namespace armillary::anatomy {

// Value of every pattern of a type of one or two bytes: 256 or 65,536 floats. Empty for wider types.
[[nodiscard]] std::span<const float> patternValues(ElementType type);
// Is it a number below the smallest normal one of its type? Of types of one or two bytes.
[[nodiscard]] bool isSubnormalPattern(ElementType type, std::uint32_t pattern);

// The elements of `bytes` into `out`, which holds as many. Wide integers and float64 are rounded.
void readNumbers(ElementType type, std::span<const std::uint8_t> bytes, std::span<float> out);

}  // namespace armillary::anatomy
