#include "widgets/canvas/world_film_canvas.h"

#include "widgets/theme.h"
#include "widgets/token_description.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace armillary::widgets {
namespace {

constexpr std::int64_t kTextureBudgetBytes = 96LL << 20;
constexpr double kMargin = 10;
constexpr double kRulerTop = 4;
constexpr double kBar = 15;

ImVec2 low(const QRectF& rect)
{
    return {static_cast<float>(rect.left()), static_cast<float>(rect.top())};
}

ImVec2 high(const QRectF& rect)
{
    return {static_cast<float>(rect.right()), static_cast<float>(rect.bottom())};
}

}  // namespace

WorldFilmCanvas::WorldFilmCanvas(const ShownRun& run, Selection& selection, const OverlayStack& overlays,
                                 QWidget* parent)
    : ImguiCanvas(parent),
      m_run(&run),
      m_selection(selection),
      m_painter(run, selection, overlays),
      m_textures(stage(), kTextureBudgetBytes)
{
    setAccessibleName(tr("World filmstrip"));
    setAccessibleDescription(tr("Every latent frame of the world with its tokens, painted by the overlay layers. The "
                                "token table holds the same tokens as text."));
}

void WorldFilmCanvas::setSources(const ShownRun& run, const OverlayStack& overlays)
{
    m_run = &run;
    m_painter.setSources(run, overlays);
    update();
}

void WorldFilmCanvas::refresh()
{
    m_painter.refresh();
    update();
}

void WorldFilmCanvas::setTiles(std::vector<WorldTile> tiles, double aspect)
{
    m_tiles = std::move(tiles);
    m_aspect = aspect > 0 ? aspect : 1;
    m_scroll = 0;
    m_pictureWidth.reset();
    m_pointedTile.reset();
    m_boxTile.reset();
    update();
}

void WorldFilmCanvas::setPicture(int tile, const QImage& picture)
{
    if (tile >= 0 && tile < static_cast<int>(m_tiles.size()))
        m_tiles[static_cast<std::size_t>(tile)].picture = picture;
    update();
}

void WorldFilmCanvas::setCurrent(std::optional<int> latentFrame)
{
    if (m_current == latentFrame)
        return;
    m_current = latentFrame;
    m_reveal = true;
    update();
}

void WorldFilmCanvas::zoomToFit()
{
    m_pictureWidth.reset();
    m_scroll = 0;
    update();
}

void WorldFilmCanvas::zoomBy(int steps)
{
    m_pictureWidth = m_layout.pictureWidth * std::pow(1.25, steps);
    m_reveal = m_current.has_value();
    update();
}

float WorldFilmCanvas::rulerHeight() const
{
    return static_cast<float>(kRulerTop + kBar) + smallFontSize() + 8;
}

void WorldFilmCanvas::arrange(const ImVec2& size)
{
    const double width = std::max(40.0, size.x - 2 * kMargin);
    const double room = std::max(20.0, static_cast<double>(size.y) - rulerHeight());
    m_layout =
        layoutWorldFilm(static_cast<int>(m_tiles.size()), m_aspect, width, room, smallFontSize() + 5.0, m_pictureWidth);
    if (m_reveal && m_current && *m_current < m_layout.tiles) {
        const QRectF title = m_layout.titleOf(*m_current);
        const double bottom = m_layout.pictureOf(*m_current).bottom();
        if (title.top() < m_scroll || bottom - title.top() > room)
            m_scroll = title.top();
        else if (bottom > m_scroll + room)
            m_scroll = bottom - room;
    }
    m_reveal = false;
    m_scroll = std::clamp(m_scroll, 0.0, std::max(0.0, m_layout.contentHeight() - m_layout.gap - room));
}

QRectF WorldFilmCanvas::pictureRect(int tile) const
{
    return m_layout.pictureOf(tile).translated(kMargin, rulerHeight() - m_scroll);
}

QPoint WorldFilmCanvas::pointFromPosition(std::int64_t position) const
{
    const TokenOrigin origin = m_run->originAt(position);
    for (std::size_t tile = 0; tile < m_tiles.size(); ++tile) {
        if (m_tiles[tile].latentFrame != origin.latentFrame)
            continue;
        const PixelBox box = m_run->boxAt(position);
        const QRectF rect = pictureRect(static_cast<int>(tile));
        return QPointF(rect.left() + (box.left + box.right) / 2 * rect.width(),
                       rect.top() + (box.top + box.bottom) / 2 * rect.height())
            .toPoint();
    }
    return {};
}

