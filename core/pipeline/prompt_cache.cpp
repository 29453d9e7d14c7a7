#include "pipeline/prompt_cache.h"

#include "base/log.h"
#include "io/safetensors_file.h"
#include "tensors/weights.h"
#include "text/t5_prompt.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <functional>

namespace armillary::pipeline {

namespace fs = std::filesystem;

PromptCache PromptCache::ofUser()
{
    const char* const cache = std::getenv("XDG_CACHE_HOME");
    const char* const home = std::getenv("HOME");
    const fs::path base =
        cache != nullptr && *cache != '\0' ? fs::path(cache) : fs::path(home != nullptr ? home : "/tmp") / ".cache";
    return PromptCache((base / "armillary" / "prompts").string());
}

std::string PromptCache::fileOf(const std::string& encoderHash, const std::string& text) const
{
    return fmt::format("{}/{}-{:016x}.safetensors", m_folder, encoderHash, std::hash<std::string>()(text));
}

at::Tensor PromptCache::find(const std::string& encoderHash, const std::string& text) const
{
    const std::string path = fileOf(encoderHash, text);
    std::error_code ignored;
    if (!fs::exists(path, ignored))
        return {};
    const auto file = io::SafetensorsFile::open(path);
    if (!file)
        return {};
    // The whole text stands in the file: two prompts may share a hash.
    const auto written = (*file)->metadata().find("prompt");
    const io::TensorView* view = (*file)->find("rows");
    if (written == (*file)->metadata().end() || written->second != text || view == nullptr || view->shape.size() != 2 ||
        view->type != ElementType::Float32 || view->shape[0] > text::kT5PromptLength)
        return {};
    const at::Tensor rows = tensors::tensorFromView(*view, *file);
    return at::constant_pad_nd(rows, {0, 0, 0, text::kT5PromptLength - rows.size(0)});
}

void PromptCache::keep(const std::string& encoderHash, const std::string& text, const at::Tensor& rows,
                       std::int64_t count) const
{
    std::error_code failed;
    fs::create_directories(m_folder, failed);
    const auto written =
        io::writeSafetensors(fileOf(encoderHash, text),
                             {{"rows", tensors::snapshotFromTensor(rows.narrow(0, 0, count).to(at::kCPU, at::kFloat))}},
                             {{"prompt", text}});
    if (!written)
        logWarning("the encoded prompt was not kept: " + written.error().message);
}

}  // namespace armillary::pipeline
