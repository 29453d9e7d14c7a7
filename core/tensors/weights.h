// Tensors of a snapshot by name, handed to the modules that own them, with an account of what was missing, surplus,
// misshapen or mistyped.
//
// On the CPU a tensor is a view of the memory-mapped file: no copy, and the mapping lives as long as any tensor of it.
// Thread rule: used by the thread that loads.
#pragma once

#include "base/error.h"
#include "io/model_folder.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace armillary::tensors {

// The same bytes as a CPU tensor without a copy; `keepAlive` is held until the tensor and all its views are gone.
[[nodiscard]] at::Tensor tensorFromView(const io::TensorView& view, std::shared_ptr<const io::SafetensorsFile> keepAlive);

// Host copy of a tensor for records; keeps the element type. Works for any device and layout.
[[nodiscard]] TensorSnapshot snapshotFromTensor(const at::Tensor& tensor);
[[nodiscard]] at::Tensor tensorFromSnapshot(const TensorSnapshot& snapshot);

class Weights {
public:
    // Collects the tensors of `folder`. `canonical` maps a stored name to the name that modules ask for (for the namings of one
    // architecture); an empty result drops the tensor silently (known surplus, e.g. a tied lm_head).
    Weights(const io::ModelFolder& folder, const std::function<std::string(const std::string&)>& canonical);

    // Lays `folder`'s tensors over the ones held (TheWorld checkpoints over their base snapshots).
    void overlay(const io::ModelFolder& folder, const std::function<std::string(const std::string&)>& canonical);

    [[nodiscard]] bool has(const std::string& name) const;
    // The tensor `name` with exactly these sizes (-1 = any). Missing, misshapen or not a float: noted for report(), and an
    // undefined tensor is returned, so that one load reports every fault at once.
    [[nodiscard]] at::Tensor take(const std::string& name, at::IntArrayRef sizes);
    // Like take, but its absence is no fault.
    [[nodiscard]] at::Tensor takeOptional(const std::string& name, at::IntArrayRef sizes);

    // After all modules took theirs: an error that names every missing, misshapen, mistyped tensor (long lists are
    // shortened, counts kept), and every surplus one when `surplusIsError`.
    [[nodiscard]] Result<void> report(bool surplusIsError) const;
    // Names nobody took.
    [[nodiscard]] std::vector<std::string> surplus() const;
    [[nodiscard]] const std::string& path() const { return m_path; }

private:
    struct Entry {
        at::Tensor tensor;
        bool taken = false;
    };
    at::Tensor find(const std::string& name, at::IntArrayRef sizes, bool required);

    std::string m_path;
    std::map<std::string, Entry> m_entries;
    std::vector<std::string> m_faults;
};

}  // namespace armillary::tensors
