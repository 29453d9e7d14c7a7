#include "nanovlm/tile_input.h"

#include "picture/resize.h"

#include <ATen/ATen.h>

#include <cstring>

namespace armillary::nanovlm {
namespace {

// [3,h,w] float32
at::Tensor valuesFromImage(const Image& image)
{
    at::Tensor levels = at::empty({image.height(), image.width(), 3}, at::kByte);
    std::memcpy(levels.mutable_data_ptr<std::uint8_t>(), image.rgb().data(), image.rgb().size());
    return levels.permute({2, 0, 1}).to(at::kFloat).div_(255).contiguous();
}

// picture [3,h,w] -> [rows*columns,3,side,side], row by row.
at::Tensor tilesFromPicture(const at::Tensor& picture, const inspect::TilePlan& plan)
{
    const std::int64_t side = plan.rules.tilePixels;
    return picture.view({3, plan.rows, side, plan.columns, side}).permute({1, 3, 0, 2, 4}).reshape({-1, 3, side, side});
}

}  // namespace

Result<TileInput> tileInputFromImage(const Image& image, const inspect::TileRules& rules)
{
    auto plan = inspect::planTiles({image.height(), image.width()}, rules);
    if (!plan)
        return tl::unexpected(plan.error());
    const at::Tensor picture = valuesFromImage(
        picture::resize(image, plan->resized.height, plan->resized.width, picture::ResizeFilter::Bicubic));
    at::Tensor values = tilesFromPicture(picture, *plan);
    if (static_cast<std::int64_t>(plan->tiles.size()) > values.size(0)) {
        const std::int64_t side = rules.tilePixels;
        const at::Tensor whole = at::_upsample_bilinear2d_aa(picture.unsqueeze(0), {side, side}, false);
        values = at::cat({whole, values});
    }
    return TileInput{std::move(*plan), std::move(values)};
}

}  // namespace armillary::nanovlm
