#include "text/sentencepiece_model.h"

#include "text_test_files.h"

#include <filesystem>
#include <fstream>
#include <sstream>

namespace armillary::text {
namespace {

using test::dataPath;
using test::folderWith;
using test::Ids;

std::string contentOf(const std::string& relative)
{
    std::ifstream file(dataPath(relative), std::ios::binary);
    std::stringstream content;
    content << file.rdbuf();
    return content.str();
}

TEST(SentencePieceModel, KnowsItsPieces)
{
    const auto model = SentencePieceModel::load(dataPath("models/gemma-tiny/tokenizer.model"));
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_EQ((*model)->size(), 1024);
    EXPECT_EQ((*model)->piece(2), "<bos>");
    EXPECT_EQ((*model)->piece(1024), "");
    EXPECT_EQ((*model)->id("<bos>"), 2);
    EXPECT_EQ((*model)->id("<unk>"), 3);
    EXPECT_FALSE((*model)->id("no such piece"));
    EXPECT_TRUE((*model)->isControl(2));
    EXPECT_FALSE((*model)->isControl(960));
    EXPECT_FALSE((*model)->isControl(5000));
}

// Without tokenizer_config.json there is nothing that would cut control tokens out of the text.
TEST(SentencePieceModel, ReadsControlTokensAsText)
{
    const auto tokenizer =
        loadTokenizer(folderWith({{"tokenizer.model", contentOf("models/gemma-tiny/tokenizer.model")}}));
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    EXPECT_EQ((*tokenizer)->encode("a<bos>b"), (Ids{963, 148, 974, 453, 150, 974}));
    EXPECT_EQ((*tokenizer)->decode({2, 963, 960, 974}, true), "a b");
    EXPECT_EQ((*tokenizer)->decode({2, 963}, false), "<bos>a");
    EXPECT_EQ((*tokenizer)->size(), 1024);
}

TEST(SentencePieceModel, CutsOutTheControlTokensOfTheConfig)
{
    const auto tokenizer =
        loadTokenizer(folderWith({{"tokenizer.model", contentOf("models/gemma-tiny/tokenizer.model")},
                                  {"tokenizer_config.json", contentOf("models/gemma-tiny/tokenizer_config.json")}}));
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    EXPECT_EQ((*tokenizer)->encode("a<bos>b"), (Ids{963, 2, 974}));
    EXPECT_EQ((*tokenizer)->id("<image_soft_token>"), 1024);
    EXPECT_EQ((*tokenizer)->size(), 1025);
}

TEST(SentencePieceModel, DropsThePrefixOfAUnigramModel)
{
    const auto tokenizer =
        loadTokenizer(folderWith({{"spiece.model", contentOf("models/cosmos-tiny/tokenizer/spiece.model")}}));
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    EXPECT_EQ((*tokenizer)->decode((*tokenizer)->encode("the car"), true), "the car");
    EXPECT_EQ((*tokenizer)->size(), 368);
}

TEST(SentencePieceModel, RefusesWhatIsNoModel)
{
    const std::string whole = contentOf("models/gemma-tiny/tokenizer.model");
    for (const std::string& content :
         {std::string(), std::string("no model"), whole.substr(0, whole.size() / 2), std::string(500, '\xFF')}) {
        const auto tokenizer = loadTokenizer(folderWith({{"tokenizer.model", content}}));
        ASSERT_FALSE(tokenizer);
        EXPECT_EQ(tokenizer.error().code, ErrorCode::FileRead);
        EXPECT_TRUE(tokenizer.error().message.ends_with("/tokenizer.model")) << tokenizer.error().message;
    }
}

}  // namespace
}  // namespace armillary::text
