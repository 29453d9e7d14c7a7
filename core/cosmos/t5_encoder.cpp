#include "cosmos/t5_encoder.h"

#include "cosmos/module_place.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace armillary::cosmos {

at::Tensor relativeBuckets(const at::Tensor& distances, const T5Config& config)
{
    const std::int64_t half = config.buckets / 2;
    const std::int64_t exact = half / 2;
    const at::Tensor later = (distances > 0).to(at::kLong) * half;
    const at::Tensor size = distances.abs();
    const double range = std::log(static_cast<double>(config.maxDistance) / static_cast<double>(exact));
    const at::Tensor grown =
        (at::log(size.to(at::kFloat) / exact) / range * (half - exact)).clamp_min(0).to(at::kLong) + exact;
    return later + at::where(size < exact, size, grown.clamp_max(half - 1));
}

T5Encoder::T5Encoder(const T5Config& config, const ModulePlace& place, const std::string& tableName)
    : m_config(config),
      m_activation(place.activationFormat()),
      m_table(place.placed(place.weights.take(tableName, {config.vocabulary, config.width})))
{
    const std::int64_t inner = config.heads * config.headWidth;
    const at::Tensor relative =
        place.weights.take("encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
                           {config.buckets, config.heads});
    if (relative.defined())
        m_relativeBias = relative.to(place.device, at::kFloat);
    for (std::int64_t i = 0; i < config.layers; ++i) {
        const std::string attention = fmt::format("encoder.block.{}.layer.0", i);
        const std::string mlp = fmt::format("encoder.block.{}.layer.1", i);
        Layer layer;
        layer.attentionNorm = place.rmsNorm(attention + ".layer_norm", config.width, config.epsilon);
        layer.query = place.linear(attention + ".SelfAttention.q", inner, config.width);
        layer.key = place.linear(attention + ".SelfAttention.k", inner, config.width);
        layer.value = place.linear(attention + ".SelfAttention.v", inner, config.width);
        layer.output = place.linear(attention + ".SelfAttention.o", config.width, inner);
        layer.mlpNorm = place.rmsNorm(mlp + ".layer_norm", config.width, config.epsilon);
        layer.gate = place.linear(mlp + (config.isGated ? ".DenseReluDense.wi_0" : ".DenseReluDense.wi"),
                                  config.mlpWidth, config.width);
        if (config.isGated)
            layer.up = place.linear(mlp + ".DenseReluDense.wi_1", config.mlpWidth, config.width);
        layer.down = place.linear(mlp + ".DenseReluDense.wo", config.width, config.mlpWidth);
        m_layers.push_back(std::move(layer));
    }
    m_finalNorm = place.rmsNorm("encoder.final_layer_norm", config.width, config.epsilon);
}

Result<std::unique_ptr<T5Encoder>> T5Encoder::load(const io::ModelFolder& folder, at::Device device,
                                                   at::ScalarType format)
{
    const Result<T5Config> config = readT5Config(folder.config, folder.file("config.json"));
    if (!config)
        return tl::unexpected(config.error());
    // The table goes by two names, and whole T5 models hold a decoder that is not needed here.
    constexpr const char* kShared = "shared.weight";
    constexpr const char* kTied = "encoder.embed_tokens.weight";
    const bool hasShared = std::any_of(folder.files.begin(), folder.files.end(),
                                       [&](const auto& file) { return file->find(kShared) != nullptr; });
    tensors::Weights weights(folder, [&](const std::string& name) {
        const bool isUnused = name.starts_with("decoder.") || name == "lm_head.weight" || (hasShared && name == kTied);
        return isUnused ? std::string() : name;
    });
    const ModulePlace place{weights, device, format};
    std::unique_ptr<T5Encoder> encoder(new T5Encoder(*config, place, hasShared ? kShared : kTied));
    if (const auto report = weights.report(true); !report)
        return failWhile("loading the text encoder", report.error());
    return encoder;
}

