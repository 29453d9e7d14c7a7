#include "picture/grid_picture.h"

#include "picture/resize.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

namespace armillary::picture {
namespace {

constexpr std::size_t kChannels = 3;
constexpr int kMostSide = 16384;

// The input pixel whose area holds the centre of each output pixel, as Pillow's nearest takes it.
Image resizeNearest(const Image& image, int heightPixels, int widthPixels)
{
    if (image.empty() || heightPixels <= 0 || widthPixels <= 0)
        return {};
    const auto sourceOf = [](int at, int to, int from) {
        return std::min(static_cast<int>((at + 0.5) * from / to), from - 1);
    };
    std::vector<std::uint8_t> rgb;
    rgb.reserve(static_cast<std::size_t>(heightPixels) * static_cast<std::size_t>(widthPixels) * kChannels);
    for (int row = 0; row < heightPixels; ++row) {
        const auto line = static_cast<std::size_t>(sourceOf(row, heightPixels, image.height())) *
                          static_cast<std::size_t>(image.width());
        for (int column = 0; column < widthPixels; ++column) {
            const auto at = (line + static_cast<std::size_t>(sourceOf(column, widthPixels, image.width()))) * kChannels;
            for (std::size_t channel = 0; channel < kChannels; ++channel)
                rgb.push_back(image.rgb()[at + channel]);
        }
    }
    return {heightPixels, widthPixels, std::move(rgb)};
}

// A black picture that others are pasted into.
class Canvas {
public:
    Canvas(int heightPixels, int widthPixels)
        : m_height(heightPixels),
          m_width(widthPixels),
          m_rgb(static_cast<std::size_t>(heightPixels) * static_cast<std::size_t>(widthPixels) * kChannels)
    {}

    // `image` must lie within.
    void paste(const Image& image, int top, int left)
    {
        const std::size_t rowBytes = static_cast<std::size_t>(image.width()) * kChannels;
        for (int row = 0; row < image.height(); ++row) {
            const std::size_t to = (static_cast<std::size_t>(top + row) * static_cast<std::size_t>(m_width) +
                                    static_cast<std::size_t>(left)) *
                                   kChannels;
            std::memcpy(m_rgb.data() + to, image.rgb().data() + static_cast<std::size_t>(row) * rowBytes, rowBytes);
        }
    }
    [[nodiscard]] Image finish() { return {m_height, m_width, std::move(m_rgb)}; }

private:
    int m_height;
    int m_width;
    std::vector<std::uint8_t> m_rgb;
};

}  // namespace

Image resizeWith(const Image& image, int heightPixels, int widthPixels, PictureFilter filter)
{
    switch (filter) {
    case PictureFilter::Bicubic: return resize(image, heightPixels, widthPixels, ResizeFilter::Bicubic);
    case PictureFilter::Bilinear: return resize(image, heightPixels, widthPixels, ResizeFilter::Bilinear);
    case PictureFilter::Lanczos: return resize(image, heightPixels, widthPixels, ResizeFilter::Lanczos);
    case PictureFilter::Nearest: return resizeNearest(image, heightPixels, widthPixels);
    }
    return {};
}

Image letterbox(const Image& image, int side, PictureFilter filter)
{
    if (image.empty() || side <= 0)
        return {};
    // A grid of one size knows where its inside lies; any picture is one, its quarters being the cells.
    TemporalGrid whole;
    whole.letterboxSide = side;
    GridSizes sizes = gridSizes(whole, image.height(), image.width());
    Canvas canvas(side, side);
    canvas.paste(resizeWith(image, sizes.innerHeight, sizes.innerWidth, filter), sizes.innerTop, sizes.innerLeft);
    return canvas.finish();
}

Result<Image> composeGrid(const Clip& clip, const TemporalGrid& grid)
{
    const auto frameOf = [&](int cell) -> const Image* {
        const int frame = grid.moments[static_cast<std::size_t>(cell)].frame;
        return frame >= 0 && frame < static_cast<int>(clip.frames.size())
                   ? &clip.frames[static_cast<std::size_t>(frame)]
                   : nullptr;
    };
    for (int cell = 0; cell < kGridCells; ++cell) {
        if (frameOf(cell) == nullptr)
            return fail(ErrorCode::InvalidInput,
                        "the grid shows frame " +
                            std::to_string(grid.moments[static_cast<std::size_t>(cell)].sourceFrame) +
                            ", which the clip does not have; choose other moments: " + clip.path);
        if (frameOf(cell)->empty())
            return fail(ErrorCode::InvalidInput, "a frame of the grid has no pixels: " + clip.path);
    }
    const GridSizes sizes = gridSizes(grid, frameOf(0)->height(), frameOf(0)->width());
    if (std::max({sizes.sheetHeight, sizes.sheetWidth, sizes.pictureHeight, sizes.pictureWidth}) > kMostSide)
        return fail(ErrorCode::InvalidInput, "a grid of " + std::to_string(sizes.sheetWidth) + " x " +
                                                 std::to_string(sizes.sheetHeight) +
                                                 " pixels is too large; choose smaller cells");
    Canvas sheet(sizes.sheetHeight, sizes.sheetWidth);
    for (int cell = 0; cell < kGridCells; ++cell)
        sheet.paste(resizeWith(*frameOf(cell), sizes.cellHeight, sizes.cellWidth, grid.filter),
                    cell / kGridColumns * sizes.cellHeight, cell % kGridColumns * sizes.cellWidth);
    Image picture = sheet.finish();
    return grid.letterboxSide > 0 ? letterbox(picture, grid.letterboxSide, grid.filter) : picture;
}

Result<Clip> withGridPicture(Clip clip)
{
    if (!clip.grid)
        return clip;
    auto picture = composeGrid(clip, *clip.grid);
    if (!picture)
        return tl::unexpected(picture.error());
    auto composed = std::make_shared<TemporalGrid>(*clip.grid);
    composed->picture = std::move(*picture);
    clip.grid = std::move(composed);
    return clip;
}

}  // namespace armillary::picture
