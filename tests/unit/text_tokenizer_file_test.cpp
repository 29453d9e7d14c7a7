#include "text/tokenizer_file.h"

#include "text_test_files.h"

namespace armillary::text {
namespace {

Result<TokenizerFile> read(const std::string& content)
{
    return readTokenizerFile(test::folderWith({{"tokenizer.json", content}}) + "/tokenizer.json");
}

TEST(TokenizerFile, TakesTheListsOutOfTheTree)
{
    const auto file =
        read(R"({"version": "1.0", "normalizer": {"type": "Sequence", "normalizers": [{"a": [1, 2.5, null, true]}]},
        "model": {"type": "BPE", "vocab": {"x": 0, "\u00e9": 1}, "merges": ["x \u00e9", ["a", "b c"]], "vocab_size": 2},
        "vocab": {"not": "this"}, "merges": [3]})");
    ASSERT_TRUE(file) << file.error().message;
    const std::vector<std::pair<std::string, std::int64_t>> vocabulary = {{"x", 0}, {"\u00e9", 1}};
    const std::vector<std::pair<std::string, std::string>> merges = {{"x", "\u00e9"}, {"a", "b c"}};
    EXPECT_EQ(file->vocabulary, vocabulary);
    EXPECT_EQ(file->merges, merges);
    EXPECT_EQ(file->settings, nlohmann::json::parse(R"({"version": "1.0",
        "normalizer": {"type": "Sequence", "normalizers": [{"a": [1, 2.5, null, true]}]},
        "model": {"type": "BPE", "vocab": null, "merges": null, "vocab_size": 2},
        "vocab": {"not": "this"}, "merges": [3]})"));
}

TEST(TokenizerFile, ReadsScoredVocabularies)
{
    const auto file = read(R"({"model": {"vocab": [["<unk>", 0], ["a", -1.5]], "unk_id": 0}})");
    ASSERT_TRUE(file) << file.error().message;
    const std::vector<std::pair<std::string, double>> vocabulary = {{"<unk>", 0.0}, {"a", -1.5}};
    EXPECT_EQ(file->scoredVocabulary, vocabulary);
    EXPECT_TRUE(file->hasVocabulary);
}

TEST(TokenizerFile, RefusesListsOfAnotherForm)
{
    const char* broken[] = {
        R"({"model": {"vocab": {"a": "1"}}})",
        R"({"model": {"vocab": {"a": 1.5}}})",
        R"({"model": {"vocab": {"a": 1e300}}})",
        R"({"model": {"vocab": {"a": null}}})",
        R"({"model": {"vocab": {"a": [1]}}})",
        R"({"model": {"vocab": {"a": {"b": 1}}}})",
        R"({"model": {"vocab": ["a"]}})",
        R"({"model": {"vocab": [["a"]]}})",
        R"({"model": {"vocab": [[1, "a"]]}})",
        R"({"model": {"vocab": [["a", 1, 2]]}})",
        R"({"model": {"vocab": [["a", [1]]]}})",
        R"({"model": {"merges": ["a"]}})",
        R"({"model": {"merges": ["a b c"]}})",
        R"({"model": {"merges": [["a"]]}})",
        R"({"model": {"merges": [["a", "b", "c"]]}})",
        R"({"model": {"merges": [[["a", "b"]]]}})",
        R"({"model": {"merges": [1]}})",
        R"({"model": {"merges": [{"a": "b"}]}})",
    };
    for (const char* content : broken) {
        const auto file = read(content);
        ASSERT_FALSE(file) << content;
        EXPECT_EQ(file.error().code, ErrorCode::FileRead);
        EXPECT_NE(file.error().message.find("model."), std::string::npos) << file.error().message;
        EXPECT_TRUE(file.error().message.ends_with("/tokenizer.json")) << file.error().message;
    }
}

TEST(TokenizerFile, NamesTheLineOfBrokenJson)
{
    const auto file = read("{\n \"version\": \"1.0\",\n \"model\": {\"vocab\": {\"a\" 1}}\n}");
    ASSERT_FALSE(file);
    EXPECT_NE(file.error().message.find("line 3"), std::string::npos) << file.error().message;
    EXPECT_FALSE(read(""));
    EXPECT_FALSE(read("{\"a\": \"\xFF\"}"));
    EXPECT_FALSE(readTokenizerFile("/no/such/tokenizer.json"));
    EXPECT_FALSE(read(std::string(5000, '[')));
    EXPECT_FALSE(read(std::string(5000, '[') + std::string(5000, ']')));
}

}  // namespace
}  // namespace armillary::text
