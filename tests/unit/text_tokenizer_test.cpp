#include "text/tokenizer.h"

#include "text_test_files.h"

#include <functional>

namespace armillary::text {
namespace {

using Json = nlohmann::json;
using test::folderWith;
using test::loadJson;
using test::smallBpe;
using test::smallUnigram;

TEST(Tokenizer, SaysWhatAFolderLacks)
{
    const auto missing = loadTokenizer("/no/such/folder");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().message, "there is no such folder of a tokenizer: /no/such/folder");
    const std::string folder = folderWith({{"config.json", "{}"}});
    const auto empty = loadTokenizer(folder);
    ASSERT_FALSE(empty);
    EXPECT_EQ(empty.error().code, ErrorCode::FileRead);
    EXPECT_EQ(empty.error().message,
              "the folder has none of tokenizer.json, tokenizer.model and spiece.model; copy one of them "
              "from the snapshot: " +
                  folder);
}

TEST(Tokenizer, PrefersTokenizerJson)
{
    const auto tokenizer =
        loadTokenizer(folderWith({{"tokenizer.json", smallBpe().dump()}, {"tokenizer.model", "broken"}}));
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    EXPECT_EQ((*tokenizer)->size(), 9);
}

TEST(Tokenizer, TellsTheModelByItsVocabularyWhereNoTypeIsGiven)
{
    Json bpe = smallBpe();
    bpe["model"].erase("type");
    EXPECT_TRUE(loadJson(bpe));
    Json unigram = smallUnigram();
    unigram["model"].erase("type");
    EXPECT_TRUE(loadJson(unigram));
}

// What can be wrong in a tokenizer.json, and a word of the sentence that says so.
TEST(Tokenizer, RefusesBrokenFilesInOneSentenceNamingTheFile)
{
    const struct {
        const char* what;
        std::function<void(Json&)> damage;
        const char* word;
    } cases[] = {
        {"no model", [](Json& j) { j.erase("model"); }, "no \"model\""},
        {"model of another type", [](Json& j) { j["model"]["type"] = "WordPiece"; }, "WordPiece"},
        {"model is a list", [](Json& j) { j["model"] = Json::array(); }, "no \"model\""},
        {"no vocabulary", [](Json& j) { j["model"].erase("vocab"); }, "model.vocab"},
        {"empty vocabulary", [](Json& j) { j["model"]["vocab"] = Json::object(); }, "model.vocab"},
        {"vocabulary is a text", [](Json& j) { j["model"]["vocab"] = "a"; }, "model.vocab"},
        {"ids with a gap", [](Json& j) { j["model"]["vocab"]["ab"] = 9; }, "gap"},
        {"negative id", [](Json& j) { j["model"]["vocab"]["ab"] = -1; }, "gap"},
        {"id twice", [](Json& j) { j["model"]["vocab"]["ab"] = 3; }, "id 3 belongs to"},
        {"id is a text", [](Json& j) { j["model"]["vocab"]["ab"] = "7"; }, "\"ab\""},
        {"merge of an unknown piece",
         [](Json& j) {
             j["model"]["merges"].push_back({"q", "a"});
         },
         "\"q\" is not in"},
        {"merge into an unknown piece",
         [](Json& j) {
             j["model"]["merges"].push_back({"c", "a"});
         },
         "\"ca\" is not in"},
        {"merge of one piece", [](Json& j) { j["model"]["merges"].push_back("a"); }, "not two pieces"},
        {"unknown piece is unknown", [](Json& j) { j["model"]["unk_token"] = "<none>"; }, "<none>"},
        {"flag of another type", [](Json& j) { j["model"]["fuse_unk"] = "yes"; }, "model.fuse_unk"},
        {"random ids", [](Json& j) { j["model"]["dropout"] = 0.1; }, "dropout"},
        {"word prefixes", [](Json& j) { j["model"]["continuing_subword_prefix"] = "##"; }, "beginnings"},
        {"added tokens are an object", [](Json& j) { j["added_tokens"] = Json::object(); }, "added_tokens"},
        {"added token without content", [](Json& j) { j["added_tokens"][0].erase("content"); },
         "added_tokens[0].content"},
        {"added token without id", [](Json& j) { j["added_tokens"][1].erase("id"); }, "added_tokens[1].id"},
        {"added token is a text", [](Json& j) { j["added_tokens"][1] = "x"; }, "added_tokens[1]"},
        {"added token leaves a gap", [](Json& j) { j["added_tokens"][1]["id"] = 10; }, "gap before 10"},
        {"added token with two ids", [](Json& j) { j["added_tokens"][0]["id"] = 8; }, "has id 8, but 0"},
        {"added token takes an id", [](Json& j) { j["added_tokens"][1]["id"] = 3; }, "belongs to \"a\""},
        {"added tokens share an id",
         [](Json& j) {
             j["added_tokens"].push_back({{"id", 8}, {"content", "<other>"}});
         },
         "id 8 belongs to"},
        {"unknown normalizer", [](Json& j) { j["normalizer"]["type"] = "Nmt"; }, "Nmt"},
        {"unknown pre-tokenizer", [](Json& j) { j["pre_tokenizer"]["type"] = "Whitespace"; }, "Whitespace"},
        {"unknown decoder", [](Json& j) { j["decoder"]["type"] = "CTC"; }, "CTC"},
        {"not an object",
         [](Json& j) {
             j = Json::array({1, 2});
         },
         "no \"model\""},
    };
    for (const auto& one : cases) {
        Json json = smallBpe();
        one.damage(json);
        const auto loaded = loadJson(json);
        ASSERT_FALSE(loaded) << one.what;
        const std::string& message = loaded.error().message;
        EXPECT_EQ(loaded.error().code, ErrorCode::FileRead) << one.what;
        EXPECT_NE(message.find(one.word), std::string::npos) << one.what << ": " << message;
        EXPECT_TRUE(message.ends_with("/tokenizer.json")) << one.what << ": " << message;
        EXPECT_EQ(message.find('\n'), std::string::npos) << one.what << ": " << message;
    }
}

TEST(Tokenizer, RefusesBrokenUnigramFiles)
{
    const struct {
        std::function<void(Json&)> damage;
        const char* word;
    } cases[] = {
        {[](Json& j) { j["model"].erase("unk_id"); }, "model.unk_id"},
        {[](Json& j) { j["model"]["unk_id"] = 9; }, "model.unk_id"},
        {[](Json& j) { j["model"]["unk_id"] = -1; }, "model.unk_id"},
        {[](Json& j) { j["model"]["vocab"] = Json::array(); }, "model.vocab"},
        {[](Json& j) {
             j["model"]["vocab"].push_back({"a", 1.0});
         },
         "\"a\" has two ids"},
        {[](Json& j) { j["model"]["vocab"].push_back({"z"}); }, "[piece, score]"},
        {[](Json& j) {
             j["model"]["vocab"] = {{"a", 0}};
         },
         "model.vocab"},
    };
    for (const auto& one : cases) {
        Json json = smallUnigram();
        one.damage(json);
        const auto loaded = loadJson(json);
        ASSERT_FALSE(loaded) << one.word;
        EXPECT_NE(loaded.error().message.find(one.word), std::string::npos) << loaded.error().message;
        EXPECT_TRUE(loaded.error().message.ends_with("/tokenizer.json")) << loaded.error().message;
    }
}

// A download that broke off, at every place of a small file; and single damaged bytes.
TEST(Tokenizer, NeverCrashesOnTruncatedOrDamagedFiles)
{
    const std::string whole = smallBpe().dump();
    for (std::size_t length = 0; length < whole.size(); ++length)
        ASSERT_FALSE(loadTokenizer(folderWith({{"tokenizer.json", whole.substr(0, length)}}))) << length;
    int loadable = 0;
    for (std::size_t at = 0; at < whole.size(); at += 3) {
        std::string damaged = whole;
        damaged[at] = "\"0,}\xFF"[at % 5];
        if (const auto loaded = loadTokenizer(folderWith({{"tokenizer.json", damaged}}))) {
            EXPECT_LE((*loaded)->encode("ab c<pad>").size(), 9U);
            ++loadable;
        }
    }
    EXPECT_LT(loadable, 200);
}

}  // namespace
}  // namespace armillary::text
