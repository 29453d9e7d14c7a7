#include "fusion/prompt_plan.h"

#include "records/setting_names.h"
#include "text/chat_prompt.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace armillary::fusion {
namespace {

std::string indexedName(const WorldTokenNames& names, std::int64_t index)
{
    std::string name = names.indexed;
    const std::size_t at = name.find("{i}");
    return at == std::string::npos ? name + std::to_string(index) : name.replace(at, 3, std::to_string(index));
}

// The special tokens an option adds to the tokenizer, in the order the reference adds them.
std::vector<std::string> addedTokens(FusionOption fusion, const WorldTokenNames& names, std::int64_t worldTokens)
{
    switch (fusion) {
    case FusionOption::None:
    case FusionOption::Prepend:
    case FusionOption::Scatter: return {};
    case FusionOption::Repeated:
    case FusionOption::Pooled: return {names.single};
    case FusionOption::Indexed: {
        std::vector<std::string> out;
        for (std::int64_t i = 0; i < worldTokens; ++i)
            out.push_back(indexedName(names, i));
        return out;
    }
    case FusionOption::Brackets: return {names.start, names.end};
    }
    return {};
}

// What an option writes at the head of the first user turn.
std::string worldText(FusionOption fusion, const WorldTokenNames& names, std::int64_t worldTokens)
{
    std::string out;
    switch (fusion) {
    case FusionOption::Repeated:
        for (std::int64_t i = 0; i < worldTokens; ++i)
            out += names.single + " ";
        break;
    case FusionOption::Pooled: return names.single;
    case FusionOption::Indexed:
        for (std::int64_t i = 0; i < worldTokens; ++i)
            out += indexedName(names, i);
        break;
    case FusionOption::Brackets:
        if (names.bracketsInText)
            return names.start + " " + names.end;
        break;
    default: break;
    }
    return out;
}

Result<std::string> renderQuestion(const Question& question, const std::string& worldPart)
{
    if (question.rawPrompt)
        return *question.rawPrompt;
    std::vector<text::ChatMessage> messages;
    if (!question.systemPrompt.empty())
        messages.push_back({"system", {{false, question.systemPrompt}}, false});
    bool firstUserTurn = true;
    for (const ChatTurn& turn : question.turns) {
        text::ChatMessage message;
        message.role = turn.role == ChatRole::User ? "user" : "assistant";
        if (turn.role == ChatRole::User && firstUserTurn && !worldPart.empty())
            message.parts.push_back({false, worldPart});
        firstUserTurn = firstUserTurn && turn.role != ChatRole::User;
        for (std::size_t i = 0; i < turn.mediaIndices.size(); ++i)
            message.parts.push_back({true, {}});
        message.parts.push_back({false, turn.text});
        messages.push_back(std::move(message));
    }
    return text::renderChat(messages, true);
}

// One position of the sequence while it is put together.
struct Position {
    std::int64_t id = -1;
    TokenKind kind = TokenKind::Text;
    TokenOrigin origin;
};

class Assembler {
public:
    Assembler(const text::Tokenizer& tokenizer, const std::vector<PicturePlan>& pictures, const WorldGrid& world,
              const PromptNumbers& numbers)
        : m_tokenizer(tokenizer), m_pictures(pictures), m_world(world), m_numbers(numbers)
    {}

    std::vector<Position> positionsFromIds(const std::vector<std::int64_t>& ids)
    {
        std::vector<Position> out;
        out.reserve(ids.size());
        const auto side = static_cast<std::int32_t>(std::lround(std::sqrt(m_numbers.tokensPerImage)));
        std::size_t picture = 0, crop = 0;
        int inCrop = 0;
        for (const std::int64_t id : ids) {
            Position position{id, m_tokenizer.isControl(id) ? TokenKind::Control : TokenKind::Text, {}};
            if (id == m_numbers.imageTokenId && picture < m_pictures.size()) {
                position.kind = TokenKind::Image;
                position.origin = {m_pictures[picture].media, static_cast<std::int32_t>(crop), -1, inCrop / side,
                                   inCrop % side};
                if (++inCrop == m_numbers.tokensPerImage) {
                    inCrop = 0;
                    if (++crop == m_pictures[picture].crops.size()) {
                        crop = 0;
                        ++picture;
                    }
                }
            }
            out.push_back(position);
        }
        return out;
    }

