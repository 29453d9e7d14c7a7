#include "widgets/canvas/point_cloud_canvas.h"

#include "widgets/theme.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace armillary::widgets {
namespace {

constexpr std::int64_t kTextureBudgetBytes = 24LL << 20;
constexpr float kHitRadius = 12;
// Pictures at points appear when so few points are in view that they do not lie on one another.
constexpr int kMostThumbnails = 60;
constexpr double kThumbnailZoom = 1.5;
constexpr float kThumbnailSide = 34;

bool isInside(const std::vector<ImVec2>& line, const ImVec2& point)
{
    bool inside = false;
    for (std::size_t i = 0, j = line.size() - 1; i < line.size(); j = i++) {
        if ((line[i].y > point.y) != (line[j].y > point.y) &&
            point.x < (line[j].x - line[i].x) * (point.y - line[i].y) / (line[j].y - line[i].y) + line[i].x)
            inside = !inside;
    }
    return inside;
}

// Eight corners without soft edges: the soft edges of 4,000 small discs cost more than the rest of the frame.
void addDisc(ImDrawList& list, const ImVec2& centre, float radius, ImU32 color)
{
    static constexpr std::array<std::array<float, 2>, 8> kCorners = {{{0.924F, 0.383F},
                                                                      {0.383F, 0.924F},
                                                                      {-0.383F, 0.924F},
                                                                      {-0.924F, 0.383F},
                                                                      {-0.924F, -0.383F},
                                                                      {-0.383F, -0.924F},
                                                                      {0.383F, -0.924F},
                                                                      {0.924F, -0.383F}}};
    list.PrimReserve(18, 8);
    const auto first = static_cast<ImDrawIdx>(list._VtxCurrentIdx);
    for (int corner = 2; corner < 8; ++corner) {
        list.PrimWriteIdx(first);
        list.PrimWriteIdx(static_cast<ImDrawIdx>(first + corner - 1));
        list.PrimWriteIdx(static_cast<ImDrawIdx>(first + corner));
    }
    const ImVec2 white = ImGui::GetFontTexUvWhitePixel();
    for (const auto& corner : kCorners)
        list.PrimWriteVtx(ImVec2(centre.x + radius * corner[0], centre.y + radius * corner[1]), white, color);
}

void addDiamond(ImDrawList& list, const ImVec2& centre, float radius, ImU32 color)
{
    list.PrimReserve(6, 4);
    const ImVec2 white = ImGui::GetFontTexUvWhitePixel();
    list.PrimQuadUV(ImVec2(centre.x, centre.y - radius), ImVec2(centre.x + radius, centre.y),
                    ImVec2(centre.x, centre.y + radius), ImVec2(centre.x - radius, centre.y), white, white, white,
                    white, color);
}

void addSquare(ImDrawList& list, const ImVec2& centre, float radius, ImU32 color)
{
    list.PrimReserve(6, 4);
    list.PrimRect(ImVec2(centre.x - radius, centre.y - radius), ImVec2(centre.x + radius, centre.y + radius), color);
}

}  // namespace

PointCloudCanvas::PointCloudCanvas(Selection& selection, TokenCrops& crops, QWidget* parent)
    : ImguiCanvas(parent),
      m_selection(selection),
      m_crops(crops),
      m_textures(stage(), kTextureBudgetBytes),
      m_ground(stage())
{}

void PointCloudCanvas::setCloud(const std::shared_ptr<const PointCloud>& cloud)
{
    m_cloud = cloud ? cloud : std::make_shared<const PointCloud>();
    m_pointed.reset();
    m_dragging = false;
    viewMoved();
}

void PointCloudCanvas::setColors(std::vector<QRgb> colors)
{
    m_colors = std::move(colors);
    m_ground.forget();
    update();
}

void PointCloudCanvas::setAxisNames(const QStringList& names)
{
    m_axisNames = names;
    m_ground.forget();
    update();
}

