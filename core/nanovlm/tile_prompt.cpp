#include "nanovlm/tile_prompt.h"

#include "text/chat_prompt.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

namespace armillary::nanovlm {
namespace {

std::string roleOf(const inspect::Tile& tile)
{
    return tile.isGlobal ? "global_image_token" : fmt::format("r{}c{}", tile.row + 1, tile.column + 1);
}

std::string tokensOf(const inspect::TilePlan& plan, const NanoVlmConfig& config)
{
    std::string out;
    for (const inspect::Tile& tile : plan.tiles) {
        out += config.tokenByRole.at(roleOf(tile));
        for (int i = 0; i < plan.tokensPerTile(); ++i)
            out += config.tokenByRole.at("image_token");
    }
    return out;
}

// `first` is the number of the first of `pictures` among all that are shown.
std::string textOf(std::span<const TiledPicture> pictures, std::size_t first, std::size_t all,
                   const NanoVlmConfig& config)
{
    std::string out;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        if (all > 1)
            out += fmt::format("<image: {}>", first + i);
        out += tokensOf(pictures[i].plan, config);
    }
    return out;
}

std::string render(const Question& question, const std::vector<TiledPicture>& pictures, const NanoVlmConfig& config)
{
    if (question.rawPrompt)
        return *question.rawPrompt;
    std::string out;
    if (!question.systemPrompt.empty())
        out += text::chatMlTurn("system", question.systemPrompt);
    std::size_t shown = 0;
    for (const ChatTurn& turn : question.turns) {
        const auto own = std::span(pictures).subspan(shown, turn.mediaIndices.size());
        out += text::chatMlTurn(turn.role == ChatRole::User ? "user" : "assistant",
                                textOf(own, shown, pictures.size(), config) + turn.text);
        shown += own.size();
    }
    return out + text::kChatMlAnswer;
}

class Assembler {
public:
    Assembler(const std::vector<TiledPicture>& pictures, const text::Tokenizer& tokenizer, const NanoVlmConfig& config)
        : m_pictures(pictures), m_tokenizer(tokenizer), m_config(config), m_imageId(idOf("image_token"))
    {}

    // Errors: InvalidInput when the prompt's image tokens are not those of the pictures.
    Result<TilePrompt> assemble(const std::vector<std::int64_t>& ids)
    {
        std::int64_t wanted = 0;
        for (const TiledPicture& picture : m_pictures)
            wanted += picture.plan.imageTokens();
        const std::int64_t found = std::count(ids.begin(), ids.end(), m_imageId);
        if (found != wanted)
            return fail(ErrorCode::InvalidInput,
                        fmt::format("the prompt holds {} image tokens, its pictures have {}: write {} in full, or ask "
                                    "without a raw prompt",
                                    found, wanted, m_config.tokenByRole.at("image_token")));
        for (const std::int64_t id : ids)
            add(id);
        addGrids();
        m_prompt.layout = std::make_shared<const TokenLayout>(std::move(m_layout));
        return std::move(m_prompt);
    }

private:
    [[nodiscard]] std::int64_t idOf(const std::string& role) const
    {
        const auto found = m_config.tokenByRole.find(role);
        return found == m_config.tokenByRole.end() ? -1 : m_tokenizer.id(found->second).value_or(-1);
    }

    void add(std::int64_t id)
    {
        const auto at = m_layout.size();
        TokenKind kind = m_tokenizer.isControl(id) ? TokenKind::Control : TokenKind::Text;
        TokenOrigin origin;
        if (id == m_imageId) {
            const inspect::TilePlan& plan = m_pictures[m_picture].plan;
            kind = TokenKind::Image;
            origin = {m_pictures[m_picture].media, static_cast<std::int32_t>(m_tile), -1,
                      m_inTile / plan.rules.tokensPerSide, m_inTile % plan.rules.tokensPerSide};
            m_prompt.imageRows.push_back(at);
            if (m_inTile == 0)
                m_prompt.imageBlocks.push_back({at, at});
            m_prompt.imageBlocks.back().end = at + 1;
            advance(plan);
        } else if (isNextMarker(id)) {
            origin = {m_pictures[m_picture].media, static_cast<std::int32_t>(m_tile), -1, -1, -1};
        }
        m_layout.ids.push_back(id);
        m_layout.kinds.push_back(kind);
        m_layout.origins.push_back(origin);
        m_layout.pieces.push_back(m_tokenizer.piece(id));
    }

    [[nodiscard]] bool isNextMarker(std::int64_t id) const
    {
        return m_picture < m_pictures.size() && m_inTile == 0 &&
               id == idOf(roleOf(m_pictures[m_picture].plan.tiles[m_tile]));
    }

    void advance(const inspect::TilePlan& plan)
    {
        if (++m_inTile < plan.tokensPerTile())
            return;
        m_inTile = 0;
        if (++m_tile < plan.tiles.size())
            return;
        m_tile = 0;
        ++m_picture;
    }

    void addGrids()
    {
        for (const TiledPicture& picture : m_pictures) {
            const bool isSplit = picture.plan.rows * picture.plan.columns > 1;
            for (const inspect::Tile& tile : picture.plan.tiles) {
                const int side = picture.plan.rules.tokensPerSide;
                TokenGrid grid{picture.media, tile.crop, TokenKind::Image, side, side, 1, tile.covers};
                if (isSplit && !tile.isGlobal) {
                    grid.tileRow = tile.row;
                    grid.tileColumn = tile.column;
                }
                m_layout.grids.push_back(grid);
            }
        }
    }

    const std::vector<TiledPicture>& m_pictures;
    const text::Tokenizer& m_tokenizer;
    const NanoVlmConfig& m_config;
    std::int64_t m_imageId;
    TilePrompt m_prompt;
    TokenLayout m_layout;
    std::size_t m_picture = 0, m_tile = 0;
    int m_inTile = 0;
};

}  // namespace

std::string imageString(const std::vector<TiledPicture>& pictures, const NanoVlmConfig& config)
{
    return textOf(pictures, 0, pictures.size(), config);
}

Result<TilePrompt> planTilePrompt(const Question& question, const std::vector<TiledPicture>& pictures,
                                  const text::Tokenizer& tokenizer, const NanoVlmConfig& config,
                                  std::int64_t mostPositions)
{
    if (question.turns.empty() && !question.rawPrompt)
        return fail(ErrorCode::InvalidInput, "the conversation has no message; ask a question");
    std::string rendered = render(question, pictures, config);
    const std::vector<std::int64_t> ids = tokenizer.encode(rendered);
    if (static_cast<std::int64_t>(ids.size()) > mostPositions)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("the prompt has {} positions, more than the {} that are computed: use fewer or smaller "
                                "pictures or a shorter text",
                                ids.size(), mostPositions));
    auto prompt = Assembler(pictures, tokenizer, config).assemble(ids);
    if (prompt)
        prompt->rendered = std::move(rendered);
    return prompt;
}

}  // namespace armillary::nanovlm
