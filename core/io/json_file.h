// JSON files, parsed once into values; errors say which file, which line or key, and what was expected.
// Thread rule: free functions without shared state.
#pragma once

#include "base/error.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace armillary::io {

// Errors: FileRead (missing, unreadable, not JSON; with the line).
[[nodiscard]] Result<nlohmann::json> readJsonFile(const std::string& path);

// A whole file as bytes. Errors: FileRead; also when it is larger than `limitBytes`.
[[nodiscard]] Result<std::string> readTextFile(const std::string& path,
                                               std::size_t limitBytes = std::size_t{256} << 20);

// Typed access to one object of a config file; a wrong type or a missing required key is one sentence naming file and
// key.
class ConfigReader {
public:
    ConfigReader(const nlohmann::json& object, std::string path, std::string where = "");

    // `key`, or `fallback` when missing or null. A wrong type or a value outside [least, most] is remembered as the
    // error.
    [[nodiscard]] std::int64_t integer(const std::string& key, std::int64_t fallback, std::int64_t least = INT64_MIN,
                                       std::int64_t most = INT64_MAX);
    [[nodiscard]] double number(const std::string& key, double fallback);
    [[nodiscard]] bool boolean(const std::string& key, bool fallback);
    [[nodiscard]] std::string text(const std::string& key, const std::string& fallback);
    // Marks a key as required: its absence is remembered as the error.
    void require(const std::string& key);
    // A nested object; an empty one when missing. Its errors are this reader's errors too when passed to absorb().
    [[nodiscard]] ConfigReader object(const std::string& key) const;
    void absorb(const ConfigReader& nested);
    // The first remembered error (FileRead), or nothing. Check once after reading all keys.
    [[nodiscard]] Result<void> check() const;
    [[nodiscard]] const nlohmann::json& json() const { return m_object; }
    [[nodiscard]] bool has(const std::string& key) const;

private:
    // Notes that `key` is not what was expected, unless an earlier fault is noted.
    void remember(const std::string& key, const std::string& expected);

    nlohmann::json m_object;
    std::string m_path;
    std::string m_where;
    std::string m_error;
};

}  // namespace armillary::io
