#include "cli_budget.h"

#include "cli_terminal.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace armillary::cli {
namespace {

using nlohmann::json;

json jsonFromCounts(const TokenCounts& counts)
{
    return {{"text", counts.text},     {"control", counts.control}, {"image", counts.image},
            {"crops", counts.crops},   {"world", counts.world},     {"brackets", counts.brackets},
            {"answer", counts.answer}, {"total", counts.total()}};
}

json jsonFromBudget(const TokenBudget& budget)
{
    const MemoryForecast& memory = budget.memory;
    return {{"question", jsonFromCounts(budget.question)},
            {"conversation", jsonFromCounts(budget.conversation)},
            {"context", {{"length", budget.contextLength}, {"over", budget.overContext()}}},
            {"window",
             {{"length", budget.localWindow},
              {"over", budget.overWindow()},
              {"local_layers", budget.localLayers},
              {"layers", budget.layers},
              {"unseen_at_first", jsonFromCounts(budget.unseenAtFirst)},
              {"unseen_at_last", jsonFromCounts(budget.unseenAtLast)}}},
            {"memory",
             {{"weights", memory.weightBytes},
              {"keys_and_values", memory.keyValueBytes},
              {"bytes_per_token", memory.bytesPerToken},
              {"work", memory.workBytes},
              {"captures", memory.captureBytes},
              {"peak", memory.peakBytes()}}},
            {"refused", budget.isRefused()}};
}

void printBudget(const TokenBudget& budget)
{
    const TokenCounts& all = budget.conversation;
    const auto row = [](const char* name, std::int64_t tokens) {
        if (tokens > 0)
            fmt::print("{:<28}{:>10}\n", name, tokens);
    };
    row("text", all.text);
    row("control tokens", all.control);
    row("image tokens", all.image);
    row("tokens of crops and tiles", all.crops);
    row("world tokens", all.world);
    row("brackets of the world", all.brackets);
    row("answer, at most", all.answer);
    fmt::print("{:<28}{:>10} of {} positions\n", "together", all.total(), budget.contextLength);
    if (budget.localWindow > 0)
        fmt::print("{:<28}{:>10} in {} of {} layers\n", "local window", budget.localWindow, budget.localLayers,
                   budget.layers);
    const auto mebibytes = [](const char* name, std::int64_t bytes) {
        if (bytes > 0)
            fmt::print("{:<28}{:>10.1f} MiB\n", name, double(bytes) / (1 << 20));
    };
    const MemoryForecast& memory = budget.memory;
    mebibytes("keys and values", memory.keyValueBytes);
    mebibytes("weights", memory.weightBytes);
    mebibytes("work beside them", memory.workBytes);
    mebibytes("captures", memory.captureBytes);
    mebibytes("peak, about", memory.peakBytes());
    for (const std::string& sentence : {budget.contextSentence(), budget.windowSentence()}) {
        if (!sentence.empty())
            fmt::print("{}\n", sentence);
    }
}

}  // namespace

CommandResult<int> showBudget(const TokenBudgeter* budgeter, const Question& question, bool asJson)
{
    if (budgeter == nullptr)
        return tl::unexpected<Failure>(
            Error{ErrorCode::InvalidInput, "only a world model is loaded: name a language model with --model"});
    const auto budget = budgeter->budget(question);
    if (!budget)
        return tl::unexpected<Failure>(budget.error());
    if (asJson)
        printJson(jsonFromBudget(*budget));
    else
        printBudget(*budget);
    return budget->isRefused() ? kBadInput : kDone;
}

}  // namespace armillary::cli
