// The part of a tokenizer that turns a stretch of prepared text into vocabulary ids.
// Thread rule: immutable once made; const calls are safe from several threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace armillary::text {

class TokenModel {
public:
    TokenModel() = default;
    virtual ~TokenModel() = default;
    TokenModel(const TokenModel&) = delete;
    TokenModel& operator=(const TokenModel&) = delete;

    // Appends the ids of `word` (valid UTF-8, not empty).
    virtual void encode(std::string_view word, std::vector<std::int64_t>& ids) const = 0;
    // Empty when there is no such id.
    [[nodiscard]] virtual std::string piece(std::int64_t id) const = 0;
    [[nodiscard]] virtual std::optional<std::int64_t> id(std::string_view piece) const = 0;
    // A control piece of the model itself, left out when decoding for people.
    [[nodiscard]] virtual bool isControl(std::int64_t id) const = 0;
    [[nodiscard]] virtual std::int64_t size() const = 0;
};

}  // namespace armillary::text
