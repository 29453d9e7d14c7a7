#include "io/model_folder.h"

#include "io/byte_hasher.h"
#include "io/json_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

namespace armillary::io {
namespace {

namespace fs = std::filesystem;

bool isFile(const std::string& path)
{
    std::error_code ignored;
    return fs::is_regular_file(path, ignored);
}

bool isFolder(const std::string& path)
{
    std::error_code ignored;
    return fs::is_directory(path, ignored);
}

// Why there are no weights, said by what lies in the folder instead.
Error missingWeights(const std::string& path, const std::vector<std::string>& stems)
{
    std::vector<std::string> names;
    std::error_code problem;
    for (fs::directory_iterator entry(path, problem), end; !problem && entry != end; entry.increment(problem))
        names.push_back(entry->path().filename().string());
    std::sort(names.begin(), names.end());
    for (const std::string& name : names)
        for (const char* ending : {".bin", ".pt", ".pth", ".ckpt", ".pkl"})
            if (name.ends_with(ending))
                return {ErrorCode::FileRead,
                        fmt::format(
                            "the weights are only there as \"{}\", a pickle that would run code when read; save the "
                            "model again with safe_serialization=True, or fetch its safetensors files: {}",
                            name, path)};
    for (const std::string& name : names)
        if (name.ends_with(".safetensors"))
            return {ErrorCode::FileRead,
                    fmt::format("the folder holds \"{}\" but neither {}.safetensors nor its index; fetch "
                                "{}.safetensors.index.json too: {}",
                                name, stems.front(), stems.front(), path)};
    return {ErrorCode::FileRead,
            fmt::format("there are no weights in the folder ({}.safetensors is missing); fetch the whole snapshot: {}",
                        stems.front(), path)};
}

// The index's own account: tensor name -> shard.
Result<std::map<std::string, std::string>> readIndex(const std::string& path)
{
    const Result<nlohmann::json> json = readJsonFile(path);
    if (!json)
        return tl::unexpected(json.error());
    const auto weights = json->is_object() ? json->find("weight_map") : json->end();
    if (weights == json->end() || !weights->is_object() || weights->empty())
        return fail(ErrorCode::FileRead,
                    fmt::format("the index has no \"weight_map\" of tensor names to files: {}", path));
    std::map<std::string, std::string> shardByTensor;
    for (const auto& [tensor, shard] : weights->items()) {
        const std::string name = shard.is_string() ? shard.get<std::string>() : "";
        // An index must not lead out of its folder.
        if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos)
            return fail(ErrorCode::FileRead,
                        fmt::format("the index sends tensor \"{}\" to {}, which is no file name: {}", tensor,
                                    shard.dump(), path));
        shardByTensor.emplace(tensor, name);
    }
    return shardByTensor;
}

void comparePromises(const std::map<std::string, std::string>& shardByTensor, ModelFolder& folder)
{
    std::map<std::string, std::string> foundIn;
    for (const auto& file : folder.files) {
        const std::string shard = fs::path(file->path()).filename().string();
        for (const TensorView& tensor : file->tensors()) {
            const auto [earlier, isNew] = foundIn.emplace(tensor.name, shard);
            if (!isNew)
                folder.problems.push_back(
                    fmt::format("tensor \"{}\" lies in two shards, {} and {}; the first one is used", tensor.name,
                                earlier->second, shard));
            if (!shardByTensor.contains(tensor.name))
                folder.problems.push_back(fmt::format("tensor \"{}\" of {} is not in the index", tensor.name, shard));
        }
    }
    for (const auto& [tensor, shard] : shardByTensor) {
        const auto found = foundIn.find(tensor);
        if (found == foundIn.end())
            folder.problems.push_back(
                fmt::format("the index promises tensor \"{}\" in {}, where it is not", tensor, shard));
        else if (found->second != shard)
            folder.problems.push_back(
                fmt::format("the index promises tensor \"{}\" in {}, but it lies in {}", tensor, shard, found->second));
    }
}

Result<void> openShards(const std::string& indexName, ModelFolder& folder)
{
    const Result<std::map<std::string, std::string>> index = readIndex(folder.file(indexName));
    if (!index)
        return tl::unexpected(index.error());
    std::set<std::string> shards;
    for (const auto& [tensor, shard] : *index)
        shards.insert(shard);
    std::vector<std::string> missing;
    for (const std::string& shard : shards)
        if (!folder.hasFile(shard))
            missing.push_back(shard);
    if (!missing.empty())
        return fail(
            ErrorCode::FileRead,
            fmt::format("{} of {} weight files named in {} {} missing, the first is {}; fetch the whole snapshot: {}",
                        missing.size(), shards.size(), indexName, missing.size() == 1 ? "is" : "are", missing.front(),
                        folder.path));
    for (const std::string& shard : shards) {
        auto file = SafetensorsFile::open(folder.file(shard));
        if (!file)
            return tl::unexpected(file.error());
        folder.files.push_back(std::move(*file));
    }
    comparePromises(*index, folder);
    return {};
}

void addTensor(const TensorView& tensor, ByteHasher& hasher)
{
    constexpr std::size_t kWholeBytes = std::size_t{64} << 10;
    constexpr std::size_t kBlockBytes = 4096;
    hasher.add(tensor.name);
    hasher.add(static_cast<std::int64_t>(tensor.type));
    hasher.add(static_cast<std::int64_t>(tensor.shape.size()));
    for (const std::int64_t size : tensor.shape)
        hasher.add(size);
    if (tensor.bytes.size() <= kWholeBytes) {
        hasher.add(tensor.bytes);
        return;
    }
    hasher.add(tensor.bytes.first(kBlockBytes));
    hasher.add(tensor.bytes.subspan(tensor.bytes.size() / 2, kBlockBytes));
    hasher.add(tensor.bytes.last(kBlockBytes));
}

}  // namespace

