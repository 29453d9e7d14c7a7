#include "widgets/colormap.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace armillary::widgets {
namespace {

// Viridis (S. van der Walt, N. Smith; CC0) at every eighth of its range.
constexpr std::array<QRgb, 9> kViridis = {0xff440154, 0xff472d7b, 0xff3b528b, 0xff2c728e, 0xff21918c,
                                          0xff28ae80, 0xff5ec962, 0xffaddc30, 0xfffde725};
constexpr std::array<QRgb, 5> kSigned = {0xff0b4f8a, 0xff6aa5d8, 0xffe8e6e1, 0xffe29a4f, 0xff9a4a06};
constexpr QRgb kNoNumber = 0xff808080;

std::span<const QRgb> anchorsOf(ColorScale scale)
{
    if (scale == ColorScale::Magnitude)
        return kViridis;
    return kSigned;
}

}  // namespace

QRgb scaleColor(ColorScale scale, double fraction)
{
    if (std::isnan(fraction))
        return kNoNumber;
    const std::span<const QRgb> anchors = anchorsOf(scale);
    const double place = std::clamp(fraction, 0.0, 1.0) * static_cast<double>(anchors.size() - 1);
    const auto low = std::min(static_cast<std::size_t>(place), anchors.size() - 2);
    const double part = place - static_cast<double>(low);
    const auto mix = [part](int a, int b) { return static_cast<int>(std::lround(a + (b - a) * part)); };
    const QRgb a = anchors[low];
    const QRgb b = anchors[low + 1];
    return qRgb(mix(qRed(a), qRed(b)), mix(qGreen(a), qGreen(b)), mix(qBlue(a), qBlue(b)));
}

QLinearGradient scaleGradient(ColorScale scale)
{
    QLinearGradient out;
    const std::span<const QRgb> anchors = anchorsOf(scale);
    for (std::size_t i = 0; i < anchors.size(); ++i)
        out.setColorAt(static_cast<double>(i) / static_cast<double>(anchors.size() - 1), QColor(anchors[i]));
    return out;
}

QImage imageFromValues(std::span<const float> values, int rows, int columns, float lowest, float highest,
                       ColorScale scale)
{
    QImage out(columns, rows, QImage::Format_RGB32);
    const double range = static_cast<double>(highest) - lowest;
    for (int row = 0; row < rows; ++row) {
        auto* line = reinterpret_cast<QRgb*>(out.scanLine(row));
        for (int column = 0; column < columns; ++column) {
            const double value = values[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
                                        static_cast<std::size_t>(column)];
            line[column] = scaleColor(scale, range > 0 ? (value - lowest) / range : value * 0 + 0.5);
        }
    }
    return out;
}

QImage imageFromBytes(std::span<const std::uint8_t> values, int rows, int columns, int highest, ColorScale scale)
{
    std::array<QRgb, 256> table{};
    for (int level = 0; level < 256; ++level)
        table[static_cast<std::size_t>(level)] =
            scaleColor(scale, highest > 0 ? static_cast<double>(level) / highest : 0);
    QImage out(columns, rows, QImage::Format_RGB32);
    for (int row = 0; row < rows; ++row) {
        auto* line = reinterpret_cast<QRgb*>(out.scanLine(row));
        for (int column = 0; column < columns; ++column)
            line[column] = table[values[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
                                        static_cast<std::size_t>(column)]];
    }
    return out;
}

QImage blockImage(const QImage& image, int leastSide)
{
    const int smaller = std::min(image.width(), image.height());
    if (smaller <= 0 || smaller >= leastSide)
        return image;
    const int factor = (leastSide + smaller - 1) / smaller;
    return image.scaled(image.width() * factor, image.height() * factor, Qt::IgnoreAspectRatio, Qt::FastTransformation);
}

}  // namespace armillary::widgets
