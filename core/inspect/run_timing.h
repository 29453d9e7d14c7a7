// How long stages and layers took over several runs of the same question: medians and how far the runs spread.
// Thread rule: pure functions.
#pragma once

#include "records/run_record.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace armillary::inspect {

struct TimingRow {
    std::string stage;
    int layer = -1;          // -1: the stage as a whole
    std::int64_t calls = 0;  // in all runs together: a layer of "Answer" runs once a token
    // Of a run, all calls of it together.
    double median = 0;  // seconds
    double least = 0;
    double most = 0;
    double share = 0;  // of the median run's whole time
    // Of one call, over all runs.
    double callMedian = 0;
    double callLow = 0;   // a quarter is shorter
    double callHigh = 0;  // a quarter is longer
};

struct RunTiming {
    std::size_t runs = 0;
    double medianSeconds = 0;  // of whole runs
    double leastSeconds = 0;
    double mostSeconds = 0;
    std::vector<TimingRow> stages;  // in the order they ran
    std::vector<TimingRow> layers;  // stage by stage, layers rising
    std::vector<std::string> cautions;
};

// What times need of a record: no tensors, no pictures.
[[nodiscard]] std::shared_ptr<const RunRecord> timesOf(const RunRecord& record);

[[nodiscard]] RunTiming timingOf(const std::vector<std::shared_ptr<const RunRecord>>& runs);

// A piece of a run's time as a bar: depth 0 stages, 1 stages inside others and passes through layers, 2 layers.
struct TimeSlice {
    std::string name;
    int depth = 0;
    double startSeconds = 0;
    double durationSeconds = 0;
    std::string stage;
    int layer = -1;
    std::int64_t rows = 0;  // positions of a pass
};

// By start; denoise steps of a rollout stand as passes of its stage.
[[nodiscard]] std::vector<TimeSlice> slicesOf(const RunRecord& record);

}  // namespace armillary::inspect
