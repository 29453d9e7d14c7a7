#include "widgets/canvas/picture_canvas.h"

#include "widgets/kind_colors.h"
#include "widgets/theme.h"

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

constexpr std::int64_t kTextureBudgetBytes = 96LL << 20;
constexpr double kMargin = 10;
// Frames for so many boxes at most; more are filled only.
constexpr std::size_t kMostFrames = 300;

}  // namespace

PictureCanvas::PictureCanvas(const ShownRun& run, Selection& selection, QWidget* parent)
    : ImguiCanvas(parent), m_run(run), m_selection(selection), m_textures(kTextureBudgetBytes)
{
    setAccessibleName(tr("Picture"));
    setAccessibleDescription(tr("The chosen picture or frame, with the pixels of the highlighted tokens framed"));
}

PictureCanvas::~PictureCanvas()
{
    if (makeCurrent())
        m_textures.release();
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
    update();
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
    if (fraction && m_runMedia && m_run.layout() != nullptr) {
        for (const TokenKind kind : {TokenKind::Image, TokenKind::World}) {
            const auto found = m_run.layout()->tokensFromPoint(*m_runMedia, kind, fraction->y(), fraction->x());
            positions.insert(positions.end(), found.begin(), found.end());
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
    const bool dragging =
        ImGui::IsMouseDragging(ImGuiMouseButton_Left) || ImGui::IsMouseDragging(ImGuiMouseButton_Middle);
    if (dragging && m_zoom > 1) {
        m_offset += QPointF(io.MouseDelta.x, io.MouseDelta.y);
        ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeAll);
    }
    const QRectF rect = pictureRect();
    m_pointed.reset();
    if (inside && rect.contains(mouse.x, mouse.y))
        m_pointed = QPointF((mouse.x - rect.left()) / rect.width(), (mouse.y - rect.top()) / rect.height());
    if (m_pointed || m_wasPointing)
        afterFrame([this, pointed = m_pointed] { hoverPixel(pointed); });
    m_wasPointing = m_pointed.has_value();

    // A click, not the end of a drag.
    const float moved = io.MouseDragMaxDistanceSqr[ImGuiMouseButton_Left];
    if (inside && ImGui::IsMouseReleased(ImGuiMouseButton_Left) &&
        moved < io.MouseDragThreshold * io.MouseDragThreshold) {
        afterFrame([this, add = io.KeyCtrl] {
            if (add)
                m_selection.toggle(m_selection.hovered());
            else
                m_selection.choose(m_selection.hovered());
        });
    }
}

void PictureCanvas::drawBoxes(ImDrawList& list)
{
    m_drawnBoxes = 0;
    if (!m_runMedia || m_run.layout() == nullptr)
        return;
    const ThemeColors& theme = colors();
    const QRectF rect = pictureRect();
    const auto drawAll = [&](const Positions& positions, bool hovered) {
        for (const std::int64_t position : positions) {
            if (position >= m_run.prefillLength() || m_run.originAt(position).media != *m_runMedia)
                continue;
            const PixelBox box = m_run.boxAt(position);
            if (box.right <= box.left || box.bottom <= box.top)
                continue;
            const ImVec2 low(static_cast<float>(rect.left() + box.left * rect.width()),
                             static_cast<float>(rect.top() + box.top * rect.height()));
            const ImVec2 high(static_cast<float>(rect.left() + box.right * rect.width()),
                              static_cast<float>(rect.top() + box.bottom * rect.height()));
            const QColor color = kindColor(m_run.kindAt(position), theme.dark);
            list.AddRectFilled(low, high, canvasColor(color, hovered ? 0.30 : 0.38));
            ++m_drawnBoxes;
            if (positions.size() > kMostFrames)
                continue;
            // Dark under light, so that the frame shows on every picture.
            list.AddRect(ImVec2(low.x - 1, low.y - 1), ImVec2(high.x + 1, high.y + 1), IM_COL32(0, 0, 0, 190), 1.0F,
                         3.0F);
            list.AddRect(low, high, hovered ? IM_COL32(255, 255, 255, 255) : canvasColor(color), 1.0F, 1.5F);
        }
    };
    drawAll(m_selection.chosen(), false);
    drawAll(m_selection.hovered(), true);
}

void PictureCanvas::drawPointerLabel(ImDrawList& list, const ImVec2& size) const
{
    if (!m_pointed)
        return;
    const int x = std::clamp(static_cast<int>(m_pointed->x() * m_sourceSize.width()), 0, m_sourceSize.width() - 1);
    const int y = std::clamp(static_cast<int>(m_pointed->y() * m_sourceSize.height()), 0, m_sourceSize.height() - 1);
    QString words = QStringLiteral("x %1  y %2").arg(x).arg(y);
    if (m_runMedia) {
        for (const std::int64_t position : m_selection.hovered())
            words += QStringLiteral("   %1 %2").arg(kindName(m_run.kindAt(position))).arg(position);
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
    drawBoxes(list);
    drawPointerLabel(list, size);
}

}  // namespace armillary::widgets
