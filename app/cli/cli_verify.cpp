// armillary-cli verify: whether vision encoder and world really ran, check by check.

#include "cli_command.h"
#include "cli_questions.h"
#include "cli_results.h"
#include "cli_terminal.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>
#include <variant>

namespace armillary::cli {
namespace {

using nlohmann::json;

class VerifyCommand final : public Command {
public:
    std::string_view name() const override { return "verify"; }
    std::string_view summary() const override
    {
        return "Check that vision encoder and world really ran (exit code 1 when a check fails)";
    }
    void addTo(CLI::App& command) override;
    CommandResult<int> run() override;

private:
    AnalysedQuestion m_asked;
    std::string m_thresholds;
    std::string m_checks = "all";
    std::string m_second = "mirrored";
};

// Names of checks joined by commas, each followed by =number where `withNumber`; a sentence about the first that is not.
CLI::Validator checkList(bool withNumber)
{
    const auto fault = [withNumber](const std::string& text) -> std::string {
        std::istringstream list(text);
        for (std::string part; std::getline(list, part, ',');) {
            if (!withNumber && part == "all")
                continue;
            const std::size_t equals = part.find('=');
            const std::string id = part.substr(0, equals);
            int number = 0;
            double value = 0;
            const bool isCheck = (id.starts_with("V") || id.starts_with("W")) &&
                                 CLI::detail::lexical_cast(id.substr(1), number) && number >= 1 &&
                                 number <= (id[0] == 'V' ? 7 : 16);
            const bool hasNumber =
                equals != std::string::npos && CLI::detail::lexical_cast(part.substr(equals + 1), value);
            if (!isCheck || hasNumber != withNumber)
                return fmt::format("'{}' is no {}: write {}", part, withNumber ? "threshold" : "check",
                                   withNumber ? "W5=2,V2=0.01" : "V1,W5");
        }
        return {};
    };
    return CLI::Validator(fault, withNumber ? "CHECK=NUMBER,..." : "CHECK,...");
}

std::vector<std::int64_t> positionsOf(const TableRow& row)
{
    std::vector<std::int64_t> out;
    std::istringstream list(row.text("positions"));
    for (std::string part; std::getline(list, part, ',');)
        out.push_back(std::stoll(part));
    return out;
}

void VerifyCommand::addTo(CLI::App& command)
{
    m_asked.addTo(command);
    command.add_option("--thresholds", m_thresholds, "in place of the defaults, such as W5=2,V2=0.01")
        ->check(checkList(true));
    command.add_option("--checks", m_checks, "all, or ids such as V1,W5")
        ->check(checkList(false))
        ->capture_default_str();
    command.add_option("--second", m_second, "the second picture of V3 and W3: mirrored or next-frame (of a clip)")
        ->check(CLI::IsMember({"mirrored", "next-frame"}))
        ->capture_default_str();
}

json resultJson(const AnalysisResult& result, const std::vector<TableRow>& rows)
{
    json checks = json::array();
    for (const TableRow& row : rows)
        checks.push_back({{"id", row.text("id")},
                          {"title", row.text("title")},
                          {"verdict", row.text("verdict")},
                          {"value", row.number("value")},
                          {"threshold", row.number("threshold")},
                          {"measure", row.text("measure")},
                          {"reason", row.text("reason")},
                          {"positions", positionsOf(row)}});
    json counts = json::object();
    for (const AnalysisNumber& number : result.numbers)
        counts[number.name] = static_cast<std::int64_t>(number.value);
    json norms = json::array();
    for (const TableRow& row : rowsOf(result, "norms")) {
        json entry = json::object();
        for (const auto& [column, cell] : row.cells())
            std::visit([&entry, &column = column](const auto& value) { entry[column] = value; }, cell);
        norms.push_back(std::move(entry));
    }
    return {{"checks", std::move(checks)},
            {"counts", std::move(counts)},
            {"norms", std::move(norms)},
            {"cautions", result.cautions}};
}

void printTable(const AnalysisResult& result, const std::vector<TableRow>& rows)
{
    fmt::print("{:<4} {:<7} {:>11} {:>11}  {}\n", "", "verdict", "value", "threshold", "reason");
    for (const TableRow& row : rows) {
        const bool isSkipped = row.text("verdict") == "skip";
        fmt::print("{:<4} {:<7} {:>11} {:>11.4g}  {}: {}\n", row.text("id"), row.text("verdict"),
                   isSkipped ? std::string("-") : fmt::format("{:.4g}", row.number("value")), row.number("threshold"),
                   row.text("title"), row.text("reason"));
    }
    for (const std::string& caution : result.cautions)
        fmt::print(stderr, "note: {}\n", caution);
}

CommandResult<int> VerifyCommand::run()
{
    const auto result = m_asked.analyse(
        {"verify",
         {{"thresholds", m_thresholds}, {"checks", m_checks}, {"second", m_second}, {"seed", m_asked.seedText()}}});
    if (!result)
        return tl::unexpected(result.error());
    const std::vector<TableRow> rows = rowsOf(**result, "checks");
    if (m_asked.output.json)
        printJson(resultJson(**result, rows));
    else
        printTable(**result, rows);
    return exitCodeFrom(**result);
}

}  // namespace

std::unique_ptr<Command> makeVerifyCommand()
{
    return std::make_unique<VerifyCommand>();
}

}  // namespace armillary::cli
