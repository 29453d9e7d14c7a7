// Loads the tiny Gemma 3 snapshots for golden tests and keeps what their taps offer.
#pragma once

#include "base/run_control.h"
#include "gemma/gemma_config.h"
#include "gemma/weight_names.h"
#include "io/model_folder.h"
#include "language/language_model.h"
#include "support/golden_case.h"
#include "support/test_data.h"
#include "tensors/tap.h"
#include "tensors/weights.h"
#include "vision/siglip_config.h"
#include "vision/siglip_encoder.h"
#include "vision/soft_token_projector.h"

#include <ATen/ATen.h>

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace armillary::test {

// Keeps a copy of everything it is offered; a further offer of the same point and layer is appended along `axisOf(point)`.
class KeepingTaps final : public tensors::TapSink {
public:
    [[nodiscard]] bool wants(tensors::TapPoint, int) const override { return true; }
    void take(tensors::TapPoint point, int layer, const at::Tensor& tensor) override
    {
        at::Tensor& kept = m_kept[{point, layer}];
        kept = kept.defined() ? at::cat({kept, tensor}, axisOf(point)) : tensor.clone();
    }
    [[nodiscard]] at::Tensor get(tensors::TapPoint point, int layer) const { return m_kept.at({point, layer}); }

private:
    static std::int64_t axisOf(tensors::TapPoint point)
    {
        using tensors::TapPoint;
        return point == TapPoint::Query || point == TapPoint::Key || point == TapPoint::Value ? 1 : 0;
    }
    std::map<std::pair<tensors::TapPoint, int>, at::Tensor> m_kept;
};

struct TinyGemma {
    io::ModelFolder folder;
    gemma::GemmaConfig config;
    vision::SiglipConfig siglipConfig;
    std::unique_ptr<language::LanguageModel> gemma;
    std::unique_ptr<vision::SiglipEncoder> siglip;
    std::unique_ptr<vision::SoftTokenProjector> projector;
};

template <class T>
T valueOrThrow(Result<T> result)
{
    if (!result)
        throw std::runtime_error(result.error().message);
    return std::move(*result);
}

// `path` is a whole path.
inline TinyGemma loadTinyGemmaFrom(const std::string& path, at::ScalarType format = at::kFloat)
{
    TinyGemma tiny;
    tiny.folder = valueOrThrow(io::openModelFolder(path));
    const std::string configPath = tiny.folder.file("config.json");
    tiny.config = valueOrThrow(gemma::readGemmaConfig(tiny.folder.config, configPath, tiny.folder.path));
    tiny.siglipConfig = valueOrThrow(
        vision::readSiglipConfig(tiny.folder.config["vision_config"], configPath, tiny.config.tokensPerImage));
    tensors::Weights weights(tiny.folder, gemma::canonicalGemmaName);
    tiny.gemma = language::LanguageModel::load(weights, tiny.config.text, at::kCPU, format);
    tiny.siglip = vision::SiglipEncoder::load(weights, tiny.siglipConfig, at::kCPU, format);
    tiny.projector = vision::SoftTokenProjector::load(weights, tiny.siglipConfig, tiny.config.text.hiddenSize,
                                                      tiny.config.tokensPerImage, at::kCPU, format);
    if (auto complete = weights.report(true); !complete)
        throw std::runtime_error(complete.error().message);
    return tiny;
}

// `model` below tests/data, e.g. "models/gemma-tiny".
inline TinyGemma loadTinyGemma(const std::string& model, at::ScalarType format = at::kFloat)
{
    return loadTinyGemmaFrom(dataPath(model), format);
}

// pixels [N,3,h,w] -> image features [N,M,D]
inline at::Tensor imageFeatures(const TinyGemma& tiny, const at::Tensor& pixels, tensors::TapSink& taps)
{
    SilentObserver observer;
    return tiny.projector->project(valueOrThrow(tiny.siglip->encode(pixels, taps, observer, {})), taps);
}

inline std::vector<std::int64_t> idsFrom(const at::Tensor& ids)
{
    const at::Tensor flat = ids.flatten().to(at::kLong).contiguous();
    return {flat.const_data_ptr<std::int64_t>(), flat.const_data_ptr<std::int64_t>() + flat.numel()};
}

// Runs of 1 in token_type_ids.
inline language::ImageBlocks blocksFrom(const at::Tensor& tokenTypes)
{
    language::ImageBlocks blocks;
    const std::vector<std::int64_t> types = idsFrom(tokenTypes);
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(types.size()); ++i) {
        if (types[static_cast<std::size_t>(i)] != 1)
            continue;
        if (blocks.empty() || blocks.back().end != i)
            blocks.push_back({i, i});
        blocks.back().end = i + 1;
    }
    return blocks;
}

// Embeddings of `ids` with `features` [N,M,D], if defined, in the places of the image tokens: [S,D].
inline at::Tensor promptEmbeds(const TinyGemma& tiny, const at::Tensor& ids, const at::Tensor& features)
{
    at::Tensor embeds = tiny.gemma->embed(idsFrom(ids));
    if (features.defined())
        embeds.index_put_({ids.flatten().eq(tiny.config.imageTokenId)}, features.flatten(0, 1));
    return embeds;
}

// Attention of layer `layer` over all positions, from tapped queries and keys: [H,Sq,Sk].
inline at::Tensor attentionFromTaps(const TinyGemma& tiny, const KeepingTaps& taps, int layer,
                                    const language::ImageBlocks& blocks)
{
    const language::DecoderConfig& text = tiny.config.text;
    const nn::AttentionMask mask{text.isGlobal(layer) ? 0 : text.slidingWindow, blocks};
    return nn::attentionProbabilities(taps.get(tensors::TapPoint::Query, layer),
                                      taps.get(tensors::TapPoint::Key, layer), text.scoreScale(), mask, 0);
}

}  // namespace armillary::test
