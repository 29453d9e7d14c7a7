// What a measure of paired vectors gives by chance: the same measure over pairings that say nothing.
//
// Permutations break every relation of the pairs. Toroidal shifts of a grid keep what neighbours have in common: smooth maps
// agree for spatial reasons alone, and only what goes beyond the shifts speaks of content (the calibration of arXiv
// 2602.14486; shifts are an addition for grids).
// Thread rule: plain values and pure functions.
#pragma once

#include "embedding/matrix.h"

namespace armillary::embedding {

struct NullBand {
    std::int64_t draws = 0;
    double mean = 0, deviation = 0;
    double low = 0, high = 0;  // 2.5 and 97.5 %
    double pValue = 0;         // (1 + draws that are at least as extreme) / (1 + draws), one-sided towards agreement
};

enum class Agreement { Higher, Lower };  // which way a measure goes when things agree

// NaN everywhere without draws. Draws that are NaN are left out.
[[nodiscard]] NullBand nullBand(double observed, const std::vector<double>& draws, Agreement agreement);

// `draws` orders of 0 ... n - 1.
[[nodiscard]] std::vector<std::vector<std::int64_t>> randomPairings(std::int64_t n, std::int64_t draws,
                                                                    std::uint64_t seed);

// Orders of the cells of a full [rows, columns] grid, shifted around both edges; never by nothing. No shift comes twice: fewer
// than `draws` where the grid has fewer.
[[nodiscard]] std::vector<std::vector<std::int64_t>> toroidalShifts(std::int64_t rows, std::int64_t columns,
                                                                    std::int64_t draws, std::uint64_t seed);

}  // namespace armillary::embedding
