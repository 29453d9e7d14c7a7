#include "nanovlm/tile_projector.h"

#include "nanovlm/weight_names.h"

#include <ATen/ATen.h>

#include <cmath>

namespace armillary::nanovlm {

at::Tensor pixelShuffle(const at::Tensor& patches, std::int64_t factor)
{
    const std::int64_t side = std::llround(std::sqrt(static_cast<double>(patches.size(1))));
    TORCH_CHECK(side * side == patches.size(1) && side % factor == 0, patches.size(1), " patches cannot be joined ",
                factor, " a side");
    const std::int64_t blocks = side / factor;
    return patches.reshape({patches.size(0), blocks, factor, blocks, factor, patches.size(2)})
        .permute({0, 1, 3, 2, 4, 5})
        .reshape({patches.size(0), blocks * blocks, factor * factor * patches.size(2)});
}

std::unique_ptr<TileProjector> TileProjector::load(tensors::Weights& weights, std::int64_t visionWidth,
                                                   std::int64_t hiddenSize, std::int64_t factor, at::Device device,
                                                   at::ScalarType format)
{
    std::unique_ptr<TileProjector> projector(new TileProjector());
    projector->m_factor = factor;
    const at::Tensor weight = weights.take(kProjectionName, {hiddenSize, factor * factor * visionWidth});
    if (weight.defined())
        projector->m_projection = nn::Linear(weight.to(device, format));
    return projector;
}

at::Tensor TileProjector::project(const at::Tensor& patches) const
{
    return m_projection.forward(pixelShuffle(patches, m_factor));
}

}  // namespace armillary::nanovlm
