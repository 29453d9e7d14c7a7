// Short ways to write results by hand.
// Thread rule: plain values.
#pragma once

#include "records/analysis.h"

#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace armillary::test {

inline constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
inline constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

[[nodiscard]] inline AnalysisArray floats(std::vector<std::string> axes, std::vector<std::int64_t> shape,
                                          const std::vector<float>& values)
{
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(float));
    std::memcpy(bytes->data(), values.data(), bytes->size());
    return {std::move(axes), {ElementType::Float32, std::move(shape), std::move(bytes)}};
}

}  // namespace armillary::test
