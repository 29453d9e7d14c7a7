#include "records/token_budget.h"

#include <algorithm>
#include <vector>

namespace armillary {
namespace {

// 12345 as "12,345".
std::string grouped(std::int64_t number)
{
    std::string out = std::to_string(number);
    for (auto at = static_cast<std::int64_t>(out.size()) - 3; at > 0; at -= 3)
        out.insert(static_cast<std::size_t>(at), ",");
    return out;
}

}  // namespace

TokenCounts countTokens(const TokenLayout& layout, std::int64_t begin, std::int64_t end)
{
    TokenCounts out;
    for (std::int64_t i = std::max<std::int64_t>(begin, 0); i < std::min(end, layout.size()); ++i) {
        const auto at = static_cast<std::size_t>(i);
        switch (layout.kinds[at]) {
        case TokenKind::Text: ++out.text; break;
        case TokenKind::Control: ++out.control; break;
        case TokenKind::Image: ++(layout.origins[at].crop > 0 ? out.crops : out.image); break;
        case TokenKind::World: ++out.world; break;
        case TokenKind::Bracket: ++out.brackets; break;
        case TokenKind::Generated: ++out.answer; break;
        }
    }
    return out;
}

std::int64_t TokenBudget::overContext() const
{
    return contextLength > 0 ? std::max<std::int64_t>(0, conversation.total() - contextLength) : 0;
}

std::int64_t TokenBudget::overWindow() const
{
    return localWindow > 0 ? std::max<std::int64_t>(0, conversation.total() - localWindow) : 0;
}

std::string TokenBudget::contextSentence() const
{
    if (isRefused())
        return "The prompt of " + grouped(conversation.prompt()) + " tokens is " +
               grouped(conversation.prompt() - mostPositions) + " more than the " + grouped(mostPositions) +
               " that can be asked: use fewer or smaller pictures, a smaller world or a shorter text.";
    if (overContext() == 0)
        return {};
    return "With its answer the sequence may reach " + grouped(conversation.total()) + " tokens, " +
           grouped(overContext()) + " more than the context of " + grouped(contextLength) +
           " that the model was trained for: allow fewer new tokens, show fewer pictures, or begin a new conversation.";
}

std::string TokenBudget::windowSentence() const
{
    if (overWindow() == 0)
        return {};
    std::string out = "The sequence is " + grouped(overWindow()) + " tokens longer than the local window of " +
                      grouped(localWindow) + ": at the end of the answer " + grouped(localLayers) + " of " +
                      grouped(layers) + " layers do not see ";
    std::vector<std::string> parts;
    const auto add = [&parts](std::int64_t unseen, std::int64_t all, const char* what) {
        if (unseen > 0)
            parts.push_back(grouped(unseen) + " of " + grouped(all) + " " + what);
    };
    add(unseenAtLast.world, conversation.world, "world tokens");
    add(unseenAtLast.image, conversation.image, "image tokens");
    add(unseenAtLast.crops, conversation.crops, "tokens of crops");
    const std::int64_t words = unseenAtLast.text + unseenAtLast.control + unseenAtLast.brackets;
    add(words, conversation.text + conversation.control + conversation.brackets, "others");
    for (std::size_t i = 0; i < parts.size(); ++i)
        out += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
    return out + (parts.empty() ? "the beginning of the answer." : ".");
}

}  // namespace armillary
