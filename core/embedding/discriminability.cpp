#include "embedding/discriminability.h"

#include "embedding/dense_tensor.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace armillary::embedding {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

using Labels = std::vector<std::int64_t>;

// Labels as 0 ... classes - 1 in order of size of the label.
Labels numbered(const Labels& labels, std::int64_t& classes)
{
    std::map<std::int64_t, std::int64_t> known;
    for (const std::int64_t label : labels)
        known.emplace(label, 0);
    classes = 0;
    for (auto& [label, number] : known)
        number = classes++;
    Labels out;
    for (const std::int64_t label : labels)
        out.push_back(known[label]);
    return out;
}

Labels permuted(const Labels& labels, const std::vector<std::int64_t>& order)
{
    Labels out;
    for (const std::int64_t at : order)
        out.push_back(labels[static_cast<std::size_t>(at)]);
    return out;
}

// Euclidean distances of all pairs, float64. [n, n]
at::Tensor distancesOf(const Matrix& vectors)
{
    const at::Tensor gram = gramOfRows(centredColumns(vectors));
    const at::Tensor squares = gram.diagonal();
    at::Tensor out = (squares.unsqueeze(0) + squares.unsqueeze(1) - 2 * gram).clamp_min(0).sqrt();
    return out.fill_diagonal_(0);
}

// The k nearest others of each: [n, k], nearest first.
Labels nearestOf(const at::Tensor& distances, std::int64_t k)
{
    at::Tensor others = distances.clone();
    others.fill_diagonal_(std::numeric_limits<double>::infinity());
    const at::Tensor found = std::get<1>(others.topk(k, 1, /*largest=*/false)).contiguous();
    return {found.const_data_ptr<std::int64_t>(), found.const_data_ptr<std::int64_t>() + found.numel()};
}

double accuracyOf(const Labels& nearest, std::int64_t k, const Labels& labels, std::int64_t classes)
{
    double right = 0;
    std::vector<std::int64_t> votes(static_cast<std::size_t>(classes));
    for (std::size_t i = 0; i < labels.size(); ++i) {
        std::fill(votes.begin(), votes.end(), 0);
        // Nearest first, and only more votes take the lead: a tie stays with the class that reached it earlier.
        std::int64_t chosen = -1;
        for (std::int64_t at = 0; at < k; ++at) {
            const std::int64_t label = labels[static_cast<std::size_t>(
                nearest[i * static_cast<std::size_t>(k) + static_cast<std::size_t>(at)])];
            ++votes[static_cast<std::size_t>(label)];
            if (chosen < 0 || votes[static_cast<std::size_t>(label)] > votes[static_cast<std::size_t>(chosen)])
                chosen = label;
        }
        right += chosen == labels[i] ? 1 : 0;
    }
    return right / static_cast<double>(labels.size());
}

// One column a class, 1 where a sample is of it: [n, classes].
at::Tensor oneHot(const Labels& labels, std::int64_t classes)
{
    at::Tensor out = at::zeros({static_cast<std::int64_t>(labels.size()), classes}, at::kDouble);
    double* data = out.data_ptr<double>();
    for (std::size_t i = 0; i < labels.size(); ++i)
        data[static_cast<std::int64_t>(i) * classes + labels[i]] = 1;
    return out;
}

double silhouetteOf(const at::Tensor& distances, const Labels& labels, std::int64_t classes)
{
    const at::Tensor members = oneHot(labels, classes);
    const std::vector<double> counts = doublesFromTensor(members.sum(0));
    const std::vector<double> sums = doublesFromTensor(at::matmul(distances, members));  // [n, classes]
    double total = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const auto own = static_cast<std::size_t>(labels[i]);
        if (counts[own] < 2)
            continue;
        const double* row = sums.data() + i * static_cast<std::size_t>(classes);
        const double inside = row[own] / (counts[own] - 1);
        double outside = std::numeric_limits<double>::infinity();
        for (std::size_t other = 0; other < counts.size(); ++other) {
            if (other != own)
                outside = std::min(outside, row[other] / counts[other]);
        }
        const double larger = std::max(inside, outside);
        total += larger > 0 ? (outside - inside) / larger : 0;
    }
    return total / static_cast<double>(labels.size());
}

