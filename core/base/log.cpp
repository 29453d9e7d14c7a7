#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <mutex>
#include <utility>

namespace armillary {
namespace {

struct Log {
    std::mutex mutex;
    LogSink sink;
    std::shared_ptr<spdlog::logger> fallback = spdlog::stderr_logger_mt("armillary");
};

Log& theLog()
{
    static Log log;
    return log;
}

spdlog::level::level_enum spdlogLevel(LogLevel level)
{
    switch (level) {
    case LogLevel::Debug: return spdlog::level::debug;
    case LogLevel::Info: return spdlog::level::info;
    case LogLevel::Warning: return spdlog::level::warn;
    }
    return spdlog::level::info;
}

void write(LogLevel level, const std::string& line)
{
    Log& log = theLog();
    const std::lock_guard lock(log.mutex);
    if (log.sink)
        log.sink(level, line);
    else
        log.fallback->log(spdlogLevel(level), line);
}

}  // namespace

void setLogSink(LogSink sink)
{
    Log& log = theLog();
    const std::lock_guard lock(log.mutex);
    log.sink = std::move(sink);
}

void logDebug(const std::string& line)
{
    write(LogLevel::Debug, line);
}

void logInfo(const std::string& line)
{
    write(LogLevel::Info, line);
}

void logWarning(const std::string& line)
{
    write(LogLevel::Warning, line);
}

}  // namespace armillary
