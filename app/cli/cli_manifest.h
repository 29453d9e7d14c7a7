// The manifest of `armillary-cli batch`: one JSON object a line, and the lines that are mine when the work is shared.
//
//   {"id": "cup-17", "media": ["cup.png"], "question": "What will fall?", "options": {"max-new-tokens": 64}}
//
// `id` names the result (missing: "line-N", N from 1). `media` is a path or a list of paths, relative to the manifest's
// folder. `question` or `raw_prompt`, and `system`, are texts. `options` are those of `armillary-cli ask` that change an
// answer, without their dashes; they override the command line's. Empty lines do not count.
// Thread rule: free functions without shared state.
#pragma once

#include "cli_options.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace armillary::cli {

struct ManifestLine {
    std::int64_t number = 0;  // from 1
    std::string id;
    nlohmann::json object;  // null when the line is no JSON object
    std::string problem;    // why it cannot be asked; empty when it can
};

// "i/n": part i of n, from 0. Failures: wrong arguments.
struct Shard {
    std::int64_t index = 0;
    std::int64_t count = 1;
};
[[nodiscard]] CommandResult<Shard> shardFromText(const std::string& text);

// Every n-th line of the manifest that is not empty, beginning with the i-th. Lines that are broken, or whose id an earlier
// line has, come with a problem. Errors: FileRead.
[[nodiscard]] Result<std::vector<ManifestLine>> readManifest(const std::string& path, const Shard& shard);

// The command line's arguments with those of the line in their place. Errors: InvalidInput (a field or an option that does not
// exist, a value that does not fit).
[[nodiscard]] Result<QuestionArguments> argumentsFromLine(const ManifestLine& line, const QuestionArguments& standard,
                                                          const std::string& manifestPath);

}  // namespace armillary::cli
