// The colours of the points of an embedding map, and the legend that explains them.
// Thread rule: pure functions.
#pragma once

#include "widgets/colormap.h"
#include "widgets/embedding/embedding_cloud.h"
#include "widgets/overlay/overlay_stack.h"

#include <QRgb>
#include <QString>

#include <vector>

namespace armillary::widgets {

enum class MapColoring { Kind, LatentFrame, Position, Norm, Layer };

struct MapLegend {
    enum class Form { Kinds, Scale, Components };

    Form form = Form::Kinds;
    QString title;  // "latent frame", "norm"
    std::vector<std::pair<TokenKind, std::int64_t>>
        kinds;  // that occur, with their counts; of every form: shapes tell them
    ColorScale scale = ColorScale::Magnitude;
    double lowest = 0, highest = 0;
    QString unit;
    std::int64_t unknown = 0;  // points without a value, drawn grey
};

struct PointColors {
    std::vector<QRgb> colors;  // one a point; alpha 0: nothing known
    MapLegend legend;
};

// `norms` by sequence position (empty: not known yet); `layer` null: none is shown.
[[nodiscard]] PointColors colorsOfPoints(const PointCloud& cloud, MapColoring coloring, const std::vector<float>& norms,
                                         const OverlayLayer* layer, bool dark);

}  // namespace armillary::widgets
