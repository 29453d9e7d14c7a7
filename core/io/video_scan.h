// What the first bytes of a file and the frame of its container say about a video, before FFmpeg sees it.
//
// FFmpeg guesses generously (text can become a terminal recording, a list of addresses a stream) and plays cut files
// without a word; so only known containers are handed on, and a cut is found by the container's own lengths.
// Thread rule: free functions without shared state.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace armillary::io {

// By the first bytes (a few hundred suffice).
[[nodiscard]] bool isVideoContainer(std::span<const std::uint8_t> firstBytes);

// Bytes that a container's own lengths promise beyond the end of the file; 0 when none are missing, nothing when the
// container states no lengths (MPEG program streams, Ogg, Matroska written live). A transport stream cut between two of
// its packets cannot be told from a whole one.
[[nodiscard]] std::optional<std::uint64_t> missingBytesOfVideo(const std::string& path);

}  // namespace armillary::io
