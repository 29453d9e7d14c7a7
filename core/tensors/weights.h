// Tensors of a snapshot by name, handed to the modules that own them, with an account of what was missing, surplus,
// misshapen or mistyped.
//
// On the CPU a tensor is a view of the memory-mapped file: no copy, and the mapping lives as long as any tensor of it.
// Thread rule: used by the thread that loads.
#pragma once

#include "base/error.h"
#include "io/model_folder.h"
#include "records/tensor_snapshot.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace armillary::tensors {

[[nodiscard]] at::ScalarType scalarType(ElementType type);
// Throws c10::Error for types that no record holds (complex numbers, quantized types).
[[nodiscard]] ElementType elementType(at::ScalarType type);

// The same bytes as a CPU tensor without a copy; `keepAlive` is held until the tensor and all its views are gone. Bytes that
// do not lie at a multiple of their element's size are copied.
[[nodiscard]] at::Tensor tensorFromView(const io::TensorView& view,
                                        std::shared_ptr<const io::SafetensorsFile> keepAlive);

// Host copy of a tensor for records; keeps the element type. Works for any device and layout.
[[nodiscard]] TensorSnapshot snapshotFromTensor(const at::Tensor& tensor);
// A tensor of its own memory with the snapshot's elements.
[[nodiscard]] at::Tensor tensorFromSnapshot(const TensorSnapshot& snapshot);

class Weights {
public:
    // Maps a stored name to the name that modules ask for (for the namings of one architecture); an empty result drops
    // the tensor silently (known surplus, e.g. a tied lm_head).
    using CanonicalName = std::function<std::string(const std::string&)>;

    // Collects the tensors of `folder`. Its problems, and two stored tensors of one name, are faults that report() tells.
    Weights(const io::ModelFolder& folder, const CanonicalName& canonical);

    // Lays `folder`'s tensors over the ones held (TheWorld checkpoints over their base snapshots). Call before any take.
    void overlay(const io::ModelFolder& folder, const CanonicalName& canonical);

    [[nodiscard]] bool has(const std::string& name) const;
    // Holds the results of `make` in place of the tensor `name`: projections that a file keeps fused, other shapes of the same
    // numbers. Nothing where there is no such tensor. Call before any take.
    using Parts = std::vector<std::pair<std::string, at::Tensor>>;
    void replace(const std::string& name, const std::function<Parts(const at::Tensor&)>& make);
    // The tensor `name` with exactly these sizes (-1 = any). Missing, misshapen or not a float: noted for report(), and an
    // undefined tensor is returned, so that one load reports every fault at once.
    [[nodiscard]] at::Tensor take(const std::string& name, at::IntArrayRef sizes);
    // Like take, but its absence is no fault.
    [[nodiscard]] at::Tensor takeOptional(const std::string& name, at::IntArrayRef sizes);
    // Notes a fault that a module found by itself; report() tells it.
    void addFault(std::string sentence) { m_faults.push_back(std::move(sentence)); }

    // After all modules took theirs: an error that names every missing, misshapen, mistyped tensor (long lists are
    // shortened, counts kept) and with them every surplus one; surplus alone is an error when `surplusIsError`.
    // Errors: ModelMismatch.
    [[nodiscard]] Result<void> report(bool surplusIsError) const;
    // Names nobody took.
    [[nodiscard]] std::vector<std::string> surplus() const;
    [[nodiscard]] const std::string& path() const { return m_path; }
    // The floating type that most of the numbers are stored in; float32 when there is none.
    [[nodiscard]] at::ScalarType storedType() const;
    // The first tensor that holds a number that is not finite; empty when there is none. Reads every byte.
    [[nodiscard]] std::string firstNonFinite() const;

private:
    struct Entry {
        at::Tensor tensor;
        bool taken = false;
    };
    // Canonical names of one folder; notes clashes inside it.
    std::map<std::string, Entry> collect(const io::ModelFolder& folder, const CanonicalName& canonical);
    at::Tensor find(const std::string& name, at::IntArrayRef sizes, bool required);

    std::string m_path;
    std::map<std::string, Entry> m_entries;
    std::vector<std::string> m_missing;
    std::vector<std::string> m_faults;  // sentences: misshapen, mistyped, clashes, the folder's own problems
};

}  // namespace armillary::tensors
