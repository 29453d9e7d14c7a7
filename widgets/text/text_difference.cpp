#include "widgets/text/text_difference.h"

#include <algorithm>

namespace armillary::widgets {
namespace {

void pair(TextDifference& out, std::size_t a, std::size_t b)
{
    out.partnerInB[a] = b;
    out.partnerInA[b] = a;
    ++out.common;
}

// Furthest x on each diagonal after d edits; diagonal k = x - y is at index k + d.
using Reach = std::vector<std::ptrdiff_t>;

std::ptrdiff_t reachAt(const Reach& reach, std::ptrdiff_t diagonal)
{
    const auto edits = static_cast<std::ptrdiff_t>(reach.size() / 2);
    return reach[static_cast<std::size_t>(diagonal + edits)];
}

// Whether the way to `diagonal` with `edits` edits comes from the diagonal above (a token of B that A has not).
bool comesFromAbove(const Reach& before, std::ptrdiff_t diagonal, std::ptrdiff_t edits)
{
    if (diagonal == -edits)
        return true;
    return diagonal != edits && reachAt(before, diagonal - 1) < reachAt(before, diagonal + 1);
}

}  // namespace

TextDifference textDifference(std::span<const std::string> a, std::span<const std::string> b, std::size_t mostEdits)
{
    TextDifference out;
    out.partnerInB.resize(a.size());
    out.partnerInA.resize(b.size());
    std::size_t begin = 0;
    for (; begin < std::min(a.size(), b.size()) && a[begin] == b[begin]; ++begin)
        pair(out, begin, begin);
    std::size_t endA = a.size(), endB = b.size();
    for (; endA > begin && endB > begin && a[endA - 1] == b[endB - 1]; --endA, --endB)
        pair(out, endA - 1, endB - 1);

    const auto lengthA = static_cast<std::ptrdiff_t>(endA - begin);
    const auto lengthB = static_cast<std::ptrdiff_t>(endB - begin);
    const auto equal = [&](std::ptrdiff_t x, std::ptrdiff_t y) {
        return a[begin + static_cast<std::size_t>(x)] == b[begin + static_cast<std::size_t>(y)];
    };
    std::vector<Reach> history;
    const auto most = std::min(static_cast<std::ptrdiff_t>(mostEdits), lengthA + lengthB);
    for (std::ptrdiff_t edits = 0; edits <= most; ++edits) {
        Reach reach(static_cast<std::size_t>(2 * edits + 1), 0);
        for (std::ptrdiff_t diagonal = -edits; diagonal <= edits; diagonal += 2) {
            std::ptrdiff_t x = 0;
            if (edits > 0) {
                const Reach& before = history.back();
                x = comesFromAbove(before, diagonal, edits) ? reachAt(before, diagonal + 1)
                                                            : reachAt(before, diagonal - 1) + 1;
            }
            while (x < lengthA && x - diagonal < lengthB && equal(x, x - diagonal))
                ++x;
            reach[static_cast<std::size_t>(diagonal + edits)] = x;
            if (x < lengthA || x - diagonal < lengthB)
                continue;
            // Both ends are reached: walk back and pair what was equal on the way.
            std::ptrdiff_t atX = x, atDiagonal = diagonal;
            for (std::ptrdiff_t d = edits; d >= 0; --d) {
                std::ptrdiff_t startX = 0, fromDiagonal = 0;
                if (d > 0) {
                    const Reach& before = history[static_cast<std::size_t>(d - 1)];
                    const bool above = comesFromAbove(before, atDiagonal, d);
                    fromDiagonal = above ? atDiagonal + 1 : atDiagonal - 1;
                    startX = reachAt(before, fromDiagonal) + (above ? 0 : 1);
                }
                for (; atX > startX; --atX)
                    pair(out, begin + static_cast<std::size_t>(atX - 1),
                         begin + static_cast<std::size_t>(atX - 1 - atDiagonal));
                if (d > 0) {
                    atX = reachAt(history[static_cast<std::size_t>(d - 1)], fromDiagonal);
                    atDiagonal = fromDiagonal;
                }
            }
            return out;
        }
        history.push_back(std::move(reach));
    }
    out.isLongest = lengthA == 0 || lengthB == 0;
    return out;
}

}  // namespace armillary::widgets
