// A folder of numbered pictures as a clip.
// Thread rule: a reader belongs to one thread; the functions have no shared state.
#pragma once

#include "io/media_reader.h"

#include <string_view>

namespace armillary::io {

// Natural order: runs of digits compare as numbers ("frame_9" before "frame_10"); equal numbers by their writing.
[[nodiscard]] bool isBeforeNaturally(std::string_view left, std::string_view right);

// Pictures with a digit in their name, in natural order; other files are ignored. All must have the size of the first.
// Errors: FileRead (no numbered picture, first picture unreadable).
[[nodiscard]] Result<std::unique_ptr<MediaReader>> openFrameFolder(const std::string& path);

}  // namespace armillary::io
