#include "language/language_model.h"

#include "language/weight_names.h"
#include "nn/rotary.h"
#include "tensors/shape.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace armillary::language {

LanguageModel::LanguageModel(const DecoderConfig& config, at::Device device, at::ScalarType format)
    : m_config(config), m_device(device), m_activation(device.is_cpu() ? at::kFloat : format)
{
    const double scale = config.scalesEmbeddings ? std::sqrt(static_cast<double>(config.hiddenSize)) : 1;
    m_embedScale = at::scalar_tensor(scale, at::kFloat).to(format).to(at::kDouble).item<double>();
}

std::unique_ptr<LanguageModel> LanguageModel::load(tensors::Weights& weights, const DecoderConfig& config,
                                                   at::Device device, at::ScalarType format)
{
    std::unique_ptr<LanguageModel> model(new LanguageModel(config, device, format));
    const std::int64_t width = config.hiddenSize;
    const auto take = [&](std::string_view name, at::IntArrayRef sizes) {
        const at::Tensor tensor = weights.take(std::string(name), sizes);
        return tensor.defined() ? tensor.to(device, format) : tensor;
    };
    model->m_embedding = take(kEmbeddingName, {config.vocabularySize, width});
    model->m_head = model->m_embedding;
    if (!config.tiedEmbeddings)
        model->m_head = take(kHeadName, {config.vocabularySize, width});
    else if (weights.has(std::string(kHeadName)))
        static_cast<void>(
            weights.takeOptional(std::string(kHeadName), {-1, -1}));  // a copy of the table some files carry
    const at::Tensor finalNorm = weights.take("language_model.norm.weight", {width});
    model->m_finalNorm =
        nn::RmsNorm(finalNorm.defined() ? finalNorm.to(device) : finalNorm, config.normEpsilon, config.normFactor);
    model->m_globalFrequencies = nn::inverseFrequencies(config.headWidth, config.globalTheta, config.globalFactor);
    model->m_localFrequencies = nn::inverseFrequencies(config.headWidth, config.localTheta, config.localFactor);
    model->m_layers.reserve(static_cast<std::size_t>(config.layerCount));
    for (std::int64_t index = 0; index < config.layerCount; ++index)
        model->m_layers.emplace_back(weights, config, index, device, format);
    return model;
}

at::Tensor LanguageModel::embed(const std::vector<std::int64_t>& ids) const
{
    std::vector<std::int64_t> inside = ids;
    std::replace_if(
        inside.begin(), inside.end(), [this](std::int64_t id) { return id < 0 || id >= m_embedding.size(0); },
        std::int64_t{0});
    const at::Tensor rows = m_embedding.index_select(0, at::tensor(inside, at::kLong).to(m_device));  // [n,D]
    return m_embedScale == 1 ? rows.to(m_activation) : rows.to(m_activation) * m_embedScale;
}

nn::RotaryTable LanguageModel::turnOf(const at::Tensor& frequencies, std::int64_t first, std::int64_t rows) const
{
    const std::int64_t end = first + rows;
    if (!m_config.stretchesRotary || end <= m_config.maxPositions)
        return nn::rotaryTable(frequencies, first, rows, m_device);
    const double stretch = static_cast<double>(end) / static_cast<double>(m_config.maxPositions);
    return nn::rotaryTable(frequencies / stretch, first, rows, m_device);
}

Result<at::Tensor> LanguageModel::forward(const at::Tensor& embeds, KvCache& cache, const ImageBlocks& blocks,
                                          tensors::TapSink& taps, RunObserver& observer, const std::stop_token& stop,
                                          const EdgeCuts& cuts) const
{
    tensors::checkShape(embeds, "embeds", {-1, m_config.hiddenSize});
    const std::int64_t rows = embeds.size(0);
    const std::int64_t first = cache.length();
    for (const nn::PositionRange& block : blocks)
        TORCH_CHECK(block.end <= first || block.begin >= first + rows ||
                        (block.begin >= first && block.end <= first + rows),
                    "image block [", block.begin, ", ", block.end, ") lies across an end of the new positions [", first,
                    ", ", first + rows, ")");
    const nn::AttentionMask globalMask{0, blocks};
    const nn::AttentionMask localMask{m_config.slidingWindow, blocks};
    const nn::AttentionMask cutGlobalMask{0, blocks, cuts.edges};
    const nn::AttentionMask cutLocalMask{m_config.slidingWindow, blocks, cuts.edges};
    const nn::RotaryTable globalTurn = turnOf(m_globalFrequencies, first, rows);
    const nn::RotaryTable localTurn = turnOf(m_localFrequencies, first, rows);

    const auto offer = [&taps](std::int64_t layer, const at::Tensor& hidden) {
        if (taps.wants(tensors::TapPoint::Hidden, static_cast<int>(layer)))
            taps.take(tensors::TapPoint::Hidden, static_cast<int>(layer), hidden);
    };
    at::Tensor x = embeds.to(m_device, m_activation);
    taps.beginPass(rows);
    for (std::int64_t index = 0; index < m_config.layerCount; ++index) {
        if (stop.stop_requested())
            return failCancelled();
        if (rows > 1)
            observer.onStage("Prefill", index, m_config.layerCount);
        offer(index, x);
        const bool isGlobal = m_config.isGlobal(index);
        const bool isCut = index >= cuts.fromLayer && index < cuts.toLayer;
        const nn::AttentionMask& mask =
            isGlobal ? (isCut ? cutGlobalMask : globalMask) : (isCut ? cutLocalMask : localMask);
        auto next = m_layers[static_cast<std::size_t>(index)].forward(std::move(x),
                                                                      {cache, mask, isGlobal ? globalTurn : localTurn,
                                                                       first, taps, stop});
        if (!next)
            return next;
        x = std::move(*next);
        taps.endLayer();
    }
    x = m_finalNorm.forward(x);
    offer(m_config.layerCount, x);
    cache.advance(rows);
    return x;
}

at::Tensor LanguageModel::logits(const at::Tensor& hidden, std::int64_t rows) const
{
    const std::int64_t table = m_head.size(0);
    const std::int64_t used = rows > 0 ? std::min(rows, table) : table;
    const nn::Linear head(m_head.narrow(0, 0, used));
    const at::Tensor out = head.forward(hidden.to(m_device, m_activation)).to(at::kFloat);  // [n,V]
    if (rows <= table)
        return out;
    return at::constant_pad_nd(out, {0, rows - table}, -std::numeric_limits<double>::infinity());
}

}  // namespace armillary::language
