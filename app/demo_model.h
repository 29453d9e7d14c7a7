// The embedded demo model: the one place that says which it is, and what makes real files of it.
// Thread rule: free functions; those that unpack write files, so not on the GUI thread, and before the inference thread uses the folder.
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

// The resource of its card, in Markdown, with what was measured.
[[nodiscard]] QString demoCard();

}  // namespace armillary::app
