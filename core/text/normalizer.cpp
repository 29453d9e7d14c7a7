#include "text/normalizer.h"

#include "io/json_file.h"
#include "text/unicode_classes.h"
#include "text/utf8.h"

#include <fmt/format.h>

#include <utility>

namespace armillary::text {
namespace {

constexpr int kDeepestSequence = 8;
constexpr std::string_view kSpaceRunExpression = " {2,}";

std::string replaceSpaceRuns(const std::string& text, const std::string& content)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find_first_not_of(' ', at), text.size());
        if (end - at >= 2) {
            out += content;
            at = end;
        } else {
            out += text[at++];
        }
    }
    return out;
}

std::string strip(const std::string& text, bool left, bool right)
{
    std::size_t begin = 0;
    while (left && begin < text.size()) {
        const Utf8Read read = readUtf8(text, begin);
        if (!isWhiteSpace(read.codePoint))
            break;
        begin += read.bytes;
    }
    std::size_t end = begin;
    for (std::size_t at = begin; at < text.size();) {
        const Utf8Read read = readUtf8(text, at);
        at += read.bytes;
        if (!right || !isWhiteSpace(read.codePoint))
            end = at;
    }
    return text.substr(begin, end - begin);
}

}  // namespace

std::string replaceAll(std::string text, std::string_view pattern, std::string_view content)
{
    std::size_t found = text.find(pattern);
    if (found == std::string::npos)
        return text;
    std::string out;
    out.reserve(text.size() + text.size() / 4);
    std::size_t done = 0;
    for (; found != std::string::npos; found = text.find(pattern, done)) {
        out.append(text, done, found - done);
        out += content;
        done = found + pattern.size();
    }
    out.append(text, done);
    return out;
}

Result<Normalizer> Normalizer::fromJson(const nlohmann::json& json, const std::string& path)
{
    Normalizer normalizer;
    if (const Result<void> added = normalizer.add(json, path, 0); !added)
        return tl::unexpected(added.error());
    return normalizer;
}

Result<void> Normalizer::add(const nlohmann::json& json, const std::string& path, int depth)
{
    if (json.is_null())
        return {};
    io::ConfigReader reader(json, path, "normalizer");
    const std::string type = reader.text("type", "");
    if (type == "Sequence" && depth < kDeepestSequence && json.contains("normalizers") &&
        json["normalizers"].is_array()) {
        for (const nlohmann::json& member : json["normalizers"]) {
            if (Result<void> added = add(member, path, depth + 1); !added)
                return added;
        }
        return reader.check();
    }
    if (type == "Replace") {
        io::ConfigReader pattern = reader.object("pattern");
        const std::string literal = pattern.text("String", "");
        const std::string expression = pattern.text("Regex", "");
        const std::string content = reader.text("content", "");
        reader.absorb(pattern);
        if (!literal.empty()) {
            m_steps.emplace_back(Replace{literal, content});
            return reader.check();
        }
        if (expression == kSpaceRunExpression) {
            m_steps.emplace_back(ReplaceSpaceRuns{content});
            return reader.check();
        }
    } else if (type == "Prepend") {
        m_steps.emplace_back(Prepend{reader.text("prepend", "")});
        return reader.check();
    } else if (type == "Strip") {
        const bool left = reader.boolean("strip_left", false);
        m_steps.emplace_back(Strip{left, reader.boolean("strip_right", false)});
        return reader.check();
    } else if (type == "Precompiled") {
        Result<Charsmap> map = Charsmap::fromBase64(reader.text("precompiled_charsmap", ""));
        if (Result<void> read = reader.check(); !read)
            return read;
        if (!map)
            return fail(ErrorCode::FileRead,
                        fmt::format("the tokenizer cannot be used because {}; fetch the file again: {}",
                                    map.error().message, path));
        m_steps.emplace_back(std::move(*map));
        return {};
    }
    if (Result<void> read = reader.check(); !read)
        return read;
    return fail(
        ErrorCode::FileRead,
        fmt::format("the tokenizer's normalizer {} is of a kind that this program does not know; use a Gemma or T5 "
                    "tokenizer: {}",
                    type.empty() ? "without a type" : "\"" + type + "\"", path));
}

std::string Normalizer::apply(std::string text) const
{
    struct Apply {
        std::string text;
        std::string operator()(const Replace& step) { return replaceAll(std::move(text), step.pattern, step.content); }
        std::string operator()(const ReplaceSpaceRuns& step) const { return replaceSpaceRuns(text, step.content); }
        std::string operator()(const Prepend& step) const { return text.empty() ? text : step.content + text; }
        std::string operator()(const Strip& step) const { return strip(text, step.left, step.right); }
        std::string operator()(const Charsmap& step) const { return step.apply(text); }
    };
    for (const Step& step : m_steps)
        text = std::visit(Apply{std::move(text)}, step);
    return text;
}

}  // namespace armillary::text
