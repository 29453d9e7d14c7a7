#include "fusion/world_projector.h"

#include "io/json_file.h"
#include "tensors/weights.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

namespace armillary::fusion {
namespace {

constexpr const char* kTheWorldName = "world_projector.projection";
constexpr const char* kNotesName = "world_projection";
constexpr const char* kTemporalName = "temporal_embedding.weight";

// Checkpoints also hold trained parts of the language model; here only the projection counts.
std::string projectionNameOnly(const std::string& name)
{
    const bool isOurs = name.starts_with("world_projector.") || name.starts_with("world_projection.") ||
                        name.starts_with("temporal_embedding.");
    return isOurs ? name : std::string();
}

struct Place {
    tensors::Weights& weights;
    at::Device device;
    at::ScalarType format;
};

// bfloat16 weights stay as they are on the CPU even for float32 rows: nn::Linear widens them exactly.
at::Tensor placed(const at::Tensor& tensor, const Place& place)
{
    if (!tensor.defined() || (place.device.is_cpu() && tensor.scalar_type() == at::kBFloat16))
        return tensor;
    return tensor.to(place.device, place.format);
}

nn::Linear linearOf(const Place& place, const std::string& name, std::int64_t out, std::int64_t in)
{
    const at::Tensor weight = place.weights.take(name + ".weight", {out, in});
    const at::Tensor bias = place.weights.take(name + ".bias", {out});
    if (!weight.defined() || !bias.defined())
        return {};
    for (const at::Tensor& tensor : {weight, bias})
        if (!at::isfinite(tensor).all().item<bool>())
            place.weights.addFault(name + " holds numbers that are not finite");
    return nn::Linear(placed(weight, place), placed(bias, place));
}

}  // namespace

Result<std::unique_ptr<WorldProjector>> WorldProjector::load(const io::ModelFolder& checkpoint, std::int64_t hiddenSize,
                                                             at::Device device, at::ScalarType format)
{
    tensors::Weights weights(checkpoint, projectionNameOnly);
    const Place place{weights, device, format};
    std::unique_ptr<WorldProjector> out(new WorldProjector);
    out->m_device = device;
    out->m_format = format;

    if (weights.has(std::string(kNotesName) + ".weight")) {
        out->m_name = "notes-linear";
        out->m_first = linearOf(place, kNotesName, hiddenSize, -1);
        const at::Tensor& weight = out->m_first.weight();
        const at::Tensor temporal = weights.take(kTemporalName, {-1, weight.defined() ? weight.size(1) : -1});
        if (temporal.defined())
            out->m_temporal = temporal.to(device, format);
    } else {
        const std::string path = checkpoint.file("config.json");
        io::ConfigReader reader(checkpoint.config, path);
        reader.require("projection_architecture");
        reader.require("world_projection_mode");
        const std::string architecture = reader.text("projection_architecture", "");
        const std::string mode = reader.text("world_projection_mode", "");
        if (const auto checked = reader.check(); !checked)
            return tl::unexpected(checked.error());
        if (architecture != "linear" && architecture != "mlp" && architecture != "mlp_no_final_gelu")
            return fail(ErrorCode::ModelMismatch,
                        fmt::format("\"projection_architecture\" is \"{}\"; this program knows linear, mlp "
                                    "and mlp_no_final_gelu: {}",
                                    architecture, path));
        if (mode != "spatial" && mode != "channel")
            return fail(ErrorCode::ModelMismatch,
                        fmt::format(R"("world_projection_mode" is "{}"; this program knows spatial and channel: {})",
                                    mode, path));
        out->m_name = mode + "-" + architecture;
        out->m_isChannelMode = mode == "channel";
        out->m_hasSecondLayer = architecture != "linear";
        out->m_hasFinalGelu = architecture == "mlp";
        if (out->m_hasSecondLayer) {
            out->m_second = linearOf(place, std::string(kTheWorldName) + ".2", hiddenSize, -1);
            const at::Tensor& weight = out->m_second.weight();
            out->m_first =
                linearOf(place, std::string(kTheWorldName) + ".0", weight.defined() ? weight.size(1) : -1, -1);
        } else {
            out->m_first = linearOf(place, kTheWorldName, hiddenSize, -1);
        }
    }
    if (const auto report = weights.report(true); !report)
        return failWhile("loading the world projection", report.error());
    return out;
}

Result<WorldGrid> ProjectorShape::tokenGrid(std::int64_t channels, std::int64_t latentFrames, std::int64_t rows,
                                            std::int64_t columns) const
{
    if (channels < 1 || latentFrames < 1 || rows < 1 || columns < 1)
        return fail(ErrorCode::InvalidInput, "the world projection was given no latents");
    if (isChannelMode && rows * columns != inputs) {
        const auto side = static_cast<std::int64_t>(std::llround(std::sqrt(static_cast<double>(inputs))));
        const std::string wanted =
            side * side == inputs ? fmt::format("{}x{}", side, side) : fmt::format("{} cells of", inputs);
        return fail(
            ErrorCode::InvalidInput,
            fmt::format(
                "this checkpoint projects whole channels of {} latents, but the picture gives {}x{}; choose the size "
                "it was trained with (--world-size)",
                wanted, rows, columns));
    }
    if (!isChannelMode && channels != inputs)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("the world projection takes {} latent channels, but the world model gives {}; "
                                "choose the world model it was trained with",
                                inputs, channels));
    if (maxLatentFrames > 0 && latentFrames > maxLatentFrames)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("the world projection knows {} latent frames, but {} were given; roll out fewer frames",
                                maxLatentFrames, latentFrames));
    WorldGrid grid;
    grid.latentFrames = latentFrames;
    grid.rows = rows;
    grid.columns = columns;
    grid.channels = isChannelMode ? channels : 0;
    return grid;
}

Result<at::Tensor> WorldProjector::project(const at::Tensor& latents) const
{
    if (latents.dim() != 4)
        return fail(ErrorCode::InvalidInput,
                    "the world projection takes latents of channels, frames, rows and columns");
    if (const auto grid = tokenGrid(latents.size(0), latents.size(1), latents.size(2), latents.size(3)); !grid)
        return tl::unexpected(grid.error());
    const at::Tensor x = latents.to(m_device, m_format);
    at::Tensor rows;
    if (m_isChannelMode) {
        rows = x.transpose(0, 1).flatten(2).flatten(0, 1);  // [T*Z,h*w]
    } else {
        rows = x.permute({1, 2, 3, 0});  // [T,h,w,Z]
        if (m_temporal.defined())
            rows = rows + m_temporal.narrow(0, 0, x.size(1)).view({x.size(1), 1, 1, -1});
        rows = rows.flatten(0, 2);  // [T*h*w,Z]
    }
    rows = m_first.forward(rows.contiguous());
    if (m_hasSecondLayer)
        rows = m_second.forward(at::gelu(rows));
    return m_hasFinalGelu ? at::gelu(rows) : rows;
}

}  // namespace armillary::fusion
