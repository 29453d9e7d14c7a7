#include "records/tensor_snapshot.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace armillary {
namespace {

template <class T>
T loadAs(const std::uint8_t* at)
{
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

float floatFromHalf(std::uint16_t half)
{
    const int exponent = (half >> 10) & 0x1F;
    const int mantissa = half & 0x3FF;
    const float sign = (half & 0x8000) != 0 ? -1.F : 1.F;
    if (exponent == 0)
        return sign * std::ldexp(static_cast<float>(mantissa), -24);
    if (exponent == 31)
        return mantissa != 0 ? std::numeric_limits<float>::quiet_NaN() : sign * std::numeric_limits<float>::infinity();
    return sign * std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
}

float floatFromE4M3(std::uint8_t byte)
{
    const int exponent = (byte >> 3) & 0xF;
    const int mantissa = byte & 7;
    const float sign = (byte & 0x80) != 0 ? -1.F : 1.F;
    if (exponent == 15 && mantissa == 7)
        return std::numeric_limits<float>::quiet_NaN();
    return sign * (exponent == 0 ? std::ldexp(static_cast<float>(mantissa), -9)
                                 : std::ldexp(static_cast<float>(mantissa + 8), exponent - 10));
}

float elementFromBytes(ElementType type, const std::uint8_t* at)
{
    switch (type) {
    case ElementType::Float32: return loadAs<float>(at);
    case ElementType::BFloat16:
        return std::bit_cast<float>(static_cast<std::uint32_t>(loadAs<std::uint16_t>(at)) << 16);
    case ElementType::Float16: return floatFromHalf(loadAs<std::uint16_t>(at));
    case ElementType::Float64: return static_cast<float>(loadAs<double>(at));
    case ElementType::Int64: return static_cast<float>(loadAs<std::int64_t>(at));
    case ElementType::Int32: return static_cast<float>(loadAs<std::int32_t>(at));
    case ElementType::Int16: return loadAs<std::int16_t>(at);
    case ElementType::Int8: return static_cast<float>(loadAs<std::int8_t>(at));
    case ElementType::UInt8:
    case ElementType::Bool: return *at;
    case ElementType::Float8E4M3: return floatFromE4M3(*at);
    case ElementType::Float8E5M2: return floatFromHalf(static_cast<std::uint16_t>(*at << 8));
    }
    return 0;
}

}  // namespace

float TensorSnapshot::floatAt(std::int64_t flatIndex) const
{
    return elementFromBytes(type, bytes->data() + flatIndex * elementBytes(type));
}

std::vector<float> TensorSnapshot::floats() const
{
    std::vector<float> out(static_cast<std::size_t>(elementCount()));
    const std::int64_t stride = elementBytes(type);
    const std::uint8_t* at = bytes ? bytes->data() : nullptr;
    for (float& value : out) {
        value = elementFromBytes(type, at);
        at += stride;
    }
    return out;
}

}  // namespace armillary
