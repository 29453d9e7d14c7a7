#include "widgets/overlay/layer_legend.h"

#include "widgets/models/model_tree_model.h"
#include "widgets/theme.h"

#include <QPainter>

namespace armillary::widgets {
namespace {

constexpr int kSquare = 10;
constexpr int kBetween = 18;

}  // namespace

LayerLegend::LayerLegend(QWidget* parent) : QWidget(parent)
{
    setAccessibleName(tr("Local layers see a window of positions, global layers all earlier ones"));
    setToolTip(accessibleName());
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
}

QSize LayerLegend::sizeHint() const
{
    return {200, fontMetrics().height() + 8};
}

void LayerLegend::paintEvent(QPaintEvent*)
{
    const ThemeColors& colors = themeColors(palette());
    QPainter painter(this);
    const QString whole[] = {tr("local layer: sees a window"), tr("global layer: sees all earlier positions")};
    const QString brief[] = {tr("local layer"), tr("global layer")};
    const int needed = 12 + 2 * (kSquare + 6) + kBetween + 4 + fontMetrics().horizontalAdvance(whole[0]) +
                       fontMetrics().horizontalAdvance(whole[1]);
    int x = 12;
    for (const bool isLocal : {true, false}) {
        const QString& text = (needed <= width() ? whole : brief)[isLocal ? 0 : 1];
        painter.fillRect(x, (height() - kSquare) / 2, kSquare, kSquare, layerMarkColor(isLocal, colors.dark));
        painter.setPen(colors.muted);
        x += kSquare + 6;
        painter.drawText(QRect(x, 0, width() - x - 4, height()), Qt::AlignLeft | Qt::AlignVCenter,
                         fontMetrics().elidedText(text, Qt::ElideRight, std::max(0, width() - x - 4)));
        x += fontMetrics().horizontalAdvance(text) + kBetween;
    }
}

}  // namespace armillary::widgets
