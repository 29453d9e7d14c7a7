#include "training/parameters.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

namespace armillary::training {

at::Tensor normalTensor(std::uint64_t seed, at::IntArrayRef shape)
{
    return at::randn(shape, at::detail::createCPUGenerator(seed), at::TensorOptions().dtype(at::kFloat));
}

at::Tensor uniformTensor(std::uint64_t seed, at::IntArrayRef shape)
{
    return at::rand(shape, at::detail::createCPUGenerator(seed), at::TensorOptions().dtype(at::kFloat));
}

std::uint64_t seedOf(std::uint64_t seed, const std::string& name, std::int64_t index)
{
    // FNV-1a over the name, then the finaliser of splitmix64 over all three.
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char letter : name)
        hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3;
    std::uint64_t z = hash + seed * 0x9e3779b97f4a7c15 + static_cast<std::uint64_t>(index) * 0xd1342543de82ef95;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

at::Tensor Parameters::add(const std::string& name, at::Tensor values)
{
    TORCH_CHECK(m_index.emplace(name, m_all.size()).second, "two parameters named ", name);
    values.set_requires_grad(true);
    m_all.emplace_back(name, values);
    return values;
}

at::Tensor Parameters::normal(const std::string& name, at::IntArrayRef shape, double deviation)
{
    return add(name, normalTensor(seedOf(m_seed, name), shape) * deviation);
}

at::Tensor Parameters::constant(const std::string& name, at::IntArrayRef shape, double value)
{
    return add(name, at::full(shape, value, at::TensorOptions().dtype(at::kFloat)));
}

at::Tensor Parameters::get(const std::string& name) const
{
    const auto found = m_index.find(name);
    TORCH_CHECK(found != m_index.end(), "no parameter named ", name);
    return m_all[found->second].second;
}

std::int64_t Parameters::count() const
{
    std::int64_t out = 0;
    for (const auto& [name, tensor] : m_all)
        out += tensor.numel();
    return out;
}

void Parameters::freeze(const std::string& name)
{
    get(name).set_requires_grad(false);
}

TensorMap Parameters::values() const
{
    const at::NoGradGuard noGradients;
    TensorMap out;
    for (const auto& [name, tensor] : m_all)
        out[name] = tensor.detach().clone();
    return out;
}

Result<void> Parameters::assign(const TensorMap& values, const std::string& prefix)
{
    const at::NoGradGuard noGradients;
    for (auto& [name, tensor] : m_all) {
        if (!name.starts_with(prefix))
            continue;
        const auto found = values.find(name);
        if (found == values.end())
            return fail(ErrorCode::ModelMismatch, fmt::format("the checkpoint has no tensor {}", name));
        if (found->second.sizes() != tensor.sizes())
            return fail(ErrorCode::ModelMismatch, fmt::format("the checkpoint's {} has another shape", name));
        tensor.copy_(found->second);
    }
    return {};
}

}  // namespace armillary::training
