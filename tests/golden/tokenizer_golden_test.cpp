// Ids and texts of the snapshots' tokenizers against those of the reference library.
#include "support/golden_case.h"
#include "support/test_data.h"
#include "text/t5_prompt.h"
#include "text/tokenizer.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <map>

namespace armillary::text {
namespace {

using Ids = std::vector<std::int64_t>;
using test::dataPath;
using test::GoldenCase;

std::shared_ptr<const Tokenizer> load(const std::string& folder)
{
    auto tokenizer = loadTokenizer(folder);
    EXPECT_TRUE(tokenizer) << tokenizer.error().message;
    return tokenizer ? *tokenizer : nullptr;
}

// A folder with only these files of a snapshot.
std::string only(const std::string& folder, const std::vector<std::string>& names)
{
    const std::string made = test::makeTemporaryFolder();
    for (const std::string& name : names)
        std::filesystem::copy_file(folder + "/" + name, made + "/" + name);
    return made;
}

// The streamed text of `ids`, control tokens left out.
std::string streamed(const Tokenizer& tokenizer, const Ids& ids)
{
    Utf8Stream stream;
    std::string text;
    for (const std::int64_t id : ids)
        text += stream.add(tokenizer.bytes(id));
    return text + stream.finish();
}

TEST(TokenizerGolden, GemmaTiny)
{
    const GoldenCase golden = GoldenCase::open("cases/tokenizer-tiny");
    const auto tokenizer = load(dataPath("models/gemma-tiny"));
    ASSERT_TRUE(tokenizer);
    ASSERT_EQ(golden.json()["rows"].size(), 330U);
    for (const auto& row : golden.json()["rows"]) {
        const std::string text = row["text"];
        const Ids ids = tokenizer->encode(text);
        ASSERT_EQ(ids, row["ids"].get<Ids>()) << text;
        ASSERT_EQ(tokenizer->decode(ids, false), row["decoded"]) << text;
        ASSERT_EQ(streamed(*tokenizer, ids), tokenizer->decode(ids, true)) << text;
    }
}

TEST(TokenizerGolden, GemmaTinySentencePieceAlone)
{
    const GoldenCase golden = GoldenCase::open("cases/tokenizer-tiny");
    const auto tokenizer = load(only(dataPath("models/gemma-tiny"), {"tokenizer.model"}));
    ASSERT_TRUE(tokenizer);
    std::map<std::string, Ids> different;
    for (const auto& row : golden.json()["sentencepiece_differs"])
        different[row["text"]] = row["sentencepiece"].get<Ids>();
    ASSERT_FALSE(different.empty());
    for (const auto& row : golden.json()["rows"]) {
        const std::string text = row["text"];
        const Ids expected = different.contains(text) ? different[text] : row["ids"].get<Ids>();
        ASSERT_EQ(tokenizer->encode(text), expected) << text;
        ASSERT_EQ(tokenizer->decode(expected, false), row["decoded"]) << text;
    }
}

// With the added tokens of tokenizer_config.json, the SentencePiece model gives what tokenizer.json gives, but for a literal
// U+2581 beside spaces.
TEST(TokenizerGolden, GemmaTinySentencePieceWithItsConfig)
{
    const GoldenCase golden = GoldenCase::open("cases/tokenizer-tiny");
    const auto tokenizer = load(only(dataPath("models/gemma-tiny"), {"tokenizer.model", "tokenizer_config.json"}));
    ASSERT_TRUE(tokenizer);
    int compared = 0;
    for (const auto& row : golden.json()["rows"]) {
        const std::string text = row["text"];
        if (text.find("\u2581") != std::string::npos)
            continue;
        ASSERT_EQ(tokenizer->encode(text), row["ids"].get<Ids>()) << text;
        ASSERT_EQ(tokenizer->decode(row["ids"].get<Ids>(), false), row["decoded"]) << text;
        ++compared;
    }
    EXPECT_GT(compared, 250);
}

// The genuine vocabulary of 262,145 ids, which packaging/fetch-gemma-tokenizer brings.
TEST(TokenizerGolden, Gemma3)
{
    const GoldenCase golden = GoldenCase::open("cases/tokenizer-gemma3");
    const auto tokenizer = load(test::sourcePath(".deps/tokenizer-gemma3"));
    ASSERT_TRUE(tokenizer) << "run packaging/fetch-gemma-tokenizer";
    EXPECT_EQ(tokenizer->size(), 262145);
    for (const auto& [piece, id] : golden.json()["special_ids"].items())
        EXPECT_EQ(tokenizer->id(piece), id.get<std::int64_t>()) << piece;
    ASSERT_EQ(golden.json()["rows"].size(), 330U);
    for (const auto& row : golden.json()["rows"]) {
        const std::string text = row["text"];
        const Ids ids = tokenizer->encode(text);
        ASSERT_EQ(ids, row["ids"].get<Ids>()) << text;
        ASSERT_EQ(tokenizer->decode(ids, false), row["decoded"]) << text;
        ASSERT_EQ(tokenizer->decode(ids, true), row["decoded_skip_special"]) << text;
        ASSERT_EQ(streamed(*tokenizer, ids), row["decoded_skip_special"]) << text;
    }
}

void compareT5(const Tokenizer& tokenizer)
{
    const GoldenCase golden = GoldenCase::open("cases/cosmos/t5_tokenizer");
    ASSERT_FALSE(golden.json()["rows"].empty());
    for (const auto& row : golden.json()["rows"]) {
        const std::string text = row["text"];
        const auto prompt = encodeT5Prompt(tokenizer, text);
        ASSERT_TRUE(prompt) << prompt.error().message;
        const Ids expected = row["ids"];
        ASSERT_EQ(prompt->count, static_cast<std::int64_t>(expected.size())) << text;
        ASSERT_EQ(Ids(prompt->ids.begin(), prompt->ids.begin() + prompt->count), expected) << text;
        ASSERT_EQ(tokenizer.decode(prompt->ids, true), row["decoded"]) << text;
    }
    const auto& cut = golden.json()["truncated_to_512"];
    const auto prompt = encodeT5Prompt(tokenizer, cut["text"].get<std::string>(), 512);
    ASSERT_TRUE(prompt);
    EXPECT_EQ(prompt->ids, cut["ids"].get<Ids>());
    EXPECT_EQ(prompt->count, 512);
}

TEST(TokenizerGolden, T5)
{
    const auto tokenizer = load(dataPath("models/cosmos-tiny/tokenizer"));
    ASSERT_TRUE(tokenizer);
    EXPECT_EQ(tokenizer->size(), 468);
    compareT5(*tokenizer);
}

TEST(TokenizerGolden, T5SentencePieceAlone)
{
    const auto tokenizer =
        load(only(dataPath("models/cosmos-tiny/tokenizer"), {"spiece.model", "tokenizer_config.json"}));
    ASSERT_TRUE(tokenizer);
    EXPECT_EQ(tokenizer->size(), 468);
    compareT5(*tokenizer);
}

// The picture tokens are in config.json only, numbered in the order in which they stand there.
TEST(TokenizerGolden, NanoVlm)
{
    const auto base = load(dataPath("models/nanovlm-tiny/tokenizer"));
    ASSERT_TRUE(base);
    std::ifstream file(dataPath("models/nanovlm-tiny/config.json"));
    std::vector<std::string> extra;
    const nlohmann::ordered_json config = nlohmann::ordered_json::parse(file);
    for (const auto& [name, token] : config["vlm_extra_tokens"].items())
        extra.push_back(token);
    const auto tokenizer = base->withAddedTokens(extra);
    EXPECT_EQ(tokenizer->size(), 666);
    for (const char* name : {"cases/nanovlm/vlm_text", "cases/nanovlm/vlm_one", "cases/nanovlm/vlm_two"}) {
        const GoldenCase golden = GoldenCase::open(name);
        const Ids ids = tokenizer->encode(golden.json()["inputs"]["rendered_prompt"].get<std::string>());
        EXPECT_TRUE(test::matches(golden, "input_ids", at::tensor(ids))) << name;
    }
}

}  // namespace
}  // namespace armillary::text
