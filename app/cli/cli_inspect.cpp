// armillary-cli inspect: what model folders hold. A folder named alone is only opened; with --model, --theworld or --world the models
// are loaded as a question would have them.

#include "anatomy/snapshot_comparison.h"
#include "anatomy/snapshot_health.h"
#include "cli_command.h"
#include "cli_engine.h"
#include "cli_results.h"
#include "inspect/anatomy_results.h"
#include "io/snapshot_reader.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iterator>

namespace armillary::cli {
namespace {

using nlohmann::json;

json reportJson(const ModelReport& report)
{
    json parts = json::array();
    for (const ModelPart& part : report.parts) {
        json facts = json::object();
        for (const auto& [label, value] : part.facts)
            facts[label] = value;
        parts.push_back({{"name", part.name},
                         {"device", part.device},
                         {"weight_format", part.weightFormat},
                         {"parameters", part.parameterCount},
                         {"weight_bytes", part.weightBytes},
                         {"facts", std::move(facts)}});
    }
    return {{"model", report.modelFolder}, {"theworld", report.theWorldFolder},
            {"world", report.worldFolder}, {"parts", std::move(parts)},
            {"warnings", report.warnings}, {"words_are_meaningless", report.wordsAreMeaningless}};
}

std::string bytesText(std::int64_t bytes)
{
    constexpr double kGibibyte = 1 << 30, kMebibyte = 1 << 20;
    return double(bytes) >= kGibibyte ? fmt::format("{:.3f} GiB", double(bytes) / kGibibyte)
                                      : fmt::format("{:.3f} MiB", double(bytes) / kMebibyte);
}

void printTree(const SnapshotModule& module, int depth, int deepest, bool withTensors)
{
    const std::string indent(static_cast<std::size_t>(2 * depth), ' ');
    for (const SnapshotModule& child : module.modules) {
        const std::string name = indent + child.name +
                                 (child.isLocal ? (*child.isLocal ? " (local)" : " (global)") : "") +
                                 (child.title.empty() ? "" : " [" + child.title + "]");
        fmt::print("{:<52}{:>16}{:>16}\n", name, child.elements, bytesText(child.bytes));
        if (depth + 1 < deepest)
            printTree(child, depth + 1, deepest, withTensors);
    }
    if (!withTensors)
        return;
    for (const SnapshotTensor& tensor : module.tensors) {
        std::string shape;
        for (const std::int64_t size : tensor.shape)
            shape += (shape.empty() ? "" : "x") + std::to_string(size);
        fmt::print("{:<52}{:>16}{:>16}  {} {}{}\n", indent + tensor.name, tensor.elements, bytesText(tensor.bytes),
                   numberFormatName(tensor.type), shape,
                   tensor.sameAs.empty() ? std::string() : "  the same numbers as " + tensor.sameAs);
    }
}

// Tables and numbers of `more` behind those of `result`.
void append(AnalysisResult& result, AnalysisResult more)
{
    const auto move = [](auto& to, auto& from) {
        to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
    };
    result.request.arguments.merge(more.request.arguments);
    move(result.numbers, more.numbers);
    move(result.tables, more.tables);
    move(result.cautions, more.cautions);
}

class InspectCommand final : public Command {
public:
    std::string_view name() const override { return "inspect"; }
    std::string_view summary() const override
    {
        return "Show what a model folder holds, and what its weights are like";
    }
    void addTo(CLI::App& command) override
    {
        auto* const folder = command.add_option("folder", m_folder, "a snapshot folder that is opened, not loaded");
        m_model.addTo(command);
        m_format.addTo(command);
        command.add_option("--depth", m_depth, "levels of the tree that are printed")
            ->check(CLI::Range(1, 100))
            ->capture_default_str();
        command.add_flag("--tensors", m_tensors, "print tensors with their shapes, too");
        command
            .add_flag("--weights", m_weights, "read every number: NaN, zeros, outliers, histograms by tensor and part")
            ->needs(folder);
        command.add_flag("--memory", m_memory, "memory in float32, bfloat16, int8 and int4")->needs(folder);
        command.add_option("--against", m_against, "compare with this snapshot folder, tensor by tensor")
            ->needs(folder);
        command.add_option("--int8-group", m_rule.int8Group, "numbers of a row that share a scale; 0: the row")
            ->check(CLI::NonNegativeNumber)
            ->capture_default_str();
        command.add_option("--int4-group", m_rule.int4Group, "the same of int4")
            ->check(CLI::NonNegativeNumber)
            ->capture_default_str();
        command.add_flag("--keep-tables", m_rule.keepsTables, "embedding tables are not quantised");
    }
    CommandResult<int> run() override;

private:
    CommandResult<int> inspectLoaded();
    CommandResult<int> inspectFolder();
    void printContents(const SnapshotContents& contents) const;

