#include "cosmos/frame_pixels.h"

#include "tensors/shape.h"

#include <ATen/ATen.h>

#include <cstring>

namespace armillary::cosmos {

Result<at::Tensor> framesFromImages(std::span<const Image> images, PixelRange range)
{
    if (images.empty() || images.front().empty())
        return fail(ErrorCode::InvalidInput, "the world model needs at least one picture");
    const int height = images.front().height();
    const int width = images.front().width();
    const at::Tensor pixels = at::empty({static_cast<std::int64_t>(images.size()), height, width, 3}, at::kByte);
    auto* to = pixels.mutable_data_ptr<std::uint8_t>();
    for (const Image& image : images) {
        if (image.height() != height || image.width() != width)
            return fail(ErrorCode::InvalidInput, "the frames of a clip must all have one size");
        std::memcpy(to, image.rgb().data(), image.rgb().size());
        to += image.rgb().size();
    }
    const at::Tensor frames = pixels.permute({3, 0, 1, 2}).to(at::kFloat).contiguous();
    return range == PixelRange::ZeroTo255 ? frames : frames / 255.0 * 2 - 1;
}

at::Tensor pixelsFromFrames(const at::Tensor& frames)
{
    const at::Tensor unit = (frames.to(at::kFloat) * 0.5 + 0.5).clamp_(0, 1);
    return unit.mul_(255).to(at::kByte).permute({1, 2, 3, 0}).to(at::kCPU).contiguous();
}

std::vector<Image> imagesFromPixels(const at::Tensor& pixels)
{
    tensors::checkShape(pixels, "pixels of frames", {-1, -1, -1, 3});
    const at::Tensor host = pixels.contiguous();
    const std::int64_t bytes = host.size(1) * host.size(2) * 3;
    std::vector<Image> images;
    for (std::int64_t i = 0; i < host.size(0); ++i) {
        const auto* from = host.const_data_ptr<std::uint8_t>() + i * bytes;
        images.emplace_back(static_cast<int>(host.size(1)), static_cast<int>(host.size(2)),
                            std::vector<std::uint8_t>(from, from + bytes));
    }
    return images;
}

}  // namespace armillary::cosmos
