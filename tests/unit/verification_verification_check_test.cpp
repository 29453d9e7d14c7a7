#include "verification/verification_check.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace armillary::verification {
namespace {

TEST(VerificationCheck, TheListIsV1ToV7AndW1ToW16)
{
    const auto& rules = checkRules();
    ASSERT_EQ(rules.size(), 23U);
    for (std::size_t i = 0; i < rules.size(); ++i) {
        EXPECT_EQ(rules[i].id, i < 7 ? "V" + std::to_string(i + 1) : "W" + std::to_string(i - 6));
        EXPECT_FALSE(rules[i].title.empty());
        EXPECT_FALSE(rules[i].measure.empty());
        EXPECT_NE(rules[i].condition.find("{}"), std::string::npos);
    }
    EXPECT_EQ(checkRule("W5")->threshold, 2);
    EXPECT_EQ(checkRule("W17"), nullptr);
}

TEST(VerificationCheck, ThresholdsAreLaidOverTheDefaults)
{
    const auto read = readThresholds("W5=3.5, V2=0.01");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->at("W5"), 3.5);
    EXPECT_EQ(read->at("V2"), 0.01);
    EXPECT_EQ(read->at("W6"), checkRule("W6")->threshold);
    EXPECT_EQ(read->size(), 23U);
    EXPECT_EQ(readThresholds("")->at("W5"), 2);
}

TEST(VerificationCheck, WrongThresholdsAreNamed)
{
    for (const char* wrong : {"W17=1", "w5=1", "W5", "W5=", "W5=two", "W5=1x", "W5=-1", "W5=nan", "W5=inf", "=2"}) {
        const auto read = readThresholds(wrong);
        ASSERT_FALSE(read) << wrong;
        EXPECT_EQ(read.error().code, ErrorCode::InvalidInput);
        EXPECT_NE(read.error().message.find('\''), std::string::npos) << read.error().message;
    }
}

TEST(VerificationCheck, ChecksAreChosenByIds)
{
    EXPECT_EQ(*readCheckIds("V1, W5"), (std::set<std::string>{"V1", "W5"}));
    EXPECT_EQ(readCheckIds("all")->size(), 23U);
    EXPECT_FALSE(readCheckIds(""));
    EXPECT_FALSE(readCheckIds("V8"));
}

TEST(VerificationCheck, SkippedHasNoValue)
{
    const Judgement judgement = skipped("nothing there");
    EXPECT_EQ(judgement.verdict, Verdict::Skip);
    EXPECT_NE(judgement.value, judgement.value);
    EXPECT_EQ(verdictName(Verdict::Skip), "skip");
    EXPECT_EQ(verdictName(Verdict::Fail), "fail");
}

}  // namespace
}  // namespace armillary::verification