bool ModelFolder::hasFile(const std::string& name) const
{
    return isFile(file(name));
}

Result<ModelFolder> openModelFolder(const std::string& path, const std::vector<std::string>& stems)
{
    if (!isFolder(path))
        return fail(ErrorCode::FileRead, fmt::format("there is no such model folder: {}", path));
    ModelFolder folder;
    folder.path = path;
    if (!folder.hasFile("config.json"))
        return fail(ErrorCode::FileRead,
                    fmt::format("the folder has no config.json, so it is no model snapshot: {}", path));
    Result<nlohmann::json> config = readJsonFile(folder.file("config.json"));
    if (!config)
        return tl::unexpected(config.error());
    if (!config->is_object())
        return fail(ErrorCode::FileRead,
                    fmt::format("the content must be a JSON object: {}", folder.file("config.json")));
    folder.config = std::move(*config);

    for (const std::string& stem : stems) {
        if (folder.hasFile(stem + ".safetensors")) {
            auto file = SafetensorsFile::open(folder.file(stem + ".safetensors"));
            if (!file)
                return tl::unexpected(file.error());
            folder.files.push_back(std::move(*file));
            return folder;
        }
        const std::string indexName = stem + ".safetensors.index.json";
        if (folder.hasFile(indexName)) {
            if (const Result<void> opened = openShards(indexName, folder); !opened)
                return tl::unexpected(opened.error());
            return folder;
        }
    }
    return tl::unexpected(missingWeights(path, stems));
}

std::string contentHash(const ModelFolder& folder)
{
    // By name, so that the same weights in other shards are the same content.
    std::map<std::string, const TensorView*> byName;
    for (const auto& file : folder.files)
        for (const TensorView& tensor : file->tensors())
            byName.emplace(tensor.name, &tensor);
    ByteHasher hasher;
    hasher.add(folder.config.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
    hasher.add(static_cast<std::int64_t>(byName.size()));
    for (const auto& [name, tensor] : byName)
        addTensor(*tensor, hasher);
    return fmt::format("{:016x}", hasher.value());
}

}  // namespace armillary::io
