// SentencePiece's precompiled character map (nmt_nfkc and its like), as tokenizer.json stores it: a double-array trie from
// UTF-8 sequences to replacements.
// Sources: the normalizer of sentencepiece and darts-clone for the layout; `Precompiled` of the library `tokenizers` for the way
// it is applied (by graphemes of less than 6 bytes, else by code points, taking the shortest match).
// Thread rule: immutable once made.
#pragma once

#include "base/error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace armillary::text {

class Charsmap {
public:
    // `base64` is the entry "precompiled_charsmap". Errors: FileRead (a sentence without the file's name).
    [[nodiscard]] static Result<Charsmap> fromBase64(std::string_view base64);

    [[nodiscard]] std::string apply(std::string_view text) const;

private:
    // The replacement for `piece` when the map has an entry for its beginning.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view piece) const;

    std::vector<std::uint32_t> m_units;
    std::string m_replacements;  // each ends with a NUL
};

}  // namespace armillary::text
