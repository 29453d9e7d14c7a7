// Where model code offers what it computes to whoever asked to keep it.
//
// Model code calls `if (taps.wants(point, layer)) taps.take(point, layer, tensor)`: without a request that is one test, and the
// computation is the same either way (idea: gemma.cpp's activations observer, ggml's eval callback).
// Thread rule: called on the thread that computes.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace armillary::tensors {

enum class TapPoint {
    Hidden,        // [S,D]   layer l: input of layer l; layer L: after the final norm
    Query,         // [H,S,C] after q norm and RoPE, as the kernel received it
    Key,           // [K,S,C] after k norm and RoPE
    Value,         // [K,S,C]
    AttentionMix,  // [S,H*C] the kernel's output: weighted values of all heads, before the output projection
    VisionHidden,  // [N,P,Dv] 0: patch + position embedding; l: output of encoder layer l-1
    VisionOutput,  // [N,P,Dv] after the last norm
    VisionPooled,  // [N,M,Dv] average-pooled grid before the projector's norm
};

class TapSink {
public:
    virtual ~TapSink() = default;
    [[nodiscard]] virtual bool wants(TapPoint point, int layer) const = 0;
    // The tensor is only lent: copy what should be kept.
    virtual void take(TapPoint point, int layer, const at::Tensor& tensor) = 0;
    // Around a trip of `rows` positions or patches through the layers of a part: once before the first layer, then after each.
    virtual void beginPass(std::int64_t /*rows*/) {}
    virtual void endLayer() {}
};

// Wants nothing.
class NoTaps final : public TapSink {
public:
    [[nodiscard]] bool wants(TapPoint, int) const override { return false; }
    void take(TapPoint, int, const at::Tensor&) override {}
};

}  // namespace armillary::tensors
