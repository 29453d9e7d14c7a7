#include "cosmos/vae_layers.h"

#include <ATen/ATen.h>

#include <cmath>
#include <utility>

namespace armillary::cosmos {
namespace {

// A convolution in time looks back over this many frames.
constexpr std::size_t kPastFrames = 2;

// Channels normalized to length 1, times sqrt(channels), times gamma.
class ChannelNorm {
public:
    ChannelNorm() = default;
    ChannelNorm(const VaePlace& place, const std::string& name, std::int64_t channels, bool isPlane)
    {
        const at::Tensor gamma = isPlane ? place.weights.take(name + ".gamma", {channels, 1, 1})
                                         : place.weights.take(name + ".gamma", {channels, 1, 1, 1});
        if (gamma.defined())
            m_factor = gamma.reshape({1, channels, 1, 1}).to(place.format).to(place.device, at::kFloat) *
                       std::sqrt(static_cast<double>(channels));
    }

    // A tensor of its own memory, in the frame's format.
    [[nodiscard]] at::Tensor forward(const at::Tensor& frame) const
    {
        constexpr double kLeastLength = 1e-12;
        const at::Tensor x = frame.to(at::kFloat);
        const at::Tensor length = at::linalg_vector_norm(x, 2, at::IntArrayRef{1}, true).clamp_min_(kLeastLength);
        return (x / length).mul_(m_factor).to(frame.scalar_type());
    }

private:
    at::Tensor m_factor;  // [1,C,1,1] float32
};

// The frames a convolution in time sees now; afterwards `past`, one of `state`'s, holds what it will need next.
std::deque<at::Tensor> withPast(const LayerState& state, std::deque<at::Tensor>& past, const at::Tensor& now)
{
    if (state.isOnlyFrame)
        return {now};
    std::deque<at::Tensor> frames = past;
    frames.push_back(now);
    past = frames;
    while (past.size() > kPastFrames)
        past.pop_front();
    return frames;
}

class ResidualLayer final : public FrameLayer {
public:
    ResidualLayer(const VaePlace& place, const std::string& name, std::int64_t in, std::int64_t out)
        : m_norm1(place, name + ".norm1", in, false),
          m_conv1(place.weights, name + ".conv1", out, in, 3, ConvSpace::Same, false, place.device, place.format),
          m_norm2(place, name + ".norm2", out, false),
          m_conv2(place.weights, name + ".conv2", out, out, 3, ConvSpace::Same, false, place.device, place.format),
          m_hasShortcut(in != out)
    {
        if (m_hasShortcut)
            m_shortcut = FrameConv(place.weights, name + ".conv_shortcut", out, in, 1, ConvSpace::Point, false,
                                   place.device, place.format);
    }

    std::vector<at::Tensor> take(const at::Tensor& frame, LayerState& state) const override
    {
        at::Tensor x = m_norm1.forward(frame);
        x = m_conv1.forward(withPast(state, state.first, at::silu_(x)));
        x = m_norm2.forward(x);
        x = m_conv2.forward(withPast(state, state.second, at::silu_(x)));
        return {x.add_(m_hasShortcut ? m_shortcut.forward(frame) : frame)};
    }

private:
    ChannelNorm m_norm1;
    FrameConv m_conv1;
    ChannelNorm m_norm2;
    FrameConv m_conv2;
    FrameConv m_shortcut;
    bool m_hasShortcut;
};

class AttentionLayer final : public FrameLayer {
public:
    AttentionLayer(const VaePlace& place, const std::string& name, std::int64_t channels)
        : m_norm(place, name + ".norm", channels, true),
          m_queryKeyValue(place.weights, name + ".to_qkv", 3 * channels, channels, 1, ConvSpace::Point, true,
                          place.device, place.format),
          m_projection(place.weights, name + ".proj", channels, channels, 1, ConvSpace::Point, true, place.device,
                       place.format)
    {}

    std::vector<at::Tensor> take(const at::Tensor& frame, LayerState&) const override
    {
        const at::Tensor mixed = m_queryKeyValue.forward(m_norm.forward(frame));  // [1,3C,h,w]
        const std::vector<at::Tensor> parts =
            mixed.permute({0, 2, 3, 1}).reshape({1, 1, -1, mixed.size(1)}).chunk(3, -1);  // [1,1,h*w,C]
        const at::Tensor attended = at::scaled_dot_product_attention(parts[0], parts[1], parts[2]);
        const at::Tensor rows = attended.reshape({1, frame.size(2), frame.size(3), -1}).permute({0, 3, 1, 2});
        return {m_projection.forward(rows).add_(frame)};
    }

private:
    ChannelNorm m_norm;
    FrameConv m_queryKeyValue;
    FrameConv m_projection;
};

class DownsampleLayer final : public FrameLayer {
public:
    DownsampleLayer(const VaePlace& place, const std::string& name, std::int64_t channels, bool halvesTime)
        : m_space(place.weights, name + ".resample.1", channels, channels, 1, ConvSpace::Halved, true, place.device,
                  place.format),
          m_halvesTime(halvesTime)
    {
        if (halvesTime)
            m_time = FrameConv(place.weights, name + ".time_conv", channels, channels, 3, ConvSpace::Point, false,
                               place.device, place.format);
    }

