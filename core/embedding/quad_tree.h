// Points of a plane in nested squares, each with its centre of mass: what makes the repulsion of t-SNE cost n log n
// (Barnes and Hut 1986).
// Thread rule: immutable once made; queries may run on any number of threads.
#pragma once

#include <cstdint>
#include <vector>

namespace armillary::embedding {

class QuadTree {
public:
    // `points` is [n, 2] and finite.
    explicit QuadTree(const std::vector<double>& points);

    struct Sums {
        double weight = 0;              // sum of 1 / (1 + d^2)
        double forceX = 0, forceY = 0;  // sum of (y_i - y_j) / (1 + d^2)^2
    };
    // Over all points but `index` itself; a square whose side is below theta times its distance counts as one point.
    [[nodiscard]] Sums repulsion(std::int64_t index, double theta) const;

private:
    struct Node {
        double centreX = 0, centreY = 0;  // of mass
        double sideSquared = 0;
        std::int64_t begin = 0, end = 0;  // in m_order
        std::int32_t firstChild = -1;     // four, side by side; -1: a leaf
    };
    void split(std::int32_t node, double left, double top, double side, int depth);

    const std::vector<double>& m_points;
    std::vector<std::int64_t> m_order;
    std::vector<Node> m_nodes;
};

}  // namespace armillary::embedding
