// Named stage timings of one run, on the monotonic clock.
// Thread rule: used by the thread that runs the question only.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace armillary {

struct StageTime {
    std::string name;
    double startSeconds = 0;  // since the clock was made
    double durationSeconds = 0;
};

class StageClock {
public:
    StageClock() : m_origin(std::chrono::steady_clock::now()) {}

    // Ends the open stage, if any, and opens `name`. Stages may repeat; each call is a row of its own.
    void begin(std::string name);
    // Ends the open stage.
    void end();
    [[nodiscard]] const std::vector<StageTime>& stages() const { return m_stages; }
    // Seconds since the clock was made.
    [[nodiscard]] double elapsedSeconds() const;

private:
    std::chrono::steady_clock::time_point m_origin;
    std::vector<StageTime> m_stages;
    bool m_open = false;
};

}  // namespace armillary
