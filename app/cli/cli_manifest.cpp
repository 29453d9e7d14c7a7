#include "cli_manifest.h"

#include "io/json_file.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <set>
#include <sstream>

namespace armillary::cli {
namespace {

using nlohmann::json;

// A value of JSON as the command line would write it.
std::string wordFrom(const json& value)
{
    return value.is_string() ? value.get<std::string>() : value.dump();
}

Result<std::vector<std::string>> mediaFrom(const json& media, const std::string& manifestPath)
{
    std::vector<std::string> out;
    for (const json& path : media.is_array() ? media : json::array({media})) {
        if (!path.is_string())
            return fail(ErrorCode::InvalidInput, "media must be a path or a list of paths");
        out.push_back((std::filesystem::path(manifestPath).parent_path() / path.get<std::string>()).string());
    }
    return out;
}

// --name=value for every value, as CLI11 reads them: last first.
std::vector<std::string> wordsFromOptions(const json& options)
{
    std::vector<std::string> words;
    for (const auto& [name, value] : options.items()) {
        for (const json& each : value.is_array() ? value : json::array({value}))
            words.push_back(fmt::format("--{}={}", name, wordFrom(each)));
    }
    return {words.rbegin(), words.rend()};
}

}  // namespace

CommandResult<Shard> shardFromText(const std::string& text)
{
    Shard out;
    const char* const end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, out.index);
    if (first.ec == std::errc() && first.ptr != end && *first.ptr == '/') {
        const auto second = std::from_chars(first.ptr + 1, end, out.count);
        if (second.ec == std::errc() && second.ptr == end && out.count >= 1 && out.index >= 0 && out.index < out.count)
            return out;
    }
    return failWrongArguments(
        fmt::format("'{}' is no part of a work: write i/n with i from 0 to n-1, such as 0/8", text));
}

Result<std::vector<ManifestLine>> readManifest(const std::string& path, const Shard& shard)
{
    const auto text = io::readTextFile(path);
    if (!text)
        return tl::unexpected(text.error());
    std::vector<ManifestLine> out;
    std::set<std::string> ids;
    std::istringstream stream(*text);
    std::string words;
    std::int64_t number = 0, counted = 0;
    while (std::getline(stream, words)) {
        ++number;
        if (words.find_first_not_of(" \t\r") == std::string::npos)
            continue;
        ManifestLine line;
        line.number = number;
        line.id = fmt::format("line-{}", number);
        line.object = json::parse(words, nullptr, false);
        if (!line.object.is_object()) {
            line.object = nullptr;
            line.problem = fmt::format("line {} is no JSON object: {}", number, path);
        } else if (line.object.contains("id")) {
            if (line.object["id"].is_string() && !line.object["id"].get<std::string>().empty())
                line.id = line.object["id"];
            else
                line.problem = fmt::format("the id in line {} is no text: {}", number, path);
        }
        if (line.problem.empty() && !ids.insert(line.id).second) {
            line.problem = fmt::format("line {} uses the id '{}' again: {}", number, line.id, path);
            line.id = fmt::format("line-{}", number);
        }
        if (counted++ % shard.count == shard.index)
            out.push_back(std::move(line));
    }
    return out;
}

Result<QuestionArguments> argumentsFromLine(const ManifestLine& line, const QuestionArguments& standard,
                                            const std::string& manifestPath)
{
    QuestionArguments out = standard;
    for (const auto& [key, value] : line.object.items()) {
        if (key == "media") {
            auto media = mediaFrom(value, manifestPath);
            if (!media)
                return tl::unexpected(media.error());
            out.mediaPaths = std::move(*media);
        } else if (key == "options") {
            if (!value.is_object())
                return fail(ErrorCode::InvalidInput, "options must be an object of names and values");
            CLI::App app;
            out.addTo(app);
            try {
                app.parse(wordsFromOptions(value));
            } catch (const CLI::ParseError& error) {
                return fail(ErrorCode::InvalidInput, std::string("the options do not fit: ") + error.what());
            }
        } else if (key == "question" || key == "system" || key == "raw_prompt") {
            if (!value.is_string())
                return fail(ErrorCode::InvalidInput, key + " must be a text");
        } else if (key != "id") {
            return fail(ErrorCode::InvalidInput, "there is no field '" + key +
                                                     "' in a manifest (id, media, question, raw_prompt, system, "
                                                     "options)");
        }
    }
    if (line.object.contains("question")) {
        out.question = line.object["question"];
        out.rawPrompt.reset();
    }
    if (line.object.contains("system"))
        out.system = line.object["system"];
    if (line.object.contains("raw_prompt")) {
        if (line.object.contains("question"))
            return fail(ErrorCode::InvalidInput, "a line has either question or raw_prompt");
        out.rawPrompt = line.object["raw_prompt"].get<std::string>();
        out.question.clear();
        out.system.clear();
    }
    return out;
}

}  // namespace armillary::cli
