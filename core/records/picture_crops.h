// The crops of Gemma's pan and scan: which parts of a picture are looked at once more beside the whole.
// Source: Gemma3ImageProcessorPil of transformers 5.
// Thread rule: plain values and a pure function.
#pragma once

#include <vector>

namespace armillary {

// A part of a source picture in its pixels: the whole picture, or a crop.
struct CropBox {
    int top = 0, left = 0, height = 0, width = 0;
};

// Numbers of preprocessor_config.json; the defaults are those of the published snapshots.
struct PanAndScanRules {
    int minCropPixels = 256;  // of both sides of a crop
    int maxCrops = 4;
    double minRatioToActivate = 1.2;  // long side / short side
};

// The crops without the whole picture; empty when the picture is not wide or tall enough, or crops would be too small. The last
// one may be narrower.
[[nodiscard]] std::vector<CropBox> panAndScanCrops(int heightPixels, int widthPixels, const PanAndScanRules& rules);

}  // namespace armillary
