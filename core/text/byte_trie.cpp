#include "text/byte_trie.h"

#include <algorithm>

namespace armillary::text {
namespace {

// The sorted keys [begin, end) share their first `depth` bytes and hang below `node`; -1 is the root.
struct Pending {
    std::size_t begin;
    std::size_t end;
    std::size_t depth;
    std::int32_t node;
};

}  // namespace

ByteTrie::ByteTrie(std::vector<std::pair<std::string_view, std::int32_t>> keys)
{
    m_root.fill(-1);
    std::stable_sort(keys.begin(), keys.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<Pending> pending{{0, keys.size(), 0, -1}};
    // Breadth first, so that the edges of one node lie together.
    for (std::size_t next = 0; next < pending.size(); ++next) {
        const Pending now = pending[next];
        std::size_t i = now.begin;
        while (i < now.end && keys[i].first.size() == now.depth) {
            if (now.node >= 0)
                m_nodes[static_cast<std::size_t>(now.node)].value = keys[i].second;
            ++i;
        }
        if (now.node >= 0)
            m_nodes[static_cast<std::size_t>(now.node)].firstEdge = static_cast<std::int32_t>(m_edges.size());
        while (i < now.end) {
            const auto byte = static_cast<std::uint8_t>(keys[i].first[now.depth]);
            std::size_t same = i + 1;
            while (same < now.end && static_cast<std::uint8_t>(keys[same].first[now.depth]) == byte)
                ++same;
            const auto node = static_cast<std::int32_t>(m_nodes.size());
            m_nodes.emplace_back();
            if (now.node >= 0) {
                m_edges.push_back({byte, node});
                ++m_nodes[static_cast<std::size_t>(now.node)].edgeCount;
            } else {
                m_root[byte] = node;
            }
            pending.push_back({i, same, now.depth + 1, node});
            i = same;
        }
    }
}

std::int32_t ByteTrie::child(std::int32_t node, std::uint8_t byte) const
{
    const Node& parent = m_nodes[static_cast<std::size_t>(node)];
    const auto first = m_edges.begin() + parent.firstEdge;
    const auto last = first + parent.edgeCount;
    const auto found =
        std::lower_bound(first, last, byte, [](const Edge& edge, std::uint8_t value) { return edge.byte < value; });
    return found != last && found->byte == byte ? found->node : -1;
}

std::optional<std::pair<std::size_t, std::int32_t>> ByteTrie::longestPrefix(std::string_view text) const
{
    std::optional<std::pair<std::size_t, std::int32_t>> longest;
    forEachPrefix(text, [&](std::size_t length, std::int32_t value) { longest = {length, value}; });
    return longest;
}

}  // namespace armillary::text
