#include "base/stage_clock.h"

namespace armillary {

double StageClock::elapsedSeconds() const
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - m_origin).count();
}

void StageClock::begin(std::string name)
{
    end();
    m_stages.push_back({std::move(name), elapsedSeconds(), 0});
    m_open = true;
}

void StageClock::end()
{
    if (!m_open)
        return;
    m_stages.back().durationSeconds = elapsedSeconds() - m_stages.back().startSeconds;
    m_open = false;
}

}  // namespace armillary
