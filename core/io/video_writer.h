// Frames to a video file.
// Thread rule: free functions without shared state.
#pragma once

#include "base/error.h"
#include "records/image.h"

#include <string>

namespace armillary::io {

// Writes `clip` to `path` (.mp4: MPEG-4 part 2; .avi: Motion JPEG) at its own rate. Errors: InvalidInput (no frames, another
// ending), FileWrite.
[[nodiscard]] Result<void> writeVideo(const std::string& path, const Clip& clip);

}  // namespace armillary::io
