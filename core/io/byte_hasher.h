// A 64-bit hash to tell contents apart: eight bytes at a time through the finalizer of SplitMix64 (Steele, Lea, Flood
// 2014). Not for secrets. Thread rule: a plain value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

namespace armillary::io {

class ByteHasher {
public:
    void add(std::span<const std::uint8_t> bytes)
    {
        constexpr std::size_t kWordBytes = sizeof(std::uint64_t);
        mix(bytes.size());
        std::size_t at = 0;
        std::uint64_t word = 0;
        for (; at + kWordBytes <= bytes.size(); at += kWordBytes) {
            std::memcpy(&word, bytes.data() + at, kWordBytes);
            mix(word);
        }
        if (at < bytes.size()) {
            word = 0;
            std::memcpy(&word, bytes.data() + at, bytes.size() - at);
            mix(word);
        }
    }
    void add(const std::string& text)
    {
        add(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
    }
    void add(std::int64_t number) { mix(static_cast<std::uint64_t>(number)); }
    [[nodiscard]] std::uint64_t value() const { return m_state; }

private:
    void mix(std::uint64_t word)
    {
        std::uint64_t x = (m_state ^ word) + 0x9E3779B97F4A7C15ULL;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
        m_state = x ^ (x >> 31);
    }

    std::uint64_t m_state = 0;
};

}  // namespace armillary::io
