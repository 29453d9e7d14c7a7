// Pieces of a vocabulary by id and by text; made for some 300,000 pieces.
// Thread rule: immutable once filled.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace armillary::text {

class Vocabulary {
public:
    Vocabulary() = default;
    // `pieces[i]` has id i.
    explicit Vocabulary(std::vector<std::string> pieces);

    [[nodiscard]] std::optional<std::int32_t> find(std::string_view piece) const;
    // The first of two pieces that are equal, if any are.
    [[nodiscard]] const std::string* duplicate() const { return m_duplicate < 0 ? nullptr : &at(m_duplicate); }
    [[nodiscard]] const std::string& at(std::int64_t id) const { return m_pieces[static_cast<std::size_t>(id)]; }
    [[nodiscard]] bool has(std::int64_t id) const { return id >= 0 && id < size(); }
    [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(m_pieces.size()); }

private:
    std::vector<std::string> m_pieces;
    std::vector<std::int32_t> m_slots;  // open addressing, linear probing; -1 is empty
    std::int64_t m_duplicate = -1;
};

}  // namespace armillary::text
