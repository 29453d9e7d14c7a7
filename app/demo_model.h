// The embedded demo model as files: core maps real files into memory, so the program unpacks its own copy once.
// Thread rule: call before the inference thread uses the folder.
#pragma once

#include "base/error.h"
#include "engine/engine.h"

#include <QString>

namespace armillary::app {

// Unpacks the demo below the user's cache folder if it is not there or not the same, and names its folders.
// Errors: FileWrite.
[[nodiscard]] Result<ModelFolders> unpackDemoModel();
// The same below `folder`, for tests.
[[nodiscard]] Result<ModelFolders> unpackDemoModelInto(const QString& folder);

}  // namespace armillary::app
