#include "text/decoder.h"

#include "io/json_file.h"
#include "text/byte_alphabet.h"
#include "text/normalizer.h"
#include "text/utf8.h"

#include <fmt/format.h>

#include <utility>

namespace armillary::text {
namespace {

constexpr int kDeepestSequence = 8;
constexpr std::string_view kMetaSymbol = "\u2581";

int hexDigit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

std::string strip(std::string_view text, std::string_view content, std::int64_t atStart, std::int64_t atEnd)
{
    for (std::int64_t i = 0; i < atStart && text.starts_with(content); ++i)
        text.remove_prefix(content.size());
    for (std::int64_t i = 0; i < atEnd && text.ends_with(content); ++i)
        text.remove_suffix(content.size());
    return std::string(text);
}

std::string bytesOfByteLevelPiece(const std::string& piece)
{
    // An added token is plain text and may have characters outside the byte alphabet.
    return bytesFromByteAlphabet(piece).value_or(piece);
}

}  // namespace

int byteOfPiece(std::string_view piece)
{
    if (piece.size() != 6 || !piece.starts_with("<0x") || piece[5] != '>')
        return -1;
    const int high = hexDigit(piece[3]);
    const int low = hexDigit(piece[4]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// Carries out one step on all pieces.
struct Decoder::Runner {
    std::vector<std::string>& pieces;

    void operator()(const Replace& step) const
    {
        for (std::string& piece : pieces)
            piece = replaceAll(std::move(piece), step.pattern, step.content);
    }

    void operator()(const ByteFallback&) const
    {
        std::vector<std::string> out;
        std::string waiting;
        const auto flush = [&] {
            if (waiting.empty())
                return;
            if (isValidUtf8(waiting)) {
                out.push_back(waiting);
            } else {
                std::string replaced;
                for (std::size_t i = 0; i < waiting.size(); ++i)
                    appendUtf8(replaced, kReplacementCharacter);
                out.push_back(std::move(replaced));
            }
            waiting.clear();
        };
        for (std::string& piece : pieces) {
            if (const int byte = byteOfPiece(piece); byte >= 0) {
                waiting += static_cast<char>(byte);
                continue;
            }
            flush();
            out.push_back(std::move(piece));
        }
        flush();
        pieces = std::move(out);
    }

    void operator()(const Fuse&) const
    {
        std::string fused;
        for (const std::string& piece : pieces)
            fused += piece;
        pieces = {std::move(fused)};
    }

    void operator()(const Metaspace& step) const
    {
        for (std::size_t i = 0; i < pieces.size(); ++i)
            pieces[i] = replaceAll(std::move(pieces[i]), step.replacement, i == 0 && step.dropsAtStart ? "" : " ");
    }

    void operator()(const ByteLevel&) const
    {
        std::string bytes;
        for (const std::string& piece : pieces)
            bytes += bytesOfByteLevelPiece(piece);
        pieces.assign(1, toValidUtf8(bytes));
    }

    void operator()(const Strip& step) const
    {
        for (std::string& piece : pieces)
            piece = strip(piece, step.content, step.atStart, step.atEnd);
    }
};

Result<Decoder> Decoder::fromJson(const nlohmann::json& json, const std::string& path)
{
    Decoder decoder;
    decoder.m_joinsWithSpace = json.is_null();
    if (const Result<void> added = decoder.add(json, path, 0); !added)
        return tl::unexpected(added.error());
    return decoder;
}

Decoder Decoder::forByteFallback()
{
    Decoder decoder;
    decoder.m_joinsWithSpace = false;
    decoder.m_steps = {Replace{std::string(kMetaSymbol), " "}, ByteFallback{}, Fuse{}};
    return decoder;
}

Decoder Decoder::forMetaspace()
{
    Decoder decoder;
    decoder.m_joinsWithSpace = false;
    decoder.m_steps = {Metaspace{std::string(kMetaSymbol), true}};
    return decoder;
}

Result<void> Decoder::add(const nlohmann::json& json, const std::string& path, int depth)
{
    if (json.is_null())
        return {};
    io::ConfigReader reader(json, path, "decoder");
    const std::string type = reader.text("type", "");
    if (type == "Sequence" && depth < kDeepestSequence && json.contains("decoders") && json["decoders"].is_array()) {
        for (const nlohmann::json& member : json["decoders"]) {
            if (Result<void> added = add(member, path, depth + 1); !added)
                return added;
        }
        return reader.check();
    }
    if (type == "Replace") {
        io::ConfigReader pattern = reader.object("pattern");
        const std::string literal = pattern.text("String", "");
        const std::string content = reader.text("content", "");
        reader.absorb(pattern);
        if (!literal.empty()) {
            m_steps.emplace_back(Replace{literal, content});
            return reader.check();
        }
    } else if (type == "ByteFallback") {
        m_steps.emplace_back(ByteFallback{});
        return reader.check();
    } else if (type == "Fuse") {
        m_steps.emplace_back(Fuse{});
        return reader.check();
    } else if (type == "Metaspace") {
        const std::string replacement = reader.text("replacement", std::string(kMetaSymbol));
        const std::string scheme =
            reader.text("prepend_scheme", reader.boolean("add_prefix_space", true) ? "always" : "never");
        if (!replacement.empty()) {
            m_steps.emplace_back(Metaspace{replacement, scheme != "never"});
            return reader.check();
        }
    } else if (type == "ByteLevel") {
        m_steps.emplace_back(ByteLevel{});
        return reader.check();
    } else if (type == "Strip") {
        Strip strip{reader.text("content", ""), reader.integer("start", 0, 0), reader.integer("stop", 0, 0)};
        if (!strip.content.empty()) {
            m_steps.emplace_back(std::move(strip));
            return reader.check();
        }
    }
    if (Result<void> read = reader.check(); !read)
        return read;
    return fail(
        ErrorCode::FileRead,
        fmt::format(
            "the tokenizer's decoder {} is of a kind that this program does not know; use a Gemma, T5 or nanoVLM "
            "tokenizer: {}",
            type.empty() ? "without a type" : "\"" + type + "\"", path));
}

std::string Decoder::decode(std::vector<std::string> pieces) const
{
    for (const Step& step : m_steps)
        std::visit(Runner{pieces}, step);
    std::string text;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (i > 0 && m_joinsWithSpace)
            text += ' ';
        text += pieces[i];
    }
    return text;
}

std::string Decoder::bytes(std::string piece) const
{
    for (const Step& step : m_steps) {
        if (const auto* replace = std::get_if<Replace>(&step)) {
            piece = replaceAll(std::move(piece), replace->pattern, replace->content);
        } else if (const auto* metaspace = std::get_if<Metaspace>(&step)) {
            piece = replaceAll(std::move(piece), metaspace->replacement, " ");
        } else if (std::holds_alternative<ByteLevel>(step)) {
            piece = bytesOfByteLevelPiece(piece);
        } else if (std::holds_alternative<ByteFallback>(step)) {
            if (const int byte = byteOfPiece(piece); byte >= 0)
                return {static_cast<char>(byte)};
        }
    }
    return piece;
}

}  // namespace armillary::text
