// armillary-cli compare: integration options and settings side by side, and the identities that must hold between them.

#include "cli_command.h"
#include "cli_engine.h"
#include "cli_options.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
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
    [[nodiscard]] CommandResult<std::shared_ptr<const RunRecord>> record(EngineDesk& desk, Question question) const;

    ModelArguments m_model;
    QuestionArguments m_question;
    RunOutputArguments m_output;
    std::string m_rows = "all";
    std::string m_reference;
    int m_answerTokens = 32;
    bool m_identities = true;
};

void CompareCommand::addTo(CLI::App& command)
{
    m_model.addTo(command);
    m_question.addTo(command);
    m_output.addTo(command);
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

const AnalysisTable& tableNamed(const AnalysisResult& result, const std::string& name)
{
    return *std::find_if(result.tables.begin(), result.tables.end(),
                         [&name](const AnalysisTable& table) { return table.name == name; });
}

// A table's row by its columns.
using Row = std::map<std::string, AnalysisCell>;

std::vector<Row> rowsOf(const AnalysisTable& table)
{
    std::vector<Row> out;
    for (const auto& cells : table.rows) {
        Row row;
        for (std::size_t i = 0; i < cells.size(); ++i)
            row[table.columns[i]] = cells[i];
        out.push_back(std::move(row));
    }
    return out;
}

const std::string& text(const Row& row, const std::string& column)
{
    return std::get<std::string>(row.at(column));
}

double number(const Row& row, const std::string& column)
{
    return std::get<double>(row.at(column));
}

json jsonFrom(const Row& row)
{
    static constexpr std::array kYesOrNo = {"same_next_token", "answer_differs", "holds"};
    static constexpr std::array kCounts = {"positions", "peak_memory_bytes", "tokens_only_here",
                                           "tokens_only_in_reference"};
    const auto isOneOf = [](const auto& names, const std::string& name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    json out = json::object();
    for (const auto& [column, cell] : row) {
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

json jsonFrom(const AnalysisTable& table)
{
    json out = json::array();
    for (const Row& row : rowsOf(table))
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
    const std::vector<Row> rows = rowsOf(tableNamed(result, "rows"));
    std::size_t width = 8;
    for (const Row& row : rows)
        width = std::max(width, text(row, "variant").size());
    fmt::print("{:<{}}", "variant", width);
    for (const Column& column : kColumns)
        fmt::print("  {:>10}", column.head);
    fmt::print("  answer\n");
    for (const Row& row : rows) {
        fmt::print("{:<{}}", text(row, "variant"), width);
        if (!text(row, "reason").empty()) {
            fmt::print("  not run: {}\n", text(row, "reason"));
            continue;
        }
        for (const Column& column : kColumns)
            fmt::print("  {:>10}", shown(number(row, column.name) * column.factor, column.format));
        fmt::print("  {}{}\n", number(row, "answer_differs") != 0 ? "other: " : "",
                   json(text(row, "answer")).dump(-1, ' ', false, json::error_handler_t::replace));
    }
    for (const Row& row : rowsOf(tableNamed(result, "identities")))
        fmt::print("{:<5} {}: difference {}; {}\n", text(row, "verdict"), text(row, "name"),
                   shown(number(row, "difference"), "{:.3g}"), text(row, "detail"));
    for (const std::string& caution : result.cautions)
        fmt::print(stderr, "note: {}\n", caution);
}

// The bare question, or a whole run of it when that is to be kept too.
CommandResult<std::shared_ptr<const RunRecord>> CompareCommand::record(EngineDesk& desk, Question question) const
{
    if (m_output.recordPath.empty() && m_output.sessionPath.empty()) {
        auto bare = std::make_shared<RunRecord>();
        bare->question = std::move(question);
        return bare;
    }
    const auto asked = desk.engine().ask(question, desk.observer(), desk.stop());
    if (!asked)
        return tl::unexpected<Failure>(asked.error());
    if (const auto stored = m_output.store(**asked); !stored)
        return tl::unexpected<Failure>(stored.error());
    return *asked;
}

CommandResult<int> CompareCommand::run()
{
    if (const auto options = m_model.loadOptions(); !options)
        return tl::unexpected(options.error());
    auto question = m_question.makeQuestion();
    if (!question)
        return tl::unexpected<Failure>(question.error());
    if (const auto output = m_output.check(); !output)
        return tl::unexpected<Failure>(output.error());
    EngineDesk desk(false);
    if (const auto report = desk.load(m_model); !report)
        return tl::unexpected(report.error());
    const auto compared = record(desk, std::move(*question));
    if (!compared)
        return tl::unexpected(compared.error());
    constexpr std::uint64_t kMostSeed = std::uint64_t{1}
                                        << 53;  // arguments of analyses are numbers that a double holds
    const AnalysisRequest request{"compare",
                                  {{"rows", m_rows},
                                   {"reference", m_reference},
                                   {"identities", m_identities ? "on" : "off"},
                                   {"answer_tokens", std::to_string(m_answerTokens)},
                                   {"seed", std::to_string(m_question.seed % kMostSeed)}}};
    const auto result = desk.engine().analyse(**compared, request, desk.observer(), desk.stop());
    desk.observer().finish();
    if (!result)
        return tl::unexpected<Failure>(result.error());
    const AnalysisTable& identities = tableNamed(**result, "identities");
    if (m_output.json)
        printJson({{"rows", jsonFrom(tableNamed(**result, "rows"))},
                   {"identities", jsonFrom(identities)},
                   {"cautions", (*result)->cautions},
                   {"arguments", (*result)->request.arguments}});
    else
        printForPeople(**result);
    const std::vector<Row> judged = rowsOf(identities);
    const bool isBroken =
        std::any_of(judged.begin(), judged.end(), [](const Row& row) { return text(row, "verdict") == "fail"; });
    return isBroken ? kCheckFailed : kDone;
}

}  // namespace

std::unique_ptr<Command> makeCompareCommand()
{
    return std::make_unique<CompareCommand>();
}

}  // namespace armillary::cli
