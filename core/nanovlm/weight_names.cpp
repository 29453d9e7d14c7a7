#include "nanovlm/weight_names.h"

#include "language/weight_names.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace armillary::nanovlm {
namespace {

using Renaming = std::pair<std::string_view, std::string_view>;

constexpr std::array<Renaming, 5> kLayerParts = {{
    {".norm1.", ".input_layernorm."},
    {".norm2.", ".pre_feedforward_layernorm."},
    {".attn.out_proj.", ".self_attn.o_proj."},
    {".attn.", ".self_attn."},
    {".mlp.", ".mlp."},
}};
constexpr std::array<Renaming, 4> kEncoderParts = {{
    {".ln1.", ".layer_norm1."},
    {".ln2.", ".layer_norm2."},
    {".attn.", ".self_attn."},
    {".mlp.", ".mlp."},
}};
constexpr std::array<Renaming, 3> kEncoderStarts = {{
    {"vision_encoder.patch_embedding.conv.", "vision_tower.embeddings.patch_embedding."},
    {"vision_encoder.patch_embedding.position_embedding", "vision_tower.embeddings.position_embedding.weight"},
    {"vision_encoder.layer_norm.", "vision_tower.post_layernorm."},
}};
constexpr std::string_view kTableName = "decoder.token_embedding.weight";

bool replaceStart(std::string& name, std::string_view start, std::string_view replacement)
{
    if (!name.starts_with(start))
        return false;
    name.replace(0, start.size(), replacement);
    return true;
}

template <std::size_t N>
void replaceFirst(std::string& name, const std::array<Renaming, N>& renamings)
{
    for (const auto& [from, to] : renamings) {
        if (const std::size_t at = name.find(from); at != std::string::npos) {
            name.replace(at, from.size(), to);
            return;
        }
    }
}

bool holds(const io::ModelFolder& folder, std::string_view name)
{
    return std::any_of(folder.files.begin(), folder.files.end(), [name](const auto& file) {
        return std::any_of(file->tensors().begin(), file->tensors().end(),
                           [name](const io::TensorView& view) { return view.name == name; });
    });
}

}  // namespace

std::string canonicalNanoVlmName(const std::string& stored, bool headIsTable)
{
    std::string name = stored;
    if (name == "decoder.rotary_embd.inv_freq")
        return {};
    if (name == kTableName)
        return std::string(language::kEmbeddingName);
    if (name == "decoder.head.weight")
        return std::string(headIsTable ? language::kEmbeddingName : language::kHeadName);
    if (name == "MP.proj.weight")
        return kProjectionName;
    if (replaceStart(name, "decoder.blocks.", "language_model.layers."))
        replaceFirst(name, kLayerParts);
    else if (replaceStart(name, "vision_encoder.blocks.", "vision_tower.encoder.layers."))
        replaceFirst(name, kEncoderParts);
    else if (!replaceStart(name, "decoder.norm.", "language_model.norm."))
        for (const auto& [from, to] : kEncoderStarts)
            if (replaceStart(name, from, to))
                break;
    return name;
}

std::unique_ptr<tensors::Weights> nanoVlmWeights(const io::ModelFolder& folder, bool tiedEmbeddings)
{
    const bool headIsTable = tiedEmbeddings && !holds(folder, kTableName);
    const auto canonical = [headIsTable](const std::string& stored) {
        return canonicalNanoVlmName(stored, headIsTable);
    };
    auto weights = std::make_unique<tensors::Weights>(folder, canonical);
    weights->replace("vision_tower.embeddings.position_embedding.weight", [](const at::Tensor& tensor) {
        const bool hasBatch = tensor.dim() == 3 && tensor.size(0) == 1;
        return tensors::Weights::Parts{
            {"vision_tower.embeddings.position_embedding.weight", hasBatch ? tensor.squeeze(0) : tensor}};
    });
    for (const auto& file : folder.files) {
        for (const io::TensorView& view : file->tensors()) {
            const std::string name = canonical(view.name);
            const std::size_t at = name.find(".qkv_proj.");
            if (at == std::string::npos)
                continue;
            const std::string before = name.substr(0, at),
                              ending = name.substr(at + std::string_view(".qkv_proj.").size());
            weights->replace(name, [&](const at::Tensor& tensor) {
                tensors::Weights::Parts parts;
                const std::int64_t rows = tensor.dim() > 0 ? tensor.size(0) / 3 : 0;
                const bool isFused = rows > 0 && tensor.size(0) % 3 == 0;
                for (const auto& [index, part] : {std::pair{0, "q_proj"}, {1, "k_proj"}, {2, "v_proj"}})
                    if (isFused)
                        parts.emplace_back(before + "." + part + "." + ending, tensor.narrow(0, index * rows, rows));
                return parts;
            });
        }
    }
    return weights;
}

}  // namespace armillary::nanovlm
