#include "embedding/matrix.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace armillary::embedding {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Result<void> checkHeld(const TensorSnapshot& tensor)
{
    const std::int64_t held =
        tensor.bytes ? static_cast<std::int64_t>(tensor.bytes->size()) / elementBytes(tensor.type) : 0;
    if (held < tensor.elementCount())
        return fail(ErrorCode::InvalidInput,
                    fmt::format("a tensor holds {} numbers and its shape wants {}; record it again", held,
                                tensor.elementCount()));
    return {};
}

template <class Value>
TensorSnapshot snapshotFrom(ElementType type, std::vector<std::int64_t> shape, const std::vector<Value>& values)
{
    std::vector<std::uint8_t> bytes(values.size() * sizeof(Value));
    if (!bytes.empty())
        std::memcpy(bytes.data(), values.data(), bytes.size());
    return {type, std::move(shape), std::make_shared<const std::vector<std::uint8_t>>(std::move(bytes))};
}

}  // namespace

Result<Matrix> matrixFromSnapshot(const TensorSnapshot& tensor)
{
    if (tensor.shape.size() < 2)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("vectors need a tensor of two axes or more, this one has the shape [{}]",
                                fmt::join(tensor.shape, ", ")));
    if (auto held = checkHeld(tensor); !held)
        return tl::unexpected(held.error());
    const std::int64_t columns = tensor.shape.back();
    const std::int64_t count = tensor.elementCount();
    return Matrix{columns > 0 ? count / columns : 0, columns, count > 0 ? tensor.floats() : std::vector<float>{}};
}

Result<Matrix> matrixFromLatents(const TensorSnapshot& latents)
{
    if (latents.shape.size() != 4)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("latents need the shape [channels, latent frames, height, width], this one has [{}]",
                                fmt::join(latents.shape, ", ")));
    if (auto held = checkHeld(latents); !held)
        return tl::unexpected(held.error());
    const std::int64_t channels = latents.shape[0];
    const std::int64_t places = channels > 0 ? latents.elementCount() / channels : 0;
    const std::vector<float> stored = latents.elementCount() > 0 ? latents.floats() : std::vector<float>{};
    Matrix out{places, channels, std::vector<float>(stored.size())};
    for (std::int64_t channel = 0; channel < channels; ++channel) {
        for (std::int64_t place = 0; place < places; ++place)
            out.row(place)[channel] = stored[static_cast<std::size_t>(channel * places + place)];
    }
    return out;
}

Matrix chosenRows(const Matrix& matrix, const std::vector<std::int64_t>& indices)
{
    Matrix out{static_cast<std::int64_t>(indices.size()), matrix.columns, {}};
    out.values.reserve(indices.size() * static_cast<std::size_t>(matrix.columns));
    for (const std::int64_t index : indices)
        out.values.insert(out.values.end(), matrix.row(index), matrix.row(index) + matrix.columns);
    return out;
}

Matrix stacked(const Matrix& upper, const Matrix& lower)
{
    Matrix out = upper.rows > 0 ? upper : Matrix{0, lower.columns, {}};
    out.values.insert(out.values.end(), lower.values.begin(), lower.values.end());
    out.rows += lower.rows;
    return out;
}

std::vector<std::int64_t> finiteRows(const Matrix& matrix)
{
    std::vector<std::int64_t> out;
    for (std::int64_t i = 0; i < matrix.rows; ++i) {
        if (std::all_of(matrix.row(i), matrix.row(i) + matrix.columns,
                        [](float value) { return std::isfinite(value); }))
            out.push_back(i);
    }
    return out;
}

std::vector<double> rowNorms(const Matrix& matrix)
{
    std::vector<double> out;
    out.reserve(static_cast<std::size_t>(matrix.rows));
    for (std::int64_t i = 0; i < matrix.rows; ++i) {
        double squares = 0;
        for (std::int64_t column = 0; column < matrix.columns; ++column) {
            const double value = matrix.row(i)[column];
            squares += value * value;
        }
        out.push_back(std::sqrt(squares));
    }
    return out;
}

