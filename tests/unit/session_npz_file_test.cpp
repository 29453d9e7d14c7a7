#include "session/npz_file.h"

#include "session_test_files.h"
#include "session_test_records.h"
#include "support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace armillary::session {
namespace {

std::string textOf(const std::vector<std::uint8_t>& bytes)
{
    return {bytes.begin(), bytes.end()};
}

std::uint32_t number32(const std::string& bytes, std::size_t at)
{
    std::uint32_t out = 0;
    std::memcpy(&out, bytes.data() + at, sizeof(out));
    return out;
}

TEST(NpyFile, AHeaderAsNumPyWritesIt)
{
    const auto bytes = npyFromTensor(test::tensorOf<std::int32_t>(ElementType::Int32, {2, 3}, {1, 2, 3, 4, 5, -6}));
    ASSERT_TRUE(bytes) << bytes.error().message;
    const std::string text = textOf(*bytes);
    EXPECT_EQ(text.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
    const std::size_t length = static_cast<unsigned char>(text[8]) + 256U * static_cast<unsigned char>(text[9]);
    EXPECT_EQ((10 + length) % 64, 0u);
    EXPECT_THAT(text.substr(10, length),
                testing::StartsWith("{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }"));
    EXPECT_EQ(text[10 + length - 1], '\n');
    EXPECT_EQ(text.size(), 10 + length + 24);
    EXPECT_EQ(static_cast<std::int32_t>(number32(text, text.size() - 4)), -6);
}

TEST(NpyFile, ShapesOfOneAndNoDimension)
{
    EXPECT_THAT(textOf(*npyFromTensor(test::tensorOf<float>(ElementType::Float32, {1}, {1}))),
                testing::HasSubstr("'shape': (1,), }"));
    EXPECT_THAT(textOf(*npyFromTensor(test::tensorOf<double>(ElementType::Float64, {}, {1}))),
                testing::HasSubstr("'<f8', 'fortran_order': False, 'shape': (), }"));
    EXPECT_TRUE(npyFromTensor(test::tensorOf<float>(ElementType::Float32, {0, 4}, {})));
}

TEST(NpyFile, BFloat16BecomesFloat32)
{
    const auto bytes = npyFromTensor(test::tensorOf<std::uint16_t>(ElementType::BFloat16, {1}, {0x3FC0}));
    ASSERT_TRUE(bytes);
    EXPECT_THAT(textOf(*bytes), testing::HasSubstr("'<f4'"));
    EXPECT_EQ(number32(textOf(*bytes), bytes->size() - 4), 0x3FC00000u);  // 1.5
}

TEST(NpyFile, ALyingShapeIsRefused)
{
    EXPECT_FALSE(npyFromTensor({ElementType::Float32, {3}, std::make_shared<const std::vector<std::uint8_t>>(8)}));
    EXPECT_FALSE(npyFromTensor({ElementType::Float32, {3}, nullptr}));
}

TEST(NpyFile, TextsAreCodePointsOfOneWidth)
{
    const std::string text = textOf(npyFromTexts({"a", "\u00e9\u843d", "\xff"}));
    EXPECT_THAT(text, testing::HasSubstr("'<U2'"));
    EXPECT_THAT(text, testing::HasSubstr("'shape': (3,)"));
    const std::size_t at = text.size() - 24;
    const std::vector<std::uint32_t> want = {'a', 0, 0xE9, 0x843D, 0xFFFD, 0};
    for (std::size_t i = 0; i < want.size(); ++i)
        EXPECT_EQ(number32(text, at + 4 * i), want[i]) << i;
}

TEST(ZipFile, ChecksumAndDirectoryOfAKnownFile)
{
    const std::string path = test::makeTemporaryFolder() + "/x.zip";
    // The check value of CRC-32: the digits 1 to 9 give cbf43926.
    const std::string digits = "123456789";
    ASSERT_TRUE(writeZip(path, {{"digits", {digits.begin(), digits.end()}}, {"empty", {}}}));
    const std::string bytes = test::bytesOf(path);
    EXPECT_EQ(number32(bytes, 0), 0x04034B50u);
    EXPECT_EQ(number32(bytes, 14), 0xCBF43926u);
    EXPECT_EQ(number32(bytes, 18), 9u);
    EXPECT_EQ(bytes.substr(30, 15), "digits123456789");
    EXPECT_EQ(number32(bytes, bytes.size() - 22), 0x06054B50u);
    EXPECT_EQ(bytes[bytes.size() - 12], 2);  // files
    const std::uint32_t directory = number32(bytes, bytes.size() - 6);
    EXPECT_EQ(number32(bytes, directory), 0x02014B50u);
    EXPECT_EQ(directory + number32(bytes, bytes.size() - 10) + 22, bytes.size());
}

TEST(NpzFile, EveryPartOfAResultHasItsName)
{
    const std::string path = test::makeTemporaryFolder() + "/x.npz";
    AnalysisResult result;
    result.numbers = {{"cka", 0.5, ""}};
    result.tables = {{"rows", {"token", "value"}, {{std::string("a"), 1.0}, {2.0, 3.0}}}};
    result.arrays["map"] = {{"row"}, test::tensorOf<float>(ElementType::Float32, {2}, {1, 2})};
    result.cautions = {"few"};
    ASSERT_TRUE(writeNpz(path, result));
    const std::string bytes = test::bytesOf(path);
    for (const char* name :
         {"map.npy", "numbers/cka.npy", "tables/rows/token.npy", "tables/rows/value.npy", "cautions.npy"})
        EXPECT_THAT(bytes, testing::HasSubstr(name));
    EXPECT_FALSE(writeNpz(path + "/no/such/folder.npz", result));
}

}  // namespace
}  // namespace armillary::session
