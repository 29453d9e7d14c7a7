#include "language/token_chooser.h"

#include "tensors/shape.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace armillary::language {
namespace {

constexpr std::size_t kAlternatives = 10;
// How many of the most likely tokens are sorted at first where the mass of top-p decides how many are needed.
constexpr std::size_t kFirstSorted = 512;

using Ids = std::vector<std::int64_t>;

// Among equal logits the reference's argmax takes the smaller id, its top-p (an ascending sort) the larger one first.
enum class EqualLogits { SmallerIdFirst, LargerIdFirst };

// Sorts the `count` ids of the largest logits to the front.
void sortBest(Ids& ids, std::span<const float> logits, std::size_t count, EqualLogits equal)
{
    const auto better = [logits, equal](std::int64_t a, std::int64_t b) {
        const float first = logits[static_cast<std::size_t>(a)];
        const float second = logits[static_cast<std::size_t>(b)];
        if (first != second)
            return first > second;
        return equal == EqualLogits::SmallerIdFirst ? a < b : a > b;
    };
    const auto end = ids.begin() + static_cast<std::ptrdiff_t>(count);
    if (count < ids.size())
        std::nth_element(ids.begin(), end, ids.end(), better);
    std::sort(ids.begin(), end, better);
}

// The ids whose logits are at least the `count`-th best one.
Ids bestIds(std::span<const float> logits, std::size_t count)
{
    Ids ids;
    if (count == 0 || count >= logits.size()) {
        ids.resize(logits.size());
        std::iota(ids.begin(), ids.end(), std::int64_t{0});
        return ids;
    }
    // The best so far, the least of them first: most logits fail its comparison and cost nothing more.
    std::vector<float> heap(logits.begin(), logits.begin() + static_cast<std::ptrdiff_t>(count));
    std::make_heap(heap.begin(), heap.end(), std::greater<>());
    for (std::size_t i = count; i < logits.size(); ++i) {
        if (logits[i] <= heap.front())
            continue;
        std::pop_heap(heap.begin(), heap.end(), std::greater<>());
        heap.back() = logits[i];
        std::push_heap(heap.begin(), heap.end(), std::greater<>());
    }
    for (std::size_t i = 0; i < logits.size(); ++i)
        if (logits[i] >= heap.front())
            ids.push_back(static_cast<std::int64_t>(i));
    return ids;
}

}  // namespace

std::vector<std::pair<std::int64_t, double>> TokenChooser::candidates(std::span<const float> logits,
                                                                      const SamplingOptions& sampling)
{
    Ids ids = bestIds(logits, static_cast<std::size_t>(std::max(sampling.topK, 0)));
    const double best = *std::max_element(logits.begin(), logits.end());
    const auto weight = [&](std::int64_t id) {
        return std::exp((logits[static_cast<std::size_t>(id)] - best) / sampling.temperature);
    };
    double total = 0;
    for (const std::int64_t id : ids)
        total += weight(id);

    // Top-p and min-p keep a head of the sorted ids: sort only as many as that takes.
    const double wantedMass = sampling.topP < 1 ? std::max(sampling.topP, 0.0) * total : total;
    std::vector<std::pair<std::int64_t, double>> kept;
    for (std::size_t sorted = std::min(kFirstSorted, ids.size());; sorted = std::min(8 * sorted, ids.size())) {
        sortBest(ids, logits, sorted, EqualLogits::LargerIdFirst);
        kept.clear();
        double mass = 0;
        bool complete = sorted == ids.size();
        for (std::size_t i = 0; i < sorted; ++i) {
            const double w = weight(ids[i]);
            const bool beyondMass = sampling.topP < 1 && mass >= wantedMass;
            const bool tooUnlikely = sampling.minP > 0 && w < sampling.minP;
            if (i > 0 && (beyondMass || tooUnlikely)) {
                complete = true;
                break;
            }
            kept.emplace_back(ids[i], w);
            mass += w;
        }
        if (complete) {
            for (auto& [id, w] : kept)
                w /= mass;
            return kept;
        }
    }
}

std::int64_t TokenChooser::draw(std::span<const float> logits)
{
    const auto kept = candidates(logits, m_sampling);
    constexpr double kUnit = 1.0 / 9007199254740992.0;  // 2^-53
    double left = static_cast<double>(m_random() >> 11U) * kUnit;
    for (const auto& [id, probability] : kept) {
        left -= probability;
        if (left < 0)
            return id;
    }
    return kept.back().first;
}

ChosenToken TokenChooser::choose(const at::Tensor& logits, std::optional<std::int64_t> forced)
{
    tensors::checkShape(logits, "logits", {-1});
    const at::Tensor row = logits.contiguous();
    const std::span<const float> values(row.const_data_ptr<float>(), static_cast<std::size_t>(row.numel()));
    const auto logTotal = at::logsumexp(row, 0).item<double>();
    const auto probability = [&](std::int64_t id) {
        return static_cast<float>(std::exp(values[static_cast<std::size_t>(id)] - logTotal));
    };

    ChosenToken chosen;
    Ids best = bestIds(values, std::min(kAlternatives, values.size()));
    const std::size_t shown = std::min(kAlternatives, best.size());
    sortBest(best, values, shown, EqualLogits::SmallerIdFirst);
    for (std::size_t i = 0; i < shown; ++i)
        chosen.alternatives.emplace_back(best[i], probability(best[i]));
    chosen.id = m_sampling.temperature > 0 ? draw(values) : best.front();
    chosen.id = forced.value_or(chosen.id);
    chosen.probability = probability(chosen.id);
    chosen.logits = row.unsqueeze(0);
    return chosen;
}

}  // namespace armillary::language
