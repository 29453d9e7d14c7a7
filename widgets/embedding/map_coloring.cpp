#include "widgets/embedding/map_coloring.h"

#include "widgets/kind_colors.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>

namespace armillary::widgets {
namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(MapColoring)
};

// A colour for every finite number that `valueOf` gives, on one scale from the lowest to the highest.
void colorByValue(PointColors& out, const PointCloud& cloud, const std::function<float(const CloudPoint&)>& valueOf)
{
    std::vector<float> values(cloud.points.size());
    std::transform(cloud.points.begin(), cloud.points.end(), values.begin(), valueOf);
    double low = std::numeric_limits<double>::max();
    double high = std::numeric_limits<double>::lowest();
    for (const float value : values) {
        if (std::isfinite(value)) {
            low = std::min<double>(low, value);
            high = std::max<double>(high, value);
        }
    }
    const bool any = low <= high;
    out.legend.form = MapLegend::Form::Scale;
    out.legend.lowest = any ? low : 0;
    out.legend.highest = any ? high : 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!std::isfinite(values[i])) {
            ++out.legend.unknown;
            continue;
        }
        out.colors[i] = scaleColor(ColorScale::Magnitude, high > low ? (values[i] - low) / (high - low) : 0.5);
    }
}

void colorByLayer(PointColors& out, const PointCloud& cloud, const OverlayLayer* layer)
{
    out.legend.form = MapLegend::Form::Scale;
    out.legend.title = layer == nullptr ? Words::tr("no layer is shown") : layer->title;
    for (std::size_t i = 0; i < cloud.points.size(); ++i) {
        out.colors[i] = layer == nullptr ? 0 : overlayColor(*layer, cloud.points[i].position);
        if (qAlpha(out.colors[i]) == 0)
            ++out.legend.unknown;
    }
    if (layer == nullptr)
        return;
    if (!layer->colors.empty())
        out.legend.form = MapLegend::Form::Components;
    out.legend.unit = layer->unit;
    out.legend.scale = layer->scale;
    out.legend.lowest = layer->lowest;
    out.legend.highest = layer->highest;
}

}  // namespace

PointColors colorsOfPoints(const PointCloud& cloud, MapColoring coloring, const std::vector<float>& norms,
                           const OverlayLayer* layer, bool dark)
{
    constexpr float kNone = std::numeric_limits<float>::quiet_NaN();
    PointColors out;
    out.colors.assign(cloud.points.size(), 0);
    std::array<std::int64_t, 6> counts{};
    for (const CloudPoint& point : cloud.points)
        ++counts[static_cast<std::size_t>(point.kind)];
    for (const TokenKind kind : kTokenKinds) {
        if (counts[static_cast<std::size_t>(kind)] > 0)
            out.legend.kinds.emplace_back(kind, counts[static_cast<std::size_t>(kind)]);
    }
    switch (coloring) {
    case MapColoring::Kind:
        out.legend.title = Words::tr("kind of token");
        for (std::size_t i = 0; i < cloud.points.size(); ++i)
            out.colors[i] = kindColor(cloud.points[i].kind, dark).rgba();
        break;
    case MapColoring::LatentFrame:
        out.legend.title = Words::tr("latent frame");
        colorByValue(out, cloud, [](const CloudPoint& point) {
            return point.origin.latentFrame < 0 ? kNone : static_cast<float>(point.origin.latentFrame);
        });
        break;
    case MapColoring::Position:
        out.legend.title = Words::tr("position in the sequence");
        colorByValue(out, cloud, [](const CloudPoint& point) {
            return point.position < 0 ? kNone : static_cast<float>(point.position);
        });
        break;
    case MapColoring::Norm:
        out.legend.title = Words::tr("Euclidean norm");
        colorByValue(out, cloud, [&norms](const CloudPoint& point) {
            const auto at = static_cast<std::size_t>(point.position);
            return point.position >= 0 && at < norms.size() ? norms[at] : kNone;
        });
        break;
    case MapColoring::Layer: colorByLayer(out, cloud, layer); break;
    }
    return out;
}

}  // namespace armillary::widgets
