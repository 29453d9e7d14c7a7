// Variants of the tiny snapshot models/gemma-tiny that differ only in how its weights are stored. Their texts lie in
// tests/data/models/<name>; the weights are derived from gemma-tiny when a test first asks for them.
//
// Thread rule: any thread, any number of test programs at once; a finished folder is never changed.
#pragma once

#include <string>

namespace armillary::test {

// The folder (whole path, below the build folder) of
//   gemma-tiny-hub   the same weights named as in the published files, in the two shards that its index lists;
//   gemma-tiny-bf16  the same weights rounded to bfloat16.
// Throws for another name and when the folder cannot be made.
[[nodiscard]] std::string derivedModelPath(const std::string& name);

}  // namespace armillary::test
