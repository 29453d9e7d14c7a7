#include "text/tokenizer_config.h"

#include "io/json_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace armillary::text {
namespace {

using Json = nlohmann::json;

tl::unexpected<Error> broken(const std::string& what, const std::string& path)
{
    return fail(ErrorCode::FileRead,
                fmt::format("the tokenizer cannot be used because {}; fetch the file again: {}", what, path));
}

constexpr std::int64_t kLargestId = std::numeric_limits<std::int32_t>::max();

Result<AddedToken> readToken(const Json& json, const std::string& path, const std::string& where)
{
    io::ConfigReader reader(json, path, where);
    AddedToken token;
    reader.require("content");
    token.id = reader.integer("id", 0, 0, kLargestId);
    token.content = reader.text("content", "");
    token.singleWord = reader.boolean("single_word", false);
    token.stripsLeft = reader.boolean("lstrip", false);
    token.stripsRight = reader.boolean("rstrip", false);
    token.special = reader.boolean("special", false);
    token.normalized = reader.boolean("normalized", !token.special);
    if (const Result<void> read = reader.check(); !read)
        return tl::unexpected(read.error());
    return token;
}

// The tokens' ids, once more tokens than the model's vocabulary are known: each its own, and none left out.
Result<void> checkIds(const std::vector<AddedToken>& tokens, const TokenModel& model, const std::string& path)
{
    std::map<std::int64_t, std::string_view> beyond;
    for (const AddedToken& token : tokens) {
        if (token.content.empty())
            continue;
        if (token.id < model.size()) {
            if (model.piece(token.id) != token.content)
                return broken(fmt::format(R"(its added token "{}" has id {}, which belongs to "{}")", token.content,
                                          token.id, model.piece(token.id)),
                              path);
            continue;
        }
        const auto [twin, isNew] = beyond.try_emplace(token.id, token.content);
        if (!isNew && twin->second != token.content)
            return broken(fmt::format(R"(id {} belongs to "{}" and to "{}")", token.id, twin->second, token.content),
                          path);
    }
    std::int64_t expected = model.size();
    for (const auto& [id, content] : beyond) {
        if (id != expected++)
            return broken(fmt::format("the ids of its added tokens leave a gap before {} (\"{}\")", id, content), path);
    }
    return {};
}

// What tokenizer_config.json says of one token: its name, or its name with flags.
struct NamedToken {
    AddedToken token;
    std::optional<std::int64_t> id;
};

Result<void> collectSpecial(const Json& value, const std::string& key, const std::string& path,
                            std::vector<NamedToken>& named)
{
    AddedToken token;
    if (value.is_string()) {
        token.content = value.get<std::string>();
    } else if (value.is_object()) {
        Result<AddedToken> read = readToken(value, path, key);
        if (!read)
            return tl::unexpected(read.error());
        token = std::move(*read);
    } else if (value.is_null()) {
        return {};
    } else {
        return broken(fmt::format("\"{}\" names a special token that is not a text", key), path);
    }
    token.special = true;
    token.normalized = false;
    named.push_back({std::move(token), std::nullopt});
    return {};
}

Result<std::vector<NamedToken>> readConfig(const Json& config, const std::string& path)
{
    std::vector<NamedToken> named;
    if (!config.is_object())
        return broken("it is not a JSON object", path);
    const auto find = [&](const char* key) { return config.contains(key) ? config[key] : Json(); };
    const Json decoder = find("added_tokens_decoder");
    if (!decoder.is_null() && !decoder.is_object())
        return broken("\"added_tokens_decoder\" is not a JSON object", path);
    for (const auto& [key, value] : decoder.items()) {
        std::int64_t id = -1;
        const auto [end, problem] = std::from_chars(key.data(), key.data() + key.size(), id);
        if (problem != std::errc() || end != key.data() + key.size() || id < 0 || id > kLargestId)
            return broken(fmt::format(R"("added_tokens_decoder" has the key "{}", which is not an id)", key), path);
        Result<AddedToken> token = readToken(value, path, "added_tokens_decoder." + key);
        if (!token)
            return tl::unexpected(token.error());
        named.push_back({std::move(*token), id});
    }
    std::sort(named.begin(), named.end(), [](const NamedToken& a, const NamedToken& b) { return *a.id < *b.id; });
    for (const char* key :
         {"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"}) {
        if (Result<void> read = collectSpecial(find(key), key, path, named); !read)
            return tl::unexpected(read.error());
    }
    for (const char* key : {"additional_special_tokens", "extra_special_tokens"}) {
        const Json list = find(key);
        if (!list.is_structured() && !list.is_null())
            return broken(fmt::format("\"{}\" is not a list", key), path);
        for (const Json& value : list) {
            if (Result<void> read = collectSpecial(value, key, path, named); !read)
                return tl::unexpected(read.error());
        }
    }
    return named;
}

// N of "<extra_id_N>".
std::optional<int> sentinelNumber(std::string_view content)
{
    constexpr std::string_view kBegin = "<extra_id_";
    if (!content.starts_with(kBegin) || !content.ends_with('>'))
        return std::nullopt;
    const std::string_view digits = content.substr(kBegin.size(), content.size() - kBegin.size() - 1);
    int number = 0;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (problem != std::errc() || end != digits.data() + digits.size())
        return std::nullopt;
    return number;
}

}  // namespace

