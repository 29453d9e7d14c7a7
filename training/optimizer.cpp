#include "training/optimizer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace armillary::training {
namespace {

at::Tensor kept(const TensorMap& state, const std::string& name)
{
    const auto found = state.find(name);
    return found == state.end() ? at::Tensor() : found->second;
}

tl::unexpected<Error> missing(const std::string& name)
{
    return fail(ErrorCode::ModelMismatch, fmt::format("the checkpoint has no tensor {}", name));
}

}  // namespace

at::Tensor orthogonalised(const at::Tensor& matrix)
{
    constexpr double kA = 3.4445, kB = -4.7750, kC = 2.0315;
    constexpr int kSteps = 5;
    const bool isTall = matrix.size(0) > matrix.size(1);
    at::Tensor x = (isTall ? matrix.t() : matrix).contiguous();
    x = x / (x.norm() + 1e-7);
    for (int step = 0; step < kSteps; ++step) {
        const at::Tensor square = at::mm(x, x.t());
        x = at::addmm(x, at::addmm(square, square, square, kB, kC), x, kA, 1);
    }
    return isTall ? x.t() : x;
}

Optimizer::Optimizer(const Parameters& parameters, const IsMatrix& isMatrix, const OptimizerOptions& options)
    : m_options(options)
{
    for (const auto& [name, tensor] : parameters.all()) {
        if (!tensor.requires_grad())
            continue;
        Slot slot{name, tensor, tensor.dim() >= 2 && isMatrix(name, tensor), at::zeros_like(tensor), {}};
        slot.first.set_requires_grad(false);
        if (!slot.isMatrix)
            slot.second = at::zeros_like(slot.first);
        m_slots.push_back(std::move(slot));
    }
}

void Optimizer::clearGradients()
{
    for (Slot& slot : m_slots)
        slot.parameter.mutable_grad().reset();
}

double Optimizer::step(double scale)
{
    const at::NoGradGuard noGradients;
    double squares = 0;
    for (const Slot& slot : m_slots) {
        if (slot.parameter.grad().defined())
            squares += slot.parameter.grad().square().sum().item<double>();
    }
    const double norm = std::sqrt(squares);
    if (!std::isfinite(norm)) {
        clearGradients();
        return norm;
    }
    const double clip = norm > m_options.mostNorm ? m_options.mostNorm / (norm + 1e-6) : 1;
    ++m_steps;
    const double correction1 = 1 - std::pow(m_options.beta1, static_cast<double>(m_steps));
    const double correction2 = 1 - std::pow(m_options.beta2, static_cast<double>(m_steps));
    for (Slot& slot : m_slots) {
        if (!slot.parameter.grad().defined())
            continue;
        const at::Tensor gradient = slot.parameter.grad() * clip;
        if (slot.isMatrix) {
            const double rate = m_options.muonRate * scale;
            slot.first.lerp_(gradient, 1 - m_options.momentum);
            const at::Tensor update = orthogonalised(at::lerp(gradient, slot.first, m_options.momentum).flatten(1));
            const double sides = static_cast<double>(update.size(0)) / static_cast<double>(update.size(1));
            slot.parameter.mul_(1 - rate * m_options.muonDecay);
            slot.parameter.add_(update.reshape(slot.parameter.sizes()), -rate * std::sqrt(std::max(1.0, sides)));
        } else {
            slot.first.lerp_(gradient, 1 - m_options.beta1);
            slot.second.lerp_(gradient.square(), 1 - m_options.beta2);
            const at::Tensor root = (slot.second / correction2).sqrt_().add_(m_options.epsilon);
            slot.parameter.addcdiv_(slot.first, root, -m_options.adamRate * scale / correction1);
        }
    }
    clearGradients();
    return norm;
}

TensorMap Optimizer::state() const
{
    TensorMap out;
    for (const Slot& slot : m_slots) {
        out["optimizer.first." + slot.name] = slot.first.clone();
        if (slot.second.defined())
            out["optimizer.second." + slot.name] = slot.second.clone();
    }
    out["optimizer.steps"] = at::full({1}, m_steps, at::kLong);
    return out;
}

Result<void> Optimizer::restore(const TensorMap& state)
{
    const at::Tensor steps = kept(state, "optimizer.steps");
    if (!steps.defined())
        return missing("optimizer.steps");
    m_steps = steps.item<std::int64_t>();
    for (Slot& slot : m_slots) {
        const at::Tensor first = kept(state, "optimizer.first." + slot.name);
        const at::Tensor second = kept(state, "optimizer.second." + slot.name);
        if (!first.defined() || first.sizes() != slot.first.sizes() || second.defined() != slot.second.defined())
            return missing("optimizer.first." + slot.name);
        slot.first.copy_(first);
        if (second.defined())
            slot.second.copy_(second);
    }
    return {};
}

RunningAverage::RunningAverage(const Parameters& parameters, double keep) : m_keep(keep)
{
    for (const auto& [name, tensor] : parameters.all()) {
        if (!tensor.requires_grad())
            continue;
        m_names.push_back(name);
        m_parameters.push_back(tensor);
        m_means.push_back(tensor.detach().clone());
    }
}

void RunningAverage::update()
{
    constexpr double kFirstSteps = 20;  // early on the mean follows faster
    const at::NoGradGuard noGradients;
    ++m_steps;
    const auto steps = static_cast<double>(m_steps);
    at::_foreach_lerp_(m_means, m_parameters, 1 - std::min(m_keep, steps / (steps + kFirstSteps)));
}

TensorMap RunningAverage::state() const
{
    TensorMap out;
    for (std::size_t i = 0; i < m_names.size(); ++i)
        out["average." + m_names[i]] = m_means[i].clone();
    out["average.steps"] = at::full({1}, m_steps, at::kLong);
    return out;
}

Result<void> RunningAverage::restore(const TensorMap& state)
{
    const at::Tensor steps = kept(state, "average.steps");
    if (!steps.defined())
        return missing("average.steps");
    m_steps = steps.item<std::int64_t>();
    for (std::size_t i = 0; i < m_names.size(); ++i) {
        const at::Tensor mean = kept(state, "average." + m_names[i]);
        if (!mean.defined() || mean.sizes() != m_means[i].sizes())
            return missing("average." + m_names[i]);
        m_means[i].copy_(mean);
    }
    return {};
}

TensorMap RunningAverage::values() const
{
    TensorMap out;
    for (std::size_t i = 0; i < m_names.size(); ++i)
        out[m_names[i]] = m_means[i].clone();
    return out;
}

ValuesForNow::ValuesForNow(Parameters& parameters, const TensorMap& values)
    : m_parameters(parameters), m_own(parameters.values())
{
    TensorMap all = m_own;
    for (const auto& [name, tensor] : values)
        all[name] = tensor;
    const auto assigned = m_parameters.assign(all);
    TORCH_CHECK(assigned, assigned ? "" : assigned.error().message);
}

ValuesForNow::~ValuesForNow()
{
    static_cast<void>(m_parameters.assign(m_own));
}

double rateAt(std::int64_t step, std::int64_t steps, std::int64_t warm, double falling, double least)
{
    const double up =
        std::min(1.0, static_cast<double>(step + 1) / static_cast<double>(std::max<std::int64_t>(warm, 1)));
    const double left = 1 - static_cast<double>(step) / static_cast<double>(std::max<std::int64_t>(steps, 1));
    return up * (least + (1 - least) * std::min(1.0, left / falling));
}

}  // namespace armillary::training