void PointCloudCanvas::setTrailsShown(bool shown)
{
    m_trails = shown;
    m_ground.forget();
    update();
}

void PointCloudCanvas::setThumbnailsShown(bool shown)
{
    m_pictures = shown;
    update();
}

void PointCloudCanvas::viewMoved()
{
    m_placesStale = true;
    update();
}

std::optional<QPointF> PointCloudCanvas::pointFromPosition(std::int64_t position) const
{
    for (std::size_t i = 0; i < m_cloud->points.size() && i < m_places.size(); ++i) {
        if (m_cloud->points[i].position == position)
            return QPointF(m_places[i].x, m_places[i].y);
    }
    return std::nullopt;
}

void PointCloudCanvas::place(const ImVec2& size)
{
    if (!m_placesStale && size.x == m_placedSize.x && size.y == m_placedSize.y)
        return;
    m_places.resize(m_cloud->points.size());
    m_order.clear();
    placePoints(size, m_places, m_order);
    m_placedSize = size;
    m_placesStale = false;
    m_ground.forget();
}

bool PointCloudCanvas::isInView(const Place& place, const ImVec2& size) const
{
    return place.x > -8 && place.y > -8 && place.x < size.x + 8 && place.y < size.y + 8;
}

float PointCloudCanvas::baseRadius() const
{
    // Many points are small, and grow when one looks closer.
    const double many = std::max<double>(1.0, static_cast<double>(m_cloud->points.size()));
    const double fitted = std::clamp(90.0 / std::sqrt(many), 1.7, 5.0);
    return static_cast<float>(std::min(fitted * std::pow(zoom(), 0.35), 9.0));
}

void PointCloudCanvas::readPointer(const ImVec2& size)
{
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    const bool inside = mouse.x >= 0 && mouse.y >= 0 && mouse.x < size.x && mouse.y < size.y;
    const std::optional<int> wasPointed = std::exchange(m_pointed, std::nullopt);
    const bool quiet = m_dragging || ImGui::IsMouseDragging(ImGuiMouseButton_Left) ||
                       ImGui::IsMouseDragging(ImGuiMouseButton_Right) ||
                       ImGui::IsMouseDragging(ImGuiMouseButton_Middle);
    if (inside && !quiet) {
        float nearest = kHitRadius * kHitRadius;
        for (std::size_t i = 0; i < m_places.size(); ++i) {
            const float x = m_places[i].x - mouse.x;
            const float y = m_places[i].y - mouse.y;
            if (x * x + y * y < nearest) {
                nearest = x * x + y * y;
                m_pointed = static_cast<int>(i);
            }
        }
    }
    if (m_pointed ? m_pointed != wasPointed || hasPointerMoved() : m_wasPointing) {
        const std::int64_t position =
            m_pointed ? m_cloud->points[static_cast<std::size_t>(*m_pointed)].position : std::int64_t{-1};
        afterFrame([this, position] {
            if (position < 0) {
                m_selection.endHover(m_hovering);
                return;
            }
            m_hovering = {position};
            m_selection.hover({position});
        });
    }
    m_wasPointing = m_pointed.has_value();
    readDrag(inside);
    readClick(inside);
}

void PointCloudCanvas::readClick(bool inside)
{
    const ImGuiIO& io = ImGui::GetIO();
    const float moved = io.MouseDragMaxDistanceSqr[ImGuiMouseButton_Left];
    if (!inside || m_dragging || !ImGui::IsMouseReleased(ImGuiMouseButton_Left) ||
        moved >= io.MouseDragThreshold * io.MouseDragThreshold)
        return;
    const std::int64_t position =
        m_pointed ? m_cloud->points[static_cast<std::size_t>(*m_pointed)].position : std::int64_t{-1};
    afterFrame([this, position, add = io.KeyCtrl, extend = io.KeyShift, query = io.KeyAlt] {
        if (position < 0) {
            if (!add && !extend && !query)
                m_selection.choose({});
        } else if (query) {
            Focus focus = m_selection.focus();
            focus.query = position;
            m_selection.setFocus(focus);
        } else if (extend) {
            m_selection.extendTo(position);
        } else if (add) {
            m_selection.toggle({position});
        } else {
            m_selection.choose({position});
        }
    });
}

