#include "widgets/canvas/embedding_map_canvas.h"

#include "widgets/theme.h"

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

constexpr float kMargin = 22;

// Pixels of one unit, so that all points of a fitted map are in view.
float unitPixels(const PointCloud& cloud, const ImVec2& size)
{
    const auto along = [](float room, float extent) {
        return std::max(20.0F, room / 2 - kMargin) / std::max(extent, 0.05F);
    };
    return std::min(along(size.x, cloud.extent[0]), along(size.y, cloud.extent[1]));
}

}  // namespace

EmbeddingMapCanvas::EmbeddingMapCanvas(Selection& selection, TokenCrops& crops, QWidget* parent)
    : PointCloudCanvas(selection, crops, parent)
{
    setAccessibleName(tr("Embedding map in the plane"));
    setAccessibleDescription(tr("A point for every token; tokens with like vectors lie near each other"));
}

void EmbeddingMapCanvas::zoomToFit()
{
    m_zoom = 1;
    m_offset = {};
    viewMoved();
}

void EmbeddingMapCanvas::zoomBy(double factor)
{
    const double before = m_zoom;
    m_zoom = std::clamp(m_zoom * factor, 0.5, 200.0);
    m_offset *= m_zoom / before;
    viewMoved();
}

void EmbeddingMapCanvas::placePoints(const ImVec2& size, std::vector<Place>& places, std::vector<int>& /*order*/) const
{
    const auto scale = static_cast<float>(unitPixels(cloud(), size) * m_zoom);
    const auto x = size.x / 2 + static_cast<float>(m_offset.x());
    const auto y = size.y / 2 + static_cast<float>(m_offset.y());
    for (std::size_t i = 0; i < places.size(); ++i) {
        const CloudPoint& point = cloud().points[i];
        places[i] = {x + scale * point.at[0], y - scale * point.at[1], 1};
    }
}

bool EmbeddingMapCanvas::navigate(const ImVec2& size)
{
    const ImGuiIO& io = ImGui::GetIO();
    const bool inside = io.MousePos.x >= 0 && io.MousePos.y >= 0 && io.MousePos.x < size.x && io.MousePos.y < size.y;
    bool moved = false;
    if (inside && io.MouseWheel != 0) {
        const double before = m_zoom;
        m_zoom = std::clamp(m_zoom * std::pow(1.2, io.MouseWheel), 0.5, 200.0);
        // What lies under the pointer stays under it.
        const QPointF pointer(io.MousePos.x - size.x / 2, io.MousePos.y - size.y / 2);
        m_offset = pointer - (pointer - m_offset) * (m_zoom / before);
        moved = true;
    }
    if (ImGui::IsMouseDragging(ImGuiMouseButton_Right) || ImGui::IsMouseDragging(ImGuiMouseButton_Middle)) {
        m_offset += QPointF(io.MouseDelta.x, io.MouseDelta.y);
        ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeAll);
        moved = true;
    }
    return moved;
}

bool EmbeddingMapCanvas::dragSelects() const
{
    return true;
}

void EmbeddingMapCanvas::drawAxes(ImDrawList& list, const ImVec2& size) const
{
    const ThemeColors& theme = colors();
    if (axisNames().size() < 2)
        return;
    const float x = size.x / 2 + static_cast<float>(m_offset.x());
    const float y = size.y / 2 + static_cast<float>(m_offset.y());
    const ImU32 line = canvasColor(theme.border);
    list.AddLine(ImVec2(0, y), ImVec2(size.x, y), line);
    list.AddLine(ImVec2(x, 0), ImVec2(x, size.y), line);
}

void EmbeddingMapCanvas::drawAxisNames(ImDrawList& list, const ImVec2& size) const
{
    const ThemeColors& theme = colors();
    if (axisNames().size() < 2)
        return;
    const float small = smallFontSize() * 0.9F;
    const QByteArray across = QStringLiteral("%1 →").arg(axisNames()[0]).toUtf8();
    const QByteArray up = QStringLiteral("↑ %1").arg(axisNames()[1]).toUtf8();
    const ImVec2 extent = ImGui::GetFont()->CalcTextSizeA(small, FLT_MAX, 0, across.constData());
    list.AddText(nullptr, small, ImVec2(size.x - extent.x - 8, size.y - extent.y - 4), canvasColor(theme.muted),
                 across.constData());
    list.AddText(nullptr, small, ImVec2(8, 4), canvasColor(theme.muted), up.constData());
}

}  // namespace armillary::widgets
