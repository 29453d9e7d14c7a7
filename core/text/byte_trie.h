// A prefix tree over byte strings: which of many keys begin at this place of a text?
// Thread rule: immutable once built.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace armillary::text {

class ByteTrie {
public:
    ByteTrie() { m_root.fill(-1); }
    // Of equal keys the last one's value stays. Empty keys are left out. Values are 0 or more.
    explicit ByteTrie(std::vector<std::pair<std::string_view, std::int32_t>> keys);

    // Calls visit(keyLength, value) for every key that begins at `text`, shortest first.
    template <class Visit>
    void forEachPrefix(std::string_view text, Visit visit) const
    {
        if (text.empty())
            return;
        std::int32_t node = m_root[static_cast<std::uint8_t>(text[0])];
        for (std::size_t length = 1; node >= 0; ++length) {
            if (m_nodes[static_cast<std::size_t>(node)].value >= 0)
                visit(length, m_nodes[static_cast<std::size_t>(node)].value);
            if (length == text.size())
                return;
            node = child(node, static_cast<std::uint8_t>(text[length]));
        }
    }

    // The longest key that begins at `text`: its length and value.
    [[nodiscard]] std::optional<std::pair<std::size_t, std::int32_t>> longestPrefix(std::string_view text) const;
    // Whether any key begins with this byte.
    [[nodiscard]] bool beginsWith(char byte) const { return m_root[static_cast<std::uint8_t>(byte)] >= 0; }
    [[nodiscard]] bool empty() const { return m_nodes.empty(); }

private:
    struct Node {
        std::int32_t value = -1;
        std::int32_t firstEdge = 0;
        std::int32_t edgeCount = 0;
    };
    struct Edge {
        std::uint8_t byte = 0;
        std::int32_t node = 0;
    };

    [[nodiscard]] std::int32_t child(std::int32_t node, std::uint8_t byte) const;

    std::array<std::int32_t, 256> m_root{};  // the root's children by byte: it is asked at every place of a text
    std::vector<Node> m_nodes;
    std::vector<Edge> m_edges;  // of each node together, by rising byte
};

}  // namespace armillary::text