    std::vector<at::Tensor> take(const at::Tensor& frame, LayerState& state) const override
    {
        const at::Tensor small = m_space.forward(frame);
        if (!m_halvesTime)
            return {small};
        // The first frame passes as it is; then every pair is convolved with the frame before it.
        state.first.push_back(small);
        if (++state.seen == 1)
            return {small};
        if (state.first.size() < 3)
            return {};
        const at::Tensor out = m_time.forward(state.first);
        state.first.erase(state.first.begin(), state.first.begin() + 2);
        return {out};
    }

    std::int64_t framesGiven(std::int64_t frames) const override { return m_halvesTime ? (frames + 1) / 2 : frames; }

private:
    FrameConv m_space;
    FrameConv m_time;
    bool m_halvesTime;
};

class UpsampleLayer final : public FrameLayer {
public:
    UpsampleLayer(const VaePlace& place, const std::string& name, std::int64_t channels, bool doublesTime)
        : m_space(place.weights, name + ".resample.1", channels / 2, channels, 1, ConvSpace::Doubled, true,
                  place.device, place.format),
          m_doublesTime(doublesTime)
    {
        if (doublesTime)
            m_time = FrameConv(place.weights, name + ".time_conv", 2 * channels, channels, 3, ConvSpace::Point, false,
                               place.device, place.format);
    }

    std::vector<at::Tensor> take(const at::Tensor& frame, LayerState& state) const override
    {
        // The first frame is not doubled, and the second does not see it: its past is black.
        if (!m_doublesTime || ++state.seen == 1)
            return {m_space.forward(frame)};
        const at::Tensor both = m_time.forward(withPast(state, state.first, frame));  // [1,2C,h,w]
        std::vector<at::Tensor> out;
        for (const at::Tensor& half : both.chunk(2, 1))
            out.push_back(m_space.forward(half));
        return out;
    }

    std::int64_t framesGiven(std::int64_t frames) const override
    {
        return m_doublesTime && frames > 0 ? 2 * frames - 1 : frames;
    }

private:
    FrameConv m_space;
    FrameConv m_time;
    bool m_doublesTime;
};

class ConvLayer final : public FrameLayer {
public:
    ConvLayer(const VaePlace& place, const std::string& name, std::int64_t in, std::int64_t out,
              const std::string& normName)
        : m_conv(place.weights, name, out, in, 3, ConvSpace::Same, false, place.device, place.format),
          m_hasNorm(!normName.empty())
    {
        if (m_hasNorm)
            m_norm = ChannelNorm(place, normName, in, false);
    }

    std::vector<at::Tensor> take(const at::Tensor& frame, LayerState& state) const override
    {
        at::Tensor x = frame;
        if (m_hasNorm) {
            x = m_norm.forward(frame);
            at::silu_(x);
        }
        return {m_conv.forward(withPast(state, state.first, x))};
    }

private:
    FrameConv m_conv;
    ChannelNorm m_norm;
    bool m_hasNorm;
};

class PointLayer final : public FrameLayer {
public:
    PointLayer(const VaePlace& place, const std::string& name, std::int64_t in, std::int64_t out)
        : m_conv(place.weights, name, out, in, 1, ConvSpace::Point, false, place.device, place.format)
    {}

    std::vector<at::Tensor> take(const at::Tensor& frame, LayerState&) const override
    {
        return {m_conv.forward(frame)};
    }

private:
    FrameConv m_conv;
};

}  // namespace

std::unique_ptr<FrameLayer> residualLayer(const VaePlace& place, const std::string& name, std::int64_t in,
                                          std::int64_t out)
{
    return std::make_unique<ResidualLayer>(place, name, in, out);
}

std::unique_ptr<FrameLayer> attentionLayer(const VaePlace& place, const std::string& name, std::int64_t channels)
{
    return std::make_unique<AttentionLayer>(place, name, channels);
}

std::unique_ptr<FrameLayer> downsampleLayer(const VaePlace& place, const std::string& name, std::int64_t channels,
                                            bool halvesTime)
{
    return std::make_unique<DownsampleLayer>(place, name, channels, halvesTime);
}

std::unique_ptr<FrameLayer> upsampleLayer(const VaePlace& place, const std::string& name, std::int64_t channels,
                                          bool doublesTime)
{
    return std::make_unique<UpsampleLayer>(place, name, channels, doublesTime);
}

std::unique_ptr<FrameLayer> convLayer(const VaePlace& place, const std::string& name, std::int64_t in, std::int64_t out,
                                      const std::string& normName)
{
    return std::make_unique<ConvLayer>(place, name, in, out, normName);
}

std::unique_ptr<FrameLayer> pointLayer(const VaePlace& place, const std::string& name, std::int64_t in,
                                       std::int64_t out)
{
    return std::make_unique<PointLayer>(place, name, in, out);
}

}  // namespace armillary::cosmos