    [[nodiscard]] std::vector<Position> worldPositions() const
    {
        std::vector<Position> out;
        for (std::int64_t i = 0; i < m_world.tokenCount(); ++i)
            out.push_back({-1, TokenKind::World, m_world.origin(i)});
        return out;
    }

    PromptPlan finish(std::vector<Position> positions) const
    {
        PromptPlan plan;
        auto layout = std::make_shared<TokenLayout>();
        for (std::size_t i = 0; i < positions.size(); ++i) {
            const Position& position = positions[i];
            const auto at = static_cast<std::int64_t>(i);
            layout->ids.push_back(position.id);
            layout->kinds.push_back(position.kind);
            layout->origins.push_back(position.origin);
            layout->pieces.push_back(position.id >= 0 ? m_tokenizer.piece(position.id) : std::string());
            if (position.kind == TokenKind::World)
                plan.worldRows.push_back(at);
            if (position.kind != TokenKind::Image)
                continue;
            plan.imageRows.push_back(at);
            const bool opens = position.origin.row == 0 && position.origin.column == 0;
            if (opens || plan.imageBlocks.empty())
                plan.imageBlocks.push_back({at, at});
            plan.imageBlocks.back().end = at + 1;
        }
        addGrids(*layout, !plan.worldRows.empty());
        plan.layout = std::move(layout);
        return plan;
    }

private:
    void addGrids(TokenLayout& layout, bool hasWorld) const
    {
        const auto side = static_cast<std::int32_t>(std::lround(std::sqrt(m_numbers.tokensPerImage)));
        for (const PicturePlan& picture : m_pictures) {
            for (std::size_t crop = 0; crop < picture.crops.size(); ++crop)
                layout.grids.push_back({picture.media, static_cast<std::int32_t>(crop), TokenKind::Image, side, side, 1,
                                        picture.crops[crop]});
        }
        if (!hasWorld)
            return;
        const bool byChannel = m_world.channels > 0;
        layout.grids.push_back({m_world.media, -1, TokenKind::World,
                                byChannel ? 1 : static_cast<std::int32_t>(m_world.rows),
                                byChannel ? 1 : static_cast<std::int32_t>(m_world.columns),
                                static_cast<std::int32_t>(m_world.latentFrames), PixelBox{0, 0, 1, 1}});
    }

    const text::Tokenizer& m_tokenizer;
    const std::vector<PicturePlan>& m_pictures;
    const WorldGrid& m_world;
    const PromptNumbers& m_numbers;
};

// Marks the placeholder tokens that options 4A, 4B, 4C replace by world tokens. Returns how many were found.
std::int64_t markPlaceholders(std::vector<Position>& positions, FusionOption fusion, const WorldGrid& world,
                              const text::Tokenizer& tokenizer, const WorldTokenNames& names)
{
    const std::int64_t single = tokenizer.id(names.single).value_or(-1);
    const std::int64_t firstIndexed =
        fusion == FusionOption::Indexed ? tokenizer.id(indexedName(names, 0)).value_or(-1) : -1;
    std::int64_t found = 0;
    for (Position& position : positions) {
        const bool isPlaceholder = fusion == FusionOption::Indexed
                                       ? position.id == firstIndexed + found && firstIndexed >= 0
                                       : position.id == single && single >= 0;
        if (!isPlaceholder || found == world.tokenCount())
            continue;
        position.kind = TokenKind::World;
        position.origin =
            fusion == FusionOption::Pooled ? TokenOrigin{world.media, -1, -1, -1, -1} : world.origin(found);
        ++found;
        if (fusion == FusionOption::Pooled)
            break;
    }
    return found;
}

// Cuts out what stands between the brackets and puts the world tokens there. Brackets that are not in the prompt are put
// behind position 0, as TheWorld does.
Result<std::vector<Position>> fuseBetweenBrackets(std::vector<Position> positions, std::vector<Position> world,
                                                  const text::Tokenizer& tokenizer, const WorldTokenNames& names,
                                                  std::vector<std::string>& dropped)
{
    const std::int64_t startId = tokenizer.id(names.start).value_or(-1);
    const std::int64_t endId = tokenizer.id(names.end).value_or(-1);
    const auto hasId = [](std::int64_t id) { return [id](const Position& position) { return position.id == id; }; };
    auto start = std::find_if(positions.begin(), positions.end(), hasId(startId));
    if (start == positions.end()) {
        const auto behindFirst = positions.empty() ? positions.begin() : positions.begin() + 1;
        start = positions.insert(behindFirst, {{startId, TokenKind::Bracket, {}}, {endId, TokenKind::Bracket, {}}});
    }
    const auto end = std::find_if(start, positions.end(), hasId(endId));
    if (end == positions.end())
        return fail(ErrorCode::InvalidInput,
                    fmt::format("the prompt opens the world with {} but never closes it with {}", names.start,
                                names.end));
    start->kind = TokenKind::Bracket;
    end->kind = TokenKind::Bracket;
    for (auto between = start + 1; between != end; ++between)
        dropped.push_back(tokenizer.piece(between->id));
    std::vector<Position> out(positions.begin(), start + 1);
    out.insert(out.end(), world.begin(), world.end());
    out.insert(out.end(), end, positions.end());
    return out;
}

}  // namespace