    std::string m_folder;
    std::string m_against;
    ModelArguments m_model;
    ResultFormat m_format;
    inspect::QuantisationRule m_rule;
    int m_depth = 2;
    bool m_tensors = false;
    bool m_weights = false;
    bool m_memory = false;
};

CommandResult<int> InspectCommand::run()
{
    const ModelFolders& loaded = m_model.folders;
    if (m_folder.empty())
        return inspectLoaded();
    if (!loaded.model.empty() || !loaded.theWorld.empty() || !loaded.world.empty())
        return failWrongArguments("name either a folder to open or models to load, not both");
    return inspectFolder();
}

CommandResult<int> InspectCommand::inspectLoaded()
{
    if (m_format.csv || !m_format.npzPath.empty())
        return failWrongArguments("--csv and --npz are for a folder that is opened, not for models that are loaded");
    EngineDesk desk(false);
    const auto report = desk.load(m_model);
    if (!report)
        return tl::unexpected(report.error());
    if (m_format.json) {
        printJson(reportJson(*report));
        return kDone;
    }
    for (const ModelPart& part : report->parts) {
        fmt::print("{}  ({}, {})\n", part.name, part.device, part.weightFormat);
        fmt::print("  {:<28}{}\n", "parameters", part.parameterCount);
        fmt::print("  {:<28}{:.3f} GiB\n", "weights", double(part.weightBytes) / double(std::int64_t{1} << 30));
        for (const auto& [label, value] : part.facts)
            fmt::print("  {:<28}{}\n", label, value);
    }
    return kDone;
}

void InspectCommand::printContents(const SnapshotContents& contents) const
{
    fmt::print("{}  {}\n", contents.architecture.empty() ? "(no architecture named)" : contents.architecture,
               contents.folder);
    fmt::print("  {:<28}{}\n  {:<28}{}\n  {:<28}{}\n", "parameters", contents.parameters(), "tensors",
               contents.tensorCount, "stored", bytesText(contents.root.bytes));
    for (const auto& [type, bytes] : contents.bytesByType)
        fmt::print("  {:<28}{}\n", numberFormatName(type), bytesText(bytes));
    for (const auto& [name, standIn] : contents.tied)
        fmt::print("  {} has no tensor of its own: {} stands in\n", name, standIn);
    fmt::print("\n{:<52}{:>16}{:>16}\n", "module", "numbers", "bytes");
    printTree(contents.root, 0, m_depth, m_tensors);
}

CommandResult<int> InspectCommand::inspectFolder()
{
    const auto contents = io::readSnapshotContents(m_folder);
    if (!contents)
        return tl::unexpected<Failure>(contents.error());
    const bool forPeople = !m_format.json && !m_format.csv;
    AnalysisResult result;
    if (forPeople) {
        printContents(**contents);
        for (const std::string& problem : (*contents)->problems)
            fmt::print(stderr, "warning: {}\n", problem);
        fmt::print("\n");
        result.request = {"inspect", {}};
    } else {
        result = inspect::resultOf(**contents);
    }
    if (m_memory)
        append(result, inspect::resultOf(inspect::weightMemory(**contents, m_rule), m_rule));
    const InterruptWatch watch;
    TerminalObserver observer(false);
    const auto progressOf = [&observer](const char* stage) {
        return [&observer, stage](std::int64_t done, std::int64_t total) {
            observer.onStage(stage, done >> 20, std::max<std::int64_t>(total >> 20, 1));
        };
    };
    if (m_weights) {
        const auto health = anatomy::readSnapshotHealth(m_folder, progressOf("Weights, MiB"), watch.token());
        observer.finish();
        if (!health)
            return tl::unexpected<Failure>(health.error());
        append(result, inspect::resultOf(**health));
    }
    if (!m_against.empty()) {
        const auto difference =
            anatomy::compareSnapshots(m_folder, m_against, progressOf("Comparison, MiB"), watch.token());
        observer.finish();
        if (!difference)
            return tl::unexpected<Failure>(difference.error());
        append(result, inspect::resultOf(**difference));
    }
    const bool isOnlyTree = forPeople && result.tables.empty() && m_format.npzPath.empty();
    if (!isOnlyTree) {
        if (const auto shown = m_format.show(result); !shown)
            return tl::unexpected<Failure>(shown.error());
    }
    return exitCodeFrom(result);
}

}  // namespace

std::unique_ptr<Command> makeInspectCommand()
{
    return std::make_unique<InspectCommand>();
}

}  // namespace armillary::cli
