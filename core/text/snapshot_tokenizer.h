// The tokenizer of a whole snapshot. Most have theirs beside the weights; nanoVLM's lies in a folder that config.json names, and
// gains the tokens that config.json adds to it.
// Thread rule: free functions without shared state.
#pragma once

#include "base/error.h"
#include "text/tokenizer.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace armillary::text {

// What a nanoVLM's config.json says about its tokenizer.
struct AddedTokenizer {
    std::string folder;
    std::vector<std::pair<std::string, std::string>>
        tokens;  // role ("image_token", "r1c2") and text, in order of their ids
};

// Whether the config.json of snapshot folder `path` is one that adds tokens.
[[nodiscard]] bool addsTokens(const std::string& path);
// Errors: FileRead, ModelMismatch (no tokens named, a tokenizer that is no folder here).
[[nodiscard]] Result<AddedTokenizer> readAddedTokenizer(const std::string& path);
// Errors: as loadTokenizer and the above.
[[nodiscard]] Result<std::shared_ptr<const Tokenizer>> loadSnapshotTokenizer(const std::string& path);

}  // namespace armillary::text
