// Values as this folder's JSON writes them: JSON knows neither NaN nor infinity, and settings are written by name.
// Thread rule: free functions without shared state. They throw what nlohmann-json throws; the callers' doors catch it.
#pragma once

#include "records/setting_names.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>

namespace armillary::session {

// NaN as null, infinities as "inf" and "-inf".
[[nodiscard]] inline nlohmann::json jsonFromReal(double value)
{
    if (std::isnan(value))
        return nullptr;
    if (std::isinf(value))
        return value > 0 ? "inf" : "-inf";
    return value;
}

[[nodiscard]] inline double realFromJson(const nlohmann::json& value)
{
    if (value.is_null())
        return std::numeric_limits<double>::quiet_NaN();
    if (value.is_string()) {
        const double infinity = std::numeric_limits<double>::infinity();
        if (value == "inf")
            return infinity;
        if (value == "-inf")
            return -infinity;
    }
    return value.get<double>();
}

[[nodiscard]] inline float floatFromJson(const nlohmann::json& value)
{
    return static_cast<float>(realFromJson(value));
}

template <class Setting>
[[nodiscard]] nlohmann::json jsonFromSetting(const std::optional<Setting>& value)
{
    return value ? nlohmann::json(nameOf(*value)) : nlohmann::json();
}

// Throws std::runtime_error for a name that this program does not know.
template <class Setting>
[[nodiscard]] Setting settingFromJson(const nlohmann::json& value)
{
    const auto name = value.get<std::string>();
    const auto setting = settingFromName<Setting>(name);
    if (!setting)
        throw std::runtime_error("unknown setting '" + name + "'");
    return *setting;
}

template <class Setting>
[[nodiscard]] std::optional<Setting> optionalSettingFromJson(const nlohmann::json& value)
{
    return value.is_null() ? std::nullopt : std::optional(settingFromJson<Setting>(value));
}

template <class T>
[[nodiscard]] std::optional<T> optionalFromJson(const nlohmann::json& value)
{
    return value.is_null() ? std::nullopt : std::optional(value.get<T>());
}

template <class T>
[[nodiscard]] nlohmann::json jsonFromOptional(const std::optional<T>& value)
{
    return value ? nlohmann::json(*value) : nlohmann::json();
}

// Bytes of an unfinished character never reach a record, but a path from the file system may hold any bytes.
[[nodiscard]] inline std::string textOf(const nlohmann::json& value, int indent = -1)
{
    return value.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace armillary::session
