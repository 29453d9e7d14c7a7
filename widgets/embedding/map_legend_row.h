// The legend of an embedding map: the shape and colour of each kind, or a scale with its ends and unit.
// Thread rule: GUI thread.
#pragma once

#include "widgets/embedding/map_coloring.h"

#include <QWidget>

namespace armillary::widgets {

class MapLegendRow : public QWidget {
    Q_OBJECT
public:
    explicit MapLegendRow(QWidget* parent = nullptr);

    void setLegend(MapLegend legend);
    [[nodiscard]] const MapLegend& legend() const { return m_legend; }
    // As shown: "latent frame 0 – 4".
    [[nodiscard]] QString text() const;

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void paintKinds(QPainter& painter, double left) const;
    double paintScale(QPainter& painter) const;
    double paintComponents(QPainter& painter) const;
    [[nodiscard]] QString lowText() const;
    [[nodiscard]] QString highText() const;

    MapLegend m_legend;
};

}  // namespace armillary::widgets
