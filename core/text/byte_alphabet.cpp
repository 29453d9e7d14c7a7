#include "text/byte_alphabet.h"

#include "text/utf8.h"

#include <array>

namespace armillary::text {
namespace {

constexpr std::size_t kAlphabetEnd = 0x144;  // 256 + the 68 bytes that have no printable character in Latin-1

struct Alphabet {
    std::array<char32_t, 256> character{};
    std::array<std::int16_t, kAlphabetEnd> byte{};
};

Alphabet makeAlphabet()
{
    Alphabet alphabet;
    alphabet.byte.fill(-1);
    char32_t next = 0x100;
    for (unsigned byte = 0; byte < 256; ++byte) {
        const bool isPrintable = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
        const char32_t character = isPrintable ? byte : next++;
        alphabet.character[byte] = character;
        alphabet.byte[character] = static_cast<std::int16_t>(byte);
    }
    return alphabet;
}

const Alphabet& alphabet()
{
    static const Alphabet made = makeAlphabet();
    return made;
}

}  // namespace

std::string byteAlphabetFromBytes(std::string_view bytes)
{
    std::string characters;
    characters.reserve(bytes.size() * 2);
    for (const char byte : bytes)
        appendUtf8(characters, alphabet().character[static_cast<std::uint8_t>(byte)]);
    return characters;
}

std::optional<std::string> bytesFromByteAlphabet(std::string_view characters)
{
    std::string bytes;
    bytes.reserve(characters.size());
    for (std::size_t at = 0; at < characters.size();) {
        const Utf8Read read = readUtf8(characters, at);
        if (read.codePoint >= kAlphabetEnd || alphabet().byte[read.codePoint] < 0)
            return std::nullopt;
        bytes += static_cast<char>(alphabet().byte[read.codePoint]);
        at += read.bytes;
    }
    return bytes;
}

}  // namespace armillary::text
