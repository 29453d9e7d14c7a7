// A video, read frame-exactly through OpenCV and FFmpeg.
//
// Opening decodes the whole video once: that counts the frames and takes a hash of each, and keeps as many as fit in
// the cache. A frame that is not kept is sought for speed, but only believed when its pixels have the hash of the first
// pass; else the video is decoded from the start again. So a seek can be slow, never wrong.
// Cost for 300 frames of 1920 x 1080 H.264 on two busy cores: 3 s to open (a third of it colour conversion and hashes),
// 0.3 s a far jump, 1 s at most, 0.06 s a step backwards; clips that fit in the cache jump in no time.
// Of a video that breaks off, frames after the last whole one are dropped (up to three good ones with them); a
// transport stream, which states no lengths inside, may keep a damaged last frame.
// Thread rule: belongs to one thread.
#pragma once

#include "io/media_reader.h"

namespace armillary::io {

// Frames that opening looks at; a longer video is read up to there, with a warning.
inline constexpr int kMaxVideoFrames = 36'000;

// `cacheBytes` bounds the decoded frames that are kept. Errors: FileRead.
[[nodiscard]] Result<std::unique_ptr<MediaReader>> openVideo(const std::string& path, std::string* warning,
                                                             std::size_t cacheBytes = std::size_t{256} << 20);

}  // namespace armillary::io
