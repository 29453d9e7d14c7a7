#include "training/layers.h"

#include <ATen/ATen.h>

#include <optional>

namespace armillary::training {

at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& factor, double epsilon)
{
    return x * at::rsqrt(x.square().mean(-1, true) + epsilon) * factor;
}

at::Tensor turned(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine)
{
    const std::int64_t half = x.size(-1) / 2;
    const at::Tensor first = x.narrow(-1, 0, half);
    const at::Tensor second = x.narrow(-1, half, half);
    return at::cat({first * cosine - second * sine, second * cosine + first * sine}, -1);
}

at::Tensor splitHeads(const at::Tensor& x, std::int64_t heads)
{
    return x.unflatten(-1, {heads, x.size(-1) / heads}).transpose(1, 2);
}

at::Tensor joinHeads(const at::Tensor& x)
{
    return x.transpose(1, 2).flatten(2);
}

at::Tensor attended(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, double scale,
                    const at::Tensor& mask)
{
    const std::optional<at::Tensor> seen = mask.defined() ? std::optional(mask) : std::nullopt;
    return at::scaled_dot_product_attention(query, key, value, seen, 0.0, false, scale);
}

}  // namespace armillary::training
