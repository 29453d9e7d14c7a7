#include "text/vocabulary.h"

#include <bit>
#include <functional>
#include <utility>

namespace armillary::text {

Vocabulary::Vocabulary(std::vector<std::string> pieces) : m_pieces(std::move(pieces))
{
    m_slots.assign(std::bit_ceil(m_pieces.size() * 2 + 1), -1);
    const std::size_t mask = m_slots.size() - 1;
    for (std::size_t id = 0; id < m_pieces.size(); ++id) {
        std::size_t slot = std::hash<std::string_view>{}(m_pieces[id]) & mask;
        while (m_slots[slot] >= 0 && at(m_slots[slot]) != m_pieces[id])
            slot = (slot + 1) & mask;
        if (m_slots[slot] >= 0 && m_duplicate < 0)
            m_duplicate = static_cast<std::int64_t>(id);
        m_slots[slot] = static_cast<std::int32_t>(id);
    }
}

std::optional<std::int32_t> Vocabulary::find(std::string_view piece) const
{
    if (m_slots.empty())
        return std::nullopt;
    const std::size_t mask = m_slots.size() - 1;
    for (std::size_t slot = std::hash<std::string_view>{}(piece)&mask; m_slots[slot] >= 0; slot = (slot + 1) & mask) {
        if (at(m_slots[slot]) == piece)
            return m_slots[slot];
    }
    return std::nullopt;
}

}  // namespace armillary::text
