// Time and memory of the attention analyses on records of the two sizes that costs are predicted for, beside that arithmetic.
//
// Prompts A: 1,064 positions (784 world, 256 image), B: 4,200 (3,920 world), each with an answer of 65 tokens, in Gemma 3 4B's
// shapes, with random queries, keys and values. Predicted operations are 2 per multiply-add over all cells, masked ones too; what
// runs skips keys that a tile cannot see.
#include "analysis/record_analyses.h"
#include "bench/machine_rates.h"
#include "support/long_record.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

namespace armillary::bench {
namespace {

struct Row {
    std::string title;
    AnalysisRequest request;
    double operations = 0;  // predicted
    double bytes = 0;       // predicted, of the largest array that must be held
};

// Peak of the process's memory since the last reset; 0 where the system does not tell.
std::int64_t peakBytes()
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:"))
            return std::stoll(line.substr(6)) * 1024;
    }
    return 0;
}

std::int64_t residentBytes()
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmRSS:"))
            return std::stoll(line.substr(6)) * 1024;
    }
    return 0;
}

void resetPeak()
{
    std::ofstream("/proc/self/clear_refs") << "5";
}

std::vector<Row> rowsOf(const RunRecord& record, std::int64_t positions)
{
    const auto p = static_cast<double>(positions);
    const auto layers = static_cast<double>(record.model.layers), heads = static_cast<double>(record.model.queryHeads);
    const auto width = static_cast<double>(record.model.headWidth);
    const auto answer = static_cast<double>(record.generated.size());
    const double map = 2 * p * p * width;
    const double ofRow = 2 * p * width * heads * layers;
    const double rowBytes = layers * heads * p * 4;
    return {
        {"one row, all heads", {"attention-row", {}}, ofRow, rowBytes},
        {"one map", {"attention-map", {{"layer", "5"}, {"head", "3"}}}, map, p * p * 4},
        {"mean map of a layer", {"attention-map", {{"layer", "5"}}}, map * heads, p * p * 4},
        {"segment mass, answer", {"segment-mass", {}}, ofRow * answer, rowBytes * answer},
        {"entropy, answer", {"attention-entropy", {}}, ofRow * answer, rowBytes * answer},
        {"rollout", {"attention-rollout", {}}, map * heads * layers, p * 8 * layers},
        {"cross-modal flow", {"cross-modal-flow", {}}, map * heads * layers, p * 4 * 8},
        {"attention sinks", {"attention-sinks", {}}, map * heads * layers, rowBytes},
        {"activation sinks",
         {"activation-sinks", {}},
         4 * p * static_cast<double>(record.model.hiddenSize) * (layers + 1),
         p * 4 * layers},
    };
}

int run(int argc, char** argv)
{
    CLI::App app("Time and memory of the attention analyses of records");
    std::vector<std::string> cases{"A", "B"};
    std::string only;
    bool json = false;
    std::int64_t layers = 34;
    app.add_option("--case", cases, "A (a prompt of 1,064 positions), B (4,200)");
    app.add_option("--only", only, "analyses whose name holds this");
    app.add_option("--layers", layers, "of the record");
    app.add_flag("--json", json, "one JSON object");
    CLI11_PARSE(app, argc, argv);

    const double rate = matrixProductRate(at::kCPU, at::kFloat);
    nlohmann::json out{{"threads", at::get_num_threads()},
                       {"product_gflops", rate / 1e9},
                       {"rows", nlohmann::json::array()}};
    if (!json)
        fmt::print("{} threads, {:.0f} GFLOP/s in LibTorch's own product\n{:<4} {:<22} {:>9} {:>10} {:>9} {:>9} {:>10} "
                   "{:>10}\n",
                   at::get_num_threads(), rate / 1e9, "case", "analysis", "GFLOP", "at rate s", "took s", "GFLOP/s",
                   "held MiB", "peak MiB");
    for (const std::string& name : cases) {
        test::LongSizes sizes;
        sizes.layers = layers;
        sizes.withHidden = true;
        if (name == "A")
            sizes.worldFrames = 1;
        const RunRecord record = test::longRecord(sizes);
        const std::int64_t positions = record.layout->size() + sizes.answer - 1;
        for (const Row& row : rowsOf(record, positions)) {
            if (!only.empty() && row.request.name.find(only) == std::string::npos)
                continue;
            const std::int64_t before = residentBytes();
            resetPeak();
            const auto start = std::chrono::steady_clock::now();
            const auto result = analysis::analyse(record, row.request, {});
            const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
            if (!result) {
                fmt::print(stderr, "{}: {}\n", row.title, result.error().message);
                return 1;
            }
            const double grown = static_cast<double>(peakBytes() - before) / (1 << 20);
            if (!json)
                fmt::print("{:<4} {:<22} {:>9.1f} {:>10.2f} {:>9.2f} {:>9.0f} {:>10.1f} {:>10.1f}\n", name, row.title,
                           row.operations / 1e9, row.operations / rate, seconds, row.operations / seconds / 1e9,
                           row.bytes / (1 << 20), grown);
            out["rows"].push_back({{"case", name},
                                   {"positions", positions},
                                   {"analysis", row.title},
                                   {"predicted_gflop", row.operations / 1e9},
                                   {"seconds_at_product_rate", row.operations / rate},
                                   {"seconds", seconds},
                                   {"predicted_mib", row.bytes / (1 << 20)},
                                   {"peak_growth_mib", grown}});
        }
    }
    if (json)
        fmt::print("{}\n", out.dump(2));
    return 0;
}

}  // namespace
}  // namespace armillary::bench

int main(int argc, char** argv)
{
    return armillary::bench::run(argc, argv);
}
