#include "io/picture_scan.h"

#include "io/json_file.h"
#include "support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

namespace armillary::io {
namespace {

using namespace std::string_view_literals;
using ::testing::HasSubstr;

std::span<const std::uint8_t> bytesOf(std::string_view text)
{
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string contentOf(const std::string& name)
{
    const Result<std::string> text = readTextFile(test::dataPath("media/" + name));
    EXPECT_TRUE(text.has_value()) << text.error().message;
    return text.value_or("");
}

std::string faultOf(std::string_view bytes)
{
    const Result<void> checked = checkPicture(bytesOf(bytes), "/p");
    return checked ? "" : checked.error().message;
}

TEST(PictureScan, KnowsFormatsByTheirFirstBytes)
{
    const std::pair<const char*, PictureFormat> files[] =
        {{"formats/rgb8.png", PictureFormat::Png}, {"chelsea.jpg", PictureFormat::Jpeg},
         {"formats/rgb.bmp", PictureFormat::Bmp},  {"formats/lossless.webp", PictureFormat::WebP},
         {"formats/rgb.tif", PictureFormat::Tiff}, {"formats/rgb.ppm", PictureFormat::Pnm},
         {"formats/gray.pgm", PictureFormat::Pnm}, {"clip.mp4", PictureFormat::None},
         {"clip_mpeg4.avi", PictureFormat::None},  {"clip.json", PictureFormat::None}};
    for (const auto& [name, format] : files)
        EXPECT_EQ(pictureFormat(bytesOf(contentOf(name))), format) << name;
    EXPECT_EQ(pictureFormat(bytesOf("GIF89a")), PictureFormat::Other);
    EXPECT_EQ(pictureFormat(bytesOf("\0\0\0\x1C"
                                    "ftypavif"sv)),
              PictureFormat::Other);
    EXPECT_EQ(pictureFormat({}), PictureFormat::None);
    for (const char* almost : {"P", "P6", "P7 ", "BM", "RIFF", "\x89PN", "II*", "Party"})
        EXPECT_EQ(pictureFormat(bytesOf(almost)), PictureFormat::None) << almost;
}

TEST(PictureScan, AcceptsWholePictures)
{
    for (const char* name :
         {"formats/rgb8.png", "formats/gray16.png", "formats/turned_5.jpg", "formats/progressive.jpg",
          "formats/lossless_alpha.webp", "formats/rgba.bmp", "formats/rgb.ppm", "coffee.png", "chelsea.jpg"})
        EXPECT_EQ(faultOf(contentOf(name)), "") << name;
}

TEST(PictureScan, BytesAfterTheEndAreNoFault)
{
    EXPECT_EQ(faultOf(contentOf("formats/rgb8.png") + "more"), "");
    EXPECT_EQ(faultOf(contentOf("chelsea.jpg") + "more"), "");
}

TEST(PictureScan, SaysThatAPictureBreaksOff)
{
    const std::string png = contentOf("formats/rgb8.png");
    EXPECT_EQ(faultOf(png.substr(0, png.size() - 1)), "the PNG breaks off before its end; fetch it again: /p");
    EXPECT_EQ(faultOf(png.substr(0, 60)),
              "the PNG breaks off inside a chunk, 106 bytes of it are missing; fetch it again: /p");
    const std::string jpeg = contentOf("chelsea.jpg");
    EXPECT_EQ(faultOf(jpeg.substr(0, jpeg.size() - 2)), "the JPEG breaks off before its end mark; fetch it again: /p");
    EXPECT_EQ(faultOf(jpeg.substr(0, jpeg.size() / 2)), "the JPEG breaks off before its end mark; fetch it again: /p");
    const std::string webp = contentOf("formats/lossless.webp");
    EXPECT_EQ(faultOf(webp.substr(0, webp.size() - 7)), "the WebP breaks off, 7 bytes are missing; fetch it again: /p");
    const std::string bmp = contentOf("formats/rgb.bmp");
    EXPECT_EQ(faultOf(bmp.substr(0, bmp.size() - 5)), "the BMP breaks off, 5 bytes are missing; fetch it again: /p");
    const std::string pnm = contentOf("formats/rgb.ppm");
    EXPECT_EQ(faultOf(pnm.substr(0, pnm.size() - 3)), "the PNM breaks off, 3 bytes are missing; fetch it again: /p");
    EXPECT_THAT(faultOf(contentOf("formats/rgb.bmp").substr(0, 20)), HasSubstr("the BMP breaks off inside its header"));
    EXPECT_THAT(faultOf("P6\n# only a comment"), HasSubstr("breaks off inside its header"));
}

TEST(PictureScan, SaysThatAPngIsDamaged)
{
    std::string png = contentOf("formats/rgb8.png");
    const std::size_t data = png.find("IDAT");
    png[data + 10] = static_cast<char>(png[data + 10] ^ 1);
    EXPECT_EQ(faultOf(png), "the PNG is damaged (a checksum does not match); fetch it again: /p");
}

TEST(PictureScan, RefusesGiganticAndEmptyClaims)
{
    EXPECT_THAT(faultOf("P6 20000 20000 255 "), HasSubstr("claims 20000 x 20000 pixels where at most 178956970"));
    EXPECT_THAT(faultOf("P6 99999999999999999999 99999999999999999999 255 "),
                HasSubstr("claims 2147483647 x 2147483647"));
    EXPECT_THAT(faultOf("P5 0 5 255 "), HasSubstr("has no pixels"));
    std::string bmp = contentOf("formats/rgb.bmp");
    bmp.replace(18, 8, "\xFF\xFF\xFF\x7F\x00\x00\x00\x80"sv);  // width 2^31 - 1, height -2^31
    EXPECT_THAT(faultOf(bmp), HasSubstr("claims 2147483647 x 2147483648"));
    std::string jpeg = contentOf("chelsea.jpg");
    const std::size_t frame = jpeg.find("\xFF\xC0");
    ASSERT_NE(frame, std::string::npos);
    jpeg.replace(frame + 5, 4, "\xFF\xFF\xFF\xFF");
    EXPECT_THAT(faultOf(jpeg), HasSubstr("claims 65535 x 65535 pixels"));
}

TEST(PictureScan, SaysWhatIsNoPicture)
{
    EXPECT_THAT(faultOf(""), HasSubstr("the file is empty"));
    EXPECT_THAT(faultOf("hello"), HasSubstr("this is not a picture"));
    EXPECT_THAT(faultOf("GIF89a"), HasSubstr("this picture format is not read; save"));
    EXPECT_THAT(faultOf("\xFF\xD8\xFF\xD9"), HasSubstr("the JPEG has no pixel data"));
}

TEST(PictureScan, KeepsOnlyTheChunksThatMatter)
{
    const std::string plain = contentOf("formats/rgb8.png");
    const std::string withProfile = contentOf("formats/rgb8_wrong_profile.png");
    const std::vector<std::uint8_t> kept = essentialPng(bytesOf(withProfile));
    EXPECT_NE(plain.size(), withProfile.size());
    EXPECT_TRUE(std::ranges::equal(kept, bytesOf(plain)));
}

TEST(PictureScan, FindsTheOrientationOfWebP)
{
    for (int orientation = 2; orientation <= 8; ++orientation)
        EXPECT_EQ(webpOrientation(bytesOf(contentOf("formats/turned_" + std::to_string(orientation) + ".webp"))),
                  orientation);
    EXPECT_EQ(webpOrientation(bytesOf(contentOf("formats/lossless.webp"))), 1);
}

}  // namespace
}  // namespace armillary::io
