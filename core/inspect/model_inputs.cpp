#include "inspect/model_inputs.h"

#include "records/setting_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>

namespace armillary::inspect {
namespace {

constexpr int kChannels = 3;
constexpr int kLevels = 256;
constexpr int kMostMedia = 1024;
constexpr int kMostPictures = 4096;

using Levels = std::array<float, kLevels>;

// The preprocessing's own rounding: the product in double, then floats.
Levels valuesByLevel(const PixelScale& scale, std::size_t channel)
{
    const auto mean = static_cast<float>(scale.mean[channel]);
    const auto deviation = static_cast<float>(scale.deviation[channel]);
    Levels out{};
    for (std::size_t level = 0; level < out.size(); ++level)
        out[level] = (static_cast<float>(static_cast<double>(level) * scale.rescale[channel]) - mean) / deviation;
    return out;
}

int nearestLevel(float value, const PixelScale& scale, std::size_t channel)
{
    const double level = (value * scale.deviation[channel] + scale.mean[channel]) / scale.rescale[channel];
    return std::isnan(level) ? 0 : static_cast<int>(std::lround(std::clamp(level, 0.0, kLevels - 1.0)));
}

std::uint16_t halfFrom(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000U);
    const float size = std::abs(value);
    if (std::isnan(value))
        return static_cast<std::uint16_t>(sign | 0x7E00U);
    if (size >= 65520.F)
        return static_cast<std::uint16_t>(sign | 0x7C00U);
    if (size < std::ldexp(1.F, -14))
        return static_cast<std::uint16_t>(sign | static_cast<std::uint16_t>(std::nearbyint(std::ldexp(size, 24))));
    int exponent = 0;
    const float mantissa = std::frexp(size, &exponent);  // 0.5 ... 1
    // Rounding up to 2048 carries into the exponent, as it should.
    const auto digits = static_cast<std::uint32_t>(std::nearbyint(std::ldexp(mantissa, 11)));
    return static_cast<std::uint16_t>(sign | ((static_cast<std::uint32_t>(exponent + 13) << 10) + digits));
}

std::string prefixOf(InputReader reader, int media)
{
    return fmt::format("media.{}.{}", media, reader == InputReader::VisionEncoder ? "pixels" : "vae_pixels");
}

std::optional<PixelScale> scaleFrom(const RunRecord& record, const std::string& prefix)
{
    const auto found = record.tensors.find(prefix + ".scale");
    if (found == record.tensors.end() || found->second.type != ElementType::Float64 ||
        found->second.shape != std::vector<std::int64_t>{3, 3} || !found->second.bytes ||
        found->second.bytes->size() != 9 * sizeof(double))
        return std::nullopt;
    std::array<double, 9> numbers{};
    std::memcpy(numbers.data(), found->second.bytes->data(), sizeof numbers);
    PixelScale out;
    std::copy_n(numbers.begin(), 3, out.rescale.begin());
    std::copy_n(numbers.begin() + 3, 3, out.mean.begin());
    std::copy_n(numbers.begin() + 6, 3, out.deviation.begin());
    const auto isBroken = [](double value) { return !std::isfinite(value) || value == 0; };
    if (std::any_of(out.rescale.begin(), out.rescale.end(), isBroken) ||
        std::any_of(out.deviation.begin(), out.deviation.end(), isBroken))
        return std::nullopt;
    return out;
}

const TensorSnapshot* wholeTensor(const RunRecord& record, const std::string& name)
{
    const auto found = record.tensors.find(name);
    if (found == record.tensors.end() || !found->second.bytes)
        return nullptr;
    const TensorSnapshot& tensor = found->second;
    // Divided, not multiplied: what a broken file claims may be any number.
    auto left = static_cast<std::int64_t>(tensor.bytes->size());
    for (const std::int64_t side : tensor.shape) {
        if (side <= 0 || left % side != 0)
            return nullptr;
        left /= side;
    }
    return left == elementBytes(tensor.type) ? &tensor : nullptr;
}

PixelBox coversOf(const RunRecord& record, int media, int crop)
{
    if (record.layout) {
        for (const TokenGrid& grid : record.layout->grids) {
            if (grid.kind == TokenKind::Image && grid.media == media && grid.crop == crop)
                return grid.covers;
        }
    }
    return {0, 0, 1, 1};
}

void addKept(const RunRecord& record, InputReader reader, int media, std::vector<ModelInput>& out)
{
    const std::string prefix = prefixOf(reader, media);
    const std::optional<PixelScale> scale = scaleFrom(record, prefix);
    for (int index = 0; index < kMostPictures; ++index) {
        const std::string name = fmt::format("{}.{}", prefix, index);
        if (!record.tensors.contains(name))
            break;
        const TensorSnapshot* tensor = wholeTensor(record, name);
        if (tensor == nullptr || tensor->shape.size() != 3)
            continue;
        ModelInput input;
        input.reader = reader;
        input.media = media;
        input.index = index;
        input.tensor = name;
        input.scale = scale;
        const bool isLevels = tensor->type == ElementType::UInt8;
        const auto side = [tensor](std::size_t axis) { return static_cast<std::size_t>(tensor->shape[axis]); };
        // Levels mean nothing without their scale.
        if (isLevels ? tensor->shape[2] != kChannels || !scale : tensor->shape[0] != kChannels)
            continue;
        input.isExact = isLevels || tensor->type == ElementType::Float32;
        input.heightPixels = static_cast<int>(side(isLevels ? 0 : 1));
        input.widthPixels = static_cast<int>(side(isLevels ? 1 : 2));
        input.pixelStride = isLevels ? kChannels : 1;
        input.rowStride = input.pixelStride * static_cast<std::size_t>(input.widthPixels);
        input.channelStride = isLevels ? 1 : side(1) * side(2);
        out.push_back(std::move(input));
    }
}

// [crops,3,h,w] of the encoder, [3,F,h,w] of the autoencoder.
void addCaptured(const RunRecord& record, InputReader reader, int media, std::vector<ModelInput>& out)
{
    const bool isVision = reader == InputReader::VisionEncoder;
    const std::string name = fmt::format("media.{}.{}", media, isVision ? "pixel_values" : "vae_input");
    const TensorSnapshot* tensor = wholeTensor(record, name);
    if (tensor == nullptr || tensor->shape.size() != 4 || tensor->shape[isVision ? 1 : 0] != kChannels)
        return;
    const std::size_t pictures = static_cast<std::size_t>(tensor->shape[isVision ? 0 : 1]);
    const std::size_t plane = static_cast<std::size_t>(tensor->shape[2] * tensor->shape[3]);
    ModelInput input;
    input.reader = reader;
    input.media = media;
    input.tensor = name;
    input.heightPixels = static_cast<int>(tensor->shape[2]);
    input.widthPixels = static_cast<int>(tensor->shape[3]);
    input.rowStride = static_cast<std::size_t>(input.widthPixels);
    input.channelStride = isVision ? plane : plane * pictures;
    if (!isVision) {
        const auto range = record.settings.find("pixel_range");
        if (range != record.settings.end())
            if (const auto known = settingFromName<armillary::PixelRange>(range->second))
                input.scale = scaleOf(*known);
    }
    for (std::size_t i = 0; i < pictures; ++i) {
        input.index = static_cast<int>(i);
        input.first = i * plane * (isVision ? kChannels : 1);
        out.push_back(input);
    }
}

// Sums values that a view shows; levels are counted first, so that a mean of millions keeps its digits.
class RangeSum {
public:
    void add(float value, double times = 1)
    {
        m_range.lowest = std::min(m_range.lowest, value);
        m_range.highest = std::max(m_range.highest, value);
        m_sum += value * times;
        m_count += times;
    }
    void add(const RangeSum& other)
    {
        m_range.lowest = std::min(m_range.lowest, other.m_range.lowest);
        m_range.highest = std::max(m_range.highest, other.m_range.highest);
        m_sum += other.m_sum;
        m_count += other.m_count;
    }
    [[nodiscard]] ValueRange range() const
    {
        return {m_range.lowest, m_range.highest, m_count > 0 ? m_sum / m_count : 0};
    }

private:
    ValueRange m_range{std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(), 0};
    double m_sum = 0;
    double m_count = 0;
};

std::size_t elementAt(const ModelInput& input, std::size_t row, std::size_t column, std::size_t channel)
{
    return input.first + row * input.rowStride + column * input.pixelStride + channel * input.channelStride;
}

InputView viewOfLevels(const TensorSnapshot& tensor, const ModelInput& input)
{
    InputView view;
    view.picture = {input.heightPixels, input.widthPixels, *tensor.bytes};
    std::array<std::array<std::int64_t, kLevels>, kChannels> counts{};
    const std::vector<std::uint8_t>& bytes = *tensor.bytes;
    for (std::size_t at = 0; at + 2 < bytes.size(); at += kChannels) {
        for (std::size_t channel = 0; channel < kChannels; ++channel)
            ++counts[channel][bytes[at + channel]];
    }
    RangeSum all;
    for (std::size_t channel = 0; channel < kChannels; ++channel) {
        const Levels values = valuesByLevel(*input.scale, channel);
        RangeSum sum;
        for (std::size_t level = 0; level < kLevels; ++level) {
            if (counts[channel][level] > 0)
                sum.add(values[level], static_cast<double>(counts[channel][level]));
        }
        view.channels[channel] = sum.range();
        all.add(sum);
    }
    view.all = all.range();
    return view;
}

InputView viewOfFloats(const TensorSnapshot& tensor, const ModelInput& input)
{
    InputView view;
    const auto height = static_cast<std::size_t>(input.heightPixels);
    const auto width = static_cast<std::size_t>(input.widthPixels);
    std::vector<float> values(height * width * kChannels);
    RangeSum all;
    for (std::size_t channel = 0; channel < kChannels; ++channel) {
        RangeSum sum;
        for (std::size_t row = 0; row < height; ++row) {
            for (std::size_t column = 0; column < width; ++column) {
                const float value = tensor.floatAt(static_cast<std::int64_t>(elementAt(input, row, column, channel)));
                values[(row * width + column) * kChannels + channel] = value;
                sum.add(value);
            }
        }
        view.channels[channel] = sum.range();
        all.add(sum);
    }
    view.all = all.range();
    if (!input.isExact)
        view.largestError = std::ldexp(std::max(std::abs(view.all.lowest), std::abs(view.all.highest)), -11);
    PixelScale stretched;
    const double span = static_cast<double>(view.all.highest) - view.all.lowest;
    stretched.rescale.fill(span > 0 ? span / (kLevels - 1) : 1);
    stretched.mean.fill(-view.all.lowest);
    const PixelScale& scale = input.scale ? *input.scale : stretched;
    std::vector<std::uint8_t> rgb(values.size());
    for (std::size_t i = 0; i < values.size(); ++i)
        rgb[i] = static_cast<std::uint8_t>(nearestLevel(values[i], scale, i % kChannels));
    view.picture = {input.heightPixels, input.widthPixels, std::move(rgb)};
    return view;
}

}  // namespace

