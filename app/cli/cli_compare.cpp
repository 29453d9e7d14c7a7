// armillary-cli compare: integration options and settings side by side, and the identities that must hold between them.

#include "cli_command.h"
#include "cli_questions.h"
#include "cli_results.h"
#include "cli_terminal.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <variant>

namespace armillary::cli {
namespace {

using nlohmann::json;

class CompareCommand final : public Command {
public:
    std::string_view name() const override { return "compare"; }
    std::string_view summary() const override
    {
        return "Run a question in every integration option and compare (exit code 1 when an identity does not hold)";
    }
    void addTo(CLI::App& command) override;
    CommandResult<int> run() override;

private:
    AnalysedQuestion m_asked;
    std::string m_rows = "all";
    std::string m_reference;
    int m_answerTokens = 32;
    bool m_identities = true;
};

void CompareCommand::addTo(CLI::App& command)
{
    m_asked.addTo(command);
    command.add_option("--rows", m_rows, "all, options, settings, or names such as 3,4b,5,5-no-world")
        ->capture_default_str();
    command.add_option("--reference", m_reference,
                       "the row that the others are measured against; default: 5 with a world, else 3");
    command
        .add_option("--answer-tokens", m_answerTokens, "at most so many tokens of the reference's answer are forced")
        ->check(CLI::Range(1, 4096))
        ->capture_default_str();
    command.add_flag("!--no-identities", m_identities, "leave the identities out");
}

json jsonFrom(const TableRow& row)
{
    static constexpr std::array kYesOrNo = {"same_next_token", "answer_differs", "holds"};
    static constexpr std::array kCounts = {"positions", "peak_memory_bytes", "tokens_only_here",
                                           "tokens_only_in_reference"};
    const auto isOneOf = [](const auto& names, const std::string& name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    json out = json::object();
    for (const auto& [column, cell] : row.cells()) {
        const auto* value = std::get_if<double>(&cell);
        if (value == nullptr)
            out[column] = std::get<std::string>(cell);
        else if (std::isnan(*value))
            out[column] = nullptr;
        else if (isOneOf(kYesOrNo, column))
            out[column] = *value != 0;
        else if (isOneOf(kCounts, column))
            out[column] = static_cast<std::int64_t>(*value);
        else
            out[column] = *value;
    }
    return out;
}

json jsonFrom(const std::vector<TableRow>& rows)
{
    json out = json::array();
    for (const TableRow& row : rows)
        out.push_back(jsonFrom(row));
    return out;
}

std::string shown(double value, const char* format)
{
    return std::isnan(value) ? "-" : fmt::format(fmt::runtime(format), value);
}

void printForPeople(const AnalysisResult& result)
{
    struct Column {
        const char* name;
        const char* head;
        const char* format;
        double factor;
    };
    static constexpr Column kColumns[] = {{"positions", "S", "{:.0f}", 1},
                                          {"prefill_ms", "prefill ms", "{:.1f}", 1},
                                          {"tokens_per_second", "tok/s", "{:.1f}", 1},
                                          {"peak_memory_bytes", "peak MiB", "{:.0f}", 1.0 / (1 << 20)},
                                          {"input_difference_text", "in:text", "{:.3g}", 1},
                                          {"input_difference_image", "in:image", "{:.3g}", 1},
                                          {"input_difference_world", "in:world", "{:.3g}", 1},
                                          {"top1_agreement", "top-1", "{:.2f}", 1},
                                          {"next_token_kl_bits", "KL bits", "{:.4f}", 1},
                                          {"mean_surprisal_change_bits", "surprisal+", "{:+.3f}", 1},
                                          {"world_mass", "world mass", "{:.3f}", 1},
                                          {"world_lift", "lift", "{:.2f}", 1},
                                          {"knock_out_effect", "knock-out", "{:+.3f}", 1}};
    const std::vector<TableRow> rows = rowsOf(result, "rows");
    std::size_t width = 8;
    for (const TableRow& row : rows)
        width = std::max(width, row.text("variant").size());
    fmt::print("{:<{}}", "variant", width);
    for (const Column& column : kColumns)
        fmt::print("  {:>10}", column.head);
    fmt::print("  answer\n");
    for (const TableRow& row : rows) {
        fmt::print("{:<{}}", row.text("variant"), width);
        if (!row.text("reason").empty()) {
            fmt::print("  not run: {}\n", row.text("reason"));
            continue;
        }
        for (const Column& column : kColumns)
            fmt::print("  {:>10}", shown(row.number(column.name) * column.factor, column.format));
        fmt::print("  {}{}\n", row.number("answer_differs") != 0 ? "other: " : "",
                   json(row.text("answer")).dump(-1, ' ', false, json::error_handler_t::replace));
    }
    for (const TableRow& row : rowsOf(result, "identities"))
        fmt::print("{:<5} {}: difference {}; {}\n", row.text("verdict"), row.text("name"),
                   shown(row.number("difference"), "{:.3g}"), row.text("detail"));
    for (const std::string& caution : result.cautions)
        fmt::print(stderr, "note: {}\n", caution);
}

CommandResult<int> CompareCommand::run()
{
    const auto result = m_asked.analyse({"compare",
                                         {{"rows", m_rows},
                                          {"reference", m_reference},
                                          {"identities", m_identities ? "on" : "off"},
                                          {"answer_tokens", std::to_string(m_answerTokens)},
                                          {"seed", m_asked.seedText()}}});
    if (!result)
        return tl::unexpected(result.error());
    if (m_asked.output.json)
        printJson({{"rows", jsonFrom(rowsOf(**result, "rows"))},
                   {"identities", jsonFrom(rowsOf(**result, "identities"))},
                   {"cautions", (*result)->cautions},
                   {"arguments", (*result)->request.arguments}});
    else
        printForPeople(**result);
    return exitCodeFrom(**result);
}

}  // namespace

std::unique_ptr<Command> makeCompareCommand()
{
    return std::make_unique<CompareCommand>();
}

}  // namespace armillary::cli
