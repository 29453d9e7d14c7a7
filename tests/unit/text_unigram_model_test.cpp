#include "text/unigram_model.h"

#include "text_test_files.h"

namespace armillary::text {
namespace {

using test::Ids;
using test::smallUnigram;
using test::tokenizerOf;

TEST(UnigramModel, TakesTheBestSumAndFusesTheUnknown)
{
    const auto tokenizer = tokenizerOf(smallUnigram());
    ASSERT_TRUE(tokenizer);
    EXPECT_EQ(tokenizer->encode("abcdacdxx"), (Ids{8, 1, 5, 0}));
    EXPECT_EQ(tokenizer->encode("xxabxx"), (Ids{0, 6, 0}));
    EXPECT_EQ(tokenizer->encode("abdx\u65e5\u672c"), (Ids{6, 4, 0}));
    EXPECT_EQ(tokenizer->encode(""), Ids{});
}

TEST(UnigramModel, PrefersTheFirstOfEqualPaths)
{
    nlohmann::json json = smallUnigram();
    json["model"]["vocab"] =
        nlohmann::json::parse(R"([["<unk>", -9], ["a", -1], ["b", -1], ["c", -1], ["ab", -1], ["bc", -1]])");
    EXPECT_EQ(tokenizerOf(json)->encode("abc"), (Ids{1, 5}));
}

TEST(UnigramModel, FallsBackToBytes)
{
    nlohmann::json json = smallUnigram();
    json["model"]["byte_fallback"] = true;
    json["model"]["vocab"].push_back({"<0xC3>", -3.0});
    json["model"]["vocab"].push_back({"<0xA9>", -3.0});
    const auto tokenizer = tokenizerOf(json);
    ASSERT_TRUE(tokenizer);
    EXPECT_EQ(tokenizer->encode("a\u00e9\u00e9"
                                "b"),
              (Ids{1, 9, 10, 9, 10, 2}));
    EXPECT_EQ(tokenizer->encode("a\u00e8"
                                "b"),
              (Ids{1, 0, 2}));
}

}  // namespace
}  // namespace armillary::text
