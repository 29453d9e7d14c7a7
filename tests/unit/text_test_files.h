// Small tokenizer files for the tests of core/text.
#pragma once

#include "support/test_data.h"
#include "text/tokenizer.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace armillary::test {

using Ids = std::vector<std::int64_t>;

// A new folder with these files (name -> content).
inline std::string folderWith(const std::map<std::string, std::string>& files)
{
    std::string folder = makeTemporaryFolder();
    for (const auto& [name, content] : files)
        std::ofstream(std::filesystem::path(folder) / name, std::ios::binary) << content;
    return folder;
}

// A BPE tokenizer in the way of Gemma's: a b c, their joins, a control token, no byte pieces.
inline nlohmann::json smallBpe()
{
    return nlohmann::json::parse(R"({
        "version": "1.0",
        "added_tokens": [{"id": 0, "content": "<pad>", "single_word": false, "lstrip": false, "rstrip": false,
                          "normalized": false, "special": true},
                         {"id": 8, "content": "<extra>", "single_word": false, "lstrip": false, "rstrip": false,
                          "normalized": false, "special": false}],
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
        "pre_tokenizer": {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": false},
        "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                                                     {"type": "ByteFallback"}, {"type": "Fuse"}]},
        "model": {"type": "BPE", "dropout": null, "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": false,
                  "ignore_merges": false,
                  "vocab": {"<pad>": 0, "<unk>": 1, "▁": 2, "a": 3, "b": 4, "c": 5, "bc": 6, "ab": 7},
                  "merges": [["b", "c"], ["a", "b"]]}
    })");
}

inline nlohmann::json smallUnigram()
{
    return nlohmann::json::parse(R"({
        "version": "1.0",
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": true},
        "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": true},
        "model": {"type": "Unigram", "unk_id": 0, "byte_fallback": false,
                  "vocab": [["<unk>", 0.0], ["a", 0.0], ["b", 0.0], ["c", 0.0], ["d", 0.0], ["cd", 1.0], ["ab", 2.0],
                            ["abc", 5.0], ["abcd", 10.0]]}
    })");
}

// What loading a folder with this tokenizer.json gives.
inline Result<std::shared_ptr<const text::Tokenizer>> loadJson(const nlohmann::json& tokenizer)
{
    return text::loadTokenizer(folderWith({{"tokenizer.json", tokenizer.dump()}}));
}

// The same where it has to succeed.
inline std::shared_ptr<const text::Tokenizer> tokenizerOf(const nlohmann::json& tokenizer)
{
    const auto loaded = loadJson(tokenizer);
    EXPECT_TRUE(loaded) << loaded.error().message;
    return loaded ? *loaded : nullptr;
}

inline std::shared_ptr<const text::Tokenizer> tokenizerAt(const std::string& relative)
{
    const auto loaded = text::loadTokenizer(dataPath(relative));
    EXPECT_TRUE(loaded) << loaded.error().message;
    return loaded ? *loaded : nullptr;
}

}  // namespace armillary::test
