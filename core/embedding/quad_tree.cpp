#include "embedding/quad_tree.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace armillary::embedding {
namespace {

constexpr std::int64_t kLeafPoints = 8;
// Equal points can never be parted; below 2^-40 of the whole, none need be.
constexpr int kDeepest = 40;

}  // namespace

QuadTree::QuadTree(const std::vector<double>& points) : m_points(points), m_order(points.size() / 2)
{
    std::iota(m_order.begin(), m_order.end(), std::int64_t{0});
    if (m_order.empty())
        return;
    double left = points[0], right = points[0], top = points[1], bottom = points[1];
    for (std::size_t i = 0; i < points.size(); i += 2) {
        left = std::min(left, points[i]);
        right = std::max(right, points[i]);
        top = std::min(top, points[i + 1]);
        bottom = std::max(bottom, points[i + 1]);
    }
    m_nodes.reserve(points.size());
    m_nodes.emplace_back();
    m_nodes[0].end = static_cast<std::int64_t>(m_order.size());
    split(0, left, top, std::max(right - left, bottom - top), 0);
}

void QuadTree::split(std::int32_t node, double left, double top, double side, int depth)
{
    const std::int64_t begin = m_nodes[static_cast<std::size_t>(node)].begin;
    const std::int64_t end = m_nodes[static_cast<std::size_t>(node)].end;
    double sumX = 0, sumY = 0;
    for (std::int64_t at = begin; at < end; ++at) {
        const auto i = static_cast<std::size_t>(m_order[static_cast<std::size_t>(at)]) * 2;
        sumX += m_points[i];
        sumY += m_points[i + 1];
    }
    {
        Node& self = m_nodes[static_cast<std::size_t>(node)];
        const auto count = static_cast<double>(std::max<std::int64_t>(end - begin, 1));
        self.centreX = sumX / count;
        self.centreY = sumY / count;
        self.sideSquared = side * side;
    }
    if (end - begin <= kLeafPoints || depth >= kDeepest)
        return;
    const double middleX = left + side / 2;
    const double middleY = top + side / 2;
    const auto quadrant = [&](std::int64_t point) {
        const auto i = static_cast<std::size_t>(point) * 2;
        return (m_points[i] >= middleX ? 1 : 0) + (m_points[i + 1] >= middleY ? 2 : 0);
    };
    const auto first = static_cast<std::int32_t>(m_nodes.size());
    m_nodes[static_cast<std::size_t>(node)].firstChild = first;
    m_nodes.resize(m_nodes.size() + 4);
    std::array<std::int64_t, 5> bounds{};
    bounds[0] = begin;
    auto from = m_order.begin() + begin;
    for (int each = 0; each < 4; ++each) {
        from = std::stable_partition(from, m_order.begin() + end,
                                     [&](std::int64_t point) { return quadrant(point) == each; });
        bounds[static_cast<std::size_t>(each) + 1] = from - m_order.begin();
    }
    for (std::int32_t each = 0; each < 4; ++each) {
        Node& child = m_nodes[static_cast<std::size_t>(first + each)];
        child.begin = bounds[static_cast<std::size_t>(each)];
        child.end = bounds[static_cast<std::size_t>(each) + 1];
        if (child.begin < child.end)
            split(first + each, each % 2 == 1 ? middleX : left, each >= 2 ? middleY : top, side / 2, depth + 1);
    }
}

QuadTree::Sums QuadTree::repulsion(std::int64_t index, double theta) const
{
    Sums out;
    const double x = m_points[static_cast<std::size_t>(index) * 2];
    const double y = m_points[static_cast<std::size_t>(index) * 2 + 1];
    const double limit = theta * theta;
    std::array<std::int32_t, 4 * (kDeepest + 1)> pending;  // each level adds at most three beyond the one it takes
    std::size_t waiting = 0;
    pending[waiting++] = 0;
    while (waiting > 0) {
        const Node& node = m_nodes[static_cast<std::size_t>(pending[--waiting])];
        const double dx = x - node.centreX;
        const double dy = y - node.centreY;
        const double squared = dx * dx + dy * dy;
        if (node.sideSquared < limit * squared) {
            const auto count = static_cast<double>(node.end - node.begin);
            const double near = 1 / (1 + squared);
            out.weight += count * near;
            out.forceX += count * near * near * dx;
            out.forceY += count * near * near * dy;
        } else if (node.firstChild >= 0) {
            for (std::int32_t child = node.firstChild; child < node.firstChild + 4; ++child) {
                if (m_nodes[static_cast<std::size_t>(child)].begin < m_nodes[static_cast<std::size_t>(child)].end)
                    pending[waiting++] = child;
            }
        } else {
            for (std::int64_t at = node.begin; at < node.end; ++at) {
                const std::int64_t other = m_order[static_cast<std::size_t>(at)];
                if (other == index)
                    continue;
                const double px = x - m_points[static_cast<std::size_t>(other) * 2];
                const double py = y - m_points[static_cast<std::size_t>(other) * 2 + 1];
                const double near = 1 / (1 + px * px + py * py);
                out.weight += near;
                out.forceX += near * near * px;
                out.forceY += near * near * py;
            }
        }
    }
    return out;
}

}  // namespace armillary::embedding
