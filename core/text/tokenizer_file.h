// Reads a tokenizer.json into plain values. The two long lists, vocabulary and merges (some 260,000 and 510,000 entries, 33 MB),
// are taken straight off the parser: as a tree of JSON values they would cost about half a gigabyte and most of the loading time.
// Format: the serialization of the library `tokenizers` (version "1.0").
// Thread rule: free functions without shared state.
#pragma once

#include "base/error.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace armillary::text {

struct TokenizerFile {
    std::string path;
    nlohmann::json settings;  // everything but the two lists, which are null in it
    bool hasVocabulary = false;
    std::vector<std::pair<std::string, std::int64_t>> vocabulary;  // of BPE: piece and id, in the file's order
    std::vector<std::pair<std::string, double>> scoredVocabulary;  // of unigram: the id is the place
    std::vector<std::pair<std::string, std::string>> merges;       // by rising rank
};

// Errors: FileRead (missing, truncated, not JSON, a list of the wrong form).
[[nodiscard]] Result<TokenizerFile> readTokenizerFile(const std::string& path);

}  // namespace armillary::text
