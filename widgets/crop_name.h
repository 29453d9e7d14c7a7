// What the part of a picture is called that a token belongs to: a crop of pan and scan, a tile, the global tile.
// Thread rule: free function; may be called from any thread.
#pragma once

#include "records/token_layout.h"

#include <QString>

namespace armillary::widgets {

// "crop 2", "tile r1 c3" (as markers of tiles count, from 1), "global tile"; empty for a picture that is not divided.
[[nodiscard]] QString cropName(const TokenLayout* layout, const TokenOrigin& origin);

}  // namespace armillary::widgets
