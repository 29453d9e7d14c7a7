#include "verification/verification_registration.h"

#include "cosmos/frame_pixels.h"
#include "records/setting_names.h"
#include "verification/checks_rows.h"
#include "vision/image_input.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace armillary::verification {
namespace {

constexpr std::uint8_t kGrey = 128;
constexpr std::int64_t kSpotPixels = 56;

struct Spot {
    std::int64_t top = 0, left = 0, side = 0;  // pixels
};

// Where spot `index` goes on a grid of cells: a low-discrepancy sequence whose first points lie off the diagonal and off the
// centre, so that a transposed or mirrored grid cannot pass.
std::pair<std::int64_t, std::int64_t> spotCell(int index, std::int64_t rows, std::int64_t columns)
{
    const auto fraction = [](double value) { return value - std::floor(value); };
    return {static_cast<std::int64_t>(fraction(0.25 + index * 0.7548776662) * static_cast<double>(rows)),
            static_cast<std::int64_t>(fraction(0.65 + index * 0.5698402910) * static_cast<double>(columns))};
}

Image greyWithSpot(std::int64_t height, std::int64_t width, const Spot& spot)
{
    std::vector<std::uint8_t> rgb(static_cast<std::size_t>(height * width * 3), kGrey);
    for (std::int64_t row = spot.top; row < std::min(height, spot.top + spot.side); ++row) {
        for (std::int64_t column = spot.left; column < std::min(width, spot.left + spot.side); ++column)
            std::fill_n(rgb.begin() + (row * width + column) * 3, 3, std::uint8_t{255});
    }
    return Image(static_cast<int>(height), static_cast<int>(width), std::move(rgb));
}

const TokenGrid* wholeGrid(const TokenLayout& layout, TokenKind kind)
{
    const auto found = std::find_if(layout.grids.begin(), layout.grids.end(),
                                    [kind](const TokenGrid& grid) { return grid.kind == kind && grid.crop <= 0; });
    return found == layout.grids.end() ? nullptr : &*found;
}

// The token of `grid` that the layout finds at a point of the picture; -1 when there is none.
std::int64_t tokenAt(const TokenLayout& layout, const TokenGrid& grid, double row, double column)
{
    for (const std::int64_t position : layout.tokensFromPoint(grid.media, grid.kind, row, column)) {
        const TokenOrigin& origin = layout.origins[static_cast<std::size_t>(position)];
        if (origin.crop == grid.crop && origin.latentFrame <= 0)
            return position;
    }
    return -1;
}

// The position that token `index` of `grid` takes in the sequence; -1 when there is none. Tokens come in the encoder's own order,
// so what the layout says about the position is put to the test, not used.
std::int64_t positionOf(const TokenLayout& layout, const TokenGrid& grid, std::int64_t index)
{
    for (std::int64_t i = 0; i < layout.size(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        const TokenOrigin& origin = layout.origins[at];
        if (layout.kinds[at] == grid.kind && origin.media == grid.media && origin.crop == grid.crop &&
            origin.latentFrame <= 0 && index-- == 0)
            return i;
    }
    return -1;
}

// `moved` [rows,columns]; where the layout says the spot is, and where it moved tokens.
SpotResponse respond(const TokenLayout& layout, const TokenGrid& grid, const Spot& spot, std::int64_t height,
                     std::int64_t width, const at::Tensor& moved)
{
    const auto share = [](std::int64_t pixels, double offset, std::int64_t all) {
        return (static_cast<double>(pixels) + offset) / static_cast<double>(all);
    };
    const std::int64_t first = tokenAt(layout, grid, share(spot.top, 0.5, height), share(spot.left, 0.5, width));
    const std::int64_t last =
        tokenAt(layout, grid, share(spot.top + spot.side, -0.5, height), share(spot.left + spot.side, -0.5, width));
    const std::int64_t middle = tokenAt(layout, grid, share(spot.top, 0.5 * double(spot.side), height),
                                        share(spot.left, 0.5 * double(spot.side), width));
    SpotResponse out;
    if (first >= 0 && last >= 0) {
        const TokenOrigin &begin = layout.origins[static_cast<std::size_t>(first)],
                          &end = layout.origins[static_cast<std::size_t>(last)];
        out.top = begin.row;
        out.left = begin.column;
        out.bottom = end.row + 1;
        out.right = end.column + 1;
    }
    out.peakPosition = positionOf(layout, grid, moved.argmax().item<std::int64_t>());
    if (out.peakPosition >= 0) {
        const TokenOrigin& origin = layout.origins[static_cast<std::size_t>(out.peakPosition)];
        out.peakRow = origin.row;
        out.peakColumn = origin.column;
    }
    out.peak = moved.max().item<double>();
    out.typical = moved.median().item<double>();
    out.expectedPosition = middle;
    return out;
}

}  // namespace

Result<Registration> registerImageTokens(const pipeline::LoadedModels& models, const TokenLayout& layout, int spots,
                                         RunObserver& observer, const std::stop_token& stop)
{
    const TokenGrid* const grid = wholeGrid(layout, TokenKind::Image);
    if (grid == nullptr)
        return fail(ErrorCode::InvalidInput, "registration of image tokens needs a question that shows a picture");
    const std::int64_t height = models.siglip->config().imagePixels, width = height;
    Registration out;
    out.spotPixels = std::min(height / grid->rows, width / grid->columns);
    std::vector<Spot> places{{0, 0, 0}};
    for (int i = 0; i < spots; ++i) {
        const auto [row, column] = spotCell(i, grid->rows, grid->columns);
        places.push_back({row * height / grid->rows, column * width / grid->columns, out.spotPixels});
    }
    tensors::NoTaps taps;
    at::Tensor grey;
    std::vector<at::Tensor> maps;
    for (const Spot& spot : places) {
        const auto input = models.family->pictureInput(greyWithSpot(height, width, spot), false);
        if (!input)
            return tl::unexpected(input.error());
        const auto encoded = models.siglip->encode(input->pixelValues, taps, observer, stop);
        if (!encoded)
            return tl::unexpected(encoded.error());
        const at::Tensor tokens = hostRows(models.family->imageTokens(*encoded, taps)[0]);  // [M,D]
        if (!grey.defined()) {
            grey = tokens;
            continue;
        }
        maps.push_back((tokens - grey).norm(2, 1).view({grid->rows, grid->columns}));
        out.spots.push_back(respond(layout, *grid, spot, height, width, maps.back()));
    }
    out.response = maps.empty() ? at::zeros({0, grid->rows, grid->columns}) : at::stack(maps);
    return out;
}

Result<Registration> registerWorldTokens(const pipeline::LoadedModels& models, const pipeline::PreparedPrompt& prompt,
                                         int spots, RunObserver& observer, const std::stop_token& stop)
{
    const TokenGrid* const grid =
        prompt.worldRows.defined() ? wholeGrid(*prompt.plan.layout, TokenKind::World) : nullptr;
    if (grid == nullptr)
        return fail(ErrorCode::InvalidInput, "registration of world tokens needs a question with a world");
    if (prompt.worldGrid.channels > 0 || prompt.fusion == FusionOption::Pooled)
        return fail(ErrorCode::InvalidInput,
                    "these world tokens stand for whole channels or for the whole picture, not for places in it");
    const pipeline::WorldSide& world = *models.world;
    const std::int64_t step = world.vae->config().pixelsPerLatent();
    const std::int64_t height = grid->rows * step, width = grid->columns * step;
    const PixelRange range =
        settingFromName<PixelRange>(prompt.settings.at("pixel_range")).value_or(PixelRange::MinusOneToOne);
    const LatentScale scale =
        settingFromName<LatentScale>(prompt.settings.at("latent_scale")).value_or(LatentScale::Raw);
    Registration out;
    out.spotPixels = std::min(height, width) >= 2 * kSpotPixels
                         ? kSpotPixels
                         : std::max(step, std::min(height, width) / 4 / step * step);
    const std::int64_t side = out.spotPixels / step;
    std::vector<Spot> places{{0, 0, 0}};
    for (int i = 0; i < spots; ++i) {
        const auto [row, column] = spotCell(i, grid->rows - side + 1, grid->columns - side + 1);
        places.push_back({row * step, column * step, out.spotPixels});
    }
    at::Tensor grey;
    std::vector<at::Tensor> maps;
    for (const Spot& spot : places) {
        const std::vector<Image> images{greyWithSpot(height, width, spot)};
        const auto frames = cosmos::framesFromImages(images, range);
        if (!frames)
            return tl::unexpected(frames.error());
        const auto posterior = world.vae->encode(*frames, observer, stop);
        if (!posterior)
            return tl::unexpected(posterior.error());
        const auto rows = world.projector->project(
            scale == LatentScale::Normalised ? world.vae->normalised(posterior->mean) : posterior->mean);
        if (!rows)
            return tl::unexpected(rows.error());
        const at::Tensor tokens = hostRows(*rows);
        if (!grey.defined()) {
            grey = tokens;
            continue;
        }
        maps.push_back((tokens - grey).norm(2, 1).view({grid->rows, grid->columns}));
        out.spots.push_back(respond(*prompt.plan.layout, *grid, spot, height, width, maps.back()));
    }
    out.response = maps.empty() ? at::zeros({0, grid->rows, grid->columns}) : at::stack(maps);
    return out;
}

}  // namespace armillary::verification
