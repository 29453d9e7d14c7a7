// The log of library code: leveled lines to a sink that the program chooses. Library code never prints.
// Thread rule: safe from every thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace armillary {

enum class LogLevel { Debug, Info, Warning };

using LogSink = std::function<void(LogLevel level, std::string_view line)>;

// Replaces the sink; an empty one brings back the default, which writes to standard error.
void setLogSink(LogSink sink);

void logDebug(const std::string& line);
void logInfo(const std::string& line);
void logWarning(const std::string& line);

}  // namespace armillary
