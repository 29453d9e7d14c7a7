// What each position of the fused sequence is: its vocabulary id, its kind, and the pixels or latents it stands for.
// Thread rule: immutable once shared; may cross threads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace armillary {

// Numbers are the record's (record.md: `sequence.kind`).
enum class TokenKind : std::uint8_t { Text = 0, Control = 1, Image = 2, World = 3, Bracket = 4, Generated = 5 };

[[nodiscard]] constexpr std::string_view tokenKindName(TokenKind kind)
{
    switch (kind) {
    case TokenKind::Text: return "text";
    case TokenKind::Control: return "control";
    case TokenKind::Image: return "image";
    case TokenKind::World: return "world";
    case TokenKind::Bracket: return "bracket";
    case TokenKind::Generated: return "generated";
    }
    return "?";
}

// Where an image or world token comes from; -1 where a part does not apply (record.md: `sequence.origin`).
struct TokenOrigin {
    std::int32_t media = -1;
    std::int32_t crop = -1;         // 0 = the whole picture, 1... = pan-and-scan crops or tiles
    std::int32_t latentFrame = -1;  // world tokens only
    std::int32_t row = -1;          // of the token grid, not of pixels
    std::int32_t column = -1;

    bool operator==(const TokenOrigin&) const = default;
};

// A rectangle in the pixels of a source picture, in fractions of its sides (0...1), so that it survives any resize.
struct PixelBox {
    double top = 0, left = 0, bottom = 0, right = 0;
};

// What a (media, crop) of TokenOrigin looks like: its token grid and the part of the picture that the grid covers.
struct TokenGrid {
    std::int32_t media = 0;
    std::int32_t crop = 0;
    TokenKind kind = TokenKind::Image;
    std::int32_t rows = 0;
    std::int32_t columns = 0;
    std::int32_t latentFrames = 1;  // world grids
    PixelBox covers{0, 0, 1, 1};    // in fractions of the source picture
    std::int32_t tileRow = -1;  // of the grid of tiles that the picture was split into; -1: the whole picture or a crop
    std::int32_t tileColumn = -1;
};

// Positions [begin, end) of one kind, side by side in the sequence.
struct TokenSpan {
    TokenKind kind = TokenKind::Text;
    std::int64_t begin = 0;
    std::int64_t end = 0;
};

struct TokenLayout {
    std::vector<std::int64_t> ids;     // [S]; -1 where a position has no vocabulary id (world tokens)
    std::vector<TokenKind> kinds;      // [S]
    std::vector<TokenOrigin> origins;  // [S]
    std::vector<std::string> pieces;   // [S]; what the tokenizer calls the id, empty for world tokens
    std::vector<TokenGrid> grids;

    [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(ids.size()); }
    // Runs of equal kind, in order; image tokens of different pictures or crops are different runs.
    [[nodiscard]] std::vector<TokenSpan> spans() const;
    [[nodiscard]] std::int64_t count(TokenKind kind) const;
    // The pixels position `index` stands for, as fractions of its source picture; empty box (all 0) for text.
    [[nodiscard]] PixelBox boxFromToken(std::int64_t index) const;
    // The positions whose pixels hold the point (fractions of picture `media`), of `kind`.
    [[nodiscard]] std::vector<std::int64_t> tokensFromPoint(std::int32_t media, TokenKind kind, double row,
                                                            double column) const;
};

}  // namespace armillary
