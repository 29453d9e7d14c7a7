// Norms and activations that several models share.
//
// Parameters are kept in float32 whatever they are stored in: they are small, and the references compute norms in float32.
// Thread rule: immutable once made; forward runs on one thread at a time (it uses LibTorch's thread pool).
#pragma once

#include <ATen/core/Tensor.h>

namespace armillary::nn {

// x / sqrt(mean(x^2) + epsilon) * factor over the last axis, computed in float32 and cast back to x's type at the end.
class RmsNorm {
public:
    enum class Factor {
        Weight,         // T5, Cosmos, nanoVLM
        OnePlusWeight,  // Gemma
    };

    // No norm at all: rows come through as they are. Stands where a family has none.
    RmsNorm() = default;
    // weight [D], or undefined for a norm without parameters.
    RmsNorm(const at::Tensor& weight, double epsilon, Factor factor);

    // x [...,D] -> [...,D], same type
    [[nodiscard]] at::Tensor forward(const at::Tensor& x) const;
    // [D] float32; undefined without parameters.
    [[nodiscard]] const at::Tensor& factor() const { return m_factor; }
    [[nodiscard]] double epsilon() const { return m_epsilon; }
    [[nodiscard]] bool isNone() const { return m_isNone; }

private:
    at::Tensor m_factor;
    double m_epsilon = 0;
    bool m_isNone = true;
};

// Mean and variance over the last axis, then weight and bias where there are any.
class LayerNorm {
public:
    LayerNorm() = default;
    // weight, bias [D] or undefined; `width` is D.
    LayerNorm(const at::Tensor& weight, const at::Tensor& bias, std::int64_t width, double epsilon);

    // x [...,D] -> [...,D], same type
    [[nodiscard]] at::Tensor forward(const at::Tensor& x) const;

private:
    at::Tensor m_weight;
    at::Tensor m_bias;
    std::int64_t m_width = 0;
    double m_epsilon = 0;
};

// 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), in place.
at::Tensor& geluTanhInPlace(at::Tensor& x);
// x / (1 + exp(-x)), in place.
at::Tensor& siluInPlace(at::Tensor& x);

}  // namespace armillary::nn
