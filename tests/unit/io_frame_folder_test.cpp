#include "io/frame_folder.h"

#include "support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace armillary::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

void writeFrame(const std::string& path, std::uint8_t level, int width = 2)
{
    const Result<void> written =
        writePng(path, Image(1, width, std::vector<std::uint8_t>(static_cast<std::size_t>(width) * 3, level)));
    ASSERT_TRUE(written.has_value()) << written.error().message;
}

TEST(NaturalOrder, ComparesRunsOfDigitsAsNumbers)
{
    std::vector<std::string> names{"f10", "f9", "f1", "f010", "g1", "f2b", "f2a", "f", "f99999999999999999999", "f2"};
    std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) { return isBeforeNaturally(a, b); });
    EXPECT_THAT(names, ElementsAre("f", "f1", "f2", "f2a", "f2b", "f9", "f010", "f10", "f99999999999999999999", "g1"));
    for (const auto& name : names)
        EXPECT_FALSE(isBeforeNaturally(name, name));
}

TEST(FrameFolder, ReadsNumberedPicturesInTheOrderOfTheirNumbers)
{
    const std::string folder = test::makeTemporaryFolder();
    writeFrame(folder + "/shot_2.png", 2);
    writeFrame(folder + "/shot_10.PNG", 10);
    writeFrame(folder + "/shot_1.png", 1);
    writeFrame(folder + "/cover.png", 77);
    writeFrame(folder + "/.shot_0.png", 78);
    std::ofstream(folder + "/notes_3.txt") << "not a frame";
    std::filesystem::create_directory(folder + "/shot_4.png");
    const auto reader = openFrameFolder(folder);
    ASSERT_TRUE(reader.has_value()) << reader.error().message;
    EXPECT_EQ((*reader)->frameCount(), 3);
    EXPECT_TRUE((*reader)->isVideo());
    EXPECT_EQ((*reader)->framesPerSecond(), 24);
    EXPECT_EQ((*reader)->path(), folder);
    std::vector<int> levels;
    for (int i = 0; i < 3; ++i)
        levels.push_back((*reader)->frame(i).value().rgb()[0]);
    EXPECT_THAT(levels, ElementsAre(1, 2, 10));
    EXPECT_EQ((*reader)->frame(1)->rgb()[0], 2);
}

TEST(FrameFolder, NamesTheFrameOfAnotherSize)
{
    const std::string folder = test::makeTemporaryFolder();
    writeFrame(folder + "/1.png", 1);
    writeFrame(folder + "/2.png", 2, 5);
    const auto reader = openFrameFolder(folder);
    ASSERT_TRUE(reader.has_value()) << reader.error().message;
    const Result<Image> frame = (*reader)->frame(1);
    ASSERT_FALSE(frame.has_value());
    EXPECT_EQ(frame.error().message,
              "this frame has 5 x 1 pixels but the first one has 2 x 1; frames of one clip must have one "
              "size: " +
                  folder + "/2.png");
    EXPECT_TRUE((*reader)->frame(0).has_value());
}

TEST(FrameFolder, NamesTheBrokenFrame)
{
    const std::string folder = test::makeTemporaryFolder();
    writeFrame(folder + "/1.png", 1);
    std::ofstream(folder + "/2.png") << "text";
    const auto reader = openFrameFolder(folder);
    ASSERT_TRUE(reader.has_value()) << reader.error().message;
    const Result<Image> frame = (*reader)->frame(1);
    ASSERT_FALSE(frame.has_value());
    EXPECT_THAT(frame.error().message, HasSubstr(folder + "/2.png"));
    std::ofstream(folder + "/0.png") << "text";
    const auto brokenFirst = openFrameFolder(folder);
    ASSERT_FALSE(brokenFirst.has_value());
    EXPECT_THAT(brokenFirst.error().message, HasSubstr(folder + "/0.png"));
}

TEST(FrameFolder, SaysThatThereAreNoFrames)
{
    const std::string folder = test::makeTemporaryFolder();
    writeFrame(folder + "/cover.png", 1);
    for (const std::string& path : {folder, folder + "/missing"}) {
        const auto reader = openFrameFolder(path);
        ASSERT_FALSE(reader.has_value());
        EXPECT_EQ(reader.error().code, ErrorCode::FileRead);
        EXPECT_TRUE(reader.error().message.ends_with(": " + path)) << reader.error().message;
    }
}

TEST(FrameFolder, RefusesFramesThatAreNotThere)
{
    const std::string folder = test::makeTemporaryFolder();
    writeFrame(folder + "/1.png", 1);
    const auto reader = openFrameFolder(folder);
    ASSERT_TRUE(reader.has_value());
    EXPECT_FALSE((*reader)->isVideo());
    for (const int index : {-1, 1}) {
        const Result<Image> frame = (*reader)->frame(index);
        ASSERT_FALSE(frame.has_value());
        EXPECT_EQ(frame.error().code, ErrorCode::InvalidInput);
    }
}

}  // namespace
}  // namespace armillary::io