PixelScale scaleOf(armillary::PixelRange range)
{
    PixelScale out;
    if (range == armillary::PixelRange::ZeroTo255) {
        out.rescale = {1, 1, 1};
    } else {
        out.mean = {0.5, 0.5, 0.5};
        out.deviation = {0.5, 0.5, 0.5};
    }
    return out;
}

void keepModelInput(RunRecord& record, InputReader reader, int media, int index, std::span<const float> values,
                    std::size_t channelStride, int heightPixels, int widthPixels, const PixelScale& scale)
{
    const std::size_t plane = static_cast<std::size_t>(heightPixels) * static_cast<std::size_t>(widthPixels);
    auto levels = std::make_shared<std::vector<std::uint8_t>>(plane * kChannels);
    bool isLossless = true;
    for (std::size_t channel = 0; channel < kChannels && isLossless; ++channel) {
        const Levels table = valuesByLevel(scale, channel);
        const auto factor = static_cast<float>(scale.deviation[channel] / scale.rescale[channel]);
        const auto offset = static_cast<float>(scale.mean[channel] / scale.rescale[channel] + 0.5);
        const float* const from = values.data() + channel * channelStride;
        std::uint8_t* const to = levels->data() + channel;
        for (std::size_t i = 0; i < plane && isLossless; ++i) {
            // A guess, quick and near enough: what decides is whether the level gives the value back.
            const float guess = from[i] * factor + offset;
            const std::uint8_t level = guess >= 0 && guess < kLevels ? static_cast<std::uint8_t>(guess) : 0;
            isLossless = table[level] == from[i];
            to[i * kChannels] = level;
        }
    }
    const std::string prefix = prefixOf(reader, media);
    TensorSnapshot& kept = record.tensors[fmt::format("{}.{}", prefix, index)];
    if (isLossless) {
        kept = {ElementType::UInt8, {heightPixels, widthPixels, kChannels}, std::move(levels)};
    } else {
        auto halves = std::make_shared<std::vector<std::uint8_t>>(plane * kChannels * 2);
        for (std::size_t channel = 0; channel < kChannels; ++channel) {
            for (std::size_t i = 0; i < plane; ++i) {
                const std::uint16_t half = halfFrom(values[channel * channelStride + i]);
                std::memcpy(halves->data() + (channel * plane + i) * 2, &half, sizeof half);
            }
        }
        kept = {ElementType::Float16, {kChannels, heightPixels, widthPixels}, std::move(halves)};
    }
    std::array<double, 9> numbers{};
    std::copy(scale.rescale.begin(), scale.rescale.end(), numbers.begin());
    std::copy(scale.mean.begin(), scale.mean.end(), numbers.begin() + 3);
    std::copy(scale.deviation.begin(), scale.deviation.end(), numbers.begin() + 6);
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(sizeof numbers);
    std::memcpy(bytes->data(), numbers.data(), sizeof numbers);
    record.tensors[prefix + ".scale"] = {ElementType::Float64, {3, 3}, std::move(bytes)};
}

