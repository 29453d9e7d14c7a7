// Pictures to the pixel values that SigLIP reads: resize, rescale, normalise, pan and scan.
// Source: Gemma3ImageProcessorPil of transformers 5 with Pillow 13.
// Thread rule: free functions without shared state.
#pragma once

#include "base/error.h"
#include "records/image.h"
#include "records/picture_crops.h"
#include "records/token_layout.h"

#include <ATen/core/Tensor.h>

#include <vector>

namespace armillary::vision {

// Numbers of preprocessor_config.json.
struct ImageInputConfig {
    int heightPixels = 896;
    int widthPixels = 896;
    double rescaleFactor = 1.0 / 255;
    std::vector<double> mean{0.5, 0.5, 0.5};
    std::vector<double> deviation{0.5, 0.5, 0.5};
    bool panAndScan = false;
    int minCropPixels = 256;
    int maxCrops = 4;
    double minRatioToActivate = 1.2;
};

// Errors: FileRead, ModelMismatch (an image processor or resampling we do not know).
[[nodiscard]] Result<ImageInputConfig> readImageInputConfig(const std::string& modelFolder);

using armillary::CropBox;

struct VisionInput {
    at::Tensor pixelValues;      // [crops,3,h,w] float32; the whole picture first
    std::vector<CropBox> crops;  // what each row of pixelValues covers
};

// The crops of pan and scan, without the whole picture; empty when the picture is not wide or tall enough.
[[nodiscard]] std::vector<CropBox> panAndScanCrops(int heightPixels, int widthPixels, const ImageInputConfig& config);

// Errors: InvalidInput (empty picture).
[[nodiscard]] Result<VisionInput> imageInputFromImage(const Image& image, const ImageInputConfig& config,
                                                      bool panAndScan);

}  // namespace armillary::vision
