// A result of an analysis as comma-separated text (RFC 4180): its numbers, then each table, then each array with one column an axis
// and one for the value; parts are headed by a line with their name and set apart by an empty line.
// Thread rule: pure.
#pragma once

#include "records/analysis.h"

#include <QByteArray>

namespace armillary::app {

[[nodiscard]] QByteArray csvFromResult(const AnalysisResult& result);

}  // namespace armillary::app
