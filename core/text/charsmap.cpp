#include "text/charsmap.h"

#include "text/unicode_classes.h"
#include "text/utf8.h"

#include <cstring>

namespace armillary::text {
namespace {

// The reference looks up a whole grapheme only below this many bytes.
constexpr std::size_t kLongestWholeGrapheme = 5;

std::optional<std::string> decodeBase64(std::string_view text)
{
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t bits = 0;
    int bitCount = 0;
    std::size_t padding = 0;
    for (const char c : text) {
        std::uint32_t value = 0;
        if (c >= 'A' && c <= 'Z')
            value = static_cast<std::uint32_t>(c - 'A');
        else if (c >= 'a' && c <= 'z')
            value = static_cast<std::uint32_t>(c - 'a') + 26;
        else if (c >= '0' && c <= '9')
            value = static_cast<std::uint32_t>(c - '0') + 52;
        else if (c == '+')
            value = 62;
        else if (c == '/')
            value = 63;
        else if (c == '=' && ++padding <= 2)
            continue;
        else
            return std::nullopt;
        if (padding > 0)
            return std::nullopt;
        bits = (bits << 6U) | value;
        bitCount += 6;
        if (bitCount >= 8) {
            bitCount -= 8;
            bytes += static_cast<char>((bits >> static_cast<unsigned>(bitCount)) & 0xFFU);
        }
    }
    return bytes;
}

std::uint32_t readLittleEndian(const char* bytes)
{
    std::uint32_t value = 0;
    for (unsigned i = 0; i < 4; ++i)
        value |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[i])) << (8 * i);
    return value;
}

// Fields of one unit of darts-clone's double array.
bool hasLeaf(std::uint32_t unit)
{
    return ((unit >> 8U) & 1U) == 1;
}
std::uint32_t valueOf(std::uint32_t unit)
{
    return unit & 0x7FFFFFFFU;
}
std::uint32_t labelOf(std::uint32_t unit)
{
    return unit & 0x800000FFU;
}
std::uint32_t offsetOf(std::uint32_t unit)
{
    return (unit >> 10U) << ((unit & 0x200U) >> 6U);
}

// The end of the grapheme of `text` that begins at `begin`. Exact for graphemes of at most kLongestWholeGrapheme bytes and never
// that short for longer ones, which is all that is asked: pairs of Hangul jamo, of regional indicators and of joined emoji are
// longer in any case.
std::size_t graphemeEnd(std::string_view text, std::size_t begin)
{
    Utf8Read read = readUtf8(text, begin);
    std::size_t end = begin + read.bytes;
    if (read.codePoint == U'\r' && end < text.size() && text[end] == '\n')
        return end + 1;
    while (prependsToCluster(read.codePoint) && end < text.size()) {
        const Utf8Read next = readUtf8(text, end);
        if (standsAlone(next.codePoint))
            return end;
        read = next;
        end += next.bytes;
    }
    if (standsAlone(read.codePoint))
        return end;
    while (end < text.size()) {
        read = readUtf8(text, end);
        if (!extendsCluster(read.codePoint))
            break;
        end += read.bytes;
    }
    return end;
}

}  // namespace

Result<Charsmap> Charsmap::fromBase64(std::string_view base64)
{
    const std::optional<std::string> bytes = decodeBase64(base64);
    if (!bytes)
        return fail(ErrorCode::FileRead, "its precompiled_charsmap is not base64");
    if (bytes->size() < 4)
        return fail(ErrorCode::FileRead, "its precompiled_charsmap is too short");
    const std::size_t trieBytes = readLittleEndian(bytes->data());
    if (trieBytes == 0 || trieBytes % 4 != 0 || trieBytes > bytes->size() - 4)
        return fail(ErrorCode::FileRead, "the trie of its precompiled_charsmap is longer than the map");
    Charsmap map;
    map.m_units.resize(trieBytes / 4);
    for (std::size_t i = 0; i < map.m_units.size(); ++i)
        map.m_units[i] = readLittleEndian(bytes->data() + 4 + 4 * i);
    map.m_replacements = bytes->substr(4 + trieBytes);
    return map;
}

std::optional<std::string_view> Charsmap::find(std::string_view piece) const
{
    std::size_t position = offsetOf(m_units[0]);
    for (const char c : piece) {
        const auto byte = static_cast<std::uint8_t>(c);
        if (byte == 0)
            return std::nullopt;
        position ^= byte;
        if (position >= m_units.size() || labelOf(m_units[position]) != byte)
            return std::nullopt;
        const std::uint32_t unit = m_units[position];
        position ^= offsetOf(unit);
        if (!hasLeaf(unit))
            continue;
        if (position >= m_units.size())
            return std::nullopt;
        const std::size_t begin = valueOf(m_units[position]);
        if (begin > m_replacements.size())
            return std::nullopt;
        return std::string_view(m_replacements).substr(begin, std::strlen(m_replacements.c_str() + begin));
    }
    return std::nullopt;
}

std::string Charsmap::apply(std::string_view text) const
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = graphemeEnd(text, begin);
        if (end - begin <= kLongestWholeGrapheme) {
            if (const auto replacement = find(text.substr(begin, end - begin))) {
                out += *replacement;
                begin = end;
                continue;
            }
        }
        while (begin < end) {
            const std::size_t bytes = readUtf8(text, begin).bytes;
            const std::string_view character = text.substr(begin, bytes);
            out += find(character).value_or(character);
            begin += bytes;
        }
    }
    return out;
}

}  // namespace armillary::text
