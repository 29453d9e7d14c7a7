#include "anatomy/number_reader.h"

#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <vector>

namespace armillary::anatomy {
namespace {

std::vector<float> makeValues(ElementType type)
{
    const auto width = static_cast<std::size_t>(elementBytes(type));
    const std::size_t patterns = std::size_t{1} << (8 * width);
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(patterns * width);
    for (std::size_t pattern = 0; pattern < patterns; ++pattern)
        std::memcpy(bytes->data() + pattern * width, &pattern, width);
    return TensorSnapshot{type, {static_cast<std::int64_t>(patterns)}, std::move(bytes)}.floats();
}

template <ElementType type>
std::span<const float> valuesOf()
{
    static const std::vector<float> kValues = makeValues(type);
    return kValues;
}

template <class T>
void convert(std::span<const std::uint8_t> bytes, std::span<float> out)
{
    for (std::size_t i = 0; i < out.size(); ++i) {
        T value;
        std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
        out[i] = static_cast<float>(value);
    }
}

}  // namespace

std::span<const float> patternValues(ElementType type)
{
    switch (type) {
    case ElementType::BFloat16: return valuesOf<ElementType::BFloat16>();
    case ElementType::Float16: return valuesOf<ElementType::Float16>();
    case ElementType::Int16: return valuesOf<ElementType::Int16>();
    case ElementType::Int8: return valuesOf<ElementType::Int8>();
    case ElementType::UInt8:
    case ElementType::Bool: return valuesOf<ElementType::UInt8>();
    case ElementType::Float8E4M3: return valuesOf<ElementType::Float8E4M3>();
    case ElementType::Float8E5M2: return valuesOf<ElementType::Float8E5M2>();
    case ElementType::Float32:
    case ElementType::Float64:
    case ElementType::Int32:
    case ElementType::Int64: break;
    }
    return {};
}

bool isSubnormalPattern(ElementType type, std::uint32_t pattern)
{
    const auto within = [pattern](std::uint32_t exponent, std::uint32_t mantissa) {
        return (pattern & exponent) == 0 && (pattern & mantissa) != 0;
    };
    switch (type) {
    case ElementType::BFloat16: return within(0x7F80, 0x007F);
    case ElementType::Float16: return within(0x7C00, 0x03FF);
    case ElementType::Float8E4M3: return within(0x78, 0x07);
    case ElementType::Float8E5M2: return within(0x7C, 0x03);
    default: return false;
    }
}

void readNumbers(ElementType type, std::span<const std::uint8_t> bytes, std::span<float> out)
{
    switch (type) {
    case ElementType::Float32: std::memcpy(out.data(), bytes.data(), out.size_bytes()); return;
    case ElementType::Float64: convert<double>(bytes, out); return;
    case ElementType::Int64: convert<std::int64_t>(bytes, out); return;
    case ElementType::Int32: convert<std::int32_t>(bytes, out); return;
    case ElementType::BFloat16:
        // Shifts go in wide registers where looking up in a table does not.
        for (std::size_t i = 0; i < out.size(); ++i) {
            std::uint16_t bits;
            std::memcpy(&bits, bytes.data() + 2 * i, sizeof bits);
            out[i] = std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
        }
        return;
    default: break;
    }
    const std::span<const float> values = patternValues(type);
    if (elementBytes(type) == 1) {
        for (std::size_t i = 0; i < out.size(); ++i)
            out[i] = values[bytes[i]];
        return;
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
        std::uint16_t bits;
        std::memcpy(&bits, bytes.data() + 2 * i, sizeof bits);
        out[i] = values[bits];
    }
}

}  // namespace armillary::anatomy
