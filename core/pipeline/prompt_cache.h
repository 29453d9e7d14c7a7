// Encoded prompts of the world model on disk, so that the text encoder (11 billion parameters in the published pipeline) is
// not needed again for a prompt already seen.
//
// A file a prompt, named by the hash of the encoder's content and the text: rows of the text alone, padding is zero by
// definition. Broken or foreign files are misses, never errors; a full disk costs only the next run's time.
// Thread rule: used by the thread that owns the engine.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace armillary::pipeline {

class PromptCache {
public:
    // `folder` is made when the first prompt is kept.
    explicit PromptCache(std::string folder) : m_folder(std::move(folder)) {}
    // $XDG_CACHE_HOME/armillary/prompts, or ~/.cache/armillary/prompts.
    [[nodiscard]] static PromptCache ofUser();

    // [512,D] float32 on the CPU; undefined when it is not there.
    [[nodiscard]] at::Tensor find(const std::string& encoderHash, const std::string& text) const;
    // `rows` [512,D], the first `count` of them the text's.
    void keep(const std::string& encoderHash, const std::string& text, const at::Tensor& rows,
              std::int64_t count) const;

private:
    [[nodiscard]] std::string fileOf(const std::string& encoderHash, const std::string& text) const;

    std::string m_folder;
};

}  // namespace armillary::pipeline
