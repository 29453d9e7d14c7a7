// The layers of the video autoencoder as machines that take frames one at a time and give none, one or two back.
//
// The reference works in chunks of 1, 4, 4, ... frames with a cache of two frames a convolution; every layer is causal,
// so frame by frame gives the same numbers with the memory of one frame, and can be stopped within one.
// Thread rule: layers are immutable once made; a LayerState belongs to one run over one clip.
// Source: WanResidualBlock, WanAttentionBlock, WanResample of diffusers 0.42 (autoencoder_kl_wan.py).
#pragma once

#include "cosmos/causal_conv.h"
#include "tensors/weights.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace armillary::cosmos {

// What a layer remembers of the frames before: up to two inputs of each of its convolutions in time.
struct LayerState {
    std::int64_t seen = 0;     // frames taken so far
    bool isOnlyFrame = false;  // nothing will follow, so nothing need be remembered
    std::deque<at::Tensor> first;
    std::deque<at::Tensor> second;
};

class FrameLayer {
public:
    virtual ~FrameLayer() = default;
    // Takes the next frame [1,C,h,w]; gives the frames it completes, in order.
    [[nodiscard]] virtual std::vector<at::Tensor> take(const at::Tensor& frame, LayerState& state) const = 0;
    // Frames given after `frames` were taken.
    [[nodiscard]] virtual std::int64_t framesGiven(std::int64_t frames) const { return frames; }
};

using FrameLayers = std::vector<std::unique_ptr<FrameLayer>>;

// Where and how the modules of one autoencoder keep their weights.
struct VaePlace {
    tensors::Weights& weights;
    at::Device device;
    at::ScalarType format;
};

// norm, silu, causal 3x3x3, norm, silu, causal 3x3x3, plus the input (through a 1x1x1 where the channels change).
[[nodiscard]] std::unique_ptr<FrameLayer> residualLayer(const VaePlace& place, const std::string& name, std::int64_t in,
                                                        std::int64_t out);
// One head over the pixels of a frame.
[[nodiscard]] std::unique_ptr<FrameLayer> attentionLayer(const VaePlace& place, const std::string& name,
                                                         std::int64_t channels);
// Half the size; with `halvesTime` half the frames too (the first frame stands alone).
[[nodiscard]] std::unique_ptr<FrameLayer> downsampleLayer(const VaePlace& place, const std::string& name,
                                                          std::int64_t channels, bool halvesTime);
// Double the size and half the channels; with `doublesTime` two frames for every one but the first.
[[nodiscard]] std::unique_ptr<FrameLayer> upsampleLayer(const VaePlace& place, const std::string& name,
                                                        std::int64_t channels, bool doublesTime);
// A causal 3x3x3 convolution, after norm and silu when `normName` is given.
[[nodiscard]] std::unique_ptr<FrameLayer> convLayer(const VaePlace& place, const std::string& name, std::int64_t in,
                                                    std::int64_t out, const std::string& normName = "");
// A 1x1x1 convolution.
[[nodiscard]] std::unique_ptr<FrameLayer> pointLayer(const VaePlace& place, const std::string& name, std::int64_t in,
                                                     std::int64_t out);

}  // namespace armillary::cosmos
