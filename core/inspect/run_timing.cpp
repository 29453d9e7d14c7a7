#include "inspect/run_timing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace armillary::inspect {
namespace {

// Between the two neighbours of the place `share` along the sorted values, as NumPy does it by default.
double quantile(const std::vector<double>& sorted, double share)
{
    if (sorted.empty())
        return 0;
    const double at = share * static_cast<double>(sorted.size() - 1);
    const auto left = static_cast<std::size_t>(at);
    const std::size_t right = std::min(left + 1, sorted.size() - 1);
    return sorted[left] + (at - static_cast<double>(left)) * (sorted[right] - sorted[left]);
}

struct Times {
    std::vector<double> calls;
    std::map<std::size_t, double> byRun;
};

TimingRow rowOf(std::string stage, int layer, Times times, std::size_t runs, double whole)
{
    TimingRow out{std::move(stage), layer};
    out.calls = static_cast<std::int64_t>(times.calls.size());
    std::vector<double> sums;
    for (const auto& [run, seconds] : times.byRun)
        sums.push_back(seconds);
    // A run without this stage took no time for it.
    sums.resize(runs, 0);
    std::sort(sums.begin(), sums.end());
    std::sort(times.calls.begin(), times.calls.end());
    out.median = quantile(sums, 0.5);
    out.least = sums.front();
    out.most = sums.back();
    out.share = whole > 0 ? out.median / whole : 0;
    out.callMedian = quantile(times.calls, 0.5);
    out.callLow = quantile(times.calls, 0.25);
    out.callHigh = quantile(times.calls, 0.75);
    return out;
}

double endOf(const RunRecord& record)
{
    double out = 0;
    for (const StageTime& stage : record.cost.stages)
        out = std::max(out, stage.startSeconds + stage.durationSeconds);
    return out;
}

bool sameWork(const RunRecord& left, const RunRecord& right)
{
    return left.cost.prefillTokens == right.cost.prefillTokens && left.cost.reusedTokens == right.cost.reusedTokens &&
           left.generated.size() == right.generated.size() && left.cost.stages.size() == right.cost.stages.size();
}

}  // namespace

std::shared_ptr<const RunRecord> timesOf(const RunRecord& record)
{
    auto out = std::make_shared<RunRecord>();
    out->question.turns = record.question.turns;
    out->settings = record.settings;
    out->cost = record.cost;
    out->generated = record.generated;
    out->rolloutSteps = record.rolloutSteps;
    return out;
}

RunTiming timingOf(const std::vector<std::shared_ptr<const RunRecord>>& runs)
{
    RunTiming out;
    std::vector<std::string> order;
    std::map<std::string, Times> stages;
    std::map<std::pair<std::string, int>, Times> layers;
    std::vector<double> wholes;
    const RunRecord* first = nullptr;
    bool isSame = true;
    for (const auto& run : runs) {
        if (!run || run->cost.stages.empty())
            continue;
        const std::size_t index = out.runs++;
        isSame = isSame && (first == nullptr || sameWork(*first, *run));
        first = first == nullptr ? run.get() : first;
        wholes.push_back(endOf(*run));
        for (const StageTime& stage : run->cost.stages) {
            if (!stages.contains(stage.name))
                order.push_back(stage.name);
            stages[stage.name].calls.push_back(stage.durationSeconds);
            stages[stage.name].byRun[index] += stage.durationSeconds;
        }
        for (const LayerPass& pass : run->cost.layerPasses) {
            for (std::size_t layer = 0; layer < pass.layerSeconds.size(); ++layer) {
                Times& times = layers[{pass.part, static_cast<int>(layer)}];
                times.calls.push_back(pass.layerSeconds[layer]);
                times.byRun[index] += pass.layerSeconds[layer];
            }
        }
    }
    if (out.runs == 0)
        return out;
    std::sort(wholes.begin(), wholes.end());
    out.medianSeconds = quantile(wholes, 0.5);
    out.leastSeconds = wholes.front();
    out.mostSeconds = wholes.back();
    for (const std::string& name : order) {
        out.stages.push_back(rowOf(name, -1, stages[name], out.runs, out.medianSeconds));
        for (auto& [key, times] : layers) {
            if (key.first == name)
                out.layers.push_back(rowOf(name, key.second, std::move(times), out.runs, out.medianSeconds));
        }
    }
    if (layers.empty())
        out.cautions.push_back(
            "no times of layers were recorded: by an earlier version, or on a GPU without asking for "
            "them");
    if (!isSame)
        out.cautions.push_back("the runs did not do the same work: lengths, reuse of the cache or stages differ");
    if (first->cost.reusedTokens > 0)
        out.cautions.push_back(
            fmt::format("{} positions were taken from the cache of earlier runs", first->cost.reusedTokens));
    return out;
}

std::vector<TimeSlice> slicesOf(const RunRecord& record)
{
    std::vector<TimeSlice> out;
    const std::vector<StageTime>& stages = record.cost.stages;
    const auto lies = [](const StageTime& inner, const StageTime& outer) {
        return inner.startSeconds >= outer.startSeconds && inner.durationSeconds < outer.durationSeconds &&
               inner.startSeconds + inner.durationSeconds <= outer.startSeconds + outer.durationSeconds;
    };
    for (const StageTime& stage : stages) {
        const auto depth =
            std::count_if(stages.begin(), stages.end(), [&](const StageTime& other) { return lies(stage, other); });
        out.push_back({stage.name, static_cast<int>(std::min<std::ptrdiff_t>(depth, 1)), stage.startSeconds,
                       stage.durationSeconds, stage.name});
    }
    std::map<std::string, int> numbers;
    for (const LayerPass& pass : record.cost.layerPasses) {
        const int number = ++numbers[pass.part];
        double seconds = 0;
        for (const double layer : pass.layerSeconds)
            seconds += layer;
        out.push_back({pass.part == "Answer"   ? fmt::format("token {}", number + 1)
                       : pass.part == "SigLIP" ? fmt::format("picture {}", number)
                                               : fmt::format("{} rows", pass.rows),
                       1, pass.startSeconds, seconds, pass.part, -1, pass.rows});
        double start = pass.startSeconds;
        for (std::size_t layer = 0; layer < pass.layerSeconds.size(); ++layer) {
            out.push_back({fmt::format("layer {}", layer), 2, start, pass.layerSeconds[layer], pass.part,
                           static_cast<int>(layer), pass.rows});
            start += pass.layerSeconds[layer];
        }
    }
    for (const StageTime& stage : stages) {
        if (stage.name != "Rollout" && stage.name != "World")
            continue;
        // Steps end with their stage; what the stage did before the first one is not theirs.
        double end = stage.startSeconds + stage.durationSeconds;
        for (auto step = record.rolloutSteps.rbegin(); step != record.rolloutSteps.rend(); ++step) {
            out.push_back(
                {fmt::format("denoise {}", step->step), 1, end - step->stepSeconds, step->stepSeconds, stage.name});
            end -= step->stepSeconds;
        }
        break;
    }
    std::stable_sort(out.begin(), out.end(), [](const TimeSlice& left, const TimeSlice& right) {
        return std::pair(left.startSeconds, left.depth) < std::pair(right.startSeconds, right.depth);
    });
    return out;
}

}  // namespace armillary::inspect
