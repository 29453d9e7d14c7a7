// What a tokenizer does to raw text before cutting it into pieces.
// Thread rule: immutable once made.
#pragma once

#include "base/error.h"
#include "text/charsmap.h"

#include <nlohmann/json.hpp>

#include <string>
#include <variant>
#include <vector>

namespace armillary::text {

class Normalizer {
public:
    // Does nothing.
    Normalizer() = default;
    // Of the entry "normalizer" of a tokenizer.json at `path` (null: does nothing). Errors: FileRead (a kind this program does
    // not know, or a broken entry).
    [[nodiscard]] static Result<Normalizer> fromJson(const nlohmann::json& json, const std::string& path);

    [[nodiscard]] std::string apply(std::string text) const;

private:
    struct Replace {
        std::string pattern;
        std::string content;
    };
    // The regular expression " {2,}", the only one that tokenizers of this project's models use.
    struct ReplaceSpaceRuns {
        std::string content;
    };
    struct Prepend {
        std::string content;
    };
    struct Strip {
        bool left = false;
        bool right = false;
    };
    using Step = std::variant<Replace, ReplaceSpaceRuns, Prepend, Strip, Charsmap>;

    Result<void> add(const nlohmann::json& json, const std::string& path, int depth);

    std::vector<Step> m_steps;
};

// `text` with every occurrence of `pattern` (not empty) replaced, left to right.
[[nodiscard]] std::string replaceAll(std::string text, std::string_view pattern, std::string_view content);

}  // namespace armillary::text
