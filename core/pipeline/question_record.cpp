// The steps of a question that make its record: the model's numbers, attention maps on request, and of every run the attention
// rows that its tokens were chosen from.
#include "pipeline/question_run.h"

#include "pipeline/device_memory.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

namespace armillary::pipeline {
namespace {

// Multiply-adds that a stopped run may still spend on attention rows: about a tenth of a second on a small machine.
constexpr std::int64_t kWorkAfterStop = std::int64_t{2} << 30;

struct RowCheck {
    float error = 0;    // largest |P V - kernel's output|
    float largest = 0;  // of |kernel's output|
};

// weights [H,R,P], values [K,P,C], mixes [R,H*C]
RowCheck checkRows(const at::Tensor& weights, const at::Tensor& values, const at::Tensor& mixes)
{
    const std::int64_t keyHeads = values.size(0);
    const at::Tensor grouped = weights.unflatten(0, {keyHeads, weights.size(0) / keyHeads});         // [K,G,R,P]
    const at::Tensor mixed = at::matmul(grouped, values.to(at::kFloat).unsqueeze(1)).flatten(0, 1);  // [H,R,C]
    const at::Tensor kernel = mixes.to(at::kFloat);
    const at::Tensor error = (mixed.transpose(0, 1).flatten(1) - kernel).abs().max();
    return {error.item<float>(), kernel.abs().max().item<float>()};
}

}  // namespace

nn::AttentionMask QuestionRun::maskOf(std::int64_t layer) const
{
    const language::DecoderConfig& text = m_models.language->config();
    return {text.isGlobal(layer) ? 0 : text.slidingWindow, imageBlocks()};
}

void QuestionRun::recordModel()
{
    const language::DecoderConfig& text = m_models.language->config();
    ModelFacts& facts = m_record->model;
    facts = {text.layerCount,  text.queryHeads,   text.keyValueHeads, text.headWidth,     text.hiddenSize,
             vocabularyRows(), text.scoreScale(), text.normEpsilon,   text.slidingWindow, {}};
    for (std::int64_t layer = 0; layer < text.layerCount; ++layer)
        facts.layerIsLocal.push_back(!text.isGlobal(layer));
    for (const nn::PositionRange& block : imageBlocks())
        m_record->bidirectionalBlocks.push_back({block.begin, block.end});
}

void QuestionRun::recordAttention()
{
    if (!m_taps->has(Capture::Attention))
        return;
    begin("Attention maps");
    const language::DecoderConfig& text = m_models.language->config();
    for (std::int64_t layer = 0; layer < text.layerCount; ++layer) {
        m_taps->keep(fmt::format("attention.{}", layer),
                     nn::attentionProbabilities(m_taps->joined(fmt::format("query.{}", layer)),
                                                m_taps->joined(fmt::format("key.{}", layer)), text.scoreScale(),
                                                maskOf(layer), 0));
    }
}

// Row r stands at position S-1+r: token r was chosen from it.
void QuestionRun::recordAnswerRows()
{
    begin("Attention rows");
    const language::DecoderConfig& text = m_models.language->config();
    const language::KvCache& cache = m_pipeline.m_cache;
    const std::int64_t first = m_plan.layout->size() - 1;
    const std::int64_t positions = cache.length();
    const std::int64_t rows = positions - first;
    const std::int64_t weightsOfRow = text.layerCount * text.queryHeads * positions;
    const std::int64_t left = m_question.capture.budgetBytes - m_taps->bytes();
    std::int64_t kept = std::clamp<std::int64_t>(left / (weightsOfRow * 4), 0, rows);
    if (m_record->outcome == RunOutcome::Cancelled)
        kept = std::min(kept, kWorkAfterStop / (weightsOfRow * text.headWidth * 2));
    if (kept < rows)
        warn(fmt::format(
            "attention rows of {} of {} answer positions were kept: one takes {:.2f} MiB and the capture budget has "
            "{:.2f} MiB left{}",
            kept, rows, double(weightsOfRow * 4) / (1 << 20), double(std::max<std::int64_t>(left, 0)) / (1 << 20),
            m_record->outcome == RunOutcome::Cancelled ? ", or the run was stopped" : ""));
    if (kept == 0)
        return;
    std::vector<float> checks;
    for (std::int64_t layer = 0; layer < text.layerCount; ++layer) {
        const AnswerRows answer = m_taps->answerRows(static_cast<int>(layer), kept);
        const at::Tensor weights = nn::attentionProbabilities(answer.queries, cache.keys(layer, positions),
                                                              text.scoreScale(), maskOf(layer), first);  // [H,kept,P]
        const RowCheck check = checkRows(weights, cache.values(layer, positions), answer.mixes);
        checks.insert(checks.end(), {check.error, check.largest});
        m_taps->keep(fmt::format("attention.rows.{}", layer), weights);
    }
    m_taps->keep("attention.rows.positions", at::arange(first, first + kept, at::kLong));
    m_taps->keep("attention.rows.error", at::tensor(checks, at::kFloat).view({text.layerCount, 2}));
}

std::shared_ptr<const RunRecord> QuestionRun::finish()
{
    const double beforeFinish = m_taps->seconds();
    const double start = m_clock.elapsedSeconds();
    m_taps->setPositions(m_pipeline.m_cache.length());
    recordModel();
    recordAttention();
    recordAnswerRows();
    begin("Record");
    m_record->tensors.merge(m_taps->finish());
    for (const auto& [name, tensor] : m_record->tensors)
        m_record->cost.capturedBytes += static_cast<std::int64_t>(tensor.bytes->size());
    m_clock.end();
    m_record->cost.captureSeconds = beforeFinish + m_clock.elapsedSeconds() - start;
    m_record->question = m_question;
    m_record->question.media = m_media;
    m_record->cost.stages = m_clock.stages();
    m_record->cost.layerPasses = m_taps->layerPasses();
    m_record->cost.peakMemoryBytes = peakBytes(m_models.device);
    return m_record;
}

}  // namespace armillary::pipeline
