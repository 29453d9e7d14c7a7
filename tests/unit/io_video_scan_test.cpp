#include "io/video_scan.h"

#include "io/json_file.h"
#include "support/test_data.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <string_view>

namespace armillary::io {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

bool isVideo(std::string_view bytes)
{
    return isVideoContainer({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

std::optional<std::uint64_t> missingOf(const std::string& bytes)
{
    const std::string path = test::makeTemporaryFolder() + "/video";
    std::ofstream(path, std::ios::binary) << bytes;
    return missingBytesOfVideo(path);
}

TEST(VideoScan, KnowsContainersByTheirFirstBytes)
{
    EXPECT_TRUE(isVideo(readTextFile(test::dataPath("media/clip.mp4")).value_or("")));
    EXPECT_TRUE(isVideo(readTextFile(test::dataPath("media/clip_mpeg4.avi")).value_or("")));
    for (const std::string_view start :
         {"\x1A\x45\xDF\xA3 webm"sv, "OggS...."sv, "FLV\x01"sv, "GIF89a"sv, "\0\0\0\x08moov"sv})
        EXPECT_TRUE(isVideo(start)) << start;
    std::string stream(400, '\0');
    stream[0] = stream[188] = stream[376] = 0x47;
    EXPECT_TRUE(isVideo(stream));
    stream[188] = 0;
    EXPECT_FALSE(isVideo(stream));
    for (const std::string_view start : {""sv, "hello, this is text"sv, "#EXTM3U\nhttp://x"sv, "ffconcat version 1.0"sv,
                                         "RIFF....WAVE"sv, "\x89PNG\r\n"sv, "ftyp"sv})
        EXPECT_FALSE(isVideo(start)) << start;
}

TEST(VideoScan, CountsTheBytesThatBrokeAway)
{
    for (const char* name : {"media/clip.mp4", "media/clip_mpeg4.avi"}) {
        const std::string whole = readTextFile(test::dataPath(name)).value_or("");
        ASSERT_GT(whole.size(), 1000U);
        EXPECT_EQ(missingOf(whole), 0U) << name;
        EXPECT_EQ(missingOf(whole.substr(0, whole.size() - 1)), 1U) << name;
        EXPECT_EQ(missingOf(whole.substr(0, whole.size() - 500)), 500U) << name;
    }
}

TEST(VideoScan, ReadsLongBoxesAndOpenEnds)
{
    const std::string head = "\0\0\0\x10"
                             "ftypisom0000"s;
    EXPECT_EQ(missingOf(head + "\0\0\0\x01mdat\0\0\0\0\0\0\0\x20"s + std::string(16, 'x')), 0U);
    EXPECT_EQ(missingOf(head + "\0\0\0\x01mdat\0\0\0\x01\0\0\0\x20"s + std::string(16, 'x')), 0x100000000U);
    EXPECT_EQ(missingOf(head + "\0\0\0\0mdat"s + std::string(5, 'x')), 0U);
    EXPECT_EQ(missingOf(head + "\0\0\0"s), 5U);
    EXPECT_EQ(missingOf(head + "\0\0\0\x01mdat\0"s), 7U);
}

TEST(VideoScan, ReadsTheSegmentOfMatroska)
{
    const std::string head = "\x1A\x45\xDF\xA3\x82xy"s;
    EXPECT_EQ(missingOf(head + "\x18\x53\x80\x67\x85"
                               "12345"s),
              0U);
    EXPECT_EQ(missingOf(head + "\x18\x53\x80\x67\x85"
                               "12"s),
              3U);
    EXPECT_EQ(missingOf(head + "\x18\x53\x80\x67\x40\x05"
                               "12345"s),
              0U);
    EXPECT_EQ(missingOf(head + "\x18\x53\x80\x67\xFF"
                               "12345"s),
              std::nullopt);  // size unknown: written live
    EXPECT_EQ(missingOf(head), std::nullopt);
    EXPECT_EQ(missingOf("\x1A\x45\xDF\xA3"s), std::nullopt);
}

TEST(VideoScan, StatesNothingWhereTheContainerStatesNothing)
{
    EXPECT_EQ(missingOf("OggS and so on"), std::nullopt);
    EXPECT_EQ(missingOf(""), std::nullopt);
    EXPECT_EQ(missingBytesOfVideo("/no/such/file"), std::nullopt);
}

}  // namespace
}  // namespace armillary::io
