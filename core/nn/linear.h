// y = x W^T + b, fast for the dtype the weights are stored in and the machine it runs on.
//
// On the CPU activations are float32 whatever the weights' type: bfloat16 weights stay memory-mapped as they are and are
// multiplied by a kernel that reads them once (few rows: decode) or converted block by block (many rows: prefill), or by
// the machine's own bfloat16 products where those were measured to be faster. On a GPU activations have the weights' type.
// Thread rule: immutable once made; forward may be called from one thread at a time (it uses LibTorch's thread pool).
#pragma once

#include <ATen/core/Tensor.h>

namespace armillary::nn {

class Linear {
public:
    Linear() = default;
    // weight [out,in]; bias [out] or undefined.
    explicit Linear(at::Tensor weight, at::Tensor bias = {});

    // x [...,in] -> [...,out]
    [[nodiscard]] at::Tensor forward(const at::Tensor& x) const;
    [[nodiscard]] const at::Tensor& weight() const { return m_weight; }
    [[nodiscard]] const at::Tensor& bias() const { return m_bias; }

private:
    at::Tensor m_weight;
    at::Tensor m_bias;
};

}  // namespace armillary::nn
