#include "text/snapshot_tokenizer.h"

#include "io/json_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace armillary::text {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTokensKey = "vlm_extra_tokens";

// A folder relative to the snapshot, or the hub's name of another one whose files a person has put into this.
Result<std::string> folderOf(const std::string& path, const std::string& name)
{
    std::error_code ignored;
    const auto holdsTokenizer = [&ignored](const fs::path& folder) {
        return fs::exists(folder / "tokenizer.json", ignored) || fs::exists(folder / "tokenizer.model", ignored);
    };
    const fs::path here = path;
    for (const fs::path& folder : {name.empty() ? here : here / name, here / "tokenizer", here})
        if (holdsTokenizer(folder))
            return folder.lexically_normal().string();
    return fail(ErrorCode::ModelMismatch,
                fmt::format("the tokenizer is that of '{}', which is not here; put its tokenizer.json and "
                            "tokenizer_config.json into the folder's \"tokenizer\": {}",
                            name, path));
}

// In the order of the file, which numbers the tokens; objects are sorted by name elsewhere.
Result<nlohmann::ordered_json> orderedConfig(const std::string& path)
{
    const Result<std::string> content = io::readTextFile(path);
    if (!content)
        return tl::unexpected(content.error());
    auto config = nlohmann::ordered_json::parse(*content, nullptr, false);
    if (!config.is_object())
        return fail(ErrorCode::FileRead, "the content must be a JSON object: " + path);
    return config;
}

}  // namespace

bool addsTokens(const std::string& path)
{
    const auto config = orderedConfig(path + "/config.json");
    return config && config->contains(kTokensKey);
}

Result<AddedTokenizer> readAddedTokenizer(const std::string& path)
{
    const std::string file = path + "/config.json";
    const auto config = orderedConfig(file);
    if (!config)
        return tl::unexpected(config.error());
    const auto mismatch = [&file](const std::string& fault) {
        return fail(ErrorCode::ModelMismatch, fmt::format("{}: {}", fault, file));
    };
    if (!config->contains(kTokensKey) || !config->at(kTokensKey).is_object())
        return mismatch(
            "there are no names of tile tokens (vlm_extra_tokens); checkpoints of before the tiles are not known");
    AddedTokenizer out;
    for (const auto& [role, token] : config->at(kTokensKey).items()) {
        if (!token.is_string())
            return mismatch(fmt::format("the token \"{}\" of vlm_extra_tokens is no text", role));
        out.tokens.emplace_back(role, token.get<std::string>());
    }
    const auto name = config->find("lm_tokenizer");
    auto folder = folderOf(path, name != config->end() && name->is_string() ? name->get<std::string>() : "");
    if (!folder)
        return tl::unexpected(folder.error());
    out.folder = std::move(*folder);
    return out;
}

Result<std::shared_ptr<const Tokenizer>> loadSnapshotTokenizer(const std::string& path)
{
    if (!addsTokens(path))
        return loadTokenizer(path);
    const auto added = readAddedTokenizer(path);
    if (!added)
        return tl::unexpected(added.error());
    const auto tokenizer = loadTokenizer(added->folder);
    if (!tokenizer)
        return tl::unexpected(tokenizer.error());
    std::vector<std::string> tokens;
    for (const auto& [role, token] : added->tokens)
        tokens.push_back(token);
    return (*tokenizer)->withAddedTokens(tokens);
}

}  // namespace armillary::text
