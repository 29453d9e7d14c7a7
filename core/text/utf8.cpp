#include "text/utf8.h"

#include <cstdint>

namespace armillary::text {

Utf8Read readUtf8(std::string_view text, std::size_t at)
{
    const auto lead = static_cast<std::uint8_t>(text[at]);
    if (lead < 0x80)
        return {lead, 1, Utf8State::Valid};

    // The first continuation byte has a narrower range after some leads: no overlong forms, surrogates or values past U+10FFFF.
    std::size_t length = 0;
    std::uint8_t least = 0x80;
    std::uint8_t most = 0xBF;
    char32_t codePoint = 0;
    if (lead >= 0xC2 && lead <= 0xDF) {
        length = 2;
        codePoint = lead & 0x1FU;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        length = 3;
        codePoint = lead & 0x0FU;
        if (lead == 0xE0)
            least = 0xA0;
        if (lead == 0xED)
            most = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        length = 4;
        codePoint = lead & 0x07U;
        if (lead == 0xF0)
            least = 0x90;
        if (lead == 0xF4)
            most = 0x8F;
    } else {
        return {kReplacementCharacter, 1, Utf8State::Broken};
    }

    for (std::size_t i = 1; i < length; ++i) {
        if (at + i >= text.size())
            return {kReplacementCharacter, i, Utf8State::Unfinished};
        const auto byte = static_cast<std::uint8_t>(text[at + i]);
        if (byte < least || byte > most)
            return {kReplacementCharacter, i, Utf8State::Broken};
        codePoint = (codePoint << 6U) | (byte & 0x3FU);
        least = 0x80;
        most = 0xBF;
    }
    return {codePoint, length, Utf8State::Valid};
}

void appendUtf8(std::string& text, char32_t codePoint)
{
    if (codePoint < 0x80) {
        text += static_cast<char>(codePoint);
    } else if (codePoint < 0x800) {
        text += static_cast<char>(0xC0U | (codePoint >> 6U));
        text += static_cast<char>(0x80U | (codePoint & 0x3FU));
    } else if (codePoint < 0x10000) {
        text += static_cast<char>(0xE0U | (codePoint >> 12U));
        text += static_cast<char>(0x80U | ((codePoint >> 6U) & 0x3FU));
        text += static_cast<char>(0x80U | (codePoint & 0x3FU));
    } else {
        text += static_cast<char>(0xF0U | (codePoint >> 18U));
        text += static_cast<char>(0x80U | ((codePoint >> 12U) & 0x3FU));
        text += static_cast<char>(0x80U | ((codePoint >> 6U) & 0x3FU));
        text += static_cast<char>(0x80U | (codePoint & 0x3FU));
    }
}

bool isValidUtf8(std::string_view text)
{
    for (std::size_t at = 0; at < text.size();) {
        const Utf8Read read = readUtf8(text, at);
        if (read.state != Utf8State::Valid)
            return false;
        at += read.bytes;
    }
    return true;
}

std::string toValidUtf8(std::string_view text)
{
    std::string valid;
    valid.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const Utf8Read read = readUtf8(text, at);
        if (read.state == Utf8State::Valid)
            valid.append(text, at, read.bytes);
        else
            appendUtf8(valid, kReplacementCharacter);
        at += read.bytes;
    }
    return valid;
}

}  // namespace armillary::text
