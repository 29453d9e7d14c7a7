#include "io/image_file.h"

#include "io/atomic_file.h"
#include "io/json_file.h"
#include "io/opencv_quiet.h"
#include "io/picture_scan.h"

#include <fmt/format.h>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

#include <algorithm>
#include <new>
#include <optional>
#include <span>

namespace armillary::io {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 30;

std::uint8_t levelFrom(std::uint8_t value, bool)
{
    return value;
}

// Gray of 16 bits is clipped, a colour's high byte kept: what Pillow does with modes "I;16" and "RGB;16B".
std::uint8_t levelFrom(std::uint16_t value, bool isGray)
{
    return static_cast<std::uint8_t>(isGray ? std::min<int>(value, 255) : value >> 8);
}

// OpenCV's channels are blue, green, red.
template <class Element>
std::vector<std::uint8_t> rgbFrom(const cv::Mat& decoded)
{
    const int channels = decoded.channels();
    const bool isGray = channels == 1;
    std::vector<std::uint8_t> rgb(static_cast<std::size_t>(decoded.rows) * static_cast<std::size_t>(decoded.cols) * 3);
    std::uint8_t* out = rgb.data();
    for (int row = 0; row < decoded.rows; ++row) {
        const auto* in = decoded.ptr<Element>(row);
        for (int column = 0; column < decoded.cols; ++column, in += channels, out += 3) {
            out[0] = levelFrom(in[isGray ? 0 : 2], isGray);
            out[1] = levelFrom(in[isGray ? 0 : 1], isGray);
            out[2] = levelFrom(in[0], isGray);
        }
    }
    return rgb;
}

// Orientations of the EXIF standard; from 5 on the sides swap.
void turn(cv::Mat& picture, int orientation)
{
    constexpr int kAroundX = 0;
    constexpr int kAroundY = 1;
    constexpr int kAroundBoth = -1;
    if (orientation >= 5)
        cv::transpose(picture, picture);
    switch (orientation) {
    case 2:
    case 6: cv::flip(picture, picture, kAroundY); break;
    case 3:
    case 7: cv::flip(picture, picture, kAroundBoth); break;
    case 4:
    case 8: cv::flip(picture, picture, kAroundX); break;
    default: break;
    }
}

cv::Mat decode(std::span<const std::uint8_t> bytes, int flags)
{
    const cv::Mat view(1, static_cast<int>(bytes.size()), CV_8UC1, const_cast<std::uint8_t*>(bytes.data()));
    return cv::imdecode(view, flags);
}

Result<cv::Mat> decodePicture(std::span<const std::uint8_t> bytes, const std::string& path)
{
    // ANYDEPTH and ANYCOLOR keep 16 bits and gray apart, drop alpha, and still turn by the orientation tag.
    constexpr int kFlags = cv::IMREAD_ANYDEPTH | cv::IMREAD_ANYCOLOR;
    const PictureFormat format = pictureFormat(bytes);
    if (format == PictureFormat::Png)
        return decode(essentialPng(bytes), kFlags);
    constexpr int kColourAndAlpha = 4;
    if (format == PictureFormat::Tiff && decode(bytes, cv::IMREAD_UNCHANGED).channels() == kColourAndAlpha)
        // libtiff multiplies colours by alpha, the reference does not.
        return fail(ErrorCode::FileRead, fmt::format("a TIFF with transparency is not read; save it as PNG: {}", path));
    cv::Mat picture = decode(bytes, kFlags);
    if (format == PictureFormat::WebP && !picture.empty())
        turn(picture, webpOrientation(bytes));
    return picture;
}

}  // namespace

Result<Image> readImage(const std::string& path)
{
    quietOpenCv();
    const Result<std::string> content = readTextFile(path, kMaxFileBytes);
    if (!content)
        return tl::unexpected(content.error());
    const std::span bytes(reinterpret_cast<const std::uint8_t*>(content->data()), content->size());
    if (const Result<void> whole = checkPicture(bytes, path); !whole)
        return tl::unexpected(whole.error());
    try {
        const Result<cv::Mat> picture = decodePicture(bytes, path);
        if (!picture)
            return tl::unexpected(picture.error());
        const cv::Mat& decoded = *picture;
        if (decoded.empty())
            return fail(ErrorCode::FileRead,
                        fmt::format("the picture is damaged or cut off; fetch it again: {}", path));
        const bool isDeep = decoded.depth() == CV_16U;
        if ((decoded.depth() != CV_8U && !isDeep) || (decoded.channels() != 1 && decoded.channels() != 3))
            return fail(ErrorCode::FileRead,
                        fmt::format("the picture's pixels are neither 8 nor 16 bit gray or colour; save it "
                                    "as an 8-bit PNG: {}",
                                    path));
        return Image(decoded.rows, decoded.cols,
                     isDeep ? rgbFrom<std::uint16_t>(decoded) : rgbFrom<std::uint8_t>(decoded));
    } catch (const cv::Exception& problem) {
        return fail(ErrorCode::FileRead, fmt::format("the picture cannot be decoded ({}): {}", problem.err, path));
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, fmt::format("there is not enough memory for the picture: {}", path));
    }
}

Result<std::vector<std::uint8_t>> pngFromImage(const Image& image)
{
    if (image.empty())
        return fail(ErrorCode::InvalidInput, "a picture without pixels cannot be saved");
    cv::Mat bgr(image.height(), image.width(), CV_8UC3);
    const std::uint8_t* in = image.rgb().data();
    for (int row = 0; row < bgr.rows; ++row) {
        auto* out = bgr.ptr<std::uint8_t>(row);
        for (int column = 0; column < bgr.cols; ++column, in += 3, out += 3) {
            out[0] = in[2];
            out[1] = in[1];
            out[2] = in[0];
        }
    }
    std::vector<std::uint8_t> bytes;
    try {
        if (cv::imencode(".png", bgr, bytes))
            return bytes;
    } catch (const cv::Exception&) {
        // said below
    }
    return fail(ErrorCode::InvalidInput,
                fmt::format("a picture of {} x {} pixels cannot be saved as PNG", image.width(), image.height()));
}

Result<void> writePng(const std::string& path, const Image& image)
{
    const Result<std::vector<std::uint8_t>> bytes = pngFromImage(image);
    if (!bytes)
        return tl::unexpected(bytes.error());
    return writeFileAtomically(path, {std::span<const std::uint8_t>(*bytes)});
}

}  // namespace armillary::io
