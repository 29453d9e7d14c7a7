// Where tests find their data: copies under tests/data, laid out as the reference data was (media, models, cases).
#pragma once

#include <string>
#include <string_view>

namespace armillary::test {

// tests/data/<relative>
[[nodiscard]] std::string dataPath(std::string_view relative);
// The root of the source tree.
[[nodiscard]] std::string sourcePath(std::string_view relative);
// A fresh empty folder for one test, below the system's temporary folder.
[[nodiscard]] std::string makeTemporaryFolder();

}  // namespace armillary::test
