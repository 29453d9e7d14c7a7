#include "widgets/canvas/overlay_painter.h"

#include "widgets/canvas/imgui_canvas.h"
#include "widgets/kind_colors.h"
#include "widgets/overlay/overlay_legend.h"
#include "widgets/theme.h"

#include <algorithm>
#include <vector>

namespace armillary::widgets {
namespace {

constexpr int kVeilAlpha = 165;

struct Corners {
    ImVec2 low;
    ImVec2 high;
};

Corners cornersOf(const QRectF& picture, const PixelBox& box)
{
    return {ImVec2(static_cast<float>(picture.left() + box.left * picture.width()),
                   static_cast<float>(picture.top() + box.top * picture.height())),
            ImVec2(static_cast<float>(picture.left() + box.right * picture.width()),
                   static_cast<float>(picture.top() + box.bottom * picture.height()))};
}

}  // namespace

std::optional<std::size_t> OverlayPainter::find(TokenKind kind, int media, int crop, int latentFrame) const
{
    const std::vector<PlacedGrid>& all = grids();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const TokenGrid& grid = all[i].grid;
        const bool isWorld = kind == TokenKind::World;
        if (grid.kind == kind && grid.media == media &&
            (isWorld ? all[i].latentFrame == latentFrame : grid.crop == crop))
            return i;
    }
    return std::nullopt;
}

bool OverlayPainter::isAnyChosen(TokenKind kind) const
{
    const Positions& chosen = m_selection.chosen();
    return std::any_of(chosen.begin(), chosen.end(), [&](std::int64_t position) {
        return position < m_run->prefillLength() && m_run->kindAt(position) == kind;
    });
}

void OverlayPainter::draw(ImDrawList& list, TextureStore& textures, std::size_t index, const QRectF& picture,
                          const ThemeColors& theme)
{
    const PlacedGrid& grid = grids()[index];
    const auto [low, high] = cornersOf(picture, grid.grid.covers);
    const OverlayStack::Entry* top = nullptr;
    for (const OverlayStack::Entry& entry : m_overlays->entries()) {
        if (!m_overlays->isShown(entry))
            continue;
        if (!m_images.isBlank(index, entry))
            textures.drawCells(list, m_images.cells(index, entry), low, high, entry.opacity);
        if (!entry.layer.marks.empty())
            top = &entry;
    }
    // Of one layer only: two patterns over each other would be a third.
    if (top != nullptr) {
        for (const CellMark mark : {CellMark::Future, CellMark::OutsideWindow}) {
            std::vector<ImVec4> rects;
            for (const MarkedCells& cells : m_images.marks(index, *top)) {
                if (cells.mark != mark)
                    continue;
                const PixelBox first = grid.boxAt(cells.top, cells.left);
                const PixelBox last = grid.boxAt(cells.bottom - 1, cells.right - 1);
                const auto [from, to] = cornersOf(picture, {first.top, first.left, last.bottom, last.right});
                rects.emplace_back(from.x, from.y, to.x, to.y);
            }
            if (!rects.empty())
                textures.drawPattern(list, markPattern(mark), kPatternPixels, rects);
        }
    }
    if (isAnyChosen(grid.grid.kind)) {
        const QRgb veil = theme.dark ? qRgba(62, 65, 72, kVeilAlpha) : qRgba(168, 170, 176, kVeilAlpha);
        textures.drawCells(list, m_images.veil(index, m_selection.chosen(), veil), low, high, 1);
    }
}

bool OverlayPainter::drawBox(ImDrawList& list, const QRectF& picture, const ThemeColors& theme, std::int64_t position,
                             bool hovered, bool framed) const
{
    const PixelBox box = m_run->boxAt(position);
    if (box.right <= box.left || box.bottom <= box.top)
        return false;
    if (!framed)
        return true;
    const auto [low, high] = cornersOf(picture, box);
    const QColor color = kindColor(m_run->kindAt(position), theme.dark);
    // Cells of a filmstrip may be few pixels wide: a wide frame would cover them.
    const bool isSmall = high.x - low.x < 8;
    // Dark under light, so that the frame shows on every picture.
    list.AddRect(ImVec2(low.x - 1, low.y - 1), ImVec2(high.x + 1, high.y + 1), IM_COL32(0, 0, 0, 190), 1.0F,
                 isSmall ? 1.5F : 3.0F);
    list.AddRect(low, high, hovered ? IM_COL32(255, 255, 255, 255) : canvasColor(color), 1.0F, isSmall ? 1.0F : 1.5F);
    return true;
}

QString OverlayPainter::valueWords(std::int64_t position) const
{
    return overlayWords(*m_overlays, position);
}

}  // namespace armillary::widgets
