// The tensors that training changes, by the names they have in published snapshots.
//
// Modules keep handles of the tensors made here, so that values assigned later (a checkpoint's, an average's) reach them.
// Thread rule: used by the thread that trains.
#pragma once

#include "base/error.h"

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace armillary::training {

using TensorMap = std::map<std::string, at::Tensor>;

// Standard normal numbers that depend on `seed` alone.
[[nodiscard]] at::Tensor normalTensor(std::uint64_t seed, at::IntArrayRef shape);
// Uniform in [0, 1).
[[nodiscard]] at::Tensor uniformTensor(std::uint64_t seed, at::IntArrayRef shape);
// A seed of its own for each of many uses: of stage `name` and of its step `index`.
[[nodiscard]] std::uint64_t seedOf(std::uint64_t seed, const std::string& name, std::int64_t index = 0);

class Parameters {
public:
    // Each tensor's first values follow from `seed` and its name.
    explicit Parameters(std::uint64_t seed) : m_seed(seed) {}

    // Leaves that require gradients, float32. A name is used once.
    at::Tensor normal(const std::string& name, at::IntArrayRef shape, double deviation);
    at::Tensor constant(const std::string& name, at::IntArrayRef shape, double value);

    [[nodiscard]] const std::vector<std::pair<std::string, at::Tensor>>& all() const { return m_all; }
    [[nodiscard]] at::Tensor get(const std::string& name) const;
    [[nodiscard]] bool has(const std::string& name) const { return m_index.contains(name); }
    [[nodiscard]] std::int64_t count() const;
    void freeze(const std::string& name);
    // Copies of all values.
    [[nodiscard]] TensorMap values() const;
    // Takes the values of every tensor of `prefix`. Errors: ModelMismatch (one that is missing, or of another shape).
    [[nodiscard]] Result<void> assign(const TensorMap& values, const std::string& prefix = "");

private:
    at::Tensor add(const std::string& name, at::Tensor values);

    std::uint64_t m_seed;
    std::vector<std::pair<std::string, at::Tensor>> m_all;
    std::map<std::string, std::size_t> m_index;
};

}  // namespace armillary::training
