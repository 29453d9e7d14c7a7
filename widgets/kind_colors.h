// Colours and names of token kinds, for every legend, strip, table and overlay.
//
// The hues are those of Okabe and Ito's palette, which stays apart under the common colour-vision deficiencies; brackets
// take the ink colour because two cells in 4,000 must be found at a glance.
// Thread rule: pure functions.
#pragma once

#include "records/token_layout.h"

#include <QColor>
#include <QString>

#include <array>

namespace armillary::widgets {

// Reading order of legends.
inline constexpr std::array kTokenKinds = {TokenKind::Control, TokenKind::Text,  TokenKind::Bracket,
                                           TokenKind::World,   TokenKind::Image, TokenKind::Generated};

[[nodiscard]] QColor kindColor(TokenKind kind, bool dark);
// A colour for text on top of `kindColor`.
[[nodiscard]] QColor kindInk(TokenKind kind, bool dark);
// "image", "world" ... for legends and tables.
[[nodiscard]] QString kindName(TokenKind kind);
// One sentence: what positions of this kind are.
[[nodiscard]] QString kindExplanation(TokenKind kind);

}  // namespace armillary::widgets