at::Tensor T5Encoder::positionBias(std::int64_t length) const
{
    const at::Tensor positions = at::arange(length, at::kLong);
    const at::Tensor buckets = relativeBuckets(positions.unsqueeze(0) - positions.unsqueeze(1), m_config);  // [S,S]
    const at::Tensor rows = m_relativeBias.index_select(0, buckets.flatten().to(m_relativeBias.device()));
    return rows.view({length, length, m_config.heads}).permute({2, 0, 1}).contiguous();
}

at::Tensor T5Encoder::attention(const Layer& layer, const at::Tensor& x, const at::Tensor& bias) const
{
    const auto heads = [&](const nn::Linear& linear) {
        return linear.forward(x).view({1, x.size(0), m_config.heads, m_config.headWidth}).transpose(1, 2);  // [1,H,S,C]
    };
    // T5 does not scale the scores.
    const at::Tensor attended = at::scaled_dot_product_attention(heads(layer.query), heads(layer.key),
                                                                 heads(layer.value), bias, 0.0, false, 1.0);
    return layer.output.forward(attended.transpose(1, 2).reshape({x.size(0), -1}));
}

at::Tensor T5Encoder::mlp(const Layer& layer, const at::Tensor& x) const
{
    at::Tensor inner = layer.gate.forward(x);
    if (m_config.isGated)
        nn::geluTanhInPlace(inner).mul_(layer.up.forward(x));
    else
        at::relu_(inner);
    return layer.down.forward(inner);
}

Result<at::Tensor> T5Encoder::encode(const std::vector<std::int64_t>& ids, tensors::TapSink& taps,
                                     RunObserver& observer, const std::stop_token& stop) const
{
    constexpr const char* kStage = "Text encoder";
    const auto beyond =
        std::find_if(ids.begin(), ids.end(), [&](std::int64_t id) { return id < 0 || id >= m_config.vocabulary; });
    if (ids.empty() || beyond != ids.end())
        return fail(
            ErrorCode::ModelMismatch,
            ids.empty()
                ? std::string("a prompt has at least its end token")
                : fmt::format("the prompt holds token {} but the text encoder knows {}; its tokenizer is of another "
                              "snapshot",
                              *beyond, m_config.vocabulary));
    const auto total = static_cast<std::int64_t>(m_layers.size());
    const auto length = static_cast<std::int64_t>(ids.size());
    observer.onStage(kStage, 0, total);
    at::Tensor x = m_table.index_select(0, at::tensor(ids, at::kLong).to(m_table.device())).to(m_activation);  // [S,D]
    const at::Tensor bias = positionBias(length).to(m_activation).unsqueeze(0);  // [1,H,S,S]
    for (std::int64_t i = 0; i < total; ++i) {
        if (stop.stop_requested())
            return failCancelled();
        if (taps.wants(tensors::TapPoint::Hidden, static_cast<int>(i)))
            taps.take(tensors::TapPoint::Hidden, static_cast<int>(i), x);
        const Layer& layer = m_layers[static_cast<std::size_t>(i)];
        x = x + attention(layer, layer.attentionNorm.forward(x), bias);
        x = x + mlp(layer, layer.mlpNorm.forward(x));
        observer.onStage(kStage, i + 1, total);
    }
    x = m_finalNorm.forward(x);
    if (!at::isfinite(x).all().item<bool>())
        return fail(ErrorCode::ModelMismatch,
                    "the text encoder gave numbers that are not finite; its weights are damaged, fetch them again");
    if (taps.wants(tensors::TapPoint::Hidden, static_cast<int>(total)))
        taps.take(tensors::TapPoint::Hidden, static_cast<int>(total), x);
    return x;
}

Result<at::Tensor> T5Encoder::encodePrompt(const text::T5Prompt& prompt, RunObserver& observer,
                                           const std::stop_token& stop) const
{
    tensors::NoTaps taps;
    const std::vector<std::int64_t> ids(prompt.ids.begin(), prompt.ids.begin() + prompt.count);
    const auto rows = encode(ids, taps, observer, stop);
    if (!rows)
        return tl::unexpected(rows.error());
    const auto padding = static_cast<std::int64_t>(prompt.ids.size()) - prompt.count;
    return at::constant_pad_nd(*rows, {0, 0, 0, padding});
}

}  // namespace armillary::cosmos
