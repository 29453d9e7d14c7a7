// Keys of caches from content.
// Thread rule: free functions without shared state.
#pragma once

#include "records/image.h"

#include <cstdint>
#include <functional>
#include <string_view>

namespace armillary::pipeline {

// `hash` with `value` mixed in: the finisher of splitmix64, which spreads every input bit over the whole word.
[[nodiscard]] inline std::uint64_t mix(std::uint64_t hash, std::uint64_t value)
{
    hash ^= value + 0x9E3779B97F4A7C15ULL + (hash << 6) + (hash >> 2);
    hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9ULL;
    hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EBULL;
    return hash ^ (hash >> 31);
}

[[nodiscard]] inline std::uint64_t mixText(std::uint64_t hash, std::string_view text)
{
    return mix(hash, std::hash<std::string_view>()(text));
}

[[nodiscard]] inline std::uint64_t contentHash(const Image& image)
{
    const auto pixels = image.rgb();
    const std::string_view bytes(reinterpret_cast<const char*>(pixels.data()), pixels.size());
    return mix(mix(std::hash<std::string_view>()(bytes), static_cast<std::uint64_t>(image.height())),
               static_cast<std::uint64_t>(image.width()));
}

}  // namespace armillary::pipeline
