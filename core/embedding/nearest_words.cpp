#include "embedding/nearest_words.h"

#include "base/random_source.h"
#include "embedding/dense_tensor.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace armillary::embedding {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kHighQuantile = 0.95;

Result<WordList> bestWords(const Matrix& units, const EmbeddingTable& table, const NearestWordsOptions& options,
                           const std::stop_token& stop)
{
    const std::int64_t k = std::min(options.count, table.rows);
    at::Tensor bestCosines = at::full({units.rows, 0}, 0, at::kFloat);
    at::Tensor bestIds = at::full({units.rows, 0}, 0, at::kLong);
    Matrix block{0, table.columns, {}};
    for (std::int64_t first = 0; first < table.rows; first += options.blockRows) {
        if (stop.stop_requested())
            return cancelled("the search for nearest words");
        block.rows = std::min(options.blockRows, table.rows - first);
        block.values.resize(static_cast<std::size_t>(block.rows * block.columns));
        table.read(first, block.rows, block.values.data());
        const Matrix words = unitRows(block);
        const at::Tensor all = at::matmul(viewOfMatrix(units), viewOfMatrix(words).t());
        // Words whose row is broken are never the nearest.
        const auto [cosines, ids] = at::nan_to_num(all, -2.0).topk(std::min(k, block.rows), 1);
        const at::Tensor joinedCosines = at::cat({bestCosines, cosines}, 1);
        const at::Tensor joinedIds = at::cat({bestIds, ids + first}, 1);
        const auto [keptCosines, kept] = joinedCosines.topk(std::min(k, joinedCosines.size(1)), 1);
        bestCosines = keptCosines;
        bestIds = joinedIds.gather(1, kept);
    }
    WordList out;
    out.count = k;
    out.cosines = matrixFromTensor(bestCosines).values;
    const at::Tensor ids = bestIds.contiguous();
    out.ids.assign(ids.const_data_ptr<std::int64_t>(), ids.const_data_ptr<std::int64_t>() + ids.numel());
    return out;
}

std::vector<double> firstCosines(const WordList& list)
{
    std::vector<double> out;
    for (std::size_t at = 0; list.count > 0 && at < list.cosines.size(); at += static_cast<std::size_t>(list.count))
        out.push_back(list.cosines[at]);
    return out;
}

std::set<std::int64_t> firstIds(const WordList& list)
{
    std::set<std::int64_t> out;
    for (std::size_t at = 0; list.count > 0 && at < list.ids.size(); at += static_cast<std::size_t>(list.count))
        out.insert(list.ids[at]);
    return out;
}

}  // namespace

Result<EmbeddingTable> tableOfSnapshot(const TensorSnapshot& snapshot)
{
    const std::int64_t needed = snapshot.elementCount() * elementBytes(snapshot.type);
    if (snapshot.shape.size() != 2 || !snapshot.bytes || static_cast<std::int64_t>(snapshot.bytes->size()) < needed)
        return fail(ErrorCode::InvalidInput,
                    "an embedding table must have the shape [words, dimensions] and hold all its numbers");
    EmbeddingTable out;
    out.rows = snapshot.shape[0];
    out.columns = snapshot.shape[1];
    out.read = [&snapshot](std::int64_t first, std::int64_t count, float* to) {
        const std::int64_t width = snapshot.shape[1];
        for (std::int64_t i = 0; i < count * width; ++i)
            to[i] = snapshot.floatAt(first * width + i);
    };
    return out;
}

Matrix gaussianLike(const Matrix& vectors, std::int64_t draws, std::uint64_t seed)
{
    const std::vector<double> means = columnMeans(vectors);
    Matrix out{draws, vectors.columns, std::vector<float>(static_cast<std::size_t>(draws * vectors.columns), 0.F)};
    if (vectors.rows > 1 && draws > 0) {
        RandomSource random(seed);
        Matrix weights{draws, vectors.rows, std::vector<float>(static_cast<std::size_t>(draws * vectors.rows))};
        const double scale = 1 / std::sqrt(static_cast<double>(vectors.rows - 1));
        for (float& weight : weights.values)
            weight = static_cast<float>(random.normal() * scale);
        const Matrix centred = centredColumns(vectors);
        out = matrixFromTensor(at::matmul(viewOfMatrix(weights), viewOfMatrix(centred)));
    }
    for (std::int64_t i = 0; i < draws; ++i) {
        for (std::size_t column = 0; column < means.size(); ++column)
            out.row(i)[column] = static_cast<float>(out.row(i)[column] + means[column]);
    }
    return out;
}

Result<NearestWords> nearestWords(const Matrix& vectors, const EmbeddingTable& table,
                                  const NearestWordsOptions& options, const std::stop_token& stop)
{
    if (table.rows < 1 || !table.read || options.count < 1 || options.blockRows < 1)
        return fail(ErrorCode::InvalidInput, "nearest words need a table of words and at least one word a token");
    if (vectors.columns != table.columns)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("the vectors have {} dimensions and the vocabulary {}; choose vectors of "
                                "the language model",
                                vectors.columns, table.columns));
    const std::int64_t draws = vectors.rows > 0 ? std::max<std::int64_t>(options.noiseDraws, 0) : 0;
    // Tokens and noise share the one pass over the table.
    const Matrix both = unitRows(stacked(vectors, gaussianLike(vectors, draws, options.seed)));
    auto found = bestWords(both, table, options, stop);
    if (!found)
        return tl::unexpected(found.error());
    NearestWords out;
    const auto split = vectors.rows * found->count;
    out.tokens = {found->count,
                  {found->ids.begin(), found->ids.begin() + split},
                  {found->cosines.begin(), found->cosines.begin() + split}};
    out.noise = {found->count,
                 {found->ids.begin() + split, found->ids.end()},
                 {found->cosines.begin() + split, found->cosines.end()}};
    const std::vector<double> best = firstCosines(out.tokens);
    const std::vector<double> chance = firstCosines(out.noise);
    out.meanBest = mean(best);
    out.noiseMean = mean(chance);
    out.noiseHigh = quantile(chance, kHighQuantile);
    out.beyondNoise = out.sharedWords = kNan;
    if (vectors.rows < 2)
        out.cautions.emplace_back("one vector has no covariance, so the noise null is the vector itself");
    if (best.empty() || chance.empty())
        return out;
    double beyond = 0;
    for (const double cosine : best) {
        beyond += cosine > out.noiseHigh ? 1 : 0;
        const auto asHigh =
            std::count_if(chance.begin(), chance.end(), [cosine](double each) { return each >= cosine; });
        out.pValues.push_back(static_cast<double>(1 + asHigh) / static_cast<double>(1 + chance.size()));
    }
    out.beyondNoise = beyond / static_cast<double>(best.size());
    const std::set<std::int64_t> words = firstIds(out.tokens);
    const std::set<std::int64_t> noiseWords = firstIds(out.noise);
    const auto shared =
        std::count_if(words.begin(), words.end(), [&](std::int64_t id) { return noiseWords.contains(id); });
    out.sharedWords = static_cast<double>(shared) / static_cast<double>(words.size());
    return out;
}

}  // namespace armillary::embedding
