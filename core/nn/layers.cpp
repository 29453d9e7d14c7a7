#include "nn/layers.h"

#include "nn/cpu_kernels.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>

namespace armillary::nn {
namespace {

at::Tensor floatOrUndefined(const at::Tensor& tensor)
{
    return tensor.defined() ? tensor.to(at::kFloat).contiguous() : tensor;
}

}  // namespace

RmsNorm::RmsNorm(const at::Tensor& weight, double epsilon, Factor factor)
    : m_factor(floatOrUndefined(weight)), m_epsilon(epsilon), m_isNone(false)
{
    if (m_factor.defined() && factor == Factor::OnePlusWeight)
        m_factor = m_factor + 1;
}

at::Tensor RmsNorm::forward(const at::Tensor& x) const
{
    if (m_isNone)
        return x;
    if (x.is_cpu() && x.scalar_type() == at::kFloat && m_factor.defined()) {
        const at::Tensor in = x.contiguous();
        at::Tensor out = at::empty_like(in);
        const std::int64_t width = in.size(-1);
        const std::int64_t rows = width == 0 ? 0 : in.numel() / width;
        const float* from = in.const_data_ptr<float>();
        float* to = out.mutable_data_ptr<float>();
        const std::int64_t grain = std::max<std::int64_t>(1, 32768 / std::max<std::int64_t>(width, 1));
        at::parallel_for(0, rows, grain, [&](std::int64_t begin, std::int64_t end) {
            cpu::rmsNormRows(from + begin * width, m_factor.const_data_ptr<float>(), to + begin * width, end - begin,
                             width, static_cast<float>(m_epsilon));
        });
        return out;
    }
    const at::Tensor wide = x.to(at::kFloat);
    at::Tensor out = wide * at::rsqrt(wide.square().mean(-1, true) + m_epsilon);
    if (m_factor.defined())
        out = out * m_factor;
    return out.to(x.scalar_type());
}

LayerNorm::LayerNorm(const at::Tensor& weight, const at::Tensor& bias, std::int64_t width, double epsilon)
    : m_weight(floatOrUndefined(weight)), m_bias(floatOrUndefined(bias)), m_width(width), m_epsilon(epsilon)
{}

at::Tensor LayerNorm::forward(const at::Tensor& x) const
{
    const at::Tensor out = at::layer_norm(x.to(at::kFloat), {m_width}, m_weight, m_bias, m_epsilon);
    return out.to(x.scalar_type());
}

at::Tensor& geluTanhInPlace(at::Tensor& x)
{
    return at::gelu_(x, "tanh");
}

at::Tensor& siluInPlace(at::Tensor& x)
{
    return at::silu_(x);
}

}  // namespace armillary::nn