// Sums of squares between and within classes for each dimension.
struct Squares {
    std::vector<double> between, within;
};

Squares squaresOf(const at::Tensor& centred, const at::Tensor& totals, const Labels& labels, std::int64_t classes)
{
    const at::Tensor members = oneHot(labels, classes);
    const at::Tensor counts = members.sum(0).unsqueeze(1);
    const at::Tensor sums = at::matmul(members.t(), centred);  // [classes, D]
    const at::Tensor between = (sums.square() / counts).sum(0);
    return {doublesFromTensor(between), doublesFromTensor((totals - between).clamp_min(0))};
}

// Mean squares; infinite where nothing varies inside the classes, NaN where nothing varies at all.
double fRatioOf(double between, double within, std::int64_t n, std::int64_t classes)
{
    // What is left of equal numbers after the means were taken away is rounding.
    const bool isConstant = within <= 1e-12 * (between + within);
    if (isConstant)
        return between > 0 ? std::numeric_limits<double>::infinity() : kNan;
    return between / static_cast<double>(classes - 1) / (within / static_cast<double>(n - classes));
}

double totalFRatio(const Squares& squares, std::int64_t n, std::int64_t classes)
{
    double between = 0, within = 0;
    for (std::size_t i = 0; i < squares.between.size(); ++i) {
        between += squares.between[i];
        within += squares.within[i];
    }
    return fRatioOf(between, within, n, classes);
}

Matrix standardised(const Matrix& vectors)
{
    Matrix out = centredColumns(vectors);
    std::vector<double> squares(static_cast<std::size_t>(out.columns), 0.0);
    for (std::int64_t i = 0; i < out.rows; ++i) {
        for (std::size_t column = 0; column < squares.size(); ++column)
            squares[column] += std::pow(static_cast<double>(out.row(i)[column]), 2);
    }
    for (std::int64_t i = 0; i < out.rows; ++i) {
        for (std::size_t column = 0; column < squares.size(); ++column) {
            const double deviation = std::sqrt(squares[column] / static_cast<double>(out.rows));
            out.row(i)[column] = deviation > 0 ? static_cast<float>(out.row(i)[column] / deviation) : 0;
        }
    }
    return out;
}

void addChannels(Discriminability& out, const Squares& squares)
{
    double sum = 0;
    for (std::size_t i = 0; i < squares.between.size(); ++i) {
        out.channelFRatios.push_back(fRatioOf(squares.between[i], squares.within[i], out.samples, out.classes));
        sum += std::isfinite(out.channelFRatios.back()) ? out.channelFRatios.back() : 0;
    }
    for (const double ratio : out.channelFRatios)
        out.channelImportance.push_back(sum > 0 && std::isfinite(ratio) ? ratio / sum : kNan);
    const auto infinite = std::count_if(out.channelFRatios.begin(), out.channelFRatios.end(),
                                        [](double ratio) { return std::isinf(ratio); });
    if (infinite > 0)
        out.cautions.push_back(
            fmt::format("{} dimensions do not vary inside any class: their F-ratio is infinite and they have no "
                        "share of the importance",
                        infinite));
}

Matrix withoutColumn(const Matrix& vectors, std::int64_t left)
{
    Matrix out{vectors.rows, vectors.columns - 1, {}};
    for (std::int64_t i = 0; i < vectors.rows; ++i) {
        out.values.insert(out.values.end(), vectors.row(i), vectors.row(i) + left);
        out.values.insert(out.values.end(), vectors.row(i) + left + 1, vectors.row(i) + vectors.columns);
    }
    return out;
}

}  // namespace

