#include "training/run_log.h"

#include <array>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace armillary::training {

RunLog::RunLog(const std::string& folder) : m_path(folder + "/log.txt")
{
    std::error_code error;
    std::filesystem::create_directories(folder, error);
}

void RunLog::say(const std::string& line) const
{
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    localtime_r(&now, &local);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%F %T  ", &local);
    const std::string whole = text.data() + line + "\n";
    std::ofstream(m_path, std::ios::app) << whole;
    std::cout << whole << std::flush;
}

}  // namespace armillary::training
