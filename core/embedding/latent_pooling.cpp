#include "embedding/latent_pooling.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>

namespace armillary::embedding {
namespace {

constexpr std::array kPoolings = {LatentPooling::Mean,      LatentPooling::Maximum,
                                  LatentPooling::Minimum,   LatentPooling::MinimumMaximum,
                                  LatentPooling::Deviation, LatentPooling::MeanDeviation,
                                  LatentPooling::Quadrants, LatentPooling::Sixteenths,
                                  LatentPooling::LastFrame, LatentPooling::Flat};

// Of the finite values of one part.
struct Part {
    double sum = 0, squares = 0;
    double lowest = std::numeric_limits<double>::infinity();
    double highest = -std::numeric_limits<double>::infinity();
    double count = 0;

    void add(float value)
    {
        if (!std::isfinite(value))
            return;
        sum += value;
        squares += static_cast<double>(value) * value;
        lowest = std::min<double>(lowest, value);
        highest = std::max<double>(highest, value);
        ++count;
    }
    [[nodiscard]] float mean() const { return count > 0 ? static_cast<float>(sum / count) : 0; }
    [[nodiscard]] float deviation() const
    {
        return count > 0 ? static_cast<float>(std::sqrt(std::max(0.0, squares / count - sum / count * (sum / count))))
                         : 0;
    }
    [[nodiscard]] float low() const { return count > 0 ? static_cast<float>(lowest) : 0; }
    [[nodiscard]] float high() const { return count > 0 ? static_cast<float>(highest) : 0; }
};

// Means of side x side parts of each channel's pictures, [C * side * side].
std::vector<float> partMeans(std::span<const float> values, const std::vector<std::int64_t>& shape, std::int64_t side)
{
    std::vector<float> out;
    const std::int64_t frames = shape[1], rows = shape[2], columns = shape[3];
    for (std::int64_t channel = 0; channel < shape[0]; ++channel) {
        std::vector<Part> parts(static_cast<std::size_t>(side * side));
        for (std::int64_t at = 0; at < frames * rows * columns; ++at) {
            const std::int64_t row = at / columns % rows;
            const std::int64_t part = row * side / rows * side + at % columns * side / columns;
            parts[static_cast<std::size_t>(part)].add(
                values[static_cast<std::size_t>(channel * frames * rows * columns + at)]);
        }
        for (const Part& part : parts)
            out.push_back(part.mean());
    }
    return out;
}

}  // namespace

const std::vector<std::string>& latentPoolingNames()
{
    static const std::vector<std::string> kNames = {"mean",      "max",        "min",
                                                    "min-max",   "deviation",  "mean-deviation",
                                                    "quadrants", "sixteenths", "last-frame",
                                                    "flat"};
    return kNames;
}

Result<std::vector<float>> pooledLatents(const TensorSnapshot& latents, LatentPooling pooling)
{
    const auto checked = matrixFromLatents(latents);
    if (!checked)
        return tl::unexpected(checked.error());
    if (checked->values.empty())
        return fail(ErrorCode::InvalidInput, "latents without a number cannot be pooled");
    const std::vector<float> values = latents.floats();
    const std::int64_t places = checked->rows;
    const std::int64_t framePlaces = latents.shape[2] * latents.shape[3];
    switch (pooling) {
    case LatentPooling::Quadrants: return partMeans(values, latents.shape, 2);
    case LatentPooling::Sixteenths: return partMeans(values, latents.shape, 4);
    case LatentPooling::Flat: {
        std::vector<float> out = values;
        std::replace_if(
            out.begin(), out.end(), [](float value) { return !std::isfinite(value); }, 0.F);
        return out;
    }
    default: break;
    }
    std::vector<float> first, second;
    for (std::int64_t channel = 0; channel < latents.shape[0]; ++channel) {
        Part part;
        const std::int64_t begin = pooling == LatentPooling::LastFrame ? places - framePlaces : 0;
        for (std::int64_t place = begin; place < places; ++place)
            part.add(values[static_cast<std::size_t>(channel * places + place)]);
        switch (pooling) {
        case LatentPooling::Maximum: first.push_back(part.high()); break;
        case LatentPooling::Minimum: first.push_back(part.low()); break;
        case LatentPooling::Deviation: first.push_back(part.deviation()); break;
        case LatentPooling::MinimumMaximum:
            first.push_back(part.low());
            second.push_back(part.high());
            break;
        case LatentPooling::MeanDeviation:
            first.push_back(part.mean());
            second.push_back(part.deviation());
            break;
        default: first.push_back(part.mean()); break;
        }
    }
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

Result<std::vector<PoolingComparison>> comparePoolings(const std::vector<const TensorSnapshot*>& latents,
                                                       const std::vector<std::int64_t>& labels,
                                                       const DiscriminabilityOptions& options,
                                                       const std::stop_token& stop)
{
    if (latents.size() != labels.size())
        return fail(ErrorCode::InvalidInput,
                    fmt::format("{} labels do not fit {} latents", labels.size(), latents.size()));
    for (const TensorSnapshot* each : latents) {
        if (each->shape != latents.front()->shape)
            return fail(ErrorCode::InvalidInput,
                        "latents to compare must have the same shape; ask about videos of one size and length");
    }
    std::vector<PoolingComparison> out;
    for (const LatentPooling pooling : kPoolings) {
        Matrix vectors;
        for (const TensorSnapshot* each : latents) {
            const auto pooled = pooledLatents(*each, pooling);
            if (!pooled)
                return tl::unexpected(pooled.error());
            vectors.columns = static_cast<std::int64_t>(pooled->size());
            vectors.values.insert(vectors.values.end(), pooled->begin(), pooled->end());
            ++vectors.rows;
        }
        auto measures = discriminability(vectors, labels, options, stop);
        if (!measures)
            return tl::unexpected(measures.error());
        out.push_back({pooling, vectors.columns, std::move(*measures)});
    }
    return out;
}

}  // namespace armillary::embedding