void PointCloudCanvas::readDrag(bool inside)
{
    const ImGuiIO& io = ImGui::GetIO();
    if (!m_dragging && inside && ImGui::IsMouseDragging(ImGuiMouseButton_Left) && dragSelects()) {
        m_dragging = true;
        m_drag = {io.MouseClickedPos[ImGuiMouseButton_Left]};
    }
    if (!m_dragging)
        return;
    if (ImGui::IsMouseDown(ImGuiMouseButton_Left)) {
        const ImVec2 last = m_drag.back();
        const float moved = std::abs(io.MousePos.x - last.x) + std::abs(io.MousePos.y - last.y);
        if (!m_freehand)
            m_drag.resize(1);
        if (!m_freehand || moved > 3)
            m_drag.push_back(io.MousePos);
        return;
    }
    m_dragging = false;
    if (!m_freehand && m_drag.size() == 2)
        m_drag = {m_drag[0], ImVec2(m_drag[1].x, m_drag[0].y), m_drag[1], ImVec2(m_drag[0].x, m_drag[1].y)};
    if (m_drag.size() < 3)
        return;
    afterFrame([this, inside = positionsInside(), add = io.KeyCtrl] {
        if (add)
            m_selection.toggle(inside);
        else
            m_selection.choose(inside);
    });
}

Positions PointCloudCanvas::positionsInside() const
{
    Positions out;
    for (std::size_t i = 0; i < m_places.size(); ++i) {
        if (m_cloud->points[i].position >= 0 && isInside(m_drag, ImVec2(m_places[i].x, m_places[i].y)))
            out.push_back(m_cloud->points[i].position);
    }
    return out;
}

void PointCloudCanvas::collectMarks()
{
    std::int64_t last = -1;
    for (const CloudPoint& point : m_cloud->points)
        last = std::max(last, point.position);
    std::vector<std::uint8_t> byPosition(static_cast<std::size_t>(last + 1), Plain);
    m_anyChosen = false;
    const auto mark = [&byPosition](const Positions& positions, Mark as) {
        bool any = false;
        for (const std::int64_t position : positions) {
            if (position >= 0 && position < static_cast<std::int64_t>(byPosition.size())) {
                byPosition[static_cast<std::size_t>(position)] |= as;
                any = true;
            }
        }
        return any;
    };
    m_anyChosen = mark(m_selection.chosen(), Chosen);
    mark(m_selection.hovered(), Hovered);
    m_marks.assign(m_cloud->points.size(), Plain);
    for (std::size_t i = 0; i < m_marks.size(); ++i) {
        if (m_cloud->points[i].position >= 0)
            m_marks[i] = byPosition[static_cast<std::size_t>(m_cloud->points[i].position)];
    }
}

void PointCloudCanvas::drawGround(ImDrawList& list, const ImVec2& size)
{
    const Positions& hovered = m_trails ? m_selection.hovered() : m_groundHovered;
    if (m_groundChosen != m_selection.chosen() || m_groundHovered != hovered || m_groundTheme != &colors()) {
        m_groundChosen = m_selection.chosen();
        m_groundHovered = hovered;
        m_groundTheme = &colors();
        m_ground.forget();
    }
    m_ground.draw(list, colors().base, [this, &size](ImDrawList& ground) {
        drawAxes(ground, size);
        if (m_trails)
            drawTrails(ground);
        drawPoints(ground, size);
    });
}

