// Reading and repairing UTF-8. Broken input is never refused: each maximal run of bytes that begins a character but does not
// finish it, and each byte that cannot begin one, counts as one U+FFFD (the Unicode standard's practice, section 3.9, and what
// Python's errors="replace" does).
// Thread rule: free functions without shared state.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace armillary::text {

inline constexpr char32_t kReplacementCharacter = 0xFFFD;

enum class Utf8State {
    Valid,       // `bytes` bytes form `codePoint`
    Broken,      // `bytes` bytes can never become a character; `codePoint` is U+FFFD
    Unfinished,  // the text ends inside a character that could still become valid; `codePoint` is U+FFFD
};

struct Utf8Read {
    char32_t codePoint = kReplacementCharacter;
    std::size_t bytes = 1;
    Utf8State state = Utf8State::Broken;
};

// The character of `text` at byte `at` (at < text.size()).
[[nodiscard]] Utf8Read readUtf8(std::string_view text, std::size_t at);
void appendUtf8(std::string& text, char32_t codePoint);
[[nodiscard]] bool isValidUtf8(std::string_view text);
// `text` with everything broken replaced by U+FFFD.
[[nodiscard]] std::string toValidUtf8(std::string_view text);

}  // namespace armillary::text
