#include "records/picture_crops.h"

#include <algorithm>
#include <cmath>

namespace armillary {

std::vector<CropBox> panAndScanCrops(int heightPixels, int widthPixels, const PanAndScanRules& rules)
{
    if (heightPixels <= 0 || widthPixels <= 0)
        return {};
    const bool isWide = widthPixels >= heightPixels;
    const int longSide = isWide ? widthPixels : heightPixels;
    const int shortSide = isWide ? heightPixels : widthPixels;
    const double ratio = static_cast<double>(longSide) / shortSide;
    if (ratio < rules.minRatioToActivate)
        return {};

    // Near-square crops, not below the smallest size, at least two, at most maxCrops: in this order, later limits win.
    int count = static_cast<int>(std::floor(ratio + 0.5));
    count = std::min(longSide / rules.minCropPixels, count);
    count = std::min(rules.maxCrops, std::max(2, count));
    const int cropLength = static_cast<int>(std::ceil(static_cast<double>(longSide) / count));
    if (std::min(cropLength, shortSide) < rules.minCropPixels)
        return {};

    std::vector<CropBox> crops;
    for (int i = 0; i < count; ++i) {
        const int start = cropLength * i;
        const int length = std::min(cropLength, longSide - start);
        if (length <= 0)
            break;
        crops.push_back(isWide ? CropBox{0, start, shortSide, length} : CropBox{start, 0, length, shortSide});
    }
    return crops;
}

}  // namespace armillary
