// How fast tokens come now: over the last two seconds, and over the whole time while that is shorter.
// Thread rule: plain values.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>

namespace armillary::widgets {

class TokenRate {
public:
    void clear() { m_arrivals.clear(); }
    // `total` tokens were there at `milliseconds`.
    void add(std::int64_t milliseconds, std::int64_t total)
    {
        m_arrivals.emplace_back(milliseconds, total);
        while (m_arrivals.size() > 2 && m_arrivals[1].first < milliseconds - 2000)
            m_arrivals.pop_front();
    }
    // Tokens a second; 0 while it is not known.
    [[nodiscard]] double perSecond() const
    {
        if (m_arrivals.size() < 2)
            return 0;
        const auto [firstTime, firstTotal] = m_arrivals.front();
        const auto [lastTime, lastTotal] = m_arrivals.back();
        return lastTime > firstTime
                   ? 1000.0 * static_cast<double>(lastTotal - firstTotal) / static_cast<double>(lastTime - firstTime)
                   : 0;
    }

private:
    std::deque<std::pair<std::int64_t, std::int64_t>> m_arrivals;  // one a batch: at most some sixty
};

}  // namespace armillary::widgets
