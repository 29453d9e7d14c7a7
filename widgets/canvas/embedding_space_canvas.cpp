#include "widgets/canvas/embedding_space_canvas.h"

#include "widgets/theme.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

namespace armillary::widgets {
namespace {

constexpr float kMargin = 20;
constexpr double kTurnPerPixel = 0.008;
// How far the eye stands from the middle, in half sides of the cloud: far enough that sizes are told apart without much
// distortion.
constexpr float kEye = 5;

std::array<float, 3> axisEnd(std::size_t axis)
{
    std::array<float, 3> out{};
    out[axis] = 1.05F;
    return out;
}

}  // namespace

struct EmbeddingSpaceCanvas::View {
    std::array<float, 9> turn{};
    float x = 0, y = 0, scale = 1;

    [[nodiscard]] std::array<float, 4> at(const std::array<float, 3>& point) const
    {
        const float right = turn[0] * point[0] + turn[1] * point[1] + turn[2] * point[2];
        const float up = turn[3] * point[0] + turn[4] * point[1] + turn[5] * point[2];
        const float near = turn[6] * point[0] + turn[7] * point[1] + turn[8] * point[2];
        const float size = kEye / (kEye - near);
        return {x + scale * right * size, y - scale * up * size, near, size};
    }
};

EmbeddingSpaceCanvas::EmbeddingSpaceCanvas(Selection& selection, TokenCrops& crops, QWidget* parent)
    : PointCloudCanvas(selection, crops, parent)
{
    setAccessibleName(tr("Embedding map in space"));
    setAccessibleDescription(tr("A point for every token on three components; a drag turns it"));
}

void EmbeddingSpaceCanvas::zoomToFit()
{
    m_zoom = 1;
    m_offset = {};
    viewMoved();
}

void EmbeddingSpaceCanvas::zoomBy(double factor)
{
    const double before = m_zoom;
    m_zoom = std::clamp(m_zoom * factor, 0.5, 100.0);
    m_offset *= m_zoom / before;
    viewMoved();
}

void EmbeddingSpaceCanvas::turn(double around, double over)
{
    setTurn(m_around + around, m_over + over);
}

void EmbeddingSpaceCanvas::setTurn(double around, double over)
{
    m_around = std::remainder(around, 2 * std::numbers::pi);
    m_over = std::clamp(over, -std::numbers::pi / 2, std::numbers::pi / 2);
    viewMoved();
}

EmbeddingSpaceCanvas::View EmbeddingSpaceCanvas::view(const ImVec2& size) const
{
    View out;
    const auto ca = static_cast<float>(std::cos(m_around)), sa = static_cast<float>(std::sin(m_around));
    const auto co = static_cast<float>(std::cos(m_over)), so = static_cast<float>(std::sin(m_over));
    out.turn = {ca, 0, sa, so * sa, co, -so * ca, -co * sa, so, co * ca};
    out.x = size.x / 2 + static_cast<float>(m_offset.x());
    out.y = size.y / 2 + static_cast<float>(m_offset.y());
    out.scale = std::max(20.0F, std::min(size.x, size.y) / 2 - kMargin) * 0.85F * static_cast<float>(m_zoom);
    return out;
}

void EmbeddingSpaceCanvas::placePoints(const ImVec2& size, std::vector<Place>& places, std::vector<int>& order) const
{
    const View seen = view(size);
    m_depths.resize(places.size());
    for (std::size_t i = 0; i < places.size(); ++i) {
        const auto [x, y, near, scale] = seen.at(cloud().points[i].at);
        places[i] = {x, y, scale};
        m_depths[i] = near;
    }
    order.resize(places.size());
    std::iota(order.begin(), order.end(), 0);
    // Far ones first.
    std::sort(order.begin(), order.end(), [this](int a, int b) {
        return m_depths[static_cast<std::size_t>(a)] < m_depths[static_cast<std::size_t>(b)];
    });
}

bool EmbeddingSpaceCanvas::navigate(const ImVec2& size)
{
    const ImGuiIO& io = ImGui::GetIO();
    const bool inside = io.MousePos.x >= 0 && io.MousePos.y >= 0 && io.MousePos.x < size.x && io.MousePos.y < size.y;
    bool moved = false;
    if (inside && io.MouseWheel != 0) {
        m_zoom = std::clamp(m_zoom * std::pow(1.2, io.MouseWheel), 0.5, 100.0);
        moved = true;
    }
    if (ImGui::IsMouseDragging(ImGuiMouseButton_Left) && !dragSelects() &&
        (io.MouseDelta.x != 0 || io.MouseDelta.y != 0)) {
        m_around = std::remainder(m_around + io.MouseDelta.x * kTurnPerPixel, 2 * std::numbers::pi);
        m_over = std::clamp(m_over + io.MouseDelta.y * kTurnPerPixel, -std::numbers::pi / 2, std::numbers::pi / 2);
        moved = true;
    }
    if (ImGui::IsMouseDragging(ImGuiMouseButton_Right) || ImGui::IsMouseDragging(ImGuiMouseButton_Middle)) {
        m_offset += QPointF(io.MouseDelta.x, io.MouseDelta.y);
        ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeAll);
        moved = true;
    }
    return moved;
}

bool EmbeddingSpaceCanvas::dragSelects() const
{
    return ImGui::GetIO().KeyShift;
}

void EmbeddingSpaceCanvas::drawAxes(ImDrawList& list, const ImVec2& size) const
{
    const View seen = view(size);
    const auto middle = seen.at({0, 0, 0});
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const auto tip = seen.at(axisEnd(axis));
        list.AddLine(ImVec2(middle[0], middle[1]), ImVec2(tip[0], tip[1]), canvasColor(colors().border), 1.5F);
    }
}

void EmbeddingSpaceCanvas::drawAxisNames(ImDrawList& list, const ImVec2& size) const
{
    const ThemeColors& theme = colors();
    const View seen = view(size);
    const float small = smallFontSize() * 0.9F;
    for (int axis = 0; axis < std::min<int>(3, static_cast<int>(axisNames().size())); ++axis) {
        const auto tip = seen.at(axisEnd(static_cast<std::size_t>(axis)));
        const QByteArray name = axisNames()[axis].toUtf8();
        const ImVec2 extent = ImGui::GetFont()->CalcTextSizeA(small, FLT_MAX, 0, name.constData());
        const ImVec2 at(std::clamp(tip[0] + 4, 4.0F, std::max(4.0F, size.x - extent.x - 4)),
                        std::clamp(tip[1] - extent.y / 2, 2.0F, std::max(2.0F, size.y - extent.y - 2)));
        // A ground, because points lie behind.
        list.AddRectFilled(ImVec2(at.x - 2, at.y - 1), ImVec2(at.x + extent.x + 2, at.y + extent.y + 1),
                           canvasColor(theme.base, 0.75), 3);
        list.AddText(nullptr, small, at, canvasColor(theme.text), name.constData());
    }
}

}  // namespace armillary::widgets