Matrix unitRows(const Matrix& matrix)
{
    Matrix out = matrix;
    const std::vector<double> norms = rowNorms(matrix);
    for (std::int64_t i = 0; i < out.rows; ++i) {
        const double norm = norms[static_cast<std::size_t>(i)];
        if (norm > 0)
            std::for_each(out.row(i), out.row(i) + out.columns,
                          [norm](float& value) { value = static_cast<float>(value / norm); });
    }
    return out;
}

std::vector<double> columnMeans(const Matrix& matrix)
{
    std::vector<double> means(static_cast<std::size_t>(matrix.columns), 0.0);
    for (std::int64_t i = 0; i < matrix.rows; ++i) {
        for (std::size_t column = 0; column < means.size(); ++column)
            means[column] += matrix.row(i)[column];
    }
    for (double& value : means)
        value /= static_cast<double>(std::max<std::int64_t>(matrix.rows, 1));
    return means;
}

Matrix centredColumns(const Matrix& matrix)
{
    const std::vector<double> means = columnMeans(matrix);
    Matrix out = matrix;
    for (std::int64_t i = 0; i < out.rows; ++i) {
        for (std::size_t column = 0; column < means.size(); ++column)
            out.row(i)[column] = static_cast<float>(out.row(i)[column] - means[column]);
    }
    return out;
}

double totalVariation(const Matrix& matrix)
{
    const std::vector<double> means = columnMeans(matrix);
    double sum = 0;
    for (std::int64_t i = 0; i < matrix.rows; ++i) {
        for (std::size_t column = 0; column < means.size(); ++column) {
            const double difference = matrix.row(i)[column] - means[column];
            sum += difference * difference;
        }
    }
    return sum;
}

std::vector<std::int64_t> evenlyChosen(std::int64_t count, std::int64_t most)
{
    const std::int64_t taken = std::clamp<std::int64_t>(most, 0, count);
    std::vector<std::int64_t> out;
    out.reserve(static_cast<std::size_t>(taken));
    for (std::int64_t i = 0; i < taken; ++i)
        out.push_back(i * count / taken);
    return out;
}

TensorSnapshot snapshotFromFloats(std::vector<std::int64_t> shape, const std::vector<float>& values)
{
    return snapshotFrom(ElementType::Float32, std::move(shape), values);
}

TensorSnapshot snapshotFromIntegers(std::vector<std::int64_t> shape, const std::vector<std::int64_t>& values)
{
    return snapshotFrom(ElementType::Int64, std::move(shape), values);
}

TensorSnapshot snapshotFromMatrix(const Matrix& matrix)
{
    return snapshotFromFloats({matrix.rows, matrix.columns}, matrix.values);
}

double quantile(std::vector<double> values, double q)
{
    if (values.empty())
        return kNan;
    std::sort(values.begin(), values.end());
    const double at = q * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

double mean(const std::vector<double>& values)
{
    if (values.empty())
        return kNan;
    double sum = 0;
    for (const double value : values)
        sum += value;
    return sum / static_cast<double>(values.size());
}

double standardDeviation(const std::vector<double>& values)
{
    if (values.size() < 2)
        return kNan;
    const double middle = mean(values);
    double squares = 0;
    for (const double value : values)
        squares += (value - middle) * (value - middle);
    return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

std::vector<std::int64_t> histogram(const std::vector<double>& values, double lowest, double highest, std::int64_t bins)
{
    std::vector<std::int64_t> out(static_cast<std::size_t>(std::max<std::int64_t>(bins, 0)), 0);
    const double range = highest - lowest;
    for (const double value : values) {
        if (out.empty() || !std::isfinite(value))
            continue;
        const double step = range > 0 ? (value - lowest) / range * static_cast<double>(bins) : 0;
        ++out[static_cast<std::size_t>(std::clamp(step, 0.0, static_cast<double>(bins - 1)))];
    }
    return out;
}

}  // namespace armillary::embedding
