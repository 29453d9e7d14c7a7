#include "nn/linear.h"

#include <ATen/ATen.h>

#include <utility>

namespace armillary::nn {

Linear::Linear(at::Tensor weight, at::Tensor bias) : m_weight(std::move(weight)), m_bias(std::move(bias)) {}

at::Tensor Linear::forward(const at::Tensor& x) const
{
    if (x.scalar_type() == m_weight.scalar_type())
        return at::linear(x, m_weight, m_bias);
    return at::linear(x, m_weight.to(x.scalar_type()), m_bias.defined() ? m_bias.to(x.scalar_type()) : at::Tensor());
}

}  // namespace armillary::nn
