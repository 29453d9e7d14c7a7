#include "widgets/overlay/layer_legend.h"

#include "widgets/models/model_tree_model.h"
#include "widgets/theme.h"

#include <QPainter>

namespace armillary::widgets {
namespace {

constexpr int kSquare = 10;

}  // namespace

LayerLegend::LayerLegend(QWidget* parent) : QWidget(parent)
{
    setAccessibleName(tr("Local layers see a window of positions, global layers all earlier ones"));
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
    int x = 12;
    for (const bool isLocal : {true, false}) {
        const QString text =
            isLocal ? tr("local layer: sees a window") : tr("global layer: sees all earlier positions");
        painter.fillRect(x, (height() - kSquare) / 2, kSquare, kSquare, layerMarkColor(isLocal, colors.dark));
        painter.setPen(colors.muted);
        x += kSquare + 6;
        painter.drawText(QRect(x, 0, width() - x - 4, height()), Qt::AlignLeft | Qt::AlignVCenter,
                         fontMetrics().elidedText(text, Qt::ElideRight, std::max(0, width() - x - 4)));
        x += fontMetrics().horizontalAdvance(text) + 18;
    }
}

}  // namespace armillary::widgets
