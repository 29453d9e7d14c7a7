#include "session/run_trace.h"

#include "inspect/run_timing.h"
#include "io/atomic_file.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace armillary::session {
namespace {

using nlohmann::json;

constexpr double kGapSeconds = 0.1;
constexpr std::array kThreads = {"stages", "passes", "layers"};

// Nanoseconds are the clock's; more digits would only be noise.
double microseconds(double seconds)
{
    return std::round(seconds * 1e9) / 1e3;
}

json nameEvent(const char* kind, int process, int thread, const std::string& name)
{
    return {{"name", kind}, {"ph", "M"}, {"pid", process}, {"tid", thread}, {"args", {{"name", name}}}};
}

void addRun(const RunRecord& record, int process, double origin, json& events)
{
    const std::string question = record.question.turns.empty() ? std::string() : record.question.turns.back().text;
    events.push_back(nameEvent("process_name", process, 0, fmt::format("run {}: {}", process, question)));
    for (std::size_t thread = 0; thread < kThreads.size(); ++thread)
        events.push_back(nameEvent("thread_name", process, static_cast<int>(thread) + 1, kThreads[thread]));
    for (const inspect::TimeSlice& slice : inspect::slicesOf(record)) {
        json arguments = {{"stage", slice.stage}};
        if (slice.layer >= 0)
            arguments["layer"] = slice.layer;
        if (slice.rows > 0)
            arguments["rows"] = slice.rows;
        events.push_back({{"name", slice.name},
                          {"cat", kThreads[static_cast<std::size_t>(slice.depth)]},
                          {"ph", "X"},
                          {"ts", microseconds(origin + slice.startSeconds)},
                          {"dur", microseconds(slice.durationSeconds)},
                          {"pid", process},
                          // A stage inside another one lies on its thread; passes and layers have their own.
                          {"tid", slice.layer >= 0            ? 3
                                  : slice.name == slice.stage ? 1
                                                              : 2},
                          {"args", std::move(arguments)}});
    }
    const auto counter = [&](const char* name, const char* series, std::int64_t value) {
        if (value > 0)
            events.push_back({{"name", name},
                              {"ph", "C"},
                              {"ts", microseconds(origin)},
                              {"pid", process},
                              {"tid", 0},
                              {"args", {{series, value}}}});
    };
    counter("peak memory", "bytes", record.cost.peakMemoryBytes);
    counter("positions computed", "positions", record.cost.prefillTokens);
    counter("positions reused", "positions", record.cost.reusedTokens);
}

}  // namespace

json traceOf(const std::vector<std::shared_ptr<const RunRecord>>& runs)
{
    json events = json::array();
    json settings = json::object();
    double origin = 0;
    int process = 0;
    for (const auto& run : runs) {
        if (!run || run->cost.stages.empty())
            continue;
        addRun(*run, ++process, origin, events);
        double end = 0;
        for (const StageTime& stage : run->cost.stages)
            end = std::max(end, stage.startSeconds + stage.durationSeconds);
        origin += end + kGapSeconds;
        settings[fmt::format("run {}", process)] = run->settings;
    }
    return {{"traceEvents", std::move(events)},
            {"displayTimeUnit", "ms"},
            {"otherData",
             {{"program", std::string("Armillary ") + ARMILLARY_VERSION}, {"settings", std::move(settings)}}}};
}

Result<void> writeTrace(const std::string& path, const std::vector<std::shared_ptr<const RunRecord>>& runs)
{
    const json trace = traceOf(runs);
    if (trace["traceEvents"].empty())
        return fail(ErrorCode::InvalidInput, "none of these runs has times, so there is no trace to write: " + path);
    const std::string text = trace.dump(-1, ' ', false, json::error_handler_t::replace);
    return io::writeFileAtomically(path, std::string_view(text));
}

}  // namespace armillary::session
