// Added tokens: strings that are cut out of a text before anything else happens to it (control tokens, newline runs, ...).
// Source: the class AddedVocabulary of the library `tokenizers` 0.23.
// Thread rule: immutable once built.
#pragma once

#include "text/byte_trie.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace armillary::text {

struct AddedToken {
    std::int64_t id = 0;
    std::string content;
    std::string normalizedContent;  // what the normalizer makes of `content`, for a token with `normalized`; else empty
    bool singleWord = false;        // only where no word character stands beside it
    bool stripsLeft = false;        // takes the white space before it
    bool stripsRight = false;       // takes the white space after it
    bool normalized = false;        // searched in the normalized text, not in the raw one
    bool special = false;           // a control token: left out when decoding for people
};

// A stretch of a text: an added token, or text between added tokens.
struct AddedSpan {
    const AddedToken* token = nullptr;  // nullptr: text
    std::size_t begin = 0;
    std::size_t end = 0;
};

class AddedTokens {
public:
    AddedTokens() = default;
    // Of tokens with the same content the last one stays. Tokens without content are left out.
    explicit AddedTokens(std::vector<AddedToken> tokens);
    AddedTokens(const AddedTokens&) = delete;
    AddedTokens& operator=(const AddedTokens&) = delete;
    AddedTokens(AddedTokens&&) = default;
    AddedTokens& operator=(AddedTokens&&) = default;

    // `text` as spans in order: leftmost match first, of several at one place the longest. `normalized` picks the tokens that
    // are searched in normalized text. Pointers stay valid as long as this object lives.
    [[nodiscard]] std::vector<AddedSpan> split(std::string_view text, bool normalized) const;
    [[nodiscard]] const AddedToken* find(std::int64_t id) const;
    [[nodiscard]] const AddedToken* find(std::string_view content) const;
    [[nodiscard]] const std::vector<AddedToken>& all() const { return m_tokens; }

private:
    std::vector<AddedToken> m_tokens;
    std::unordered_map<std::int64_t, std::size_t> m_indexById;
    std::unordered_map<std::string, std::size_t> m_indexByContent;
    ByteTrie m_raw;
    ByteTrie m_normalized;
};

}  // namespace armillary::text