void PointCloudCanvas::drawTrails(ImDrawList& list) const
{
    const ThemeColors& theme = colors();
    // A chosen cell's way stands out; without a choice all are faint.
    const ImU32 faint = canvasColor(theme.muted, m_anyChosen ? 0.10 : 0.22);
    const ImU32 strong = canvasColor(theme.accent, 0.9);
    for (const auto& [from, to] : m_cloud->trails) {
        const auto a = static_cast<std::size_t>(from);
        const auto b = static_cast<std::size_t>(to);
        const bool marked = (m_marks[a] | m_marks[b]) != Plain;
        list.AddLine(ImVec2(m_places[a].x, m_places[a].y), ImVec2(m_places[b].x, m_places[b].y),
                     marked ? strong : faint, marked ? 2.0F : 1.0F);
    }
}

void PointCloudCanvas::drawPoint(ImDrawList& list, std::size_t point, float radius, ImU32 color) const
{
    const Place& place = m_places[point];
    const ImVec2 centre(place.x, place.y);
    radius *= place.size;
    switch (m_cloud->points[point].kind) {
    case TokenKind::World: addDisc(list, centre, radius, color); break;
    case TokenKind::Image: addSquare(list, centre, radius * 0.9F, color); break;
    default: addDiamond(list, centre, radius * 1.25F, color);
    }
}

void PointCloudCanvas::drawPoints(ImDrawList& list, const ImVec2& size)
{
    const ThemeColors& theme = colors();
    const ImU32 grey = canvasColor(theme.muted, 0.32);
    const ImU32 unknown = canvasColor(theme.muted, 0.55);
    const float radius = baseRadius();
    m_drawnPoints = 0;
    const auto drawAll = [&](bool chosen) {
        for (std::size_t i = 0; i < m_places.size(); ++i) {
            const std::size_t point = m_order.empty() ? i : static_cast<std::size_t>(m_order[i]);
            const bool isGrey = m_anyChosen && (m_marks[point] & Chosen) == 0;
            if (isGrey == chosen || !isInView(m_places[point], size))
                continue;
            ++m_drawnPoints;
            const QRgb color = point < m_colors.size() ? m_colors[point] : 0;
            const ImU32 own = qAlpha(color) == 0 ? unknown : IM_COL32(qRed(color), qGreen(color), qBlue(color), 225);
            drawPoint(list, point, m_anyChosen && chosen ? radius * 1.2F : radius, isGrey ? grey : own);
        }
    };
    // Grey ones below.
    if (m_anyChosen)
        drawAll(false);
    drawAll(true);
}

void PointCloudCanvas::drawHovered(ImDrawList& list) const
{
    const ThemeColors& theme = colors();
    const float radius = baseRadius();
    for (std::size_t i = 0; i < m_marks.size(); ++i) {
        if ((m_marks[i] & Hovered) == 0)
            continue;
        const QRgb color = i < m_colors.size() ? m_colors[i] : 0;
        drawPoint(list, i, radius * 1.5F,
                  qAlpha(color) == 0 ? canvasColor(theme.muted)
                                     : IM_COL32(qRed(color), qGreen(color), qBlue(color), 255));
        const ImVec2 centre(m_places[i].x, m_places[i].y);
        list.AddCircle(centre, radius * m_places[i].size * 1.5F + 3, canvasColor(theme.text), 20, 2);
    }
}

void PointCloudCanvas::drawThumbnails(ImDrawList& list, const ImVec2& size)
{
    m_drawnThumbnails = 0;
    if (!m_pictures || zoom() < kThumbnailZoom)
        return;
    std::vector<std::size_t> inView;
    for (std::size_t i = 0; i < m_places.size(); ++i) {
        const TokenKind kind = m_cloud->points[i].kind;
        if ((kind != TokenKind::Image && kind != TokenKind::World) || m_cloud->points[i].position < 0 ||
            !isInView(m_places[i], size))
            continue;
        inView.push_back(i);
        if (static_cast<int>(inView.size()) > kMostThumbnails)
            return;
    }
    for (const std::size_t i : inView) {
        const QImage picture = m_crops.of(m_cloud->points[i].position);
        if (picture.isNull())
            continue;
        const ImVec2 low(m_places[i].x + 5, m_places[i].y + 5);
        const ImVec2 high(low.x + kThumbnailSide, low.y + kThumbnailSide);
        m_textures.draw(list, picture, low, high);
        const QRgb color = i < m_colors.size() ? m_colors[i] : 0;
        list.AddRect(low, high, IM_COL32(qRed(color), qGreen(color), qBlue(color), 255), 0, 1.5F);
        ++m_drawnThumbnails;
    }
}

