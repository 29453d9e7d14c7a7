#include "pipeline/input_keeping.h"

#include "tensors/shape.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <span>

namespace armillary::pipeline {
namespace {

std::span<const float> valuesFrom(const at::Tensor& tensor, std::int64_t first)
{
    return {tensor.const_data_ptr<float>() + first, static_cast<std::size_t>(tensor.numel() - first)};
}

}  // namespace

inspect::PixelScale scaleOf(const vision::ImageInputConfig& config)
{
    inspect::PixelScale out;
    out.rescale.fill(config.rescaleFactor);
    std::copy_n(config.mean.begin(), out.mean.size(), out.mean.begin());
    std::copy_n(config.deviation.begin(), out.deviation.size(), out.deviation.begin());
    return out;
}

void keepVisionInput(RunRecord& record, int media, const at::Tensor& values, const inspect::PixelScale& scale)
{
    tensors::checkShape(values, "pixel values", {-1, 3, -1, -1});
    const at::Tensor host = values.to(at::kCPU, at::kFloat).contiguous();
    const std::int64_t plane = host.size(2) * host.size(3);
    for (std::int64_t crop = 0; crop < host.size(0); ++crop)
        inspect::keepModelInput(record, inspect::InputReader::VisionEncoder, media, static_cast<int>(crop),
                                valuesFrom(host, crop * 3 * plane), static_cast<std::size_t>(plane),
                                static_cast<int>(host.size(2)), static_cast<int>(host.size(3)), scale);
}

void keepVaeInput(RunRecord& record, int media, const at::Tensor& frames, PixelRange range)
{
    tensors::checkShape(frames, "frames of the autoencoder", {3, -1, -1, -1});
    const at::Tensor host = frames.to(at::kCPU, at::kFloat).contiguous();
    const std::int64_t plane = host.size(2) * host.size(3);
    for (std::int64_t frame = 0; frame < host.size(1); ++frame)
        inspect::keepModelInput(record, inspect::InputReader::VideoAutoencoder, media, static_cast<int>(frame),
                                valuesFrom(host, frame * plane), static_cast<std::size_t>(host.size(1) * plane),
                                static_cast<int>(host.size(2)), static_cast<int>(host.size(3)),
                                inspect::scaleOf(range));
}

}  // namespace armillary::pipeline
