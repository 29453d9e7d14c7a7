#include "inspect/analysis_arguments.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace armillary::inspect {
namespace {

// The whole of `text` as a number; nothing when any of it is something else.
template <class Number>
std::optional<Number> numberFrom(const std::string& text)
{
    Number value{};
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

template <class Number>
Result<Number> within(const AnalysisRequest& request, const std::string& name, Number lowest, Number highest)
{
    const std::string& text = request.arguments.at(name);
    const auto value = numberFrom<Number>(text);
    // The negation also refuses NaN.
    if (!value || !(*value >= lowest && *value <= highest))
        return fail(ErrorCode::InvalidInput, fmt::format("{}: {} is '{}', it must be a number from {} to {}",
                                                         request.name, name, text, lowest, highest));
    return *value;
}

}  // namespace

Result<AnalysisArguments> AnalysisArguments::read(const AnalysisEntry& entry, const AnalysisRequest& request)
{
    AnalysisArguments out;
    out.m_request.name = entry.name;
    std::vector<std::string> known;
    for (const AnalysisArgument& argument : entry.arguments) {
        out.m_request.arguments[argument.name] = argument.standard;
        known.push_back(argument.name);
    }
    for (const auto& [name, value] : request.arguments) {
        if (!out.m_request.arguments.contains(name))
            return fail(ErrorCode::InvalidInput,
                        known.empty() ? fmt::format("{} takes no arguments, so not '{}'", entry.name, name)
                                      : fmt::format("{} has no argument '{}'; it takes {}", entry.name, name,
                                                    fmt::join(known, ", ")));
        out.m_request.arguments[name] = value;
    }
    return out;
}

const std::string& AnalysisArguments::text(const std::string& name) const
{
    return m_request.arguments.at(name);
}

Result<std::int64_t> AnalysisArguments::integer(const std::string& name, std::int64_t lowest,
                                                std::int64_t highest) const
{
    return within(m_request, name, lowest, highest);
}

Result<double> AnalysisArguments::real(const std::string& name, double lowest, double highest) const
{
    return within(m_request, name, lowest, highest);
}

Result<bool> AnalysisArguments::flag(const std::string& name) const
{
    const auto chosen = choice(name, {"off", "on"});
    if (!chosen)
        return tl::unexpected(chosen.error());
    return *chosen == 1;
}

Result<std::size_t> AnalysisArguments::choice(const std::string& name, const std::vector<std::string>& allowed) const
{
    const std::string& value = text(name);
    const auto found = std::find(allowed.begin(), allowed.end(), value);
    if (found == allowed.end())
        return fail(ErrorCode::InvalidInput, fmt::format("{}: {} is '{}', it must be one of {}", m_request.name, name,
                                                         value, fmt::join(allowed, ", ")));
    return static_cast<std::size_t>(std::distance(allowed.begin(), found));
}

}  // namespace armillary::inspect
