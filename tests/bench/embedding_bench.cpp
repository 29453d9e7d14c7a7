// Time and memory of the analyses of embeddings on records of made-up vectors with the sizes of analyses.md:
// A: 784 world + 256 image + 20 text tokens, B: 3,920 + 256 + 24, both with 2,560 dimensions.
//   embedding_bench [--size A|B|all] [--only NAME]
// Prints one line an analysis: seconds, growth of the process' peak memory, and what the analysis says of itself.
#include "base/random_source.h"
#include "embedding/embedding_analyses.h"
#include "embedding/matrix.h"
#include "support/record_builder.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <string>
#include <vector>

namespace armillary::bench {
namespace {

constexpr std::int64_t kWidth = 2560;
constexpr std::int64_t kTopics = 24;  // directions that neighbours on the grid share

struct Size {
    std::string name;
    int latentFrames;
    int textTokens;
};

// World tokens of 16 latent numbers each and image tokens of smooth fields, so that there is something to find.
RunRecord madeUpRecord(const Size& size)
{
    test::RecordBuilder builder;
    const int picture = builder.addPicture("made-up.png", 224, 224);
    builder.worldTokens(picture, size.latentFrames, 28, 28);
    builder.imageTokens(picture, 16, 16);
    builder.text(std::vector<std::string>(static_cast<std::size_t>(size.textTokens), "word"));
    RunRecord record = *builder.build();
    RandomSource random(1);
    const TokenLayout& layout = *record.layout;
    std::vector<float> topics(static_cast<std::size_t>(3 * kTopics * kWidth));
    for (float& value : topics)
        value = static_cast<float>(random.normal());
    std::vector<float> values;
    values.reserve(static_cast<std::size_t>(layout.size() * kWidth));
    for (std::size_t i = 0; i < layout.kinds.size(); ++i) {
        const TokenOrigin& origin = layout.origins[i];
        const std::size_t base = layout.kinds[i] == TokenKind::World ? 0 : layout.kinds[i] == TokenKind::Image ? 1 : 2;
        std::vector<float> weights;
        for (std::int64_t topic = 0; topic < kTopics; ++topic)
            weights.push_back(
                static_cast<float>(std::sin(0.2 * (origin.row + 1) * (topic % 5 + 1) +
                                            0.3 * origin.column * (topic % 3 + 1) + 0.5 * origin.latentFrame + topic) +
                                   0.3 * random.normal()));
        for (std::int64_t column = 0; column < kWidth; ++column) {
            double value = 0.2 * random.normal();
            for (std::int64_t topic = 0; topic < kTopics; ++topic)
                value += weights[static_cast<std::size_t>(topic)] *
                         topics[(base * static_cast<std::size_t>(kTopics) + static_cast<std::size_t>(topic)) *
                                    static_cast<std::size_t>(kWidth) +
                                static_cast<std::size_t>(column)];
            values.push_back(static_cast<float>(value));
        }
    }
    record.tensors["inputs.embeds"] = embedding::snapshotFromFloats({layout.size(), kWidth}, values);
    const std::int64_t latents = 16LL * size.latentFrames * 28 * 28;
    record.tensors["world.latents"] =
        embedding::snapshotFromFloats({16, size.latentFrames, 28, 28}, {values.begin(), values.begin() + latents});
    return record;
}

double peakMegabytes()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024;
}

int run(const std::string& wanted, const std::string& only)
{
    for (const Size& size : {Size{"A", 1, 20}, Size{"B", 5, 24}}) {
        if (wanted != "all" && wanted != size.name)
            continue;
        const RunRecord record = madeUpRecord(size);
        fmt::print("size {}: {} tokens x {}; the record alone: {:.0f} MB\n", size.name, record.layout->size(), kWidth,
                   peakMegabytes());
        for (const inspect::RecordAnalysis& each : embedding::embeddingAnalyses()) {
            if (!only.empty() && only != each.entry.name)
                continue;
            const auto arguments = inspect::AnalysisArguments::read(each.entry, {each.entry.name, {}});
            const auto start = std::chrono::steady_clock::now();
            const auto result = each.run(record, *arguments, {});
            const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
            fmt::print("  {:22} {:8.2f} s   peak {:6.0f} MB", each.entry.name, seconds, peakMegabytes());
            if (!result)
                fmt::print("   {}", result.error().message);
            else if (const auto trust = result->number("trustworthiness"))
                fmt::print("   trustworthiness {:.4f}", *trust);
            fmt::print("\n");
        }
    }
    return 0;
}

}  // namespace
}  // namespace armillary::bench

int main(int argc, char** argv)
{
    CLI::App app("Time and memory of the analyses of embeddings");
    std::string size = "all";
    std::string only;
    app.add_option("--size", size, "A, B or all")->check(CLI::IsMember({"A", "B", "all"}));
    app.add_option("--only", only, "one analysis by name");
    CLI11_PARSE(app, argc, argv);
    return armillary::bench::run(size, only);
}
