// The trained VAE and transformer, each with the parameters it reads.
// Thread rule: used by the thread that trains.
#pragma once

#include "training/demo_template.h"
#include "training/parameters.h"
#include "training/transformer_net.h"
#include "training/vae_net.h"

#include <memory>

namespace armillary::training {

// Errors: ModelMismatch.
[[nodiscard]] Result<std::shared_ptr<const VaeNet>> vaeOf(const DemoTemplate& form, const TensorMap& values);
[[nodiscard]] Result<std::shared_ptr<const TransformerNet>> transformerOf(const DemoTemplate& form,
                                                                          const TensorMap& values);
// Latents of the posterior's mode of whole clips [B,3,F,h,w], some clips at a time, without gradients.
[[nodiscard]] at::Tensor latentsOfClips(const VaeNet& net, const at::Tensor& clips);
// Latents to clips, clamped, some at a time, without gradients.
[[nodiscard]] at::Tensor clipsOfLatents(const VaeNet& net, const at::Tensor& latents);

}  // namespace armillary::training
