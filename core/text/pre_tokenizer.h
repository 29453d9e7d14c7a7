// How normalized text is cut into words before the vocabulary sees them; no piece of the vocabulary reaches over a cut.
// Source: the pre-tokenizers of the library `tokenizers` 0.23, as far as Gemma, T5 and nanoVLM snapshots use them.
// Thread rule: immutable once made.
#pragma once

#include "base/error.h"

#include <nlohmann/json.hpp>

#include <string>
#include <variant>
#include <vector>

namespace armillary::text {

struct Word {
    std::string text;
    // Begins where the whole input begins. The reference decides this in the raw text, this program in the normalized one: the
    // two differ only where a normalizer takes away or adds something at the very start, and nobody asks but the
    // prepend_scheme "first", which no Gemma, T5 or nanoVLM tokenizer has.
    bool atStart = false;
};

class PreTokenizer {
public:
    // Leaves the text in one piece.
    PreTokenizer() = default;
    // Of the entry "pre_tokenizer" of a tokenizer.json at `path` (null: one piece). Errors: FileRead.
    [[nodiscard]] static Result<PreTokenizer> fromJson(const nlohmann::json& json, const std::string& path);

    // The words of `word`, none of them empty.
    [[nodiscard]] std::vector<Word> split(Word word) const;

private:
    enum class Behavior { Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous };
    enum class Prepend { Always, First, Never };
    struct SplitOnText {
        std::string pattern;
        Behavior behavior = Behavior::Removed;
        bool invert = false;
    };
    struct SplitOnWhiteSpace {};
    struct SplitDigits {
        bool individually = false;
    };
    struct Metaspace {
        std::string replacement;
        Prepend prepend = Prepend::Always;
        bool split = true;
    };
    struct ByteLevel {
        bool addsPrefixSpace = false;
        bool splitsByExpression = true;
    };
    using Step = std::variant<SplitOnText, SplitOnWhiteSpace, SplitDigits, Metaspace, ByteLevel>;
    // A stretch of a word; `isMatch` where the delimiter stands.
    struct Stretch {
        std::size_t begin;
        std::size_t end;
        bool isMatch;
    };
    struct Splitter;

    Result<void> add(const nlohmann::json& json, const std::string& path, int depth);
    static std::vector<Stretch> arrange(const std::vector<Stretch>& stretches, Behavior behavior);

    std::vector<Step> m_steps;
};

}  // namespace armillary::text
