// carriedPositions: the counterparts of what is chosen in another run.
#include "app/session/carried_positions.h"
#include "support/record_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace armillary::app {
namespace {

using test::RecordBuilder;

TokenLayout withWorld(const std::vector<std::string>& words)
{
    RecordBuilder builder;
    builder.text({"<bos>"}, TokenKind::Control)
        .text({"<sow>"}, TokenKind::Bracket)
        .worldTokens(0, 1, 2, 2)
        .text({"<eow>"}, TokenKind::Bracket)
        .imageTokens(0, 2, 2)
        .text(words);
    return builder.layout();
}

TokenLayout withoutWorld(const std::vector<std::string>& words)
{
    RecordBuilder builder;
    builder.text({"<bos>"}, TokenKind::Control).imageTokens(0, 2, 2).text(words);
    return builder.layout();
}

// The builder numbers ids by position; words are the same word when their ids are.
TokenLayout sameIds(TokenLayout layout)
{
    for (std::size_t i = 0; i < layout.ids.size(); ++i)
        layout.ids[i] = layout.kinds[i] == TokenKind::Text ? 7 : 1;
    return layout;
}

TEST(CarriedPositions, GoByWhatTheyStandFor)
{
    const TokenLayout with = sameIds(withWorld({"What", "is", "it"}));        // 0, 1, 2-5, 6, 7-10, 11-13
    const TokenLayout without = sameIds(withoutWorld({"What", "is", "it"}));  // 0, 1-4, 5-7
    EXPECT_THAT(carriedPositions({0, 8, 12}, with, without, 0), testing::ElementsAre(0, 2, 6));
    EXPECT_THAT(carriedPositions({0, 2, 6}, without, with, 0), testing::ElementsAre(0, 8, 12));
    EXPECT_THAT(carriedPositions({1, 3, 6}, with, without, 0), testing::IsEmpty()) << "there is no world";
    EXPECT_THAT(carriedPositions({1, 3, 13}, with, with, 0), testing::ElementsAre(1, 3, 13));
}

TEST(CarriedPositions, AnswerTokensGoByTheirNumber)
{
    const TokenLayout with = sameIds(withWorld({"What"}));
    const TokenLayout without = sameIds(withoutWorld({"What"}));
    EXPECT_THAT(carriedPositions({with.size() + 1, with.size() + 5}, with, without, 3),
                testing::ElementsAre(without.size() + 1));
}

TEST(CarriedPositions, OtherWordsHaveNoCounterpart)
{
    const TokenLayout one = sameIds(withoutWorld({"What", "is"}));
    const TokenLayout other = sameIds(withoutWorld({"Where", "is"}));
    EXPECT_THAT(carriedPositions({5, 6}, one, other, 0), testing::ElementsAre(6));
}

}  // namespace
}  // namespace armillary::app
