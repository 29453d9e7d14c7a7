// armillary-cli inspect: what model folders hold.

#include "cli_command.h"
#include "cli_engine.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

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

class InspectCommand final : public Command {
public:
    std::string_view name() const override { return "inspect"; }
    std::string_view summary() const override { return "Show what a model folder holds"; }
    void addTo(CLI::App& command) override
    {
        m_model.addTo(command);
        command.add_flag("--json", m_json, "print one JSON object");
    }
    CommandResult<int> run() override;

private:
    ModelArguments m_model;
    bool m_json = false;
};

CommandResult<int> InspectCommand::run()
{
    EngineDesk desk(false);
    const auto report = desk.load(m_model);
    if (!report)
        return tl::unexpected(report.error());
    if (m_json) {
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

}  // namespace

std::unique_ptr<Command> makeInspectCommand()
{
    return std::make_unique<InspectCommand>();
}

}  // namespace armillary::cli
