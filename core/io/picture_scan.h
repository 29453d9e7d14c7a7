// What the bytes of a picture file say before any decoder sees them: its format, its size, and whether it is whole.
//
// Image decoders fill what a cut file lacks with gray and carry on, some with a line on stderr and some without; a
// picture that somebody asks a model about must not be half invented. So the containers are walked here first.
// Does not decode. Thread rule: free functions without shared state.
// Format sources: PNG specification (chunk layout, CRC), ITU-T T.81 annex B (JPEG markers), RIFF layout of WebP.
#pragma once

#include "base/error.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace armillary::io {

// A picture with more pixels than this is refused; Pillow refuses the same.
inline constexpr std::int64_t kMaxPicturePixels = 178'956'970;

enum class PictureFormat { None, Png, Jpeg, Bmp, WebP, Tiff, Pnm, Other };

// By the first bytes; Other: a known picture format that this program does not read (GIF, JPEG 2000, AVIF ...).
[[nodiscard]] PictureFormat pictureFormat(std::span<const std::uint8_t> bytes);

// Errors: FileRead: empty, not a picture, a format not read, cut off, damaged, larger than kMaxPicturePixels.
[[nodiscard]] Result<void> checkPicture(std::span<const std::uint8_t> bytes, const std::string& path);

// The EXIF orientation (1..8) of a WebP, which OpenCV does not look for; 1 when it has none. `bytes` must have passed
// checkPicture.
[[nodiscard]] int webpOrientation(std::span<const std::uint8_t> bytes);

// The same PNG with only the chunks that decide its colours and orientation: no decoder can complain about the others
// (wrong colour profiles are common), and none can blend or key out by transparency. `bytes` must have passed
// checkPicture.
[[nodiscard]] std::vector<std::uint8_t> essentialPng(std::span<const std::uint8_t> bytes);

}  // namespace armillary::io
