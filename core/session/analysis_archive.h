// The result of an analysis as JSON and as a file: one safetensors file with the arrays as tensors and, in its metadata,
// `armillary.analysis` = "1" and `armillary.result` = a JSON object: name, arguments, numbers (name, value, unit), tables (name,
// columns, rows), arrays (name, axes, dtype, shape), cautions. A number that does not exist is null.
// Thread rule: free functions without shared state.
#pragma once

#include "base/error.h"
#include "records/analysis.h"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace armillary::session {

// The name of an element type as safetensors writes it: "F32".
[[nodiscard]] std::string_view elementTypeName(ElementType type);

// The JSON object with the arrays' values as flat row-major lists and texts of tables plain: what `armillary-cli analyze --json`
// prints.
[[nodiscard]] nlohmann::json jsonFromAnalysis(const AnalysisResult& result);

// Atomically. Errors: FileWrite.
[[nodiscard]] Result<void> writeAnalysis(const std::string& path, const AnalysisResult& result);
// Errors: FileRead, InvalidInput (a safetensors file that is no result).
[[nodiscard]] Result<AnalysisResult> readAnalysis(const std::string& path);

}  // namespace armillary::session
