// Writing a file so that its name always shows either the old content or the whole new one.
// Thread rule: free functions without shared state; two writers of one path each leave a whole file, the later one
// wins.
#pragma once

#include "base/error.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace armillary::io {

// Writes the parts one after the other to a temporary file beside `path`, flushes it to disk and renames it.
// Errors: FileWrite; nothing is left behind and an older file of that name stays as it was.
[[nodiscard]] Result<void> writeFileAtomically(const std::string& path,
                                               const std::vector<std::span<const std::uint8_t>>& parts);
[[nodiscard]] Result<void> writeFileAtomically(const std::string& path, std::string_view text);

}  // namespace armillary::io
