#include "text/t5_prompt.h"

#include "text_test_files.h"

namespace armillary::text {
namespace {

using test::Ids;

TEST(T5Prompt, EndsPadsAndCuts)
{
    const auto tokenizer = test::tokenizerAt("models/cosmos-tiny/tokenizer");
    ASSERT_TRUE(tokenizer);
    const Ids text = tokenizer->encode("The red car");
    ASSERT_GT(text.size(), 3U);
    const auto count = static_cast<std::int64_t>(text.size());

    const auto whole = encodeT5Prompt(*tokenizer, "The red car");
    ASSERT_TRUE(whole) << whole.error().message;
    EXPECT_EQ(whole->ids.size(), 512U);
    EXPECT_EQ(whole->count, count + 1);
    EXPECT_TRUE(std::equal(text.begin(), text.end(), whole->ids.begin()));
    EXPECT_EQ(whole->ids[text.size()], 1);
    EXPECT_EQ(std::count(whole->ids.begin() + whole->count, whole->ids.end(), 0), 512 - whole->count);

    const auto cut = encodeT5Prompt(*tokenizer, "The red car", 3);
    ASSERT_TRUE(cut);
    EXPECT_EQ(cut->ids, (Ids{text[0], text[1], 1}));
    EXPECT_EQ(cut->count, 3);
    EXPECT_EQ(encodeT5Prompt(*tokenizer, "", 4)->ids, (Ids{1, 0, 0, 0}));
    EXPECT_EQ(encodeT5Prompt(*tokenizer, "text", 1)->ids, (Ids{1}));
}

TEST(T5Prompt, RefusesOtherTokenizersAndLengths)
{
    const auto t5 = test::tokenizerAt("models/cosmos-tiny/tokenizer");
    const auto gemma = test::tokenizerAt("models/gemma-tiny");
    ASSERT_TRUE(t5 && gemma);
    EXPECT_EQ(encodeT5Prompt(*t5, "text", 0).error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(encodeT5Prompt(*gemma, "text").error().code, ErrorCode::ModelMismatch);
}

}  // namespace
}  // namespace armillary::text
