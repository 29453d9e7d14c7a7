// Pillow's resize under the name that model code has for it.
// Thread rule: free functions without shared state.
#pragma once

#include "picture/resize.h"

namespace armillary::vision {

using picture::resize;
using picture::ResizeFilter;

}  // namespace armillary::vision
