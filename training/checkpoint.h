// Tensors and a JSON state in one safetensors file, written whole or not at all.
// Thread rule: free functions without shared state.
#pragma once

#include "base/error.h"
#include "training/parameters.h"

#include <nlohmann/json.hpp>

#include <string>

namespace armillary::training {

struct Checkpoint {
    TensorMap tensors;
    nlohmann::json state;
};

// Errors: FileWrite.
[[nodiscard]] Result<void> writeCheckpoint(const std::string& path, const Checkpoint& checkpoint);
// Errors: FileRead.
[[nodiscard]] Result<Checkpoint> readCheckpoint(const std::string& path);
// The tensors of any safetensors file in float32. Errors: FileRead.
[[nodiscard]] Result<TensorMap> readTensors(const std::string& path);
// Tensors in bfloat16, as published snapshots hold them. Errors: FileWrite.
[[nodiscard]] Result<void> writeSnapshotTensors(const std::string& path, const TensorMap& tensors);
[[nodiscard]] bool fileExists(const std::string& path);

}  // namespace armillary::training