QRectF WorldFilmCanvas::rulerSegment(int tile, double width) const
{
    const double frames = m_tiles.empty() ? 1 : m_tiles.back().lastFrame + 1.0;
    const WorldTile& each = m_tiles[static_cast<std::size_t>(tile)];
    const double room = width - 2 * kMargin;
    const double left = kMargin + room * each.firstFrame / frames;
    return {left, kRulerTop, kMargin + room * (each.lastFrame + 1) / frames - left, kBar};
}

QPoint WorldFilmCanvas::pointOnRuler(int tile) const
{
    return rulerSegment(tile, width()).center().toPoint();
}

QPointF WorldFilmCanvas::fractionIn(int tile, const ImVec2& point) const
{
    const QRectF rect = pictureRect(tile);
    return {(point.x - rect.left()) / rect.width(), (point.y - rect.top()) / rect.height()};
}

void WorldFilmCanvas::handleInput(const ImVec2& size)
{
    const ImGuiIO& io = ImGui::GetIO();
    const ImVec2 mouse = io.MousePos;
    const bool inside = mouse.x >= 0 && mouse.y >= 0 && mouse.x < size.x && mouse.y < size.y;
    if (inside && io.MouseWheel != 0) {
        if (io.KeyCtrl) {
            // The place under the pointer stays at its height.
            const double place = (mouse.y - rulerHeight() + m_scroll) / std::max(1.0, m_layout.contentHeight());
            m_pictureWidth = m_layout.pictureWidth * std::pow(1.2, io.MouseWheel);
            arrange(size);
            m_scroll = place * m_layout.contentHeight() - (mouse.y - rulerHeight());
        } else {
            m_scroll -= io.MouseWheel * 60;
        }
        arrange(size);
    }
    const std::int64_t wasPointed = std::exchange(m_pointed, -1);
    m_pointedTile.reset();
    const bool onRuler = inside && mouse.y < rulerHeight();
    for (int tile = 0; onRuler && tile < m_layout.tiles; ++tile) {
        const QRectF segment = rulerSegment(tile, size.x);
        if (mouse.x >= segment.left() && mouse.x < segment.right())
            m_pointedTile = tile;
    }
    if (inside && !onRuler)
        m_pointedTile = m_layout.tileFromPoint(mouse.x - kMargin, mouse.y - rulerHeight() + m_scroll);
    if (m_pointedTile && !onRuler) {
        const QPointF at = fractionIn(*m_pointedTile, mouse);
        const std::size_t grid = m_tiles[static_cast<std::size_t>(*m_pointedTile)].grid;
        m_pointed = m_painter.grids()[grid].positionFromPoint(at.y(), at.x());
    }
    if (m_pointed >= 0 && (m_pointed != wasPointed || hasPointerMoved()))
        afterFrame([this, position = m_pointed] { m_selection.hover({position}); });
    else if (m_pointed < 0 && m_wasPointing)
        afterFrame([this, own = m_selection.hovered()] { m_selection.endHover(own); });
    m_wasPointing = m_pointed >= 0;
    if (m_pointedTile && m_pointed < 0) {
        ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
        if (ImGui::IsMouseClicked(ImGuiMouseButton_Left)) {
            const int latent = m_tiles[static_cast<std::size_t>(*m_pointedTile)].latentFrame;
            afterFrame([this, latent] { Q_EMIT latentFrameChosen(latent); });
            return;
        }
    }
    handleButtons();
}

void WorldFilmCanvas::handleButtons()
{
    const ImGuiIO& io = ImGui::GetIO();
    if (ImGui::IsMouseClicked(ImGuiMouseButton_Left) && m_pointed >= 0) {
        m_boxTile = m_pointedTile;
        m_boxCorner = fractionIn(*m_boxTile, io.MousePos);
        m_pressedAt = io.MousePos;
    }
    m_box.reset();
    if (!m_boxTile)
        return;
    // ImGui's own measure misses what was dragged within the frame of the release.
    const double moved = std::hypot(io.MousePos.x - m_pressedAt.x, io.MousePos.y - m_pressedAt.y);
    const float threshold = io.MouseDragThreshold;
    if (moved >= threshold || io.MouseDragMaxDistanceSqr[ImGuiMouseButton_Left] >= threshold * threshold)
        m_box = QRectF(m_boxCorner, fractionIn(*m_boxTile, io.MousePos)).normalized() & QRectF(0, 0, 1, 1);
    if (!ImGui::IsMouseReleased(ImGuiMouseButton_Left))
        return;
    const PlacedGrid& grid = m_painter.grids()[m_tiles[static_cast<std::size_t>(*m_boxTile)].grid];
    if (m_box)
        choose(grid.positionsInside({m_box->top(), m_box->left(), m_box->bottom(), m_box->right()}), true, io);
    else if (m_pointed >= 0)
        choose({m_pointed}, false, io);
    m_box.reset();
    m_boxTile.reset();
}

