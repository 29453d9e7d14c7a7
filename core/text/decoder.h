// From the pieces of a vocabulary back to text.
// Source: the decoders of the library `tokenizers` 0.23.
// Thread rule: immutable once made.
#pragma once

#include "base/error.h"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace armillary::text {

class Decoder {
public:
    // Joins pieces with a space, as the reference does without a decoder.
    Decoder() = default;
    // Of the entry "decoder" of a tokenizer.json at `path`. Errors: FileRead.
    [[nodiscard]] static Result<Decoder> fromJson(const nlohmann::json& json, const std::string& path);
    // Meta symbols to spaces, byte pieces to bytes: Gemma's, and that of any SentencePiece model with byte fallback.
    [[nodiscard]] static Decoder forByteFallback();
    // Meta symbols to spaces, none at the start: T5's.
    [[nodiscard]] static Decoder forMetaspace();

    // Valid UTF-8. A run of byte pieces that is not valid UTF-8 as a whole becomes one U+FFFD a byte, as in the reference.
    [[nodiscard]] std::string decode(std::vector<std::string> pieces) const;
    // The raw bytes that one piece adds to a text that has already begun.
    [[nodiscard]] std::string bytes(std::string piece) const;

private:
    struct Replace {
        std::string pattern;
        std::string content;
    };
    struct ByteFallback {};
    struct Fuse {};
    struct Metaspace {
        std::string replacement;
        bool dropsAtStart = true;
    };
    struct ByteLevel {};
    struct Strip {
        std::string content;
        std::int64_t atStart = 0;
        std::int64_t atEnd = 0;
    };
    using Step = std::variant<Replace, ByteFallback, Fuse, Metaspace, ByteLevel, Strip>;
    struct Runner;

    Result<void> add(const nlohmann::json& json, const std::string& path, int depth);

    std::vector<Step> m_steps;
    bool m_joinsWithSpace = true;
};

// The byte of "<0x0A>" and its like; -1 for any other piece.
[[nodiscard]] int byteOfPiece(std::string_view piece);

}  // namespace armillary::text
