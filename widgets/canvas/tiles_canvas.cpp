#include "widgets/canvas/tiles_canvas.h"

#include "widgets/canvas/scale_bar.h"
#include "widgets/kind_colors.h"
#include "widgets/theme.h"

#include <QLocale>

#include <algorithm>
#include <cmath>
#include <utility>

namespace armillary::widgets {
namespace {

constexpr std::int64_t kTextureBudgetBytes = 64LL << 20;
constexpr double kMargin = 8;
// Below this a grid of tokens would be a grey haze.
constexpr double kLeastCell = 4;

ImVec2 low(const QRectF& rect)
{
    return {static_cast<float>(rect.left()), static_cast<float>(rect.top())};
}

ImVec2 high(const QRectF& rect)
{
    return {static_cast<float>(rect.right()), static_cast<float>(rect.bottom())};
}

QRectF placed(const QRectF& picture, const PixelBox& box)
{
    return {picture.left() + box.left * picture.width(), picture.top() + box.top * picture.height(),
            (box.right - box.left) * picture.width(), (box.bottom - box.top) * picture.height()};
}

// The cell of a square grid over `covers` that holds the point.
PixelBox cellAt(const PixelBox& covers, int perSide, const QPointF& fraction)
{
    const double height = (covers.bottom - covers.top) / perSide;
    const double width = (covers.right - covers.left) / perSide;
    const int row = std::clamp(static_cast<int>((fraction.y() - covers.top) / height), 0, perSide - 1);
    const int column = std::clamp(static_cast<int>((fraction.x() - covers.left) / width), 0, perSide - 1);
    return {covers.top + row * height, covers.left + column * width, covers.top + (row + 1) * height,
            covers.left + (column + 1) * width};
}

bool holds(const PixelBox& box, const QPointF& fraction)
{
    return fraction.y() >= box.top && fraction.y() < box.bottom && fraction.x() >= box.left && fraction.x() < box.right;
}

PixelBox boxOf(const CropBox& crop, const inspect::PixelSize& source)
{
    const double height = source.height;
    const double width = source.width;
    return {crop.top / height, crop.left / width, (crop.top + crop.height) / height, (crop.left + crop.width) / width};
}

QString elided(const QString& text, float fontSize, double room)
{
    const auto widthOf = [fontSize](const QString& words) {
        return ImGui::GetFont()->CalcTextSizeA(fontSize, FLT_MAX, 0, words.toUtf8().constData()).x;
    };
    if (widthOf(text) <= room)
        return text;
    QString out = text;
    while (!out.isEmpty() && widthOf(out + QChar(0x2026)) > room)
        out.chop(1);
    return out.trimmed() + QChar(0x2026);
}

void frame(ImDrawList& list, const QRectF& rect, ImU32 color, float thickness)
{
    // Dark under light, so that the frame shows on every picture.
    list.AddRect(low(rect), high(rect), IM_COL32(0, 0, 0, 170), 0, thickness + 2);
    list.AddRect(low(rect), high(rect), color, 0, thickness);
}

}  // namespace

TilesCanvas::TilesCanvas(QWidget* parent) : ImguiCanvas(parent), m_textures(stage(), kTextureBudgetBytes)
{
    setAccessibleName(tr("Picture cut into tiles"));
    setAccessibleDescription(
        tr("The picture as nanoVLM's tiles, as Gemma's square and as the crops of pan and scan. The "
           "table below holds the same as numbers."));
}

void TilesCanvas::setScene(TilesScene scene)
{
    m_scene = std::move(scene);
    // What the pointer rests on is another token now.
    m_sceneChanged = true;
    update();
}

void TilesCanvas::setMarked(std::vector<PixelBox> hovered, std::vector<PixelBox> chosen)
{
    m_hovered = std::move(hovered);
    m_chosen = std::move(chosen);
    update();
}

bool TilesCanvas::isShown(int pane) const
{
    return pane != Global || (m_scene.plan && m_scene.plan->tiles.size() > 1 && m_scene.plan->tiles.front().isGlobal);
}

double TilesCanvas::aspectOf(int pane) const
{
    const inspect::PixelSize& source = m_scene.source;
    const auto aspect = [](const inspect::PixelSize& size) {
        return size.height > 0 ? static_cast<double>(size.width) / size.height : 1.0;
    };
    switch (pane) {
    case Tiles: return aspect(m_scene.plan ? m_scene.plan->resized : source);
    case Crops: return aspect(source);
    default: return 1;
    }
}

void TilesCanvas::arrange(const ImVec2& size)
{
    // Rows of pictures of one height; of these arrangements the one that shows most of them.
    static const std::array<std::vector<std::vector<int>>, 4> kArrangements = {{
        {{Tiles, Global, Square, Crops}},
        {{Tiles, Global}, {Square, Crops}},
        {{Tiles}, {Global, Square, Crops}},
        {{Tiles}, {Global, Square}, {Crops}},
    }};
    const double line = smallFontSize() + 3.0;
    const double words = 2 * line + 6;
    double best = -1;
    for (const auto& arrangement : kArrangements) {
        std::array<Placed, PaneCount> panes;
        std::vector<double> heights;
        double total = 0;
        for (const std::vector<int>& row : arrangement) {
            double aspects = 0;
            int count = 0;
            for (const int pane : row) {
                aspects += isShown(pane) ? aspectOf(pane) : 0;
                count += isShown(pane) ? 1 : 0;
            }
            heights.push_back(aspects > 0 ? std::max(0.0, size.x - kMargin * (count + 1)) / aspects : 0);
            total += heights.back();
        }
        const double room = size.y - words * static_cast<double>(arrangement.size()) - 4;
        const double scale = total > room ? std::max(0.0, room) / total : 1;
        double top = 4;
        double area = 0;
        for (std::size_t i = 0; i < arrangement.size(); ++i) {
            const double height = heights[i] * scale;
            double left = kMargin;
            for (const int pane : arrangement[i]) {
                if (!isShown(pane))
                    continue;
                const QSizeF picture(height * aspectOf(pane), height);
                Placed& each = panes[static_cast<std::size_t>(pane)];
                each.picture = height >= 8 ? QRectF(QPointF(left, top + line), picture) : QRectF();
                each.room = QRectF(left, top, picture.width(), height + words);
                left += picture.width() + kMargin;
                area += picture.width() * picture.height();
            }
            // What is left of the row is there for the words of its last picture.
            for (auto pane = arrangement[i].rbegin(); pane != arrangement[i].rend(); ++pane) {
                if (isShown(*pane)) {
                    Placed& last = panes[static_cast<std::size_t>(*pane)];
                    last.room.setRight(std::max(last.room.right(), size.x - kMargin));
                    break;
                }
            }
            top += height + words;
        }
        if (area > best) {
            best = area;
            m_panes = panes;
        }
    }
}

void TilesCanvas::handleInput(const ImVec2& size)
{
    const ImGuiIO& io = ImGui::GetIO();
    const ImVec2 mouse = io.MousePos;
    m_pointed.reset();
    if (mouse.x >= 0 && mouse.y >= 0 && mouse.x < size.x && mouse.y < size.y) {
        for (const Placed& pane : m_panes) {
            if (!pane.picture.isEmpty() && pane.picture.contains(mouse.x, mouse.y))
                m_pointed = QPointF((mouse.x - pane.picture.left()) / pane.picture.width(),
                                    (mouse.y - pane.picture.top()) / pane.picture.height());
        }
    }
    const bool isOther = std::exchange(m_sceneChanged, false);
    if (m_pointed != m_reported || (m_pointed && isOther))
        afterFrame([this, at = m_pointed] { Q_EMIT pointed(at); });
    m_reported = m_pointed;
    if (m_pointed && ImGui::IsMouseReleased(ImGuiMouseButton_Left)) {
        Qt::KeyboardModifiers modifiers;
        modifiers.setFlag(Qt::ControlModifier, io.KeyCtrl);
        modifiers.setFlag(Qt::ShiftModifier, io.KeyShift);
        modifiers.setFlag(Qt::AltModifier, io.KeyAlt);
        afterFrame([this, at = *m_pointed, modifiers] { Q_EMIT clicked(at, modifiers); });
    }
}

const inspect::Tile* TilesCanvas::tileAt(const QPointF& fraction) const
{
    if (!m_scene.plan)
        return nullptr;
    const std::vector<inspect::Tile>& tiles = m_scene.plan->tiles;
    // The last one: a picture of a single tile has only its global one.
    for (auto tile = tiles.rbegin(); tile != tiles.rend(); ++tile) {
        if (holds(tile->covers, fraction))
            return &*tile;
    }
    return nullptr;
}

std::vector<PixelBox> TilesCanvas::tokensAt(int pane, const QPointF& fraction) const
{
    const PixelBox whole{0, 0, 1, 1};
    switch (pane) {
    case Tiles:
        if (const inspect::Tile* tile = tileAt(fraction))
            return {cellAt(tile->covers, m_scene.plan->rules.tokensPerSide, fraction)};
        return {};
    case Global: return {cellAt(whole, m_scene.plan->rules.tokensPerSide, fraction)};
    case Square: return {cellAt(whole, m_scene.square.tokensPerSide(), fraction)};
    case Crops:
        for (const CropBox& crop : m_scene.crops) {
            const PixelBox covers = boxOf(crop, m_scene.source);
            if (holds(covers, fraction))
                return {cellAt(covers, m_scene.square.tokensPerSide(), fraction)};
        }
        return {};
    default: return {};
    }
}

QString TilesCanvas::wordsAt(const QPointF& fraction) const
{
    const inspect::PixelSize& source = m_scene.source;
    const auto pixel = [](double part, int side) { return std::clamp(static_cast<int>(part * side), 0, side - 1); };
    QStringList lines{tr("x %1  y %2").arg(pixel(fraction.x(), source.width)).arg(pixel(fraction.y(), source.height))};
    const auto cell = [&fraction](const PixelBox& covers, int perSide) {
        const PixelBox box = cellAt(covers, perSide, fraction);
        const double height = (covers.bottom - covers.top) / perSide;
        const double width = (covers.right - covers.left) / perSide;
        return std::pair(static_cast<int>(std::lround((box.top - covers.top) / height)),
                         static_cast<int>(std::lround((box.left - covers.left) / width)));
    };
    const PixelBox whole{0, 0, 1, 1};
    if (const inspect::Tile* tile = tileAt(fraction)) {
        const auto [row, column] = cell(tile->covers, m_scene.plan->rules.tokensPerSide);
        const auto read = m_scene.plan->touchedPixels(*tile, row, column);
        lines << tr("%1 token row %2, column %3: reads x %4…%5, y %6…%7")
                     .arg(QString::fromStdString(inspect::tileMarker(*tile)))
                     .arg(row)
                     .arg(column)
                     .arg(read.left)
                     .arg(read.right - 1)
                     .arg(read.top)
                     .arg(read.bottom - 1);
    }
    if (isShown(Global)) {
        const auto [row, column] = cell(whole, m_scene.plan->rules.tokensPerSide);
        lines << tr("global tile: token row %1, column %2").arg(row).arg(column);
    }
    const auto [row, column] = cell(whole, m_scene.square.tokensPerSide());
    lines << tr("Gemma's square: token row %1, column %2").arg(row).arg(column);
    for (std::size_t i = 0; i < m_scene.crops.size(); ++i) {
        const PixelBox covers = boxOf(m_scene.crops[i], source);
        if (!holds(covers, fraction))
            continue;
        const auto [cropRow, cropColumn] = cell(covers, m_scene.square.tokensPerSide());
        lines << tr("crop %1: token row %2, column %3").arg(i + 1).arg(cropRow).arg(cropColumn);
    }
    return lines.join(QLatin1Char('\n'));
}

std::array<QString, 2> TilesCanvas::wordsOf(int pane) const
{
    const QLocale locale;
    const auto tokens = [&locale](qint64 count) { return locale.toString(count); };
    const int side = m_scene.square.sidePixels;
    const qint64 each = qint64{m_scene.square.tokensPerSide()} * m_scene.square.tokensPerSide();
    switch (pane) {
    case Tiles: {
        if (!m_scene.plan)
            return {tr("nanoVLM tiles"), {}};
        const inspect::TilePlan& plan = *m_scene.plan;
        return {tr("nanoVLM %1×%2").arg(plan.resized.width).arg(plan.resized.height),
                tr("%1 × %2 tiles of %3 tokens, %4 in all")
                    .arg(plan.rows)
                    .arg(plan.columns)
                    .arg(plan.tokensPerTile())
                    .arg(tokens(plan.totalTokens()))};
    }
    case Global: return {tr("Global tile"), tr("%1 tokens").arg(m_scene.plan ? m_scene.plan->tokensPerTile() : 0)};
    case Square: return {tr("Gemma 3 %1×%1").arg(side), tr("%1 tokens").arg(tokens(each))};
    case Crops: {
        const auto pictures = static_cast<qint64>(m_scene.crops.size()) + 1;
        return {tr("Pan and scan"),
                m_scene.crops.empty()
                    ? tr("no crops: %1").arg(m_scene.cropNote)
                    : tr("%1 crops + whole: %2 tokens").arg(m_scene.crops.size()).arg(tokens(each * pictures))};
    }
    default: return {};
    }
}

void TilesCanvas::drawTokenGrid(ImDrawList& list, const QRectF& rect, int perSide) const
{
    const double cell = std::min(rect.width(), rect.height()) / perSide;
    if (cell < kLeastCell)
        return;
    const ImU32 color = IM_COL32(255, 255, 255, cell < 10 ? 45 : 80);
    for (int i = 1; i < perSide; ++i) {
        const auto x = static_cast<float>(rect.left() + i * rect.width() / perSide);
        const auto y = static_cast<float>(rect.top() + i * rect.height() / perSide);
        list.AddLine(ImVec2(x, low(rect).y), ImVec2(x, high(rect).y), color);
        list.AddLine(ImVec2(low(rect).x, y), ImVec2(high(rect).x, y), color);
    }
}

void TilesCanvas::drawTiles(ImDrawList& list, const QRectF& rect) const
{
    if (!m_scene.plan)
        return;
    const inspect::TilePlan& plan = *m_scene.plan;
    const float fontSize = smallFontSize();
    for (const inspect::Tile& tile : plan.tiles) {
        if (tile.crop == 0 && plan.tiles.size() > 1)
            continue;
        const QRectF part = placed(rect, tile.covers);
        drawTokenGrid(list, part, plan.rules.tokensPerSide);
        frame(list, part, canvasColor(colors().accent), 1.5F);
        const QByteArray name = QStringLiteral("r%1c%2").arg(tile.row + 1).arg(tile.column + 1).toUtf8();
        const ImVec2 extent = ImGui::GetFont()->CalcTextSizeA(fontSize, FLT_MAX, 0, name.constData());
        if (extent.x + 10 > part.width() || extent.y + 6 > part.height())
            continue;
        const ImVec2 at(low(part).x + 3, low(part).y + 2);
        list.AddRectFilled(at, ImVec2(at.x + extent.x + 6, at.y + extent.y + 2), IM_COL32(0, 0, 0, 150), 3);
        list.AddText(nullptr, fontSize, ImVec2(at.x + 3, at.y + 1), IM_COL32(255, 255, 255, 255), name.constData());
    }
}

void TilesCanvas::drawCrops(ImDrawList& list, const QRectF& rect) const
{
    const float fontSize = smallFontSize();
    for (std::size_t i = 0; i < m_scene.crops.size(); ++i) {
        const QRectF part = placed(rect, boxOf(m_scene.crops[i], m_scene.source));
        drawTokenGrid(list, part, m_scene.square.tokensPerSide());
        frame(list, part, canvasColor(kindColor(TokenKind::Image, true)), 1.5F);
        const QByteArray name = QByteArray::number(static_cast<int>(i) + 1);
        const ImVec2 at(low(part).x + 3, low(part).y + 2);
        list.AddRectFilled(at, ImVec2(at.x + fontSize, at.y + fontSize + 3), IM_COL32(0, 0, 0, 150), 3);
        list.AddText(nullptr, fontSize, ImVec2(at.x + 3, at.y + 1), IM_COL32(255, 255, 255, 255), name.constData());
    }
}

void TilesCanvas::drawPointed(ImDrawList& list, int pane) const
{
    const QRectF& rect = m_panes[static_cast<std::size_t>(pane)].picture;
    constexpr std::size_t kMostFrames = 300;
    if (m_chosen.size() <= kMostFrames) {
        for (const PixelBox& box : m_chosen)
            frame(list, placed(rect, box), canvasColor(kindColor(TokenKind::Image, colors().dark)), 1.5F);
    }
    if (m_hovered.size() <= kMostFrames) {
        for (const PixelBox& box : m_hovered)
            frame(list, placed(rect, box), IM_COL32(255, 255, 255, 255), 1);
    }
    if (!m_pointed)
        return;
    for (const PixelBox& box : tokensAt(pane, *m_pointed))
        frame(list, placed(rect, box), IM_COL32(255, 255, 255, 255), 1.5F);
}

void TilesCanvas::drawPane(ImDrawList& list, int pane)
{
    const Placed& placedPane = m_panes[static_cast<std::size_t>(pane)];
    if (placedPane.room.isEmpty())
        return;
    const QRectF& rect = placedPane.picture;
    const float fontSize = smallFontSize();
    const auto [title, note] = wordsOf(pane);
    const double room = placedPane.room.width();
    list.AddText(nullptr, fontSize, low(placedPane.room), canvasColor(colors().text),
                 elided(title, fontSize, room).toUtf8().constData());
    const double under = rect.isEmpty() ? placedPane.room.top() + fontSize + 3 : rect.bottom() + 2;
    list.AddText(nullptr, fontSize, ImVec2(low(placedPane.room).x, static_cast<float>(under)),
                 canvasColor(colors().muted), elided(note, fontSize, room).toUtf8().constData());
    if (rect.isEmpty())
        return;
    const bool hasPlan = pane != Tiles || m_scene.plan;
    m_textures.draw(list, m_scene.picture, low(rect), high(rect));
    list.PushClipRect(low(rect), high(rect), true);
    if (pane == Tiles)
        drawTiles(list, rect);
    else if (pane == Global)
        drawTokenGrid(list, rect, m_scene.plan->rules.tokensPerSide);
    else if (pane == Square)
        drawTokenGrid(list, rect, m_scene.square.tokensPerSide());
    else
        drawCrops(list, rect);
    if (hasPlan)
        drawPointed(list, pane);
    list.PopClipRect();
    // Without a plan, or without crops, the picture is grey: it shows what would be cut, not what is.
    if (!hasPlan || (pane == Crops && m_scene.crops.empty()))
        list.AddRectFilled(low(rect), high(rect), canvasColor(colors().base, 0.6));
    list.AddRect(low(rect), high(rect), canvasColor(colors().border));
}

void TilesCanvas::drawFrame(ImDrawList& list, const ImVec2& size)
{
    if (m_scene.picture.isNull() || m_scene.source.width < 1 || m_scene.source.height < 1)
        return;
    arrange(size);
    handleInput(size);
    for (int pane = 0; pane < PaneCount; ++pane)
        drawPane(list, pane);
    if (m_pointed)
        drawTip(list, ImGui::GetIO().MousePos, size, smallFontSize(), wordsAt(*m_pointed));
}

}  // namespace armillary::widgets
