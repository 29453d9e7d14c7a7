// An embedding map in the plane. Wheel zooms, the right or middle button moves, a drag with the left one draws around a set.
// Thread rule: GUI thread.
#pragma once

#include "widgets/canvas/point_cloud_canvas.h"

namespace armillary::widgets {

class EmbeddingMapCanvas : public PointCloudCanvas {
    Q_OBJECT
public:
    EmbeddingMapCanvas(Selection& selection, TokenCrops& crops, QWidget* parent = nullptr);

    void zoomToFit() override;
    // Makes everything larger or smaller around the middle.
    void zoomBy(double factor);
    [[nodiscard]] double zoom() const override { return m_zoom; }

protected:
    void placePoints(const ImVec2& size, std::vector<Place>& places, std::vector<int>& order) const override;
    bool navigate(const ImVec2& size) override;
    [[nodiscard]] bool dragSelects() const override;
    void drawAxes(ImDrawList& list, const ImVec2& size) const override;
    void drawAxisNames(ImDrawList& list, const ImVec2& size) const override;

private:
    double m_zoom = 1;
    QPointF m_offset;  // of the map's centre from the widget's, logical pixels
};

}  // namespace armillary::widgets
