#include "vision/soft_token_projector.h"

#include "tensors/shape.h"

#include <ATen/ATen.h>

namespace armillary::vision {

std::unique_ptr<SoftTokenProjector> SoftTokenProjector::load(tensors::Weights& weights, const SiglipConfig& vision,
                                                             std::int64_t hiddenSize, std::int64_t tokensPerImage,
                                                             at::Device device, at::ScalarType format)
{
    std::unique_ptr<SoftTokenProjector> projector(new SoftTokenProjector());
    projector->m_patchesPerSide = vision.patchesPerSide();
    projector->m_poolSize = vision.patchesPerSide() / tokensPerSide(tokensPerImage);
    const at::Tensor norm = weights.take("multi_modal_projector.mm_soft_emb_norm.weight", {vision.hiddenSize});
    const at::Tensor product =
        weights.take("multi_modal_projector.mm_input_projection_weight", {vision.hiddenSize, hiddenSize});
    if (norm.defined() && product.defined()) {
        projector->m_norm = nn::RmsNorm(norm.to(device), vision.normEpsilon, nn::RmsNorm::Factor::OnePlusWeight);
        projector->m_projection = nn::Linear(product.to(device, format).t().contiguous());
    }
    return projector;
}

at::Tensor SoftTokenProjector::project(const at::Tensor& patches, tensors::TapSink& taps) const
{
    tensors::checkShape(patches, "patches", {-1, m_patchesPerSide * m_patchesPerSide, -1});
    const at::Tensor grid =
        patches.transpose(1, 2).unflatten(2, {m_patchesPerSide, m_patchesPerSide});  // [N,Dv,rows,columns]
    const at::Tensor pooled = at::avg_pool2d(grid, {m_poolSize, m_poolSize}, {m_poolSize, m_poolSize})
                                  .flatten(2)
                                  .transpose(1, 2)
                                  .contiguous();  // [N,M,Dv]
    if (taps.wants(tensors::TapPoint::VisionPooled, 0))
        taps.take(tensors::TapPoint::VisionPooled, 0, pooled);
    return m_projection.forward(m_norm.forward(pooled));  // [N,M,D]
}

}  // namespace armillary::vision