void WorldFilmCanvas::choose(Positions positions, bool isBox, const ImGuiIO& io)
{
    if (positions.empty())
        return;
    afterFrame(
        [this, positions = std::move(positions), isBox, add = io.KeyCtrl, extend = io.KeyShift, query = io.KeyAlt] {
            if (query) {
                Focus focus = m_selection.focus();
                focus.query = positions.front();
                m_selection.setFocus(focus);
            } else if (extend && isBox) {
                Positions all = m_selection.chosen();
                all.insert(all.end(), positions.begin(), positions.end());
                m_selection.choose(all);
            } else if (extend) {
                m_selection.extendTo(positions.front());
            } else if (add) {
                m_selection.toggle(positions);
            } else {
                m_selection.choose(positions);
            }
        });
}

void WorldFilmCanvas::drawRuler(ImDrawList& list, const ImVec2& size) const
{
    const ThemeColors& theme = colors();
    ImFont* font = ImGui::GetFont();
    const float small = smallFontSize();
    float freeFrom = 0;
    for (int tile = 0; tile < m_layout.tiles; ++tile) {
        const WorldTile& each = m_tiles[static_cast<std::size_t>(tile)];
        const QRectF segment = rulerSegment(tile, size.x).adjusted(0.5, 0, -0.5, 0);
        const bool isCurrent = m_current == each.latentFrame;
        const QColor fill = isCurrent               ? theme.accent
                            : m_pointedTile == tile ? theme.muted
                            : tile % 2 == 0         ? theme.border
                                                    : theme.raised;
        list.AddRectFilled(low(segment), high(segment), canvasColor(fill), 2);
        const QByteArray name = QByteArray("t") + QByteArray::number(each.latentFrame);
        const ImVec2 extent = font->CalcTextSizeA(small * 0.9F, FLT_MAX, 0, name.constData());
        if (extent.x + 4 <= segment.width()) {
            const QColor ink = isCurrent ? theme.onAccent : m_pointedTile == tile ? theme.base : theme.text;
            list.AddText(font, small * 0.9F,
                         ImVec2(static_cast<float>(segment.center().x()) - extent.x / 2,
                                static_cast<float>(segment.center().y()) - extent.y / 2),
                         canvasColor(ink), name.constData());
        }
        // The number of the first frame of each latent frame, where there is room.
        const QByteArray number = QByteArray::number(each.firstFrame);
        const ImVec2 wide = font->CalcTextSizeA(small * 0.9F, FLT_MAX, 0, number.constData());
        const auto left = static_cast<float>(segment.left());
        if (left >= freeFrom && left + wide.x <= size.x) {
            list.AddText(font, small * 0.9F, ImVec2(left, static_cast<float>(kRulerTop + kBar) + 1),
                         canvasColor(theme.muted), number.constData());
            freeFrom = left + wide.x + 6;
        }
    }
}

QByteArray WorldFilmCanvas::titleOf(const WorldTile& tile, float room) const
{
    const QString name = QStringLiteral("t%1").arg(tile.latentFrame);
    const QString numbers = tile.firstFrame == tile.lastFrame
                                ? QString::number(tile.firstFrame)
                                : QStringLiteral("%1–%2").arg(tile.firstFrame).arg(tile.lastFrame);
    const QString frames =
        tile.firstFrame == tile.lastFrame ? tr("frame %1").arg(numbers) : tr("frames %1").arg(numbers);
    const QString dot = QStringLiteral(" · ");
    const QString origin = tile.origin.isEmpty() ? QString() : dot + tile.origin;
    for (const QString& words : {name + dot + frames + origin, name + dot + numbers + origin, name + dot + numbers}) {
        const QByteArray text = words.toUtf8();
        if (ImGui::GetFont()->CalcTextSizeA(smallFontSize(), FLT_MAX, 0, text.constData()).x <= room)
            return text;
    }
    return name.toUtf8();
}

