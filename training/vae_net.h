// The video autoencoder of Cosmos-Predict2 on whole clips, batched and with gradients.
//
// cosmos::VideoVae sends a clip through frame by frame; here every convolution in time sees all frames at once, which gives
// the same numbers.
// Thread rule: used by the thread that trains.
#pragma once

#include "cosmos/cosmos_config.h"
#include "training/parameters.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace armillary::training {

class VaeNet {
public:
    // Makes its tensors in `parameters`.
    VaeNet(Parameters& parameters, cosmos::VaeConfig config);

    struct Posterior {
        at::Tensor mean, logVariance;  // [B,Z,T,h,w]
    };
    // frames [B,3,F,h,w], F = 4(T-1)+1.
    [[nodiscard]] Posterior encode(const at::Tensor& frames) const;
    // latents [B,Z,T,h,w], raw -> [B,3,F,8h,8w], not clamped.
    [[nodiscard]] at::Tensor decode(const at::Tensor& latents) const;
    [[nodiscard]] const cosmos::VaeConfig& config() const { return m_config; }

private:
    void makeConv(const std::string& name, std::int64_t out, std::int64_t in, at::IntArrayRef kernel, double gain);
    void makeResidual(const std::string& name, std::int64_t in, std::int64_t out);
    void makeMiddle(const std::string& name, std::int64_t channels);
    void makeEncoder();
    void makeDecoder();

    [[nodiscard]] at::Tensor conv(const std::string& name, const at::Tensor& x) const;
    [[nodiscard]] at::Tensor norm(const std::string& name, const at::Tensor& x) const;
    [[nodiscard]] at::Tensor residual(const std::string& name, const at::Tensor& x) const;
    [[nodiscard]] at::Tensor attention(const std::string& name, const at::Tensor& x) const;
    [[nodiscard]] at::Tensor middle(const std::string& name, const at::Tensor& x) const;
    [[nodiscard]] at::Tensor down(const std::string& name, const at::Tensor& x, bool halvesTime) const;
    [[nodiscard]] at::Tensor up(const std::string& name, const at::Tensor& x, bool doublesTime) const;

    Parameters& m_parameters;
    cosmos::VaeConfig m_config;
};

// Rescales what quant_conv gives and post_quant_conv takes so that latents whose channels had this mean and deviation have mean 0
// and deviation 1: raw and normalised latents are then the same. Everything the autoencoder reconstructs stays as it was.
void foldLatentStatistics(Parameters& parameters, const at::Tensor& mean, const at::Tensor& deviation);

}  // namespace armillary::training
