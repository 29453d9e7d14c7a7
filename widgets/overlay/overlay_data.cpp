#include "widgets/overlay/overlay_data.h"

#include <cstring>

namespace armillary::widgets {
namespace {

template <class T>
TensorSnapshot snapshot(ElementType type, std::vector<std::int64_t> shape, const std::vector<T>& values)
{
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(T));
    if (!values.empty())
        std::memcpy(bytes->data(), values.data(), bytes->size());
    return {type, std::move(shape), std::move(bytes)};
}

}  // namespace

std::optional<AnalysisResult> overlayData(const OverlayStack& overlays)
{
    AnalysisResult out;
    out.request.name = "overlay";
    for (const OverlayStack::Entry& entry : overlays.entries()) {
        if (!overlays.isShown(entry))
            continue;
        const std::string id = entry.id.toStdString();
        const OverlayLayer& layer = entry.layer;
        if (!layer.colors.empty()) {
            std::vector<std::uint8_t> channels;
            for (const QRgb color : layer.colors) {
                for (const int channel : {qRed(color), qGreen(color), qBlue(color)})
                    channels.push_back(static_cast<std::uint8_t>(channel));
            }
            const auto count = static_cast<std::int64_t>(layer.colors.size());
            out.arrays[id + " colors"] = {{"position", "channel"}, snapshot(ElementType::UInt8, {count, 3}, channels)};
        } else {
            const auto count = static_cast<std::int64_t>(layer.values.size());
            out.arrays[id + " values"] = {{"position"}, snapshot(ElementType::Float32, {count}, layer.values)};
            out.numbers.push_back({id + " lowest colour", layer.lowest, layer.unit.toStdString()});
            out.numbers.push_back({id + " highest colour", layer.highest, layer.unit.toStdString()});
        }
        if (!layer.marks.empty()) {
            std::vector<std::uint8_t> marks;
            for (const CellMark mark : layer.marks)
                marks.push_back(static_cast<std::uint8_t>(mark));
            out.arrays[id + " marks"] = {{"position"},
                                         snapshot(ElementType::UInt8, {static_cast<std::int64_t>(marks.size())},
                                                  marks)};
        }
        out.tables.push_back({id, {"what"}, {{layer.title.toStdString()}}});
    }
    return out.arrays.empty() ? std::nullopt : std::optional(std::move(out));
}

}  // namespace armillary::widgets
