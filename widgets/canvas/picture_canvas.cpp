#include "widgets/canvas/picture_canvas.h"

#include "widgets/kind_colors.h"
#include "widgets/theme.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace armillary::widgets {
namespace {

constexpr std::int64_t kTextureBudgetBytes = 96LL << 20;
constexpr double kMargin = 10;
}  // namespace

PictureCanvas::PictureCanvas(const ShownRun& run, Selection& selection, const OverlayStack& overlays, QWidget* parent)
    : ImguiCanvas(parent),
      m_run(&run),
      m_selection(selection),
      m_painter(run, selection, overlays),
      m_textures(stage(), kTextureBudgetBytes)
{
    setAccessibleName(tr("Picture"));
    setAccessibleDescription(tr("The chosen picture or frame, painted by the overlay layers, with the pixels of the "
                                "highlighted tokens framed. The token table holds the same tokens as text."));
    refresh();
}

void PictureCanvas::setPicture(const QImage& picture, const QSize& sourceSize)
{
    // Frames of one video keep the view; another shape starts fitted.
    if (sourceSize != m_sourceSize)
        zoomToFit();
    m_picture = picture;
    m_sourceSize = sourceSize;
    update();
}

void PictureCanvas::setRunMedia(std::optional<int> media)
{
    m_runMedia = media;
    findGrids();
}

void PictureCanvas::setTokens(PictureTokens tokens, int latentFrame)
{
    m_tokens = tokens;
    m_latentFrame = latentFrame;
    findGrids();
}

void PictureCanvas::setSources(const ShownRun& run, const OverlayStack& overlays)
{
    m_run = &run;
    m_painter.setSources(run, overlays);
    findGrids();
}

void PictureCanvas::refresh()
{
    m_painter.refresh();
    findGrids();
}

void PictureCanvas::findGrids()
{
    m_drawnGrids.clear();
    const std::vector<PlacedGrid>& grids = m_painter.grids();
    for (std::size_t i = 0; m_runMedia && i < grids.size(); ++i) {
        const TokenGrid& grid = grids[i].grid;
        if (grid.media != *m_runMedia)
            continue;
        const bool isImage = grid.kind == TokenKind::Image;
        const bool isWanted = m_tokens == PictureTokens::Image   ? isImage && grid.crop <= 0
                              : m_tokens == PictureTokens::Crops ? isImage && grid.crop > 0
                                                                 : !isImage && grids[i].latentFrame == m_latentFrame;
        if (isWanted)
            m_drawnGrids.push_back(i);
    }
    m_tokensChanged = true;
    update();
}

Positions PictureCanvas::drawnAt(const QPointF& fraction) const
{
    Positions out;
    for (const std::size_t index : m_drawnGrids) {
        if (const std::int64_t at = m_painter.grids()[index].positionFromPoint(fraction.y(), fraction.x()); at >= 0)
            out.push_back(at);
    }
    return out;
}

Positions PictureCanvas::drawnInside(const QRectF& fractions) const
{
    Positions out;
    for (const std::size_t index : m_drawnGrids) {
        const Positions inside = m_painter.grids()[index].positionsInside(
            {fractions.top(), fractions.left(), fractions.bottom(), fractions.right()});
        out.insert(out.end(), inside.begin(), inside.end());
    }
    return out;
}

bool PictureCanvas::isDrawn(std::int64_t position) const
{
    // Pixels of a token are shown whichever grid is painted, but for latent frames: all of them lie on each other.
    const TokenOrigin origin = m_run->originAt(position);
    return m_runMedia && origin.media == *m_runMedia &&
           (m_run->kindAt(position) != TokenKind::World || m_tokens != PictureTokens::World ||
            origin.latentFrame == m_latentFrame);
}

void PictureCanvas::zoomToFit()
{
    m_zoom = 1;
    m_offset = {};
    update();
}

QRectF PictureCanvas::fittedRect() const
{
    if (m_sourceSize.isEmpty())
        return {};
    const QSizeF room(std::max(10.0, width() - 2 * kMargin), std::max(10.0, height() - 2 * kMargin));
    QSizeF fitted = QSizeF(m_sourceSize).scaled(room, Qt::KeepAspectRatio);
    // A small picture is not blown up beyond what shows its pixels well.
    const double most = 4.0 * m_sourceSize.width();
    if (fitted.width() > most)
        fitted = QSizeF(m_sourceSize) * 4.0;
    return {QPointF((width() - fitted.width()) / 2, (height() - fitted.height()) / 2), fitted};
}

