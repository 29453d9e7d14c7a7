// Pictures, folders of numbered frames and videos, read frame-exactly.
//
// What a file is, its first bytes decide, not its name. Video frames are counted by decoding, not by the container's
// claim; a seek to any frame gives the very frame that playing from the start gives.
// Thread rule: a reader belongs to one thread (a window keeps one on its media thread).
#pragma once

#include "base/error.h"
#include "io/image_file.h"
#include "records/image.h"
#include "records/temporal_grid.h"

#include <memory>
#include <string>

namespace armillary::io {

class MediaReader {
public:
    virtual ~MediaReader() = default;
    [[nodiscard]] virtual const std::string& path() const = 0;
    [[nodiscard]] virtual bool isVideo() const = 0;            // more than one frame
    [[nodiscard]] virtual int frameCount() const = 0;          // frames that can really be decoded
    [[nodiscard]] virtual double framesPerSecond() const = 0;  // 0 for a still; 24 for a folder without a better word
    // Frame `index` of [0, frameCount). Errors: FileRead, InvalidInput.
    [[nodiscard]] virtual Result<Image> frame(int index) = 0;
};

// Opens a picture, a folder of numbered pictures (natural order of their numbers) or a video. Errors: FileRead.
// A video that breaks off yields a reader of the frames before the break, with a sentence in `warning`.
[[nodiscard]] Result<std::unique_ptr<MediaReader>> openMedia(const std::string& path, std::string* warning = nullptr);

// Frames [first, first + count) as a clip. Errors: as frame().
[[nodiscard]] Result<Clip> readClip(MediaReader& reader, int first, int count);
// The frames of `recipe`'s moments, named by their frame of the source, and nothing between them; with `leadFrames` above 1
// also what lies between, and at least so many frames up to the last moment. The clip carries the grid, its moments complete,
// its picture not composed yet. Errors: as frame(); InvalidInput (a picture has one moment).
[[nodiscard]] Result<Clip> readGridClip(MediaReader& reader, const TemporalGrid& recipe, int leadFrames);

}  // namespace armillary::io
