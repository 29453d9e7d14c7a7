// Unicode character classes that the reference tokenizers ask for, as compact range tables (no ICU needed).
// Source: Unicode 16, checked code point by code point against the library `tokenizers` 0.23.
// Thread rule: free functions without shared state.
#pragma once

namespace armillary::text {

// General category L (\p{L}).
[[nodiscard]] bool isLetter(char32_t codePoint);
// General category N (\p{N}).
[[nodiscard]] bool isNumber(char32_t codePoint);
// Property White_Space (\s).
[[nodiscard]] bool isWhiteSpace(char32_t codePoint);
// \w of Unicode regular expressions.
[[nodiscard]] bool isWordCharacter(char32_t codePoint);
// No boundary between graphemes before this code point. Knows the code points below U+10000, which is what the only caller
// needs: it looks at graphemes of at most 5 bytes.
[[nodiscard]] bool extendsCluster(char32_t codePoint);
// No boundary between graphemes after this code point; below U+10000 as well.
[[nodiscard]] bool prependsToCluster(char32_t codePoint);
// Control and format characters: a boundary between graphemes on both sides; below U+10000 as well.
[[nodiscard]] bool standsAlone(char32_t codePoint);

}  // namespace armillary::text
