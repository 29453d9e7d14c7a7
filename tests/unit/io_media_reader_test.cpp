#include "io/media_reader.h"

#include "support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace armillary::io {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(OpenMedia, OpensAPicture)
{
    std::string warning = "from before";
    const auto reader = openMedia(test::dataPath("media/tiny.png"), &warning);
    ASSERT_TRUE(reader.has_value()) << reader.error().message;
    EXPECT_THAT(warning, IsEmpty());
    EXPECT_FALSE((*reader)->isVideo());
    EXPECT_EQ((*reader)->frameCount(), 1);
    EXPECT_EQ((*reader)->framesPerSecond(), 0);
    EXPECT_EQ((*reader)->path(), test::dataPath("media/tiny.png"));
    ASSERT_TRUE((*reader)->frame(0).has_value());
    EXPECT_EQ((*reader)->frame(0)->width(), 40);
    for (const int index : {-1, 1}) {
        const Result<Image> frame = (*reader)->frame(index);
        ASSERT_FALSE(frame.has_value());
        EXPECT_EQ(frame.error().code, ErrorCode::InvalidInput);
    }
}

TEST(OpenMedia, OpensAVideoAndAFolder)
{
    const auto video = openMedia(test::dataPath("media/clip.mp4"));
    ASSERT_TRUE(video.has_value()) << video.error().message;
    EXPECT_TRUE((*video)->isVideo());
    EXPECT_EQ((*video)->frameCount(), 40);
    const std::string frames = test::makeTemporaryFolder();
    for (const char* name : {"clip_frame_000.png", "clip_frame_007.png", "clip_frame_039.png", "LICENSES.md"})
        std::filesystem::copy(test::dataPath("media/") + name, frames);
    const auto folder = openMedia(frames);
    ASSERT_TRUE(folder.has_value()) << folder.error().message;
    EXPECT_EQ((*folder)->frameCount(), 3);
    EXPECT_EQ((*folder)->frame(1)->width(), 320);
}

TEST(OpenMedia, GoesByContentNotByName)
{
    const std::string folder = test::makeTemporaryFolder();
    std::filesystem::copy(test::dataPath("media/tiny.png"), folder + "/picture.mp4");
    std::filesystem::copy(test::dataPath("media/clip.mp4"), folder + "/video.png");
    const auto picture = openMedia(folder + "/picture.mp4");
    ASSERT_TRUE(picture.has_value()) << picture.error().message;
    EXPECT_EQ((*picture)->frameCount(), 1);
    const auto video = openMedia(folder + "/video.png");
    ASSERT_TRUE(video.has_value()) << video.error().message;
    EXPECT_EQ((*video)->frameCount(), 40);
}

TEST(OpenMedia, SaysInOneSentenceWhatIsWrongAndPrintsNothing)
{
    const std::string folder = test::makeTemporaryFolder();
    const auto write = [&](const std::string& name, const std::string& bytes) {
        std::ofstream(folder + "/" + name, std::ios::binary) << bytes;
        return folder + "/" + name;
    };
    std::filesystem::create_directory(folder + "/frames");
    const std::pair<std::string, std::string> cases[] = {
        {folder + "/missing.mp4", "there is no such file or folder"},
        {write("empty.mp4", ""), "the file is empty"},
        {write("text.mp4", "these are only words\n"), "neither a picture (PNG"},
        {write("list.mp4", "#EXTM3U\nhttp://127.0.0.1/x.mp4\n"), "neither a picture (PNG"},
        {write("head.mp4", std::string("\0\0\0\x18"
                                       "ftypmp42",
                                       12) +
                               std::string(12, '\0')),
         "the video cannot be opened"},
        {write("head.mkv", "\x1A\x45\xDF\xA3 and then nonsense"), "the video cannot be opened"},
        {write("cut.png", "\x89PNG\r\n\x1A\n"), "the PNG breaks off"},
        {folder + "/frames", "there are no numbered pictures"},
        {"/dev/null", "this is not a regular file"},
    };
    for (const auto& [path, sentence] : cases) {
        ::testing::internal::CaptureStderr();
        const auto reader = openMedia(path);
        EXPECT_THAT(::testing::internal::GetCapturedStderr(), IsEmpty()) << path;
        ASSERT_FALSE(reader.has_value()) << path;
        EXPECT_EQ(reader.error().code, ErrorCode::FileRead);
        EXPECT_THAT(reader.error().message, HasSubstr(sentence));
        EXPECT_TRUE(reader.error().message.ends_with(": " + path)) << reader.error().message;
        EXPECT_EQ(std::count(reader.error().message.begin(), reader.error().message.end(), '\n'), 0);
    }
}

TEST(ReadClip, ReadsARangeOfFrames)
{
    const auto reader = openMedia(test::dataPath("media/clip.mp4"));
    ASSERT_TRUE(reader.has_value()) << reader.error().message;
    const Result<Clip> clip = readClip(**reader, 7, 4);
    ASSERT_TRUE(clip.has_value()) << clip.error().message;
    EXPECT_EQ(clip->path, test::dataPath("media/clip.mp4"));
    EXPECT_EQ(clip->firstFrameIndex, 7);
    EXPECT_DOUBLE_EQ(clip->framesPerSecond, 25.0);
    ASSERT_EQ(clip->frames.size(), 4U);
    for (int i = 0; i < 4; ++i)
        EXPECT_TRUE(
            std::ranges::equal(clip->frames[static_cast<std::size_t>(i)].rgb(), (*reader)->frame(7 + i)->rgb()));
}

TEST(ReadClip, RefusesFramesOutsideTheVideo)
{
    const auto reader = openMedia(test::dataPath("media/clip.mp4"));
    ASSERT_TRUE(reader.has_value()) << reader.error().message;
    const std::pair<int, int> ranges[] =
        {{-1, 2}, {0, 0}, {0, -1}, {0, 41}, {39, 2}, {40, 1}, {INT32_MAX, INT32_MAX}, {1, INT32_MAX}};
    for (const auto& [first, count] : ranges) {
        const Result<Clip> clip = readClip(**reader, first, count);
        ASSERT_FALSE(clip.has_value()) << first << ", " << count;
        EXPECT_EQ(clip.error().code, ErrorCode::InvalidInput);
    }
    EXPECT_TRUE(readClip(**reader, 39, 1).has_value());
}

}  // namespace
}  // namespace armillary::io
