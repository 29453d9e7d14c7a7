// A Hugging Face snapshot folder (or one part of a diffusers pipeline): its config.json and all its tensors, whether
// they lie in one safetensors file or in shards with an index.
// Thread rule: immutable once opened.
#pragma once

#include "base/error.h"
#include "io/safetensors_file.h"

#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <vector>

namespace armillary::io {

struct ModelFolder {
    std::string path;
    nlohmann::json config;                                      // of config.json
    std::vector<std::shared_ptr<const SafetensorsFile>> files;  // weights; an index decides which
    std::vector<std::string> problems;  // index entries without a tensor, tensors in two shards ...: one sentence each

    [[nodiscard]] std::string file(const std::string& name) const { return path + "/" + name; }
    [[nodiscard]] bool hasFile(const std::string& name) const;
};

// Opens `path`. Weights are `<stem>.safetensors` or `<stem>.safetensors.index.json` with its shards; `stems` are tried
// in order ("model" for transformers, "diffusion_pytorch_model" for diffusers). Errors: FileRead (no such folder, no
// config.json, no weights, only pickled weights - with the remedy).
[[nodiscard]] Result<ModelFolder> openModelFolder(const std::string& path,
                                                  const std::vector<std::string>& stems = {"model",
                                                                                           "diffusion_pytorch_model"});

// A short content hash (16 hex digits) of a folder's config and tensors, however they are sharded: names, types,
// shapes, and of tensors above 64 KiB only their first, middle and last 4 KiB, so that it costs milliseconds on 8 GB.
// Two folders that differ in any tensor's name, shape or sampled bytes differ.
[[nodiscard]] std::string contentHash(const ModelFolder& folder);

}  // namespace armillary::io
