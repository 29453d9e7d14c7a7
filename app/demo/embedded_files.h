// Files that the program carries, as real files: core maps files into memory, so what it reads is unpacked first.
// Thread rule: free functions without shared state; they write files, so not on the GUI thread.
#pragma once

#include "base/error.h"

#include <QString>

namespace armillary::app {

// Every file below the embedded folder `resource` (":/demo") to the same place below `folder`; those that lie there already with the
// same content are left as they are, and so is whatever else is there. Errors: FileWrite.
[[nodiscard]] Result<void> unpackEmbedded(const QString& resource, const QString& folder);

}  // namespace armillary::app