Result<Discriminability> discriminability(const Matrix& vectors, const std::vector<std::int64_t>& given,
                                          const DiscriminabilityOptions& options, const std::stop_token& stop)
{
    if (static_cast<std::int64_t>(given.size()) != vectors.rows)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("{} labels do not fit {} vectors", given.size(), vectors.rows));
    Discriminability out;
    const Labels labels = numbered(given, out.classes);
    out.samples = vectors.rows;
    out.largestClass = out.accuracy = out.silhouette = out.fRatio = kNan;
    out.accuracyNull = out.silhouetteNull = out.fRatioNull = nullBand(kNan, {}, Agreement::Higher);
    if (out.classes < 2 || out.samples < 3) {
        out.cautions.push_back(fmt::format("{} vectors in {} classes: two classes and three vectors are needed",
                                           out.samples, out.classes));
        return out;
    }
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(out.classes), 0);
    for (const std::int64_t label : labels)
        ++sizes[static_cast<std::size_t>(label)];
    out.largestClass =
        static_cast<double>(*std::max_element(sizes.begin(), sizes.end())) / static_cast<double>(out.samples);
    if (*std::min_element(sizes.begin(), sizes.end()) < 2)
        out.cautions.emplace_back("a class of one sample can never be named by its neighbours");
    const Matrix ready = options.standardise ? standardised(vectors) : vectors;
    const std::int64_t k = std::clamp<std::int64_t>(options.neighbours, 1, out.samples - 1);
    if (k != options.neighbours)
        out.cautions.push_back(fmt::format("{} neighbours were used, there are no more samples", k));
    const at::Tensor distances = distancesOf(ready);
    const Labels nearest = nearestOf(distances, k);
    const Matrix centredFloats = centredColumns(ready);
    const at::Tensor centred = viewOfMatrix(centredFloats).to(at::kDouble);
    const at::Tensor totals = centred.square().sum(0);
    const bool hasWithin = out.samples > out.classes;
    const auto fRatioFor = [&](const Labels& those) {
        return hasWithin ? totalFRatio(squaresOf(centred, totals, those, out.classes), out.samples, out.classes) : kNan;
    };
    out.accuracy = accuracyOf(nearest, k, labels, out.classes);
    out.silhouette = silhouetteOf(distances, labels, out.classes);
    out.fRatio = fRatioFor(labels);
    if (hasWithin && std::isnan(out.fRatio))
        out.cautions.emplace_back("all vectors are equal: there is no F-ratio, and neighbours mean nothing");
    if (hasWithin)
        addChannels(out, squaresOf(centred, totals, labels, out.classes));
    else
        out.cautions.emplace_back("every class has one sample: nothing varies inside classes, so there is no F-ratio");
    std::vector<double> accuracies, silhouettes, ratios;
    for (const auto& order : randomPairings(out.samples, options.draws, options.seed)) {
        if (stop.stop_requested())
            return cancelled("discriminability");
        const Labels mixed = permuted(labels, order);
        accuracies.push_back(accuracyOf(nearest, k, mixed, out.classes));
        silhouettes.push_back(silhouetteOf(distances, mixed, out.classes));
        ratios.push_back(fRatioFor(mixed));
    }
    out.accuracyNull = nullBand(out.accuracy, accuracies, Agreement::Higher);
    out.silhouetteNull = nullBand(out.silhouette, silhouettes, Agreement::Higher);
    out.fRatioNull = nullBand(out.fRatio, ratios, Agreement::Higher);
    if (vectors.columns > 1 && vectors.columns <= options.leaveOutChannels) {
        for (std::int64_t column = 0; column < vectors.columns; ++column) {
            if (stop.stop_requested())
                return cancelled("discriminability");
            out.accuracyLoss.push_back(
                out.accuracy -
                accuracyOf(nearestOf(distancesOf(withoutColumn(ready, column)), k), k, labels, out.classes));
        }
    }
    return out;
}

}  // namespace armillary::embedding
