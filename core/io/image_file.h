// Single pictures on disk.
//
// Colours come out as Pillow's convert("RGB") gives them: alpha is dropped, not blended; gray is repeated; palettes are
// looked up; 16-bit colour keeps its high byte; 16-bit gray is CLIPPED at 255 (so such pictures are mostly white, as in
// the reference). Camera orientation (EXIF) is applied, as the reference's load_image does. CMYK and JPEG decoding
// follow OpenCV and libjpeg and can differ from Pillow by a level or two. TIFF files with transparency are refused. Cut
// files are refused; a JPEG whose middle is damaged but whose marks are whole comes out as libjpeg repairs it.
// Thread rule: free functions without shared state.
#pragma once

#include "base/error.h"
#include "records/image.h"

#include <cstdint>
#include <string>
#include <vector>

namespace armillary::io {

// Errors: FileRead: missing, empty, not an image, cut off, damaged, too large; the sentence names the file.
[[nodiscard]] Result<Image> readImage(const std::string& path);

// Writes an 8-bit RGB PNG, whole or not at all. Errors: FileWrite, InvalidInput (an empty picture).
[[nodiscard]] Result<void> writePng(const std::string& path, const Image& image);
// The same as bytes. Errors: InvalidInput.
[[nodiscard]] Result<std::vector<std::uint8_t>> pngFromImage(const Image& image);

}  // namespace armillary::io
