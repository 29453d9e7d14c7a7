#include "io/frame_cache.h"

namespace armillary::io {

std::optional<Image> FrameCache::find(int index)
{
    const auto found = m_byIndex.find(index);
    if (found == m_byIndex.end())
        return std::nullopt;
    m_entries.splice(m_entries.begin(), m_entries, found->second);
    return m_entries.front().second;
}

void FrameCache::insert(int index, const Image& frame)
{
    const std::size_t frameBytes = frame.rgb().size();
    if (frameBytes > m_budgetBytes || find(index))
        return;
    while (!hasRoomFor(frameBytes)) {
        m_heldBytes -= m_entries.back().second.rgb().size();
        m_byIndex.erase(m_entries.back().first);
        m_entries.pop_back();
    }
    m_entries.emplace_front(index, frame);
    m_byIndex[index] = m_entries.begin();
    m_heldBytes += frameBytes;
}

}  // namespace armillary::io
