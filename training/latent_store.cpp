#include "training/latent_store.h"

#include "training/checkpoint.h"
#include "training/scene_batch.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace armillary::training {
namespace {

constexpr std::int64_t kClipsAFile = 500;
constexpr std::int64_t kClipsAtATime = 20;
constexpr const char* kName = "latents";

std::string pathOf(const std::string& folder, std::int64_t file)
{
    return fmt::format("{}/latents/{:04}.safetensors", folder, file);
}

}  // namespace

Result<StageEnd> encodeLatents(const VaeNet& net, std::uint64_t seed, std::int64_t count, const StageRun& run)
{
    const at::NoGradGuard noGradients;
    std::error_code error;
    std::filesystem::create_directories(run.folder + "/latents", error);
    for (std::int64_t first = 0; first < count; first += kClipsAFile) {
        const std::string path = pathOf(run.folder, first / kClipsAFile);
        if (fileExists(path))
            continue;
        const std::int64_t clips = std::min(kClipsAFile, count - first);
        std::vector<at::Tensor> parts;
        for (std::int64_t at = 0; at < clips; at += kClipsAtATime) {
            if (run.isStopped())
                return StageEnd::Stopped;
            const auto scenes = scenesOf(trainingScenes(seed), first + at, std::min(kClipsAtATime, clips - at));
            parts.push_back(net.encode(clipsOf(scenes)).mean.to(at::kHalf));
        }
        const auto kept = writeCheckpoint(path, {{{kName, at::cat(parts).contiguous()}}, {{"first", first}}});
        if (!kept)
            return tl::unexpected(kept.error());
        run.say(fmt::format("latents: {} of {} clips", first + clips, count));
    }
    return StageEnd::Finished;
}

Result<LatentStore> LatentStore::open(const std::string& folder, std::int64_t count)
{
    std::vector<at::Tensor> files;
    for (std::int64_t first = 0; first < count; first += kClipsAFile) {
        auto file = readCheckpoint(pathOf(folder, first / kClipsAFile));
        if (!file)
            return tl::unexpected(file.error());
        files.push_back(file->tensors[kName]);
    }
    return LatentStore(at::cat(files));
}

at::Tensor LatentStore::take(const std::vector<std::int64_t>& scenes) const
{
    return m_latents.index_select(0, at::tensor(scenes, at::kLong)).to(at::kFloat);
}

}  // namespace armillary::training