QRectF PictureCanvas::pictureRect() const
{
    const QRectF fitted = fittedRect();
    const QSizeF zoomed = fitted.size() * m_zoom;
    const QPointF centre = fitted.center() + m_offset;
    return {centre - QPointF(zoomed.width() / 2, zoomed.height() / 2), zoomed};
}

void PictureCanvas::hoverPixel(const std::optional<QPointF>& fraction)
{
    Positions positions;
    if (fraction && m_runMedia) {
        // Every token that stands for the pixel, but of a world only the frame that is looked at.
        for (const PlacedGrid& grid : m_painter.grids()) {
            const bool isOtherFrame = grid.grid.kind == TokenKind::World && grid.latentFrame != m_latentFrame;
            if (grid.grid.media != *m_runMedia || isOtherFrame)
                continue;
            if (const std::int64_t at = grid.positionFromPoint(fraction->y(), fraction->x()); at >= 0)
                positions.push_back(at);
        }
    }
    if (positions.empty()) {
        m_selection.endHover(m_hovering);
        return;
    }
    m_hovering = positions;
    m_selection.hover(std::move(positions));
}

void PictureCanvas::handleInput(const ImVec2& size)
{
    const ImGuiIO& io = ImGui::GetIO();
    const ImVec2 mouse = io.MousePos;
    const bool inside = mouse.x >= 0 && mouse.y >= 0 && mouse.x < size.x && mouse.y < size.y;
    if (inside && io.MouseWheel != 0) {
        const double before = m_zoom;
        m_zoom = std::clamp(m_zoom * std::pow(1.2, io.MouseWheel), 1.0, 40.0);
        // The pixel under the pointer stays under it.
        const QPointF pointer(mouse.x, mouse.y);
        const QPointF centre = fittedRect().center();
        m_offset = pointer - centre - (pointer - centre - m_offset) * (m_zoom / before);
        if (m_zoom == 1.0)
            m_offset = {};
    }
    const bool moving =
        ImGui::IsMouseDragging(ImGuiMouseButton_Middle) || (io.KeyAlt && ImGui::IsMouseDragging(ImGuiMouseButton_Left));
    if (moving && m_zoom > 1) {
        m_offset += QPointF(io.MouseDelta.x, io.MouseDelta.y);
        ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeAll);
    }
    const QRectF rect = pictureRect();
    const std::optional<QPointF> wasPointed = std::exchange(m_pointed, std::nullopt);
    if (inside && rect.contains(mouse.x, mouse.y))
        m_pointed = fractionFrom(mouse);
    const bool isOther = std::exchange(m_tokensChanged, false) && m_pointed;
    if (m_pointed != wasPointed || isOther)
        afterFrame([this, pointed = m_pointed] { hoverPixel(pointed); });
    handleButtons(inside);
}

QPointF PictureCanvas::fractionFrom(const ImVec2& point) const
{
    const QRectF rect = pictureRect();
    return {(point.x - rect.left()) / rect.width(), (point.y - rect.top()) / rect.height()};
}

