#include "support/derived_models.h"

#include "io/json_file.h"
#include "io/safetensors_file.h"
#include "support/test_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace armillary::test {
namespace {

namespace fs = std::filesystem;

const std::map<std::string, std::string> kMetadata = {{"format", "pt"}};

template <class T>
T valueOrThrow(Result<T> result)
{
    if (!result)
        throw std::runtime_error(result.error().message);
    if constexpr (!std::is_void_v<T>)
        return std::move(*result);
}

TensorSnapshot copied(const io::TensorView& view)
{
    return {view.type, view.shape,
            std::make_shared<const std::vector<std::uint8_t>>(view.bytes.begin(), view.bytes.end())};
}

// Nearest bfloat16, ties to even. The weights hold no NaN, which this would not keep.
TensorSnapshot roundedToBfloat16(const io::TensorView& view)
{
    if (view.type != ElementType::Float32)
        throw std::runtime_error("tensor " + view.name + " is not float32");
    const std::size_t count = view.bytes.size() / sizeof(float);
    std::vector<std::uint8_t> bytes(count * sizeof(std::uint16_t));
    for (std::size_t i = 0; i < count; ++i) {
        std::uint32_t bits = 0;
        std::memcpy(&bits, view.bytes.data() + i * sizeof bits, sizeof bits);
        const auto rounded = static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16U) & 1U)) >> 16U);
        std::memcpy(bytes.data() + i * sizeof rounded, &rounded, sizeof rounded);
    }
    return {ElementType::BFloat16, view.shape, std::make_shared<const std::vector<std::uint8_t>>(std::move(bytes))};
}

void writeRounded(const io::SafetensorsFile& weights, const std::string& folder)
{
    std::map<std::string, TensorSnapshot> tensors;
    for (const io::TensorView& view : weights.tensors())
        tensors[view.name] = roundedToBfloat16(view);
    valueOrThrow(io::writeSafetensors(folder + "/model.safetensors", tensors, kMetadata));
}

// The published files say vision_tower.vision_model.* where gemma-tiny says vision_tower.*.
std::string nameInGemmaTiny(std::string name)
{
    constexpr std::string_view kPublished = "vision_tower.vision_model.";
    if (name.starts_with(kPublished))
        name.replace(0, kPublished.size(), "vision_tower.");
    return name;
}

void writeShards(const io::SafetensorsFile& weights, const std::string& folder)
{
    const nlohmann::json index = valueOrThrow(io::readJsonFile(folder + "/model.safetensors.index.json"));
    std::map<std::string, std::map<std::string, TensorSnapshot>> shards;
    for (const auto& [name, shard] : index.at("weight_map").items()) {
        const io::TensorView* view = weights.find(nameInGemmaTiny(name));
        if (view == nullptr)
            throw std::runtime_error("gemma-tiny has no tensor for " + name);
        shards[shard.get<std::string>()][name] = copied(*view);
    }
    for (const auto& [shard, tensors] : shards)
        valueOrThrow(io::writeSafetensors(folder + "/" + shard, tensors, kMetadata));
}

// FNV-1a over the names and contents of `files`: other sources, another folder.
std::uint64_t hashOf(const std::vector<fs::path>& files)
{
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const fs::path& file : files) {
        std::ifstream stream(file, std::ios::binary);
        const std::string content((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
        if (!stream || content.empty())
            throw std::runtime_error("cannot read " + file.string());
        for (const char byte : file.filename().string() + content)
            hash = (hash ^ static_cast<std::uint8_t>(byte)) * 0x100000001b3U;
    }
    return hash;
}

}  // namespace

std::string derivedModelPath(const std::string& name)
{
    if (name != "gemma-tiny-hub" && name != "gemma-tiny-bf16")
        throw std::runtime_error("no model " + name + " is derived from gemma-tiny");
    const std::string weightsPath = dataPath("models/gemma-tiny/model.safetensors");
    std::vector<fs::path> texts;
    for (const auto& entry : fs::directory_iterator(dataPath("models/" + name)))
        texts.push_back(entry.path());
    std::sort(texts.begin(), texts.end());
    std::vector<fs::path> sources = texts;
    sources.emplace_back(weightsPath);
    const fs::path root = ARMILLARY_DERIVED_MODELS;
    const fs::path done = root / fmt::format("{}-{:016x}", name, hashOf(sources));
    if (fs::exists(done))
        return done.string();

    // Made aside and renamed, so that no other test program ever sees half a folder.
    fs::create_directories(root);
    std::string making = (root / (name + "-XXXXXX")).string();
    if (mkdtemp(making.data()) == nullptr)
        throw std::runtime_error("cannot make a folder in " + root.string());
    for (const fs::path& text : texts)
        fs::copy_file(text, fs::path(making) / text.filename());
    const auto weights = valueOrThrow(io::SafetensorsFile::open(weightsPath));
    if (name == "gemma-tiny-hub")
        writeShards(*weights, making);
    else
        writeRounded(*weights, making);
    std::error_code error;
    fs::rename(making, done, error);
    if (error) {
        fs::remove_all(making);
        if (!fs::exists(done))
            throw std::runtime_error("cannot make " + done.string() + ": " + error.message());
    }
    return done.string();
}

}  // namespace armillary::test
