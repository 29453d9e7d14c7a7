#include "widgets/text/drawn_words.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace armillary::widgets {
namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(DrawnWords)
};

// Of a draw that keeps more words than these the chances are not worked out.
constexpr std::size_t kMostSorted = 4096;

using Ids = std::vector<std::int64_t>;

Ids sortedBest(const std::vector<float>& logits, std::size_t count)
{
    Ids ids(logits.size());
    std::iota(ids.begin(), ids.end(), std::int64_t{0});
    const auto better = [&logits](std::int64_t a, std::int64_t b) {
        const float first = logits[static_cast<std::size_t>(a)], second = logits[static_cast<std::size_t>(b)];
        return first != second ? first > second : a < b;
    };
    const auto end = ids.begin() + static_cast<std::ptrdiff_t>(std::min(count, ids.size()));
    if (end != ids.end())
        std::nth_element(ids.begin(), end, ids.end(), better);
    std::sort(ids.begin(), end, better);
    ids.erase(end, ids.end());
    return ids;
}

// Fills in what a draw does with `rows`, the first of the ids in `sorted`.
void fillDraw(const std::vector<float>& logits, const Ids& sorted, const SamplingOptions& sampling,
              std::vector<WordRow>& rows)
{
    const double best = logits[static_cast<std::size_t>(sorted.front())];
    const auto weight = [&](std::int64_t id) {
        return std::exp((logits[static_cast<std::size_t>(id)] - best) / sampling.temperature);
    };
    const auto k = static_cast<std::size_t>(std::max(sampling.topK, 0));
    const bool hasTopK = k > 0 && k < logits.size();
    if (hasTopK && k > sorted.size())
        return;
    const double leastLogit = hasTopK ? logits[static_cast<std::size_t>(sorted[k - 1])] : -INFINITY;
    double total = 0;
    for (std::size_t id = 0; id < logits.size(); ++id) {
        if (logits[id] >= leastLogit)
            total += weight(static_cast<std::int64_t>(id));
    }
    const double wantedMass = sampling.topP < 1 ? std::max(sampling.topP, 0.0) * total : total;
    double mass = 0;
    std::vector<double> weights(rows.size(), 0);
    bool isComplete = sorted.size() == logits.size();
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        const double w = weight(sorted[i]);
        QString cut;
        if (hasTopK && logits[static_cast<std::size_t>(sorted[i])] < leastLogit)
            cut = Words::tr("top k");
        else if (i > 0 && sampling.topP < 1 && mass >= wantedMass)
            cut = Words::tr("top p");
        else if (i > 0 && sampling.minP > 0 && w < sampling.minP)
            cut = Words::tr("min p");
        if (!cut.isEmpty()) {
            isComplete = true;
            if (i >= rows.size())
                break;
            rows[i].cut = cut;
            continue;
        }
        mass += w;
        if (i < rows.size())
            weights[i] = w;
    }
    // Without a threshold everything can be drawn, and the whole is known without sorting it.
    const bool hasThreshold = sampling.topP < 1 || sampling.minP > 0 || hasTopK;
    const double whole = hasThreshold ? mass : total;
    if (hasThreshold && !isComplete)
        return;
    for (std::size_t i = 0; i < rows.size(); ++i)
        rows[i].drawn = weights[i] / whole;
}

}  // namespace

std::vector<WordRow> bestWords(const TensorSnapshot& logits, std::int64_t row, std::size_t count,
                               const SamplingOptions& sampling)
{
    if (logits.shape.size() != 2 || row < 0 || row >= logits.shape[0] || logits.shape[1] < 1)
        return {};
    const std::int64_t width = logits.shape[1];
    std::vector<float> values(static_cast<std::size_t>(width));
    for (std::int64_t i = 0; i < width; ++i)
        values[static_cast<std::size_t>(i)] = logits.floatAt(row * width + i);
    const Ids sorted = sortedBest(values, std::max(count, kMostSorted));
    const double best = values[static_cast<std::size_t>(sorted.front())];
    const double total = std::accumulate(values.begin(), values.end(), 0.0,
                                         [best](double sum, float value) { return sum + std::exp(value - best); });
    std::vector<WordRow> out;
    for (std::size_t i = 0; i < std::min(count, sorted.size()); ++i) {
        WordRow each;
        each.id = sorted[i];
        each.logit = values[static_cast<std::size_t>(sorted[i])];
        each.probability = static_cast<float>(std::exp(*each.logit - best) / total);
        out.push_back(std::move(each));
    }
    if (sampling.temperature > 0)
        fillDraw(values, sorted, sampling, out);
    return out;
}

}  // namespace armillary::widgets
