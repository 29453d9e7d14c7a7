// GPT-2's alphabet: every byte has a printable character of its own, so that a vocabulary of strings can hold any bytes.
// Source: bytes_to_unicode of the GPT-2 encoder.
// Thread rule: free functions without shared state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace armillary::text {

// "Ġ" for a space, "a" for "a", ...: each byte of `bytes` as its character.
[[nodiscard]] std::string byteAlphabetFromBytes(std::string_view bytes);
// The way back; nothing when `characters` has a character outside the alphabet.
[[nodiscard]] std::optional<std::string> bytesFromByteAlphabet(std::string_view characters);

}  // namespace armillary::text
