// Named stage timings of one run, on the monotonic clock.
// Thread rule: used by the thread that runs the question only.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace armillary {

struct StageTime {
    std::string name;
    double startSeconds = 0;  // since the clock was made
    double durationSeconds = 0;
};

// One trip through the layers of a model part: of a picture, of a prefill, of one decoded token.
struct LayerPass {
    std::string part;        // the stage it belongs to: "SigLIP", "Prefill", "Answer"
    std::int64_t rows = 0;   // positions or patches that went through
    double startSeconds = 0;  // on the clock of the stages
    std::vector<double> layerSeconds;  // one layer follows the other without a gap
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
