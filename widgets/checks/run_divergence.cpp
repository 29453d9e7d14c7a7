#include "widgets/checks/run_divergence.h"

#include "widgets/checks/run_differences.h"

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

const TensorSnapshot* logitsOf(const RunRecord& run)
{
    const auto found = run.tensors.find("logits");
    return found == run.tensors.end() || !found->second.bytes || found->second.shape.size() != 2 ? nullptr
                                                                                                 : &found->second;
}

std::vector<float> rowOf(const TensorSnapshot& logits, std::int64_t row)
{
    std::vector<float> out(static_cast<std::size_t>(logits.shape[1]));
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = logits.floatAt(row * logits.shape[1] + static_cast<std::int64_t>(i));
    return out;
}

// log of the sum of exp, of float logits in double.
double logSum(const std::vector<float>& logits)
{
    const double highest = static_cast<double>(*std::max_element(logits.begin(), logits.end()));
    double sum = 0;
    for (const float logit : logits)
        sum += std::exp(static_cast<double>(logit) - highest);
    return highest + std::log(sum);
}

double divergenceBits(const std::vector<float>& a, const std::vector<float>& b)
{
    const double sumA = logSum(a);
    const double sumB = logSum(b);
    double nats = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double logA = static_cast<double>(a[i]) - sumA;
        if (logA > -60)  // what is rarer adds nothing that double could hold
            nats += std::exp(logA) * (logA - (static_cast<double>(b[i]) - sumB));
    }
    return std::max(nats, 0.0) / std::log(2.0);
}

}  // namespace

RunDivergence::RunDivergence(QObject* parent) : QObject(parent)
{
    m_turn.setInterval(0);
    connect(&m_turn, &QTimer::timeout, this, &RunDivergence::next);
}

void RunDivergence::compare(const std::shared_ptr<const RunRecord>& a, const std::shared_ptr<const RunRecord>& b)
{
    if (a == m_a && b == m_b)
        return;
    m_a = a;
    m_b = b;
    m_bits.clear();
    m_problem.clear();
    m_turn.stop();
    m_wanted = 0;
    if (a && b) {
        const TensorSnapshot* one = logitsOf(*a);
        const TensorSnapshot* other = logitsOf(*b);
        if (one == nullptr || other == nullptr) {
            m_problem = tr("The divergence of the next token needs the logits of both runs: ask with the capture "
                           "\"logits\".");
        } else if (one->shape[1] != other->shape[1]) {
            m_problem = tr("The runs have vocabularies of different sizes, so their logits cannot be compared.");
        } else {
            const auto rows = static_cast<std::size_t>(std::min(one->shape[0], other->shape[0]));
            const auto differs = firstDifferingToken(*a, *b);
            // The token that differs was still chosen behind the same text.
            m_wanted = differs ? std::min(rows, *differs + 1) : rows;
            if (m_wanted > 0)
                m_turn.start();
        }
    }
    Q_EMIT changed();
}

void RunDivergence::next()
{
    const auto row = static_cast<std::int64_t>(m_bits.size());
    m_bits.push_back(divergenceBits(rowOf(*logitsOf(*m_a), row), rowOf(*logitsOf(*m_b), row)));
    if (m_bits.size() >= m_wanted)
        m_turn.stop();
    // A long answer repaints its chart now and then, not with every token.
    if (!m_turn.isActive() || m_bits.size() % 16 == 0)
        Q_EMIT changed();
}

}  // namespace armillary::widgets
