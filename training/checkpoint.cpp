#include "training/checkpoint.h"

#include "io/safetensors_file.h"
#include "tensors/weights.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <filesystem>
#include <map>

namespace armillary::training {
namespace {

constexpr const char* kState = "state";

}  // namespace

bool fileExists(const std::string& path)
{
    std::error_code error;
    return std::filesystem::exists(path, error);
}

Result<void> writeCheckpoint(const std::string& path, const Checkpoint& checkpoint)
{
    std::map<std::string, TensorSnapshot> tensors;
    for (const auto& [name, tensor] : checkpoint.tensors)
        tensors[name] = tensors::snapshotFromTensor(tensor.detach().contiguous());
    return io::writeSafetensors(path, tensors, {{kState, checkpoint.state.dump()}});
}

Result<Checkpoint> readCheckpoint(const std::string& path)
{
    const auto file = io::SafetensorsFile::open(path);
    if (!file)
        return tl::unexpected(file.error());
    Checkpoint out;
    for (const io::TensorView& view : (*file)->tensors())
        out.tensors[view.name] = tensors::tensorFromView(view, *file).clone();
    const auto found = (*file)->metadata().find(kState);
    if (found != (*file)->metadata().end())
        out.state = nlohmann::json::parse(found->second, nullptr, false);
    if (out.state.is_discarded() || !out.state.is_object())
        return fail(ErrorCode::FileRead, fmt::format("this is no checkpoint of a training: {}", path));
    return out;
}

Result<TensorMap> readTensors(const std::string& path)
{
    const auto file = io::SafetensorsFile::open(path);
    if (!file)
        return tl::unexpected(file.error());
    TensorMap out;
    for (const io::TensorView& view : (*file)->tensors())
        out[view.name] = tensors::tensorFromView(view, *file).to(at::kFloat).clone();
    return out;
}

Result<void> writeSnapshotTensors(const std::string& path, const TensorMap& tensors)
{
    std::map<std::string, TensorSnapshot> rounded;
    for (const auto& [name, tensor] : tensors)
        rounded[name] = tensors::snapshotFromTensor(tensor.detach().to(at::kBFloat16).contiguous());
    return io::writeSafetensors(path, rounded, {{"format", "pt"}});
}

}  // namespace armillary::training
