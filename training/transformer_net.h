// The diffusion transformer of Cosmos-Predict2, batched and with gradients: what cosmos::WorldTransformer runs.
//
// The small world knows no text: the output of every cross-attention is zero for good, so that any prompt gives the same, and
// it is not computed here.
// Thread rule: used by the thread that trains.
#pragma once

#include "cosmos/cosmos_config.h"
#include "training/parameters.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace armillary::training {

class TransformerNet {
public:
    // Makes its tensors in `parameters` and freezes those of cross-attention. Query and key norms start at 1.8.
    TransformerNet(Parameters& parameters, const cosmos::TransformerConfig& config);

    // latents [B,Z,T,h,w], already scaled, the first `conditionFrames` given ones; times [B,T] -> [B,Z,T,h,w]
    [[nodiscard]] at::Tensor forward(const at::Tensor& latents, std::int64_t conditionFrames, const at::Tensor& times,
                                     double framesPerSecond) const;
    [[nodiscard]] const cosmos::TransformerConfig& config() const { return m_config; }

private:
    [[nodiscard]] at::Tensor linear(const std::string& name, const at::Tensor& x) const;
    [[nodiscard]] at::Tensor modulation(const std::string& name, const at::Tensor& steering) const;

    Parameters& m_parameters;
    cosmos::TransformerConfig m_config;
};

// The loop of Cosmos2VideoToWorldPipeline without guidance: condition [B,Z,Tc,h,w] normalised, noise [B,Z,T,h,w] standard
// normal -> [B,Z,T,h,w] with the condition in its place. Without gradients.
[[nodiscard]] at::Tensor rollOut(const TransformerNet& net, const at::Tensor& condition, const at::Tensor& noise,
                                 std::int64_t steps, double framesPerSecond);

}  // namespace armillary::training
