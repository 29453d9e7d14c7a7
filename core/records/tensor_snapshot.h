// A host copy of a tensor, free of torch: what analyses and panels read.
// Thread rule: immutable once made; copies share the data and may cross threads.
#pragma once

#include <cstdint>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <vector>

namespace armillary {

// How the numbers were stored where they were computed; snapshots keep the original bytes, so nothing is lost or grown.
enum class ElementType {
    Float32,
    BFloat16,
    Float16,
    Int64,
    Int32,
    UInt8,
    Bool,
    Float64,
    Int8,
    Int16,
    Float8E4M3,  // no infinities: OCP 8-bit floating point, as torch.float8_e4m3fn
    Float8E5M2
};

[[nodiscard]] constexpr std::int64_t elementBytes(ElementType type)
{
    switch (type) {
    case ElementType::Float64:
    case ElementType::Int64: return 8;
    case ElementType::Float32:
    case ElementType::Int32: return 4;
    case ElementType::BFloat16:
    case ElementType::Float16:
    case ElementType::Int16: return 2;
    case ElementType::UInt8:
    case ElementType::Bool:
    case ElementType::Int8:
    case ElementType::Float8E4M3:
    case ElementType::Float8E5M2: return 1;
    }
    return 0;
}

struct TensorSnapshot {
    ElementType type = ElementType::Float32;
    std::vector<std::int64_t> shape;
    std::shared_ptr<const std::vector<std::uint8_t>> bytes;  // row-major, little-endian

    [[nodiscard]] std::int64_t elementCount() const
    {
        return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
    }
    // The element at a flat row-major index, as a float. The index must lie inside.
    [[nodiscard]] float floatAt(std::int64_t flatIndex) const;
    // All elements as floats, row-major.
    [[nodiscard]] std::vector<float> floats() const;
};

}  // namespace armillary