void PointCloudCanvas::drawDrag(ImDrawList& list) const
{
    if (!m_dragging || m_drag.size() < 2)
        return;
    const QColor accent = colors().accent;
    if (!m_freehand) {
        const ImVec2 low(std::min(m_drag[0].x, m_drag[1].x), std::min(m_drag[0].y, m_drag[1].y));
        const ImVec2 high(std::max(m_drag[0].x, m_drag[1].x), std::max(m_drag[0].y, m_drag[1].y));
        list.AddRectFilled(low, high, canvasColor(accent, 0.15));
        list.AddRect(low, high, canvasColor(accent), 0, 1.5F);
        return;
    }
    for (std::size_t i = 1; i < m_drag.size(); ++i)
        list.AddLine(m_drag[i - 1], m_drag[i], canvasColor(accent), 1.5F);
    list.AddLine(m_drag.back(), m_drag.front(), canvasColor(accent, 0.5), 1.5F);
}

void PointCloudCanvas::drawPointerNote(ImDrawList& list, const ImVec2& size)
{
    if (!m_pointed)
        return;
    const auto point = static_cast<std::size_t>(*m_pointed);
    const QImage picture = m_cloud->points[point].position < 0 ? QImage() : m_crops.of(m_cloud->points[point].position);
    const QByteArray text = m_describe ? m_describe(*m_pointed).join(QLatin1Char('\n')).toUtf8() : QByteArray();
    const float fontSize = smallFontSize();
    const ImVec2 side(picture.isNull() ? 0 : static_cast<float>(picture.width()) + 8,
                      picture.isNull() ? 0 : static_cast<float>(picture.height()));
    // Long lines are broken where the canvas is narrow.
    const float wrap = std::max(60.0F, size.x - side.x - 24);
    const ImVec2 extent = ImGui::GetFont()->CalcTextSizeA(fontSize, FLT_MAX, wrap, text.constData());
    const ImVec2 room(side.x + extent.x + 12, std::max(side.y, extent.y) + 10);
    // On the side of the point that has room.
    const float right = m_places[point].x + 16;
    const float below = m_places[point].y + 16;
    const float left = right + room.x > size.x - 4 ? std::max(4.0F, m_places[point].x - 16 - room.x) : right;
    const float top = below + room.y > size.y - 4 ? std::max(4.0F, m_places[point].y - 16 - room.y) : below;
    list.AddRectFilled(ImVec2(left, top), ImVec2(left + room.x, top + room.y), IM_COL32(0, 0, 0, 215), 5);
    if (!picture.isNull())
        m_textures.draw(list, picture, ImVec2(left + 5, top + 5),
                        ImVec2(left + side.x - 3, top + 5 + static_cast<float>(picture.height())));
    list.AddText(nullptr, fontSize, ImVec2(left + 6 + side.x, top + 5), IM_COL32(255, 255, 255, 255), text.constData(),
                 nullptr, wrap);
}

void PointCloudCanvas::drawFrame(ImDrawList& list, const ImVec2& size)
{
    if (navigate(size))
        m_placesStale = true;
    place(size);
    readPointer(size);
    collectMarks();
    drawGround(list, size);
    drawAxisNames(list, size);
    drawThumbnails(list, size);
    drawHovered(list);
    drawDrag(list);
    drawPointerNote(list, size);
}

}  // namespace armillary::widgets