TokenOrigin WorldGrid::origin(std::int64_t index) const
{
    if (channels > 0)
        return {media, -1, static_cast<std::int32_t>(index / channels), -1, -1};
    const std::int64_t cells = rows * columns;
    return {media, -1, static_cast<std::int32_t>(index / cells), static_cast<std::int32_t>(index % cells / columns),
            static_cast<std::int32_t>(index % columns)};
}

Result<PromptPlan> planPrompt(const Question& question, FusionOption fusion,
                              const std::shared_ptr<const text::Tokenizer>& tokenizer,
                              const std::vector<PicturePlan>& pictures, const WorldGrid& world,
                              const WorldTokenNames& names, const PromptNumbers& numbers)
{
    const std::vector<std::string> added = addedTokens(fusion, names, world.tokenCount());
    const auto known = added.empty() ? tokenizer : tokenizer->withAddedTokens(added);

    auto rendered = renderQuestion(question, worldText(fusion, names, world.tokenCount()));
    if (!rendered)
        return tl::unexpected(rendered.error());
    std::vector<int> cropCounts;
    for (const PicturePlan& picture : pictures)
        cropCounts.push_back(static_cast<int>(picture.crops.size()) - 1);
    auto expanded = text::expandImages(*rendered, cropCounts, numbers.tokensPerImage);
    if (!expanded)
        return tl::unexpected(expanded.error());

    Assembler assembler(*known, pictures, world, numbers);
    std::vector<Position> positions = assembler.positionsFromIds(known->encode(*expanded));
    std::vector<std::string> dropped;
    switch (fusion) {
    case FusionOption::None: break;
    case FusionOption::Prepend:
    case FusionOption::Scatter: {
        std::vector<Position> front = assembler.worldPositions();
        positions.insert(positions.begin(), front.begin(), front.end());
        break;
    }
    case FusionOption::Repeated:
    case FusionOption::Pooled:
    case FusionOption::Indexed: {
        const std::int64_t wanted = fusion == FusionOption::Pooled ? 1 : world.tokenCount();
        const std::int64_t found = markPlaceholders(positions, fusion, world, *known, names);
        if (found != wanted)
            return fail(ErrorCode::InvalidInput,
                        fmt::format("the prompt holds {} of the {} world placeholders that fusion {} needs ({}): write "
                                    "them into the raw prompt, or use fusion 5",
                                    found, wanted, nameOf(fusion), added.front()));
        break;
    }
    case FusionOption::Brackets: {
        auto fused = fuseBetweenBrackets(std::move(positions), assembler.worldPositions(), *known, names, dropped);
        if (!fused)
            return tl::unexpected(fused.error());
        positions = std::move(*fused);
        break;
    }
    }
    if (static_cast<std::int64_t>(positions.size()) > numbers.maxPositions)
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("the fused prompt has {} positions, more than the model's {}: use fewer or smaller pictures, "
                        "a smaller world size or a shorter text",
                        positions.size(), numbers.maxPositions));
    PromptPlan plan = assembler.finish(std::move(positions));
    plan.rendered = std::move(*rendered);
    plan.vocabularyRows = added.empty() ? 0 : known->size();
    plan.droppedPieces = std::move(dropped);
    return plan;
}

}  // namespace armillary::fusion
