// armillary-cli verify: whether vision encoder and world really ran, check by check.

#include "cli_command.h"
#include "cli_engine.h"
#include "cli_options.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
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
    [[nodiscard]] CommandResult<std::shared_ptr<const RunRecord>> record(EngineDesk& desk, Question question) const;

    ModelArguments m_model;
    QuestionArguments m_question;
    RunOutputArguments m_output;
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

// A row of the table "checks" by its columns.
class CheckRow {
public:
    CheckRow(const AnalysisTable& table, const std::vector<AnalysisCell>& cells)
    {
        for (std::size_t i = 0; i < table.columns.size(); ++i)
            m_cells[table.columns[i]] = cells[i];
    }
    [[nodiscard]] std::string text(const std::string& column) const
    {
        return std::get<std::string>(m_cells.at(column));
    }
    [[nodiscard]] double number(const std::string& column) const { return std::get<double>(m_cells.at(column)); }
    [[nodiscard]] std::vector<std::int64_t> positions() const
    {
        std::vector<std::int64_t> out;
        std::istringstream list(text("positions"));
        for (std::string part; std::getline(list, part, ',');)
            out.push_back(std::stoll(part));
        return out;
    }

private:
    std::map<std::string, AnalysisCell> m_cells;
};

void VerifyCommand::addTo(CLI::App& command)
{
    m_model.addTo(command);
    m_question.addTo(command);
    m_output.addTo(command);
    command.add_option("--thresholds", m_thresholds, "in place of the defaults, such as W5=2,V2=0.01")
        ->check(checkList(true));
    command.add_option("--checks", m_checks, "all, or ids such as V1,W5")
        ->check(checkList(false))
        ->capture_default_str();
    command.add_option("--second", m_second, "the second picture of V3 and W3: mirrored or next-frame (of a clip)")
        ->check(CLI::IsMember({"mirrored", "next-frame"}))
        ->capture_default_str();
}

std::vector<CheckRow> checksOf(const AnalysisResult& result)
{
    std::vector<CheckRow> out;
    for (const AnalysisTable& table : result.tables) {
        if (table.name != "checks")
            continue;
        for (const auto& row : table.rows)
            out.emplace_back(table, row);
    }
    return out;
}

json resultJson(const AnalysisResult& result, const std::vector<CheckRow>& rows)
{
    json checks = json::array();
    for (const CheckRow& row : rows)
        checks.push_back({{"id", row.text("id")},
                          {"title", row.text("title")},
                          {"verdict", row.text("verdict")},
                          {"value", row.number("value")},
                          {"threshold", row.number("threshold")},
                          {"measure", row.text("measure")},
                          {"reason", row.text("reason")},
                          {"positions", row.positions()}});
    json counts = json::object();
    for (const AnalysisNumber& number : result.numbers)
        counts[number.name] = static_cast<std::int64_t>(number.value);
    json norms = json::array();
    for (const AnalysisTable& table : result.tables) {
        if (table.name != "norms")
            continue;
        for (const auto& row : table.rows) {
            json entry = json::object();
            for (std::size_t i = 0; i < row.size(); ++i)
                std::visit([&](const auto& cell) { entry[table.columns[i]] = cell; }, row[i]);
            norms.push_back(std::move(entry));
        }
    }
    return {{"checks", std::move(checks)},
            {"counts", std::move(counts)},
            {"norms", std::move(norms)},
            {"cautions", result.cautions}};
}

void printTable(const AnalysisResult& result, const std::vector<CheckRow>& rows)
{
    fmt::print("{:<4} {:<7} {:>11} {:>11}  {}\n", "", "verdict", "value", "threshold", "reason");
    for (const CheckRow& row : rows) {
        const bool isSkipped = row.text("verdict") == "skip";
        fmt::print("{:<4} {:<7} {:>11} {:>11.4g}  {}: {}\n", row.text("id"), row.text("verdict"),
                   isSkipped ? std::string("-") : fmt::format("{:.4g}", row.number("value")), row.number("threshold"),
                   row.text("title"), row.text("reason"));
    }
    for (const std::string& caution : result.cautions)
        fmt::print(stderr, "note: {}\n", caution);
}

// What is verified: a whole run when it is to be written too, else the bare question, whose steps the checks take themselves.
CommandResult<std::shared_ptr<const RunRecord>> VerifyCommand::record(EngineDesk& desk, Question question) const
{
    if (!m_output.wantsRecord()) {
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

CommandResult<int> VerifyCommand::run()
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
    const auto verified = record(desk, std::move(*question));
    if (!verified)
        return tl::unexpected(verified.error());
    constexpr std::uint64_t kMostSeed = std::uint64_t{1}
                                        << 53;  // arguments of analyses are numbers that a double holds
    const AnalysisRequest request{"verify",
                                  {{"thresholds", m_thresholds},
                                   {"checks", m_checks},
                                   {"second", m_second},
                                   {"seed", std::to_string(m_question.seed % kMostSeed)}}};
    const auto result = desk.engine().analyse(**verified, request, desk.observer(), desk.stop());
    desk.observer().finish();
    if (!result)
        return tl::unexpected<Failure>(result.error());
    const std::vector<CheckRow> rows = checksOf(**result);
    if (m_output.json)
        printJson(resultJson(**result, rows));
    else
        printTable(**result, rows);
    const bool hasFailed =
        std::any_of(rows.begin(), rows.end(), [](const CheckRow& row) { return row.text("verdict") == "fail"; });
    return hasFailed ? kCheckFailed : kDone;
}

}  // namespace

std::unique_ptr<Command> makeVerifyCommand()
{
    return std::make_unique<VerifyCommand>();
}

}  // namespace armillary::cli
