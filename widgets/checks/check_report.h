// The report of a verification as text, HTML or JSON, to hand on.
// Thread rule: pure functions; writeCheckReport waits for a small file.
#pragma once

#include "records/analysis.h"

#include <QString>

namespace armillary::widgets {

// `what` says which run was verified.
[[nodiscard]] QString checkReportText(const AnalysisResult& result, const QString& what);
[[nodiscard]] QString checkReportHtml(const AnalysisResult& result, const QString& what);
// As `armillary-cli analyze --json` prints it.
[[nodiscard]] QString checkReportJson(const AnalysisResult& result);

// The form follows the name: .html, .json, otherwise text. Returns a sentence when it could not be written, else nothing.
[[nodiscard]] QString writeCheckReport(const QString& path, const AnalysisResult& result, const QString& what);

}  // namespace armillary::widgets
