#include "inspect/image_compare.h"

#include <fmt/format.h>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <span>

namespace armillary::inspect {
namespace {

constexpr double kPeak = 255;
constexpr double kSigma = 1.5;
constexpr double kC1 = (0.01 * kPeak) * (0.01 * kPeak);
constexpr double kC2 = (0.03 * kPeak) * (0.03 * kPeak);

Result<void> checkSizes(const Image& one, const Image& other)
{
    if (one.empty() || other.empty())
        return fail(ErrorCode::InvalidInput, "pictures to compare must not be empty");
    if (one.height() != other.height() || one.width() != other.width())
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("pictures to compare must have the same size: {}x{} and {}x{} (height x width); resize one",
                        one.height(), one.width(), other.height(), other.width()));
    return {};
}

// A view of the shared pixels; OpenCV has no read-only one, and nothing here writes.
cv::Mat viewOf(const Image& image)
{
    return {image.height(), image.width(), CV_8UC3, const_cast<std::uint8_t*>(image.rgb().data())};
}

// Without rounding to 8 bits, so that equal colours stay equal and small differences stay visible.
cv::Mat lumaOf(const Image& image)
{
    cv::Mat out;
    cv::Mat floats;
    viewOf(image).convertTo(floats, CV_32FC3);
    cv::cvtColor(floats, out, cv::COLOR_RGB2GRAY);
    out.convertTo(out, CV_64F);
    return out;
}

// The weighted mean under each place of the window that lies wholly inside.
cv::Mat windowMean(const cv::Mat& values)
{
    cv::Mat out;
    cv::GaussianBlur(values, out, {kSsimWindowPixels, kSsimWindowPixels}, kSigma, kSigma, cv::BORDER_REFLECT_101);
    constexpr int kEdge = kSsimWindowPixels / 2;
    return out(cv::Range(kEdge, out.rows - kEdge), cv::Range(kEdge, out.cols - kEdge));
}

double ssimOf(const Image& one, const Image& other)
{
    if (one.height() < kSsimWindowPixels || one.width() < kSsimWindowPixels)
        return std::numeric_limits<double>::quiet_NaN();
    const cv::Mat a = lumaOf(one);
    const cv::Mat b = lumaOf(other);
    const cv::Mat meanA = windowMean(a);
    const cv::Mat meanB = windowMean(b);
    const cv::Mat meanAA = windowMean(a.mul(a));
    const cv::Mat meanBB = windowMean(b.mul(b));
    const cv::Mat meanAB = windowMean(a.mul(b));
    double sum = 0;
    for (int row = 0; row < meanA.rows; ++row) {
        for (int column = 0; column < meanA.cols; ++column) {
            const double ma = meanA.at<double>(row, column);
            const double mb = meanB.at<double>(row, column);
            const double varianceA = meanAA.at<double>(row, column) - ma * ma;
            const double varianceB = meanBB.at<double>(row, column) - mb * mb;
            const double covariance = meanAB.at<double>(row, column) - ma * mb;
            sum += (2 * ma * mb + kC1) * (2 * covariance + kC2) /
                   ((ma * ma + mb * mb + kC1) * (varianceA + varianceB + kC2));
        }
    }
    return sum / static_cast<double>(meanA.total());
}

}  // namespace

Result<ImageDistance> compareImages(const Image& one, const Image& other)
{
    if (auto checked = checkSizes(one, other); !checked)
        return tl::unexpected(checked.error());
    const std::span<const std::uint8_t> a = one.rgb();
    const std::span<const std::uint8_t> b = other.rgb();
    ImageDistance out;
    std::int64_t squares = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const int difference = std::abs(static_cast<int>(a[i]) - static_cast<int>(b[i]));
        squares += static_cast<std::int64_t>(difference) * difference;
        out.largestDifference = std::max(out.largestDifference, difference);
    }
    out.meanSquaredError = static_cast<double>(squares) / static_cast<double>(a.size());
    out.psnrDecibels =
        squares == 0 ? std::numeric_limits<double>::infinity() : 10 * std::log10(kPeak * kPeak / out.meanSquaredError);
    out.ssim = ssimOf(one, other);
    return out;
}

Result<DifferenceMap> differenceMap(const Image& one, const Image& other)
{
    if (auto checked = checkSizes(one, other); !checked)
        return tl::unexpected(checked.error());
    const std::span<const std::uint8_t> a = one.rgb();
    const std::span<const std::uint8_t> b = other.rgb();
    DifferenceMap out{one.height(), one.width(), std::vector<std::uint8_t>(a.size() / 3)};
    for (std::size_t pixel = 0; pixel < out.values.size(); ++pixel) {
        int largest = 0;
        for (std::size_t color = 0; color < 3; ++color)
            largest = std::max(largest, std::abs(static_cast<int>(a[3 * pixel + color]) -
                                                 static_cast<int>(b[3 * pixel + color])));
        out.values[pixel] = static_cast<std::uint8_t>(largest);
    }
    return out;
}

Result<Image> resizedImage(const Image& image, int heightPixels, int widthPixels)
{
    if (image.empty() || heightPixels < 1 || widthPixels < 1)
        return fail(ErrorCode::InvalidInput, "a picture to resize and its new size must not be empty");
    if (image.height() == heightPixels && image.width() == widthPixels)
        return image;
    const bool shrinks = heightPixels <= image.height() && widthPixels <= image.width();
    std::vector<std::uint8_t> rgb(static_cast<std::size_t>(heightPixels) * static_cast<std::size_t>(widthPixels) * 3);
    cv::Mat out(heightPixels, widthPixels, CV_8UC3, rgb.data());
    cv::resize(viewOf(image), out, out.size(), 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
    return Image(heightPixels, widthPixels, std::move(rgb));
}

}  // namespace armillary::inspect
