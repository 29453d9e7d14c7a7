// An embedding map in space. A drag turns it, with Shift it draws around a set; wheel zooms, the right or middle button moves.
// Thread rule: GUI thread.
#pragma once

#include "widgets/canvas/point_cloud_canvas.h"

namespace armillary::widgets {

class EmbeddingSpaceCanvas : public PointCloudCanvas {
    Q_OBJECT
public:
    EmbeddingSpaceCanvas(Selection& selection, TokenCrops& crops, QWidget* parent = nullptr);

    void zoomToFit() override;
    void zoomBy(double factor);
    // Turns about the upright axis and about the one to the right, in radians.
    void turn(double around, double over);
    [[nodiscard]] double around() const { return m_around; }
    [[nodiscard]] double over() const { return m_over; }
    void setTurn(double around, double over);
    [[nodiscard]] double zoom() const override { return m_zoom; }

protected:
    void placePoints(const ImVec2& size, std::vector<Place>& places, std::vector<int>& order) const override;
    bool navigate(const ImVec2& size) override;
    [[nodiscard]] bool dragSelects() const override;
    void drawAxes(ImDrawList& list, const ImVec2& size) const override;
    void drawAxisNames(ImDrawList& list, const ImVec2& size) const override;

private:
    struct View;
    [[nodiscard]] View view(const ImVec2& size) const;

    double m_zoom = 1;
    double m_around = 0.6;
    double m_over = 0.4;
    QPointF m_offset;
    std::vector<float> mutable m_depths;
};

}  // namespace armillary::widgets
