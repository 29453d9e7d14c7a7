#include "cosmos/causal_conv.h"

#include "tensors/shape.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

namespace armillary::cosmos {
namespace {

// Input bytes of one band. On the CPU a band should stay near the last-level cache; on a GPU fewer launches count more.
constexpr std::int64_t kHostBandBytes = std::int64_t{48} << 20;
constexpr std::int64_t kDeviceBandBytes = std::int64_t{1} << 30;
// Bands have an even number of rows, so that each begins at a whole row of a doubled picture, and enough of them to
// make the two rows that bands share cheap.
constexpr std::int64_t kLeastBandRows = 16;

}  // namespace

FrameConv::FrameConv(tensors::Weights& weights, const std::string& name, std::int64_t out, std::int64_t in,
                     std::int64_t taps, ConvSpace space, bool isPlane, at::Device device, at::ScalarType format)
    : m_in(in), m_taps(taps), m_space(space)
{
    const std::int64_t side = space == ConvSpace::Point ? 1 : 3;
    at::Tensor weight = isPlane ? weights.take(name + ".weight", {out, in, side, side})
                                : weights.take(name + ".weight", {out, in, taps, side, side});
    const at::Tensor bias = weights.take(name + ".bias", {out});
    if (!weight.defined() || !bias.defined())
        return;
    if (!at::isfinite(weight).all().item<bool>() || !at::isfinite(bias).all().item<bool>())
        weights.addFault(name + " holds numbers that are not finite");
    if (!isPlane)
        weight = weight.transpose(1, 2).reshape({out, taps * in, side, side});
    const at::ScalarType arithmetic = device.is_cpu() ? at::kFloat : format;
    m_weight = weight.to(format).to(device, arithmetic).contiguous(at::MemoryFormat::ChannelsLast);
    m_bias = bias.to(format).to(device, arithmetic);
}

at::Tensor FrameConv::forward(const std::deque<at::Tensor>& frames) const
{
    const auto given = static_cast<std::int64_t>(frames.size());
    TORCH_CHECK(given >= 1 && given <= m_taps, "a convolution over ", m_taps, " frames got ", given);
    const at::Tensor& now = frames.back();
    tensors::checkShape(now, "frame of a convolution", {1, m_in, -1, -1});
    const std::int64_t rows = now.size(2);
    const std::int64_t columns = now.size(3);
    const std::int64_t outRows = m_space == ConvSpace::Halved    ? rows / 2
                                 : m_space == ConvSpace::Doubled ? rows * 2
                                                                 : rows;
    const std::int64_t outColumns = m_space == ConvSpace::Halved    ? columns / 2
                                    : m_space == ConvSpace::Doubled ? columns * 2
                                                                    : columns;
    // Taps on frames before the first one would multiply zeros.
    const at::Tensor weight = given == m_taps ? m_weight : m_weight.narrow(1, (m_taps - given) * m_in, given * m_in);

    const std::int64_t rowBytes = given * m_in * columns * static_cast<std::int64_t>(m_weight.element_size()) *
                                  (m_space == ConvSpace::Doubled  ? 2
                                   : m_space == ConvSpace::Halved ? 2
                                                                  : 1);
    const std::int64_t bandBytes = now.is_cpu() ? kHostBandBytes : kDeviceBandBytes;
    const std::int64_t bandRows = std::max(kLeastBandRows, bandBytes / std::max<std::int64_t>(rowBytes, 1) / 2 * 2);
    if (bandRows >= outRows)
        return forwardRows(frames, weight, 0, outRows).to(now.scalar_type());

    at::Tensor out =
        at::empty({1, m_weight.size(0), outRows, outColumns}, now.options(), at::MemoryFormat::ChannelsLast);
    for (std::int64_t first = 0; first < outRows; first += bandRows) {
        const std::int64_t end = std::min(first + bandRows, outRows);
        out.narrow(2, first, end - first).copy_(forwardRows(frames, weight, first, end));
    }
    return out;
}

at::Tensor FrameConv::forwardRows(const std::deque<at::Tensor>& frames, const at::Tensor& weight, std::int64_t first,
                                  std::int64_t end) const
{
    const std::int64_t rows = frames.back().size(2);
    // Rows of the picture that the convolution slides over (for Doubled: of the enlarged one).
    std::int64_t top = first;
    std::int64_t bottom = end;
    if (m_space == ConvSpace::Same || m_space == ConvSpace::Doubled) {
        top = std::max<std::int64_t>(first - 1, 0);
        bottom = std::min(end + 1, m_space == ConvSpace::Doubled ? 2 * rows : rows);
    } else if (m_space == ConvSpace::Halved) {
        top = 2 * first;
        bottom = std::min(2 * end + 1, rows);
    }
    const std::int64_t takenTop = m_space == ConvSpace::Doubled ? top / 2 : top;
    const std::int64_t takenBottom = m_space == ConvSpace::Doubled ? (bottom + 1) / 2 : bottom;

    std::vector<at::Tensor> parts;
    parts.reserve(frames.size());
    for (const at::Tensor& frame : frames)
        parts.push_back(frame.narrow(2, takenTop, takenBottom - takenTop));
    at::Tensor x = parts.size() == 1 ? parts.front() : at::cat(parts, 1);  // [1,taps*in,rows of the band,w]
    x = x.to(weight.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);

    switch (m_space) {
    case ConvSpace::Point: return at::conv2d(x, weight, m_bias);
    case ConvSpace::Halved:
        x = at::constant_pad_nd(x, {0, 1, 0, 2 * end + 1 - bottom});
        return at::conv2d(x, weight, m_bias, 2);
    case ConvSpace::Doubled:
        x = at::upsample_nearest2d(x, {x.size(2) * 2, x.size(3) * 2}).narrow(2, top - 2 * takenTop, bottom - top);
        break;
    case ConvSpace::Same: break;
    }
    // The rows shared with the neighbouring bands come out wrong, because they see zeros beyond the band, and are cut
    // off.
    return at::conv2d(x, weight, m_bias, 1, 1).narrow(2, first - top, end - first);
}

}  // namespace armillary::cosmos