Result<std::vector<AddedToken>> addedTokensFromJson(const Json& json, const TokenModel& model, const std::string& path)
{
    std::vector<AddedToken> tokens;
    if (json.is_null())
        return tokens;
    if (!json.is_array())
        return broken("its added_tokens are not a list", path);
    for (std::size_t i = 0; i < json.size(); ++i) {
        io::ConfigReader reader(json[i], path, fmt::format("added_tokens[{}]", i));
        reader.require("id");
        if (const Result<void> read = reader.check(); !read)
            return tl::unexpected(read.error());
        Result<AddedToken> token = readToken(json[i], path, fmt::format("added_tokens[{}]", i));
        if (!token)
            return tl::unexpected(token.error());
        if (const auto known = model.id(token->content); known && *known != token->id)
            return broken(fmt::format("its added token \"{}\" has id {}, but {} in its vocabulary", token->content,
                                      token->id, *known),
                          path);
        tokens.push_back(std::move(*token));
    }
    if (const Result<void> checked = checkIds(tokens, model, path); !checked)
        return tl::unexpected(checked.error());
    return tokens;
}

Result<void> addTokensOfConfig(std::vector<AddedToken>& tokens, const TokenModel& model, const std::string& folder)
{
    const std::string path = folder + "/tokenizer_config.json";
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored))
        return {};
    const Result<Json> config = io::readJsonFile(path);
    if (!config)
        return tl::unexpected(config.error());
    Result<std::vector<NamedToken>> named = readConfig(*config, path);
    if (!named)
        return tl::unexpected(named.error());

    std::unordered_map<std::string, std::size_t> placeByContent;
    std::int64_t next = model.size();
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        placeByContent.try_emplace(tokens[i].content, i);
        next = std::max(next, tokens[i].id + 1);
    }
    int sentinels = 0;
    for (const NamedToken& entry : *named) {
        const std::string& content = entry.token.content;
        if (!entry.id && sentinelNumber(content) && !placeByContent.contains(content) && !model.id(content))
            sentinels = std::max(sentinels, *sentinelNumber(content) + 1);
    }
    const std::int64_t firstSentinel = next;
    next += sentinels;
    for (NamedToken& entry : *named) {
        AddedToken& token = entry.token;
        if (const auto place = placeByContent.find(token.content); place != placeByContent.end()) {
            tokens[place->second].special |= token.special;
            continue;
        }
        if (const auto known = model.id(token.content))
            token.id = *known;
        else if (entry.id)
            token.id = *entry.id;
        else if (const auto number = sentinelNumber(token.content))
            token.id = firstSentinel + sentinels - 1 - *number;
        else
            token.id = next++;
        next = std::max(next, token.id + 1);
        placeByContent.emplace(token.content, tokens.size());
        tokens.push_back(std::move(token));
    }
    return checkIds(tokens, model, path);
}

}  // namespace armillary::text
