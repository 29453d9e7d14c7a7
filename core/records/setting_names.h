// The words of the command line, of records and of settings files for every choice in question.h, in one place.
// Thread rule: free functions without shared state.
#pragma once

#include "records/question.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace armillary {

// Specialised for FusionOption, ImageAttention, PixelRange, LatentScale, WorldSource, NumberFormat and Capture.
template <class Setting>
[[nodiscard]] std::string_view nameOf(Setting value);
template <class Setting>
[[nodiscard]] std::optional<Setting> settingFromName(std::string_view name);
// In the order they are offered to a person.
template <class Setting>
[[nodiscard]] std::vector<std::string> settingNames();

}  // namespace armillary
