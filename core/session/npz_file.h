// NumPy's .npz: a zip of .npy files, written plain (not compressed), for `numpy.load`.
//
// A result becomes: each array under its own name, each number as `numbers/NAME` (0-dimensional float64), each column of a
// table as `tables/TABLE/COLUMN` (float64, or text where one cell is text), cautions as `cautions`. bfloat16, which NumPy does
// not have, is written as float32.
// Thread rule: free functions without shared state.
// Format sources: numpy.lib.format version 1.0; PKWARE's APPNOTE 6.3 for the zip.
#pragma once

#include "base/error.h"
#include "records/analysis.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace armillary::session {

// One .npy file: header and values. Errors: InvalidInput (a tensor whose bytes do not fit its shape).
[[nodiscard]] Result<std::vector<std::uint8_t>> npyFromTensor(const TensorSnapshot& tensor);
// A vector of texts as NumPy's fixed-width Unicode.
[[nodiscard]] std::vector<std::uint8_t> npyFromTexts(const std::vector<std::string>& texts);

// Writes a zip of these files, whole or not at all. Errors: FileWrite; InvalidInput (4 GiB or more, or above 65,534 files).
[[nodiscard]] Result<void> writeZip(const std::string& path,
                                    const std::map<std::string, std::vector<std::uint8_t>>& files);

// Errors: those of the above.
[[nodiscard]] Result<void> writeNpz(const std::string& path, const AnalysisResult& result);

}  // namespace armillary::session
