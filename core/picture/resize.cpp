#include "picture/resize.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

namespace armillary::picture {
namespace {

constexpr int kChannels = 3;
constexpr int kWeightBits = 22;  // 32 - 8 for the pixel - 2 for the sign and the overshoot of negative lobes

// The input pixels that make one output pixel, and their weights in units of 2^-22.
struct Taps {
    int first = 0;
    std::vector<std::int32_t> weights;
};

double filterSupport(ResizeFilter filter)
{
    switch (filter) {
    case ResizeFilter::Bilinear: return 1;
    case ResizeFilter::Bicubic: return 2;
    case ResizeFilter::Lanczos: return 3;
    }
    return 1;
}

double sinc(double x)
{
    if (x == 0.0)
        return 1.0;
    x *= std::numbers::pi;
    return std::sin(x) / x;
}

double filterValue(ResizeFilter filter, double x)
{
    switch (filter) {
    case ResizeFilter::Bilinear: return std::max(1.0 - std::abs(x), 0.0);
    case ResizeFilter::Bicubic: {
        constexpr double kSharpness = -0.5;
        x = std::abs(x);
        if (x < 1.0)
            return ((kSharpness + 2.0) * x - (kSharpness + 3.0)) * x * x + 1;
        if (x < 2.0)
            return (((x - 5) * x + 8) * x - 4) * kSharpness;
        return 0.0;
    }
    case ResizeFilter::Lanczos: return -3.0 <= x && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0;
    }
    return 0.0;
}

std::int32_t fixedPoint(double weight)
{
    const double scaled = weight * (1 << kWeightBits);
    return static_cast<std::int32_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

std::vector<Taps> tapsOfSide(int inPixels, int outPixels, ResizeFilter filter)
{
    const double scale = static_cast<double>(inPixels) / outPixels;
    const double stretch = std::max(scale, 1.0);
    const double reach = filterSupport(filter) * stretch;
    const double inverseStretch = 1.0 / stretch;
    std::vector<Taps> taps(static_cast<std::size_t>(outPixels));
    std::vector<double> exact;
    for (int out = 0; out < outPixels; ++out) {
        const double center = (out + 0.5) * scale;
        const int first = std::max(static_cast<int>(center - reach + 0.5), 0);
        const int end = std::min(static_cast<int>(center + reach + 0.5), inPixels);
        exact.clear();
        double sum = 0;
        for (int in = first; in < end; ++in) {
            exact.push_back(filterValue(filter, (in - center + 0.5) * inverseStretch));
            sum += exact.back();
        }
        Taps& one = taps[static_cast<std::size_t>(out)];
        one.first = first;
        for (const double weight : exact)
            one.weights.push_back(fixedPoint(sum != 0.0 ? weight / sum : weight));
    }
    return taps;
}

std::uint8_t levelFromSum(std::int32_t sum)
{
    return static_cast<std::uint8_t>(std::clamp(sum >> kWeightBits, 0, 255));
}

constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);

std::vector<std::uint8_t> resizeRows(std::span<const std::uint8_t> in, int height, int inWidth, int outWidth,
                                     ResizeFilter filter)
{
    const std::vector<Taps> taps = tapsOfSide(inWidth, outWidth, filter);
    std::vector<std::uint8_t> out(static_cast<std::size_t>(height) * static_cast<std::size_t>(outWidth) * kChannels);
    std::uint8_t* pixel = out.data();
    for (int row = 0; row < height; ++row) {
        const std::uint8_t* line =
            in.data() + static_cast<std::size_t>(row) * static_cast<std::size_t>(inWidth) * kChannels;
        for (const Taps& one : taps) {
            std::int32_t red = kHalf;
            std::int32_t green = kHalf;
            std::int32_t blue = kHalf;
            const std::uint8_t* source = line + static_cast<std::ptrdiff_t>(one.first) * kChannels;
            for (const std::int32_t weight : one.weights) {
                red += weight * source[0];
                green += weight * source[1];
                blue += weight * source[2];
                source += kChannels;
            }
            pixel[0] = levelFromSum(red);
            pixel[1] = levelFromSum(green);
            pixel[2] = levelFromSum(blue);
            pixel += kChannels;
        }
    }
    return out;
}

std::vector<std::uint8_t> resizeColumns(std::span<const std::uint8_t> in, int inHeight, int outHeight, int width,
                                        ResizeFilter filter)
{
    const std::vector<Taps> taps = tapsOfSide(inHeight, outHeight, filter);
    const std::size_t rowBytes = static_cast<std::size_t>(width) * kChannels;
    std::vector<std::uint8_t> out(static_cast<std::size_t>(outHeight) * rowBytes);
    std::vector<std::int32_t> sums(rowBytes);
    std::uint8_t* target = out.data();
    for (const Taps& one : taps) {
        std::fill(sums.begin(), sums.end(), kHalf);
        const std::uint8_t* source = in.data() + static_cast<std::size_t>(one.first) * rowBytes;
        for (const std::int32_t weight : one.weights) {
            for (std::size_t i = 0; i < rowBytes; ++i)
                sums[i] += weight * source[i];
            source += rowBytes;
        }
        for (std::size_t i = 0; i < rowBytes; ++i)
            target[i] = levelFromSum(sums[i]);
        target += rowBytes;
    }
    return out;
}

}  // namespace

Image resize(const Image& image, int heightPixels, int widthPixels, ResizeFilter filter)
{
    if (image.empty() || heightPixels <= 0 || widthPixels <= 0)
        return {};
    const int inHeight = image.height();
    const int inWidth = image.width();
    const bool changesWidth = widthPixels != inWidth;
    const bool changesHeight = heightPixels != inHeight;
    if (!changesWidth && !changesHeight)
        return image;

    // The order decides the rounding of the first pass; Pillow 13 takes the cheaper one by this rule.
    const bool columnsFirst = heightPixels < inHeight && inHeight - heightPixels > 2 * (inWidth - widthPixels);
    std::vector<std::uint8_t> pixels;
    std::span<const std::uint8_t> current = image.rgb();
    if (changesHeight && columnsFirst) {
        pixels = resizeColumns(current, inHeight, heightPixels, inWidth, filter);
        current = pixels;
    }
    if (changesWidth) {
        pixels = resizeRows(current, columnsFirst ? heightPixels : inHeight, inWidth, widthPixels, filter);
        current = pixels;
    }
    if (changesHeight && !columnsFirst)
        pixels = resizeColumns(current, inHeight, heightPixels, widthPixels, filter);
    return Image(heightPixels, widthPixels, std::move(pixels));
}

}  // namespace armillary::picture
