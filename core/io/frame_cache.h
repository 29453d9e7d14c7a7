// Decoded frames by index, within a byte budget; the ones asked for longest ago go first.
// Thread rule: used by one thread.
#pragma once

#include "records/image.h"

#include <cstddef>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

namespace armillary::io {

class FrameCache {
public:
    explicit FrameCache(std::size_t budgetBytes) : m_budgetBytes(budgetBytes) {}

    [[nodiscard]] std::optional<Image> find(int index);
    // Keeps `frame` as the most recent one. A frame above the whole budget is not kept.
    void insert(int index, const Image& frame);
    // Whether a frame of so many bytes fits without pushing another out.
    [[nodiscard]] bool hasRoomFor(std::size_t frameBytes) const { return m_heldBytes + frameBytes <= m_budgetBytes; }
    [[nodiscard]] std::size_t heldBytes() const { return m_heldBytes; }

private:
    using Entry = std::pair<int, Image>;

    std::size_t m_budgetBytes;
    std::size_t m_heldBytes = 0;
    std::list<Entry> m_entries;  // most recent first
    std::unordered_map<int, std::list<Entry>::iterator> m_byIndex;
};

}  // namespace armillary::io