void PictureCanvas::handleButtons(bool inside)
{
    const ImGuiIO& io = ImGui::GetIO();
    if (inside && ImGui::IsMouseClicked(ImGuiMouseButton_Left)) {
        m_pressedAt = io.MousePos;
        if (!io.KeyAlt)
            m_boxCorner = fractionFrom(io.MousePos);
    }
    m_box.reset();
    // ImGui's own measure misses what was dragged within the frame of the release.
    const double moved = std::hypot(io.MousePos.x - m_pressedAt.x, io.MousePos.y - m_pressedAt.y);
    const float threshold = io.MouseDragThreshold;
    const bool dragged =
        moved >= threshold || io.MouseDragMaxDistanceSqr[ImGuiMouseButton_Left] >= threshold * threshold;
    if (m_boxCorner && dragged)
        m_box = QRectF(*m_boxCorner, fractionFrom(io.MousePos)).normalized();
    if (!ImGui::IsMouseReleased(ImGuiMouseButton_Left))
        return;
    const std::optional<QRectF> box = m_box;
    m_box.reset();
    if (!m_boxCorner && !io.KeyAlt)
        return;
    m_boxCorner.reset();
    if (dragged && !box)
        return;  // the picture was moved
    Positions positions = box ? drawnInside(*box) : m_pointed ? drawnAt(*m_pointed) : Positions();
    if (!box && positions.empty())
        positions = m_selection.hovered();
    afterFrame([this, positions, add = io.KeyCtrl, extend = io.KeyShift, query = io.KeyAlt, isBox = box.has_value()] {
        if (query) {
            if (positions.empty())
                return;
            Focus focus = m_selection.focus();
            focus.query = positions.front();
            m_selection.setFocus(focus);
        } else if (extend && isBox) {
            Positions all = m_selection.chosen();
            all.insert(all.end(), positions.begin(), positions.end());
            m_selection.choose(all);
        } else if (extend && !positions.empty()) {
            m_selection.extendTo(positions.front());
        } else if (add) {
            m_selection.toggle(positions);
        } else {
            m_selection.choose(positions);
        }
    });
}

void PictureCanvas::drawBox(ImDrawList& list) const
{
    if (!m_box)
        return;
    const QRectF rect = pictureRect();
    const ImVec2 low(static_cast<float>(rect.left() + m_box->left() * rect.width()),
                     static_cast<float>(rect.top() + m_box->top() * rect.height()));
    const ImVec2 high(static_cast<float>(rect.left() + m_box->right() * rect.width()),
                      static_cast<float>(rect.top() + m_box->bottom() * rect.height()));
    list.AddRectFilled(low, high, canvasColor(colors().accent, 0.18));
    list.AddRect(low, high, IM_COL32(0, 0, 0, 160), 0, 3);
    list.AddRect(low, high, canvasColor(colors().accent), 0, 1.5F);
}

void PictureCanvas::drawPointerLabel(ImDrawList& list, const ImVec2& size) const
{
    if (!m_pointed)
        return;
    const int x = std::clamp(static_cast<int>(m_pointed->x() * m_sourceSize.width()), 0, m_sourceSize.width() - 1);
    const int y = std::clamp(static_cast<int>(m_pointed->y() * m_sourceSize.height()), 0, m_sourceSize.height() - 1);
    QString words = QStringLiteral("x %1  y %2").arg(x).arg(y);
    if (m_runMedia) {
        for (const std::int64_t position : m_selection.hovered()) {
            if (position >= m_run->size())
                continue;
            words += QStringLiteral("   %1 %2").arg(kindName(m_run->kindAt(position))).arg(position);
            if (const QString value = m_painter.valueWords(position); !value.isEmpty())
                words += QStringLiteral(": ") + value;
        }
    }
    const QByteArray text = words.left(120).toUtf8();
    const float fontSize = smallFontSize();
    const ImVec2 extent = ImGui::GetFont()->CalcTextSizeA(fontSize, FLT_MAX, 0, text.constData());
    const ImVec2 low(8, size.y - extent.y - 14);
    list.AddRectFilled(low, ImVec2(low.x + extent.x + 14, low.y + extent.y + 8), IM_COL32(0, 0, 0, 190), 5);
    list.AddText(nullptr, fontSize, ImVec2(low.x + 7, low.y + 4), IM_COL32(255, 255, 255, 255), text.constData());
}

void PictureCanvas::drawFrame(ImDrawList& list, const ImVec2& size)
{
    if (m_picture.isNull())
        return;
    handleInput(size);
    const QRectF rect = pictureRect();
    const ImVec2 low(static_cast<float>(rect.left()), static_cast<float>(rect.top()));
    const ImVec2 high(static_cast<float>(rect.right()), static_cast<float>(rect.bottom()));
    m_textures.draw(list, m_picture, low, high);
    if (m_runMedia && m_run->layout() != nullptr) {
        for (const std::size_t index : m_drawnGrids)
            m_painter.draw(list, m_textures, index, rect, colors());
        m_drawnBoxes = m_painter.drawFrames(list, rect, colors(), [this](std::int64_t at) { return isDrawn(at); });
    } else {
        m_drawnBoxes = 0;
    }
    drawBox(list);
    drawPointerLabel(list, size);
}

}  // namespace armillary::widgets
