// How far a picture is from another of the same size: PSNR, SSIM and the difference of every pixel. Used for predicted
// frames against the clip's real continuation.
//
// Source of SSIM: Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to structural
// similarity", IEEE Transactions on Image Processing 13 (2004): Gaussian window of 11x11 with sigma 1.5, K1 = 0.01,
// K2 = 0.03, L = 255, the mean over every place where the window lies inside the picture.
// Thread rule: pure functions. SSIM of a 704x1280 picture takes tens of milliseconds: not for the interface thread.
#pragma once

#include "base/error.h"
#include "records/image.h"

#include <cstdint>
#include <vector>

namespace armillary::inspect {

// The window of SSIM; smaller pictures have none.
inline constexpr int kSsimWindowPixels = 11;

struct ImageDistance {
    double meanSquaredError = 0;  // over all three colours, in 8-bit steps squared
    double psnrDecibels = 0;      // 10 log10(255^2 / meanSquaredError); infinite for equal pictures
    double ssim = 0;              // -1 ... 1, of the luma; NaN where the picture is smaller than the window
    int largestDifference = 0;    // of one colour of one pixel, 0 ... 255
};

// Errors: InvalidInput (empty pictures, unequal sizes).
[[nodiscard]] Result<ImageDistance> compareImages(const Image& one, const Image& other);

// |one - other| of each pixel, the largest of its three colours: [height, width], 0 ... 255.
struct DifferenceMap {
    int heightPixels = 0;
    int widthPixels = 0;
    std::vector<std::uint8_t> values;
};
// Errors: as compareImages.
[[nodiscard]] Result<DifferenceMap> differenceMap(const Image& one, const Image& other);

// `image` in another size: area-averaged where it shrinks, bilinear where it grows. The same picture if the size is the
// same. Errors: InvalidInput (an empty picture or size).
[[nodiscard]] Result<Image> resizedImage(const Image& image, int heightPixels, int widthPixels);

}  // namespace armillary::inspect
