#include "io/snapshot_reader.h"

#include "io/json_file.h"
#include "io/model_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <numeric>
#include <set>

namespace armillary::io {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> partsOf(const std::string& dottedName)
{
    std::vector<std::string> parts;
    std::size_t from = 0;
    for (std::size_t dot = dottedName.find('.'); dot != std::string::npos; dot = dottedName.find('.', from)) {
        parts.push_back(dottedName.substr(from, dot - from));
        from = dot + 1;
    }
    parts.push_back(dottedName.substr(from));
    return parts;
}

std::optional<std::int64_t> numberOf(const std::string& text)
{
    std::int64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    return problem == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

bool comesFirst(const std::string& left, const std::string& right)
{
    const auto leftNumber = numberOf(left);
    const auto rightNumber = numberOf(right);
    if (leftNumber && rightNumber)
        return *leftNumber < *rightNumber;
    return leftNumber.has_value() != rightNumber.has_value() ? leftNumber.has_value() : left < right;
}

SnapshotModule& childOf(SnapshotModule& module, const std::string& name)
{
    const auto found = std::find_if(module.modules.begin(), module.modules.end(),
                                    [&name](const SnapshotModule& child) { return child.name == name; });
    if (found != module.modules.end())
        return *found;
    module.modules.emplace_back().name = name;
    return module.modules.back();
}

void arrange(SnapshotModule& module)
{
    std::sort(module.modules.begin(), module.modules.end(),
              [](const SnapshotModule& left, const SnapshotModule& right) {
                  return comesFirst(left.name, right.name);
              });
    std::sort(module.tensors.begin(), module.tensors.end(),
              [](const SnapshotTensor& left, const SnapshotTensor& right) { return left.name < right.name; });
    for (SnapshotModule& child : module.modules)
        arrange(child);
}

// Names that models share weights under: a whole table kept twice is worth telling.
bool mayBeTied(const TensorView& tensor)
{
    const bool isNamedSo = tensor.name.find("embed") != std::string::npos ||
                           tensor.name.find("lm_head") != std::string::npos ||
                           tensor.name.find("shared") != std::string::npos;
    return isNamedSo && tensor.shape.size() == 2;
}

bool looksSame(const TensorView& left, const TensorView& right)
{
    if (left.type != right.type || left.shape != right.shape || left.bytes.size() != right.bytes.size() ||
        left.bytes.empty())
        return false;
    constexpr std::size_t kSampleBytes = 4096;
    const std::size_t count = std::min(kSampleBytes, left.bytes.size());
    for (const std::size_t from : {std::size_t{0}, (left.bytes.size() - count) / 2, left.bytes.size() - count}) {
        if (std::memcmp(left.bytes.data() + from, right.bytes.data() + from, count) != 0)
            return false;
    }
    return true;
}

void addTensors(const ModelFolder& folder, SnapshotModule& root, SnapshotContents& contents)
{
    std::vector<const TensorView*> tieable;
    std::set<std::string> seen;
    for (const auto& file : folder.files) {
        for (const TensorView& view : file->tensors()) {
            // A tensor in two shards is a problem that the folder names; the first one is used.
            if (!seen.insert(view.name).second)
                continue;
            SnapshotTensor tensor;
            tensor.type = view.type;
            tensor.shape = view.shape;
            tensor.elements =
                std::accumulate(view.shape.begin(), view.shape.end(), std::int64_t{1}, std::multiplies<>());
            tensor.bytes = static_cast<std::int64_t>(view.bytes.size());
            tensor.file = fs::path(file->path()).filename().string();
            if (mayBeTied(view)) {
                const auto twin = std::find_if(tieable.begin(), tieable.end(), [&view](const TensorView* earlier) {
                    return looksSame(*earlier, view);
                });
                if (twin != tieable.end())
                    tensor.sameAs = (*twin)->name;
                if (twin != tieable.end())
                    contents.repeatedElements += tensor.elements;
                tieable.push_back(&view);
            }
            const std::vector<std::string> parts = partsOf(view.name);
            SnapshotModule* module = &root;
            const auto count = [&tensor](SnapshotModule& each) {
                each.elements += tensor.elements;
                each.bytes += tensor.bytes;
            };
            count(*module);
            for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
                module = &childOf(*module, parts[i]);
                count(*module);
            }
            tensor.name = parts.back();
            ++contents.tensorCount;
            if (tensor.shape.size() >= 2)
                contents.matrixElements += tensor.elements;
            contents.bytesByType[tensor.type] += tensor.bytes;
            module->tensors.push_back(std::move(tensor));
        }
    }
    for (const std::string& problem : folder.problems)
        contents.problems.push_back(problem);
    arrange(root);
}

// Single values of the configuration and of the objects in it.
void addFacts(const nlohmann::json& config, const std::string& prefix, int depth, SnapshotContents& contents)
{
    constexpr std::size_t kMostFacts = 200;
    constexpr int kDeepest = 2;
    if (!config.is_object())
        return;
    for (const auto& [key, value] : config.items()) {
        if (contents.facts.size() >= kMostFacts)
            return;
        if (value.is_string())
            contents.facts.emplace_back(prefix + key, value.get<std::string>());
        else if (value.is_number() || value.is_boolean())
            contents.facts.emplace_back(prefix + key, value.dump());
        else if (value.is_object() && depth < kDeepest)
            addFacts(value, prefix + key + ".", depth + 1, contents);
    }
}

const nlohmann::json& textConfig(const nlohmann::json& config)
{
    const auto nested = config.find("text_config");
    return nested != config.end() && nested->is_object() ? *nested : config;
}

// Configurations leave out what is their class's default: Gemma 3 has every sixth layer global, and its head tied.
bool isGemma3(const nlohmann::json& config)
{
    const auto type = config.find("model_type");
    return type != config.end() && type->is_string() && type->get<std::string>().starts_with("gemma3");
}

// Which layers look through a window, as the configuration says; empty where it says nothing.
std::vector<bool> localLayers(const nlohmann::json& config)
{
    const nlohmann::json& text = textConfig(config);
    std::vector<bool> out;
    if (const auto types = text.find("layer_types"); types != text.end() && types->is_array()) {
        for (const nlohmann::json& type : *types)
            out.push_back(type.is_string() && type.get<std::string>() == "sliding_attention");
        return out;
    }
    const auto layers = text.find("num_hidden_layers");
    const auto window = text.find("sliding_window");
    for (const char* key : {"sliding_window_pattern", "_sliding_window_pattern"}) {
        const auto pattern = text.find(key);
        if (pattern == text.end() || !pattern->is_number_integer() || pattern->get<std::int64_t>() < 1 ||
            layers == text.end() || !layers->is_number_integer() || window == text.end() ||
            !window->is_number_integer())
            continue;
        for (std::int64_t layer = 0; layer < std::min<std::int64_t>(layers->get<std::int64_t>(), 1000); ++layer)
            out.push_back((layer + 1) % pattern->get<std::int64_t>() != 0);
        return out;
    }
    if (isGemma3(text) && window != text.end() && layers != text.end() && layers->is_number_integer()) {
        constexpr std::int64_t kPattern = 6;
        for (std::int64_t layer = 0; layer < std::min<std::int64_t>(layers->get<std::int64_t>(), 1000); ++layer)
            out.push_back((layer + 1) % kPattern != 0);
    }
    return out;
}

void markLayers(SnapshotModule& module, const std::vector<bool>& isLocal)
{
    for (SnapshotModule& child : module.modules) {
        if (child.name.find("vision") != std::string::npos)
            continue;
        if (child.name == "layers" && child.modules.size() == isLocal.size()) {
            for (std::size_t layer = 0; layer < isLocal.size(); ++layer)
                child.modules[layer].isLocal = isLocal[layer];
        } else {
            markLayers(child, isLocal);
        }
    }
}

const SnapshotTensor* findEnding(const SnapshotModule& module, const std::string& moduleName, const std::string& path,
                                 std::string& fullName)
{
    for (const SnapshotModule& child : module.modules) {
        const std::string childPath = path.empty() ? child.name : path + "." + child.name;
        if (child.name == moduleName && !child.tensors.empty()) {
            fullName = childPath + "." + child.tensors.front().name;
            return &child.tensors.front();
        }
        if (const SnapshotTensor* found = findEnding(child, moduleName, childPath, fullName))
            return found;
    }
    return nullptr;
}

// The output layer of a language model that has none of its own is its embedding table.
void noteTiedHead(const nlohmann::json& config, SnapshotContents& contents)
{
    const nlohmann::json& text = textConfig(config);
    std::string name;
    // nanoVLM keeps the head and drops the table.
    if (const auto tie = config.find("lm_tie_weights"); tie != config.end() && tie->is_boolean() && tie->get<bool>()) {
        if (findEnding(contents.root, "token_embedding", "", name) == nullptr &&
            findEnding(contents.root, "head", "", name) != nullptr)
            contents.tied.emplace_back("decoder.token_embedding.weight", name);
        return;
    }
    const auto tie = text.contains("tie_word_embeddings") ? text.find("tie_word_embeddings") : text.end();
    const bool isTied = tie == text.end() ? isGemma3(text) : tie->is_boolean() && tie->get<bool>();
    if (!isTied || findEnding(contents.root, "lm_head", "", name) != nullptr ||
        findEnding(contents.root, "embed_tokens", "", name) == nullptr)
        return;
    contents.tied.emplace_back("lm_head.weight", name);
}

std::string architectureOf(const nlohmann::json& config)
{
    if (const auto list = config.find("architectures");
        list != config.end() && list->is_array() && !list->empty() && list->front().is_string())
        return list->front().get<std::string>();
    for (const char* key : {"_class_name", "model_type"}) {
        if (const auto found = config.find(key); found != config.end() && found->is_string())
            return found->get<std::string>();
    }
    // Its configuration has no name for itself.
    return config.contains("vit_hidden_dim") && config.contains("lm_hidden_dim") ? "nanoVLM" : std::string();
}

Result<std::shared_ptr<const SnapshotContents>> readPipeline(const std::string& path)
{
    const Result<nlohmann::json> index = readJsonFile(path + "/model_index.json");
    if (!index)
        return tl::unexpected(index.error());
    auto contents = std::make_shared<SnapshotContents>();
    contents->folder = path;
    contents->architecture = architectureOf(*index);
    for (const auto& [part, description] : index->items()) {
        std::error_code ignored;
        // An index must not lead out of its folder.
        if (!description.is_array() || part.find('/') != std::string::npos || part.starts_with(".") ||
            !fs::is_regular_file(fs::path(path) / part / "config.json", ignored))
            continue;
        const Result<ModelFolder> folder = openModelFolder(path + "/" + part);
        if (!folder) {
            contents->problems.push_back(folder.error().message);
            continue;
        }
        SnapshotModule module;
        addTensors(*folder, module, *contents);
        module.name = part;
        module.title = architectureOf(folder->config);
        markLayers(module, localLayers(folder->config));
        addFacts(folder->config, part + ".", 1, *contents);
        contents->root.elements += module.elements;
        contents->root.bytes += module.bytes;
        contents->root.modules.push_back(std::move(module));
    }
    if (contents->root.modules.empty())
        return fail(ErrorCode::FileRead,
                    contents->problems.empty()
                        ? fmt::format("none of the pipeline's parts has weights here; fetch the whole snapshot: {}",
                                      path)
                        : contents->problems.front());
    return std::shared_ptr<const SnapshotContents>(std::move(contents));
}

}  // namespace

Result<std::shared_ptr<const SnapshotContents>> readSnapshotContents(const std::string& path)
{
    std::error_code ignored;
    if (fs::is_regular_file(fs::path(path) / "model_index.json", ignored))
        return readPipeline(path);
    const Result<ModelFolder> folder = openModelFolder(path);
    if (!folder)
        return tl::unexpected(folder.error());
    auto contents = std::make_shared<SnapshotContents>();
    contents->folder = path;
    contents->architecture = architectureOf(folder->config);
    addTensors(*folder, contents->root, *contents);
    markLayers(contents->root, localLayers(folder->config));
    noteTiedHead(folder->config, *contents);
    addFacts(folder->config, "", 0, *contents);
    return std::shared_ptr<const SnapshotContents>(std::move(contents));
}

}  // namespace armillary::io