void WorldFilmCanvas::drawTile(ImDrawList& list, const ImVec2& size, int tile)
{
    const ThemeColors& theme = colors();
    const WorldTile& each = m_tiles[static_cast<std::size_t>(tile)];
    const QRectF rect = pictureRect(tile);
    if (rect.bottom() < rulerHeight() || rect.top() - m_layout.titleHeight > size.y)
        return;
    const bool isCurrent = m_current == each.latentFrame;
    const float small = smallFontSize();
    const ImVec2 at(static_cast<float>(rect.left()), static_cast<float>(rect.top() - m_layout.titleHeight) + 2);
    list.AddText(ImGui::GetFont(), small, at, canvasColor(isCurrent ? theme.accent : theme.text),
                 titleOf(each, static_cast<float>(rect.width())).constData());
    if (each.picture.isNull())
        list.AddRectFilled(low(rect), high(rect), canvasColor(theme.raised));
    else
        m_textures.draw(list, each.picture, low(rect), high(rect));
    m_painter.draw(list, m_textures, each.grid, rect, theme);
    list.AddRect(low(rect), high(rect), canvasColor(isCurrent ? theme.accent : theme.border), 0,
                 isCurrent ? 2.0F : 1.0F);
    m_painter.drawFrames(list, rect, theme, [this, &each](std::int64_t position) {
        return m_run->kindAt(position) == TokenKind::World && m_run->originAt(position).latentFrame == each.latentFrame;
    });
}

void WorldFilmCanvas::drawBox(ImDrawList& list) const
{
    if (!m_box || !m_boxTile)
        return;
    const QRectF rect = pictureRect(*m_boxTile);
    const QRectF box(rect.left() + m_box->left() * rect.width(), rect.top() + m_box->top() * rect.height(),
                     m_box->width() * rect.width(), m_box->height() * rect.height());
    list.AddRectFilled(low(box), high(box), canvasColor(colors().accent, 0.18));
    list.AddRect(low(box), high(box), canvasColor(colors().accent), 0, 1.5F);
}

void WorldFilmCanvas::drawTooltip(ImDrawList& list, const ImVec2& size) const
{
    if (m_pointed < 0)
        return;
    const TokenOrigin origin = m_run->originAt(m_pointed);
    QString words = tr("world %1 · t%2 · row %3, column %4")
                        .arg(m_pointed)
                        .arg(origin.latentFrame)
                        .arg(origin.row)
                        .arg(origin.column);
    if (const QString value = m_painter.valueWords(m_pointed); !value.isEmpty())
        words += QStringLiteral(" · ") + value;
    const QByteArray text = words.toUtf8();
    const float fontSize = smallFontSize();
    const ImVec2 extent = ImGui::GetFont()->CalcTextSizeA(fontSize, FLT_MAX, 0, text.constData());
    const float left = std::clamp(ImGui::GetIO().MousePos.x + 12, 2.0F, std::max(2.0F, size.x - extent.x - 16));
    const float top = size.y - extent.y - 12;
    list.AddRectFilled(ImVec2(left, top), ImVec2(left + extent.x + 14, top + extent.y + 8), IM_COL32(0, 0, 0, 200), 5);
    list.AddText(nullptr, fontSize, ImVec2(left + 7, top + 4), IM_COL32(255, 255, 255, 255), text.constData());
}

void WorldFilmCanvas::drawFrame(ImDrawList& list, const ImVec2& size)
{
    if (m_tiles.empty())
        return;
    arrange(size);
    handleInput(size);
    list.PushClipRect(ImVec2(0, rulerHeight() - 2), size);
    for (int tile = 0; tile < m_layout.tiles; ++tile)
        drawTile(list, size, tile);
    drawBox(list);
    list.PopClipRect();
    drawRuler(list, size);
    const double room = size.y - rulerHeight();
    const double content = m_layout.contentHeight() - m_layout.gap;
    if (content > room + 1) {
        const float x = size.x - 8;
        const auto top = static_cast<float>(rulerHeight() + room * m_scroll / content);
        const auto length = static_cast<float>(std::max(18.0, room * room / content));
        list.AddRectFilled(ImVec2(x, top), ImVec2(x + 6, top + length), canvasColor(colors().muted), 3);
    }
    drawTooltip(list, size);
}

}  // namespace armillary::widgets