std::vector<ModelInput> modelInputs(const RunRecord& record)
{
    std::vector<ModelInput> out;
    const int media = std::clamp(static_cast<int>(record.question.media.size()), 1, kMostMedia);
    for (int i = 0; i < media; ++i) {
        for (const InputReader reader : {InputReader::VisionEncoder, InputReader::VideoAutoencoder}) {
            const std::size_t before = out.size();
            addKept(record, reader, i, out);
            if (out.size() == before)
                addCaptured(record, reader, i, out);
            if (reader == InputReader::VisionEncoder) {
                for (std::size_t at = before; at < out.size(); ++at)
                    out[at].covers = coversOf(record, i, out[at].index);
            }
        }
    }
    return out;
}

InputView viewOf(const RunRecord& record, const ModelInput& input)
{
    const TensorSnapshot* tensor = wholeTensor(record, input.tensor);
    if (tensor == nullptr)
        return {};
    return tensor->type == ElementType::UInt8 && input.scale ? viewOfLevels(*tensor, input)
                                                             : viewOfFloats(*tensor, input);
}

float inputValue(const RunRecord& record, const ModelInput& input, int row, int column, int channel)
{
    const TensorSnapshot* tensor = wholeTensor(record, input.tensor);
    if (tensor == nullptr || row < 0 || column < 0 || row >= input.heightPixels || column >= input.widthPixels ||
        channel < 0 || channel >= kChannels)
        return std::numeric_limits<float>::quiet_NaN();
    const auto at = static_cast<std::size_t>(channel);
    const float value = tensor->floatAt(static_cast<std::int64_t>(
        elementAt(input, static_cast<std::size_t>(row), static_cast<std::size_t>(column), at)));
    if (tensor->type != ElementType::UInt8 || !input.scale)
        return value;
    return valuesByLevel(*input.scale, at)[static_cast<std::size_t>(value)];
}

}  // namespace armillary::inspect
