// Latents of the training scenes, encoded once and kept in files of some hundred clips each.
// Thread rule: used by the thread that trains.
#pragma once

#include "base/error.h"
#include "training/stage.h"
#include "training/vae_net.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace armillary::training {

// Encodes the posterior's mode of training scenes 0 ... count - 1 into `run.folder`/latents; files that are there already are
// kept. Errors: FileWrite.
[[nodiscard]] Result<StageEnd> encodeLatents(const VaeNet& net, std::uint64_t seed, std::int64_t count,
                                             const StageRun& run);

class LatentStore {
public:
    // Errors: FileRead (missing files).
    [[nodiscard]] static Result<LatentStore> open(const std::string& folder, std::int64_t count);
    // Of latents in memory [N,Z,T,h,w]; for tests.
    explicit LatentStore(at::Tensor latents) : m_latents(std::move(latents)) {}

    [[nodiscard]] std::int64_t count() const { return m_latents.size(0); }
    // [B,Z,T,h,w] float32
    [[nodiscard]] at::Tensor take(const std::vector<std::int64_t>& scenes) const;

private:
    at::Tensor m_latents;  // float16
};

}  // namespace armillary::training
