// Points of an embedding map: what a plane and a space of them share. Pointing hovers a token, a click chooses it, a drag around
// points chooses what lies inside. Points that are not chosen turn grey while others are; none vanishes.
//
// Plain draw lists, not ImPlot and ImPlot3D: a plot item has one colour and one shape, and here each point has its own, the
// chosen ones lie above the grey ones, and hits, lassos and pictures at points need the places on the screen anyway. 12,000
// points are one batch of vertices.
// Thread rule: GUI thread.
#pragma once

#include "widgets/canvas/imgui_canvas.h"
#include "widgets/canvas/kept_ground.h"
#include "widgets/canvas/texture_store.h"
#include "widgets/embedding/embedding_cloud.h"
#include "widgets/inspector/token_crops.h"
#include "widgets/selection.h"

#include <QPointF>
#include <QRgb>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace armillary::widgets {

class PointCloudCanvas : public ImguiCanvas {
    Q_OBJECT
public:
    PointCloudCanvas(Selection& selection, TokenCrops& crops, QWidget* parent);

    void setCloud(const std::shared_ptr<const PointCloud>& cloud);
    [[nodiscard]] const PointCloud& cloud() const { return *m_cloud; }
    // One a point; alpha 0: nothing is known of it. Fewer than points: the rest is unknown.
    void setColors(std::vector<QRgb> colors);
    // What the first axes are: "component 1 (23 %)"; none: places on the axes mean nothing.
    void setAxisNames(const QStringList& names);
    // What is said of a point beside the pointer, a line each.
    void setDescription(std::function<QStringList(int point)> describe) { m_describe = std::move(describe); }
    void setTrailsShown(bool shown);
    void setThumbnailsShown(bool shown);
    // A drag draws a line around points in place of a box.
    void setFreehand(bool freehand) { m_freehand = freehand; }
    virtual void zoomToFit() = 0;

    // Where a position's first point lies, in logical pixels.
    [[nodiscard]] std::optional<QPointF> pointFromPosition(std::int64_t position) const;
    // Of the last frame.
    [[nodiscard]] int drawnPoints() const { return m_drawnPoints; }
    [[nodiscard]] int drawnThumbnails() const { return m_drawnThumbnails; }
    // How often all points were described and drawn: pointing at one describes none but itself.
    [[nodiscard]] int describedClouds() const { return m_ground.described(); }

    [[nodiscard]] QSize minimumSizeHint() const override { return {160, 120}; }

protected:
    struct Place {
        float x = 0, y = 0;
        float size = 1;  // relative to the common size: nearer points of a space are larger
    };

    // Where every point of cloud() lies, and in which order they are drawn (empty: as they come). Kept until viewMoved().
    virtual void placePoints(const ImVec2& size, std::vector<Place>& places, std::vector<int>& order) const = 0;
    // Reads wheel and drags that move the view; true when it moved.
    virtual bool navigate(const ImVec2& size) = 0;
    // Whether a drag of the left button begins a set here, given the modifiers.
    [[nodiscard]] virtual bool dragSelects() const = 0;
    virtual void drawAxes(ImDrawList& list, const ImVec2& size) const = 0;
    // Above the points.
    virtual void drawAxisNames(ImDrawList& list, const ImVec2& size) const = 0;
    // 1: fitted.
    [[nodiscard]] virtual double zoom() const = 0;

    void viewMoved();
    [[nodiscard]] const QStringList& axisNames() const { return m_axisNames; }
    void drawFrame(ImDrawList& list, const ImVec2& size) final;

private:
    enum Mark : std::uint8_t { Plain = 0, Chosen = 1, Hovered = 2 };

    void place(const ImVec2& size);
    void readPointer(const ImVec2& size);
    void readClick(bool inside);
    void readDrag(bool inside);
    [[nodiscard]] Positions positionsInside() const;
    void collectMarks();
    // Axes, trails and points: what stays while the pointer moves.
    void drawGround(ImDrawList& list, const ImVec2& size);
    void drawTrails(ImDrawList& list) const;
    void drawPoints(ImDrawList& list, const ImVec2& size);
    void drawPoint(ImDrawList& list, std::size_t point, float radius, ImU32 color) const;
    void drawHovered(ImDrawList& list) const;
    void drawThumbnails(ImDrawList& list, const ImVec2& size);
    void drawDrag(ImDrawList& list) const;
    void drawPointerNote(ImDrawList& list, const ImVec2& size);
    [[nodiscard]] bool isInView(const Place& place, const ImVec2& size) const;
    [[nodiscard]] float baseRadius() const;

    Selection& m_selection;
    TokenCrops& m_crops;
    TextureStore m_textures;
    KeptGround m_ground;
    // What the ground was drawn of, beside points and view.
    Positions m_groundChosen;
    Positions m_groundHovered;  // trails of hovered points stand out
    const ThemeColors* m_groundTheme = nullptr;
    std::shared_ptr<const PointCloud> m_cloud = std::make_shared<const PointCloud>();
    std::vector<QRgb> m_colors;
    QStringList m_axisNames;
    std::function<QStringList(int)> m_describe;
    std::vector<Place> m_places;
    std::vector<int> m_order;
    ImVec2 m_placedSize{0, 0};
    bool m_placesStale = true;
    std::vector<std::uint8_t> m_marks;  // by point
    bool m_anyChosen = false;
    std::optional<int> m_pointed;
    bool m_wasPointing = false;
    Positions m_hovering;        // what this canvas hovered last
    std::vector<ImVec2> m_drag;  // corners of the box, or the line around points
    bool m_dragging = false;
    bool m_trails = false;
    bool m_pictures = true;
    bool m_freehand = false;
    int m_drawnPoints = 0;
    int m_drawnThumbnails = 0;
};

}  // namespace armillary::widgets
