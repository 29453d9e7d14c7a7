// Pictures and clips as every part of the program hands them on: RGB, 8 bits, shared and read-only.
// Thread rule: immutable once made; copies share the pixels and may cross threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace armillary {

class Image {
public:
    Image() = default;
    // `rgb` holds heightPixels x widthPixels x 3 bytes, row by row.
    Image(int heightPixels, int widthPixels, std::vector<std::uint8_t> rgb)
        : m_height(heightPixels),
          m_width(widthPixels),
          m_rgb(std::make_shared<const std::vector<std::uint8_t>>(std::move(rgb)))
    {}

    [[nodiscard]] int height() const { return m_height; }
    [[nodiscard]] int width() const { return m_width; }
    [[nodiscard]] bool empty() const { return m_height == 0 || m_width == 0; }
    // [height, width, 3]
    [[nodiscard]] std::span<const std::uint8_t> rgb() const
    {
        return m_rgb ? std::span<const std::uint8_t>(*m_rgb) : std::span<const std::uint8_t>();
    }

private:
    int m_height = 0;
    int m_width = 0;
    std::shared_ptr<const std::vector<std::uint8_t>> m_rgb;
};

struct TemporalGrid;

// Frames in display order. A still picture is a clip of one frame with framesPerSecond 0.
struct Clip {
    std::string path;  // where it came from; a label, never read again
    std::vector<Image> frames;
    int firstFrameIndex = 0;  // index in the source of frames[0]
    double framesPerSecond = 0;
    // Set: the vision encoder sees four of the frames as one picture in place of a still (records/temporal_grid.h).
    std::shared_ptr<const TemporalGrid> grid = nullptr;
};

}  // namespace armillary
