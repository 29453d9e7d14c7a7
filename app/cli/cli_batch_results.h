// Where `armillary-cli batch` keeps its results and learns what was done before.
//
// FILE.jsonl: one line a result; a shard i of n writes FILE.i-of-n.jsonl, so that no two processes share a file. A folder: one
// ID.json a result, which shards may share. A line is flushed to disk before the next question begins; one that was cut off is
// removed on the next start. Failed ones are asked again then; of several lines of one id the last counts.
// Thread rule: one thread.
#pragma once

#include "base/error.h"
#include "cli_manifest.h"

#include <nlohmann/json_fwd.hpp>

#include <set>
#include <string>

namespace armillary::cli {

class BatchResults {
public:
    // Errors: FileRead, FileWrite.
    [[nodiscard]] static Result<BatchResults> open(const std::string& path, const Shard& shard);

    [[nodiscard]] bool isFinished(const std::string& id) const;
    // Why no result of this id can be kept; empty when it can: a folder needs ids that are fit for a file's name.
    [[nodiscard]] std::string problemWith(const std::string& id) const;
    // Errors: FileWrite; InvalidInput (problemWith).
    [[nodiscard]] Result<void> add(const std::string& id, const nlohmann::json& result) const;
    // Where lines go, or the folder.
    [[nodiscard]] const std::string& path() const { return m_path; }

private:
    std::string m_path;
    bool m_isFolder = false;
    std::set<std::string> m_finished;  // of the file
};

}  // namespace armillary::cli
