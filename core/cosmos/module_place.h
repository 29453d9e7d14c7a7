// Where the modules of the text encoder and the transformer keep their weights, and in which format they compute.
//
// On the CPU weights stay memory-mapped as they are stored and activations are float32 (nn::Linear widens bfloat16
// exactly); on a GPU both have the chosen format.
// Thread rule: used by the thread that loads.
#pragma once

#include "nn/layers.h"
#include "nn/linear.h"
#include "tensors/weights.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <string>

namespace armillary::cosmos {

struct ModulePlace {
    tensors::Weights& weights;
    at::Device device;
    at::ScalarType format;

    [[nodiscard]] at::ScalarType activationFormat() const { return device.is_cpu() ? at::kFloat : format; }

    // `name`.weight [out,in], without a bias.
    [[nodiscard]] nn::Linear linear(const std::string& name, std::int64_t out, std::int64_t in) const
    {
        return nn::Linear(placed(weights.take(name + ".weight", {out, in})));
    }
    // `name`.weight [width], kept in float32.
    [[nodiscard]] nn::RmsNorm rmsNorm(const std::string& name, std::int64_t width, double epsilon) const
    {
        const at::Tensor weight = weights.take(name + ".weight", {width});
        return {weight.defined() ? weight.to(device, at::kFloat) : weight, epsilon, nn::RmsNorm::Factor::Weight};
    }
    [[nodiscard]] at::Tensor placed(const at::Tensor& tensor) const
    {
        if (!tensor.defined())
            return tensor;
        if (!device.is_cpu())
            return tensor.to(device, format);
        return tensor.scalar_type() == at::kBFloat16 ? tensor : tensor.to(at::kFloat);
    }
};

}  // namespace armillary::cosmos
