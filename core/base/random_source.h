// Random numbers that mean the same with every standard library: the sequence of mt19937_64 is fixed by the standard, its
// distributions are not, so those are written here.
// Thread rule: one source, one thread.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

namespace armillary {

// A seed of its own for each `index` (the finaliser of splitmix64).
[[nodiscard]] inline std::uint64_t mixedSeed(std::uint64_t seed, std::uint64_t index)
{
    std::uint64_t z = seed + (index + 1) * 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

class RandomSource {
public:
    explicit RandomSource(std::uint64_t seed) : m_engine(seed) {}

    // [0, 1)
    [[nodiscard]] double uniform() { return static_cast<double>(m_engine() >> 11) * 0x1p-53; }
    // 0 ... count - 1; count is above 0. The bias of the multiplication is below 2^-32 for counts below 2^32.
    [[nodiscard]] std::int64_t below(std::int64_t count)
    {
        return static_cast<std::int64_t>(uniform() * static_cast<double>(count));
    }
    // Standard normal (Box and Muller 1958).
    [[nodiscard]] double normal()
    {
        const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
        return radius * std::cos(2.0 * std::numbers::pi * uniform());
    }
    // 0 ... count - 1 in random order (Fisher and Yates).
    [[nodiscard]] std::vector<std::int64_t> permutation(std::int64_t count)
    {
        std::vector<std::int64_t> out(static_cast<std::size_t>(count));
        std::iota(out.begin(), out.end(), std::int64_t{0});
        for (std::size_t i = out.size(); i > 1; --i)
            std::swap(out[i - 1], out[static_cast<std::size_t>(below(static_cast<std::int64_t>(i)))]);
        return out;
    }

private:
    std::mt19937_64 m_engine;
};

}  // namespace armillary
