#include "widgets/canvas/latent_maps_canvas.h"

#include "widgets/theme.h"

#include <algorithm>

namespace armillary::widgets {
namespace {

constexpr std::int64_t kTextureBudgetBytes = 64LL << 20;
constexpr double kMargin = 10;
constexpr double kGap = 8;
constexpr double kLegendHeight = 30;

}  // namespace

TileGrid fitTiles(int count, double aspect, const QSizeF& room, double textHeight, double gap)
{
    TileGrid best;
    for (int columns = 1; columns <= std::max(1, count); ++columns) {
        const int rows = (count + columns - 1) / columns;
        const double cellWidth = (room.width() - gap * (columns - 1)) / columns;
        const double cellHeight = rows > 0 ? (room.height() - gap * (rows - 1)) / rows - textHeight : 0;
        const double width = std::max(1.0, std::min(cellWidth, cellHeight * aspect));
        if (width > best.width)
            best = {columns, rows, width, width / aspect};
    }
    return best;
}

LatentMapsCanvas::LatentMapsCanvas(const QString& name, QWidget* parent)
    : ImguiCanvas(parent), m_textures(stage(), kTextureBudgetBytes)
{
    setAccessibleName(name);
}

void LatentMapsCanvas::setTiles(std::vector<MapTile> tiles, double aspect)
{
    m_tiles = std::move(tiles);
    m_aspect = aspect > 0 ? aspect : 1;
    QStringList words;
    for (const MapTile& tile : m_tiles)
        words << QStringLiteral("%1: %2").arg(tile.title, tile.line);
    setAccessibleDescription(words.join(QStringLiteral("; ")));
    update();
}

void LatentMapsCanvas::setLegend(ColorScale scale, const QString& lowest, const QString& highest)
{
    m_legend = Legend{scale, lowest, highest};
    update();
}

void LatentMapsCanvas::clearLegend()
{
    m_legend.reset();
    update();
}

double LatentMapsCanvas::textHeight() const
{
    const bool twoLines =
        std::any_of(m_tiles.begin(), m_tiles.end(), [](const MapTile& tile) { return !tile.line.isEmpty(); });
    return (twoLines ? 2 : 1) * (smallFontSize() * 0.9 + 2) + 2;
}

QRectF LatentMapsCanvas::rectOf(int index, const QSizeF& size) const
{
    const QSizeF room(size.width() - 2 * kMargin, size.height() - 2 * kMargin - (m_legend ? kLegendHeight : 0));
    const TileGrid grid = fitTiles(static_cast<int>(m_tiles.size()), m_aspect, room, textHeight(), kGap);
    const double all = grid.columns * grid.width + (grid.columns - 1) * kGap;
    const double left = kMargin + std::max(0.0, room.width() - all) / 2 + (index % grid.columns) * (grid.width + kGap);
    const double title = smallFontSize() * 0.9 + 2;
    const double top = kMargin + title + (index / grid.columns) * (grid.height + textHeight() + kGap);
    return {left, top, grid.width, grid.height};
}

void LatentMapsCanvas::drawTile(ImDrawList& list, const MapTile& tile, const QRectF& rect)
{
    const ThemeColors& theme = colors();
    ImFont* font = ImGui::GetFont();
    const float small = smallFontSize() * 0.9F;
    const ImVec2 low(static_cast<float>(rect.left()), static_cast<float>(rect.top()));
    const ImVec2 high(static_cast<float>(rect.right()), static_cast<float>(rect.bottom()));
    const ImVec4 clip(low.x, 0, high.x + static_cast<float>(kGap) - 2, 100000);
    const QColor ink = tile.isUnusual ? theme.error : theme.text;
    list.AddText(font, small, ImVec2(low.x, low.y - small - 2), canvasColor(ink), tile.title.toUtf8().constData(),
                 nullptr, 0, &clip);
    if (tile.image.isNull())
        list.AddRect(low, high, canvasColor(theme.border), 2);
    else
        m_textures.draw(list, tile.image, low, high);
    if (tile.isUnusual || tile.isChosen)
        list.AddRect(ImVec2(low.x - 1, low.y - 1), ImVec2(high.x + 1, high.y + 1),
                     canvasColor(tile.isUnusual ? theme.error : theme.accent), 2, 2);
    // Numbers cut in half would be read wrongly: what does not fit is left to the tip.
    const QByteArray line = tile.line.toUtf8();
    if (font->CalcTextSizeA(small, FLT_MAX, 0, line.constData()).x <= static_cast<float>(rect.width() + kGap - 2))
        list.AddText(font, small, ImVec2(low.x, high.y + 2), canvasColor(tile.isUnusual ? theme.error : theme.muted),
                     line.constData());
}

void LatentMapsCanvas::drawLegend(ImDrawList& list, const ImVec2& size) const
{
    const ThemeColors& theme = colors();
    constexpr int kPieces = 48;
    const auto left = static_cast<float>(kMargin);
    const float width = std::min(size.x - 2 * left, 280.0F);
    const float top = size.y - static_cast<float>(kLegendHeight);
    for (int piece = 0; piece < kPieces; ++piece) {
        const float from = left + width * static_cast<float>(piece) / kPieces;
        const float to = left + width * static_cast<float>(piece + 1) / kPieces;
        list.AddRectFilled(ImVec2(from, top), ImVec2(to + 0.5F, top + 9),
                           canvasColor(QColor(scaleColor(m_legend->scale, (piece + 0.5) / kPieces))));
    }
    ImFont* font = ImGui::GetFont();
    const float small = smallFontSize() * 0.9F;
    list.AddText(font, small, ImVec2(left, top + 11), canvasColor(theme.muted), m_legend->lowest.toUtf8().constData());
    const QByteArray words = m_legend->highest.toUtf8();
    const ImVec2 extent = font->CalcTextSizeA(small, FLT_MAX, 0, words.constData());
    list.AddText(font, small, ImVec2(left + width - extent.x, top + 11), canvasColor(theme.muted), words.constData());
}

void LatentMapsCanvas::drawTip(ImDrawList& list, const ImVec2& size, const QString& tip) const
{
    const QByteArray text = tip.toUtf8();
    const float fontSize = smallFontSize();
    const ImVec2 extent = ImGui::GetFont()->CalcTextSizeA(fontSize, FLT_MAX, 0, text.constData());
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    const float left = std::clamp(mouse.x + 14, 2.0F, std::max(2.0F, size.x - extent.x - 16));
    const float top = std::clamp(mouse.y + 14, 2.0F, std::max(2.0F, size.y - extent.y - 12));
    list.AddRectFilled(ImVec2(left, top), ImVec2(left + extent.x + 14, top + extent.y + 8), IM_COL32(0, 0, 0, 215), 5);
    list.AddText(nullptr, fontSize, ImVec2(left + 7, top + 4), IM_COL32(255, 255, 255, 255), text.constData());
}

void LatentMapsCanvas::drawFrame(ImDrawList& list, const ImVec2& size)
{
    const ImGuiIO& io = ImGui::GetIO();
    std::optional<int> pointed;
    for (int i = 0; i < static_cast<int>(m_tiles.size()); ++i) {
        const QRectF rect = rectOf(i, QSizeF(size.x, size.y));
        drawTile(list, m_tiles[static_cast<std::size_t>(i)], rect);
        if (rect.contains(io.MousePos.x, io.MousePos.y))
            pointed = i;
    }
    if (m_legend)
        drawLegend(list, size);
    if (!pointed)
        return;
    const MapTile& tile = m_tiles[static_cast<std::size_t>(*pointed)];
    if (ImGui::IsMouseClicked(ImGuiMouseButton_Left))
        afterFrame([this, index = *pointed] { Q_EMIT tileClicked(index); });
    if (!tile.tip.isEmpty())
        drawTip(list, size, tile.tip);
}

}  // namespace armillary::widgets
