// The log of a training: lines with the time, to the terminal and to log.txt, from several processes at once.
// Thread rule: used by one thread a process.
#pragma once

#include <string>

namespace armillary::training {

class RunLog {
public:
    // Makes the folder if need be.
    explicit RunLog(const std::string& folder);

    void say(const std::string& line) const;

private:
    std::string m_path;
};

}  // namespace armillary::training
