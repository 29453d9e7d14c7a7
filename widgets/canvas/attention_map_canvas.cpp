#include "widgets/canvas/attention_map_canvas.h"

#include "widgets/canvas/scale_bar.h"
#include "widgets/kind_colors.h"
#include "widgets/theme.h"

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

constexpr std::int64_t kTextureBudgetBytes = 16LL << 20;
constexpr double kRuler = 9;    // kinds along a side
constexpr double kGutter = 48;  // numbers of queries
constexpr double kMostZoom = 512;

ImVec2 toPoint(double x, double y)
{
    return {static_cast<float>(x), static_cast<float>(y)};
}

}  // namespace

AttentionMapCanvas::AttentionMapCanvas(Selection& selection, QWidget* parent)
    : ImguiCanvas(parent), m_selection(selection), m_textures(stage(), kTextureBudgetBytes), m_ground(stage())
{
    setAccessibleName(tr("Attention map"));
}

void AttentionMapCanvas::setMap(AttentionMapPicture map)
{
    if (map.keys != m_map.keys || map.queries.size() != m_map.queries.size())
        m_part = QRectF(0, 0, 1, 1);
    m_map = std::move(map);
    m_ground.forget();
    m_pointed.reset();
    setAccessibleDescription(
        tr("Weights of %1 queries on %2 keys. Up and down choose the query, left and right the key.")
            .arg(m_map.queries.size())
            .arg(m_map.keys));
    update();
}

void AttentionMapCanvas::setHint(const QString& hint)
{
    if (m_hint == hint)
        return;
    m_hint = hint;
    update();
}

void AttentionMapCanvas::zoomToFit()
{
    m_part = QRectF(0, 0, 1, 1);
    update();
}

void AttentionMapCanvas::setPart(const QRectF& part)
{
    const double side = std::clamp(part.width(), 1 / kMostZoom, 1.0);
    m_part = QRectF(std::clamp(part.left(), 0.0, 1 - side), std::clamp(part.top(), 0.0, 1 - side), side, side);
    update();
}

void AttentionMapCanvas::zoomBy(int steps)
{
    zoomAround(m_part.center(), std::pow(1.25, steps));
}

void AttentionMapCanvas::zoomAround(const QPointF& fraction, double factor)
{
    const double side = std::clamp(m_part.width() / factor, 1 / kMostZoom, 1.0);
    const double scale = side / m_part.width();
    const QPointF low = fraction - (fraction - m_part.topLeft()) * scale;
    setPart({low.x(), low.y(), side, side});
}

QRectF AttentionMapCanvas::mapRect() const
{
    const double text = smallFontSize();
    const double left = kGutter + kRuler + 1;
    const double top = text + 5 + kRuler + 1;
    return {left, top, std::max(20.0, width() - left - kMargin), std::max(20.0, height() - top - legendHeight(text))};
}

double AttentionMapCanvas::xOf(const QRectF& rect, double fraction) const
{
    return rect.left() + (fraction - m_part.left()) / m_part.width() * rect.width();
}

double AttentionMapCanvas::yOf(const QRectF& rect, double fraction) const
{
    return rect.top() + (fraction - m_part.top()) / m_part.height() * rect.height();
}

std::pair<double, double> AttentionMapCanvas::shownKeys(const QRectF& rect, const TokenSpan& span) const
{
    const auto keys = static_cast<double>(m_map.keys);
    return {std::max(xOf(rect, static_cast<double>(span.begin) / keys), rect.left()),
            std::min(xOf(rect, static_cast<double>(span.end) / keys), rect.right())};
}

QPointF AttentionMapCanvas::pointFrom(const Pair& pair) const
{
    return pointFrom(mapRect(), pair);
}

QPointF AttentionMapCanvas::pointFrom(const QRectF& rect, const Pair& pair) const
{
    return {xOf(rect, (static_cast<double>(pair.key) + 0.5) / static_cast<double>(m_map.keys)),
            yOf(rect, (static_cast<double>(pair.queryIndex) + 0.5) / static_cast<double>(m_map.queries.size()))};
}

std::optional<AttentionMapCanvas::Pair> AttentionMapCanvas::pairFromPoint(const QRectF& rect,
                                                                          const QPointF& point) const
{
    if (m_map.isEmpty() || !rect.contains(point))
        return std::nullopt;
    const auto place = [](double fraction, std::int64_t count) {
        return std::clamp<std::int64_t>(static_cast<std::int64_t>(fraction * static_cast<double>(count)), 0, count - 1);
    };
    const double x = m_part.left() + (point.x() - rect.left()) / rect.width() * m_part.width();
    const double y = m_part.top() + (point.y() - rect.top()) / rect.height() * m_part.height();
    return Pair{place(y, static_cast<std::int64_t>(m_map.queries.size())), place(x, m_map.keys)};
}

std::optional<std::int64_t> AttentionMapCanvas::queryIndexOf(std::int64_t position) const
{
    const auto found = std::lower_bound(m_map.queries.begin(), m_map.queries.end(), position);
    if (found == m_map.queries.end() || *found != position)
        return std::nullopt;
    return found - m_map.queries.begin();
}

QString AttentionMapCanvas::wordsOf(const Pair& pair) const
{
    const int row = m_map.rowOf(pair.queryIndex);
    const int column = m_map.columnOf(pair.key);
    const std::int64_t query = m_map.queries[static_cast<std::size_t>(pair.queryIndex)];
    QStringList lines{tr("query %1").arg(m_map.wordsOf(query)), tr("key %1").arg(m_map.wordsOf(pair.key))};
    const CellMark mark = m_map.markAt(row, column);
    if (mark == CellMark::Future) {
        lines << tr("hidden: the key comes later");
    } else if (mark == CellMark::OutsideWindow) {
        lines << tr("hidden: before the window of %1").arg(m_map.window);
    } else {
        const auto at = [](std::span<const std::int64_t> edges, int bin) {
            return edges[static_cast<std::size_t>(bin) + 1] - edges[static_cast<std::size_t>(bin)];
        };
        // As many digits as a stored float has.
        const QString weight = QString::number(static_cast<double>(m_map.valueAt(row, column)), 'g', 8);
        const std::int64_t high = at(m_map.rowEdges, row), wide = at(m_map.columnEdges, column);
        lines << (high * wide == 1 ? tr("weight %1").arg(weight)
                                   : tr("%1 of %2 × %3 weights: %4")
                                         .arg(m_map.value == BinValue::Mean ? tr("mean") : tr("maximum"))
                                         .arg(high)
                                         .arg(wide)
                                         .arg(weight));
    }
    return lines.join(QLatin1Char('\n'));
}

void AttentionMapCanvas::report(const std::optional<Pair>& pair)
{
    if (!pair) {
        m_selection.endHover(m_hovering);
        return;
    }
    m_hovering = {pair->key, m_map.queries[static_cast<std::size_t>(pair->queryIndex)]};
    std::sort(m_hovering.begin(), m_hovering.end());
    m_hovering.erase(std::unique(m_hovering.begin(), m_hovering.end()), m_hovering.end());
    m_selection.hover(m_hovering);
}

void AttentionMapCanvas::click(const Pair& pair, bool toggles)
{
    if (toggles) {
        m_selection.toggle({pair.key});
        return;
    }
    Focus focus = m_selection.focus();
    focus.query = m_map.queries[static_cast<std::size_t>(pair.queryIndex)];
    m_selection.setFocus(focus);
}

void AttentionMapCanvas::handleInput(const ImVec2& size, const QRectF& rect)
{
    const ImGuiIO& io = ImGui::GetIO();
    const QPointF mouse(io.MousePos.x, io.MousePos.y);
    const bool inside = io.MousePos.x >= 0 && io.MousePos.y >= 0 && io.MousePos.x < size.x && io.MousePos.y < size.y;
    if (inside && io.MouseWheel != 0 && rect.contains(mouse)) {
        const QPointF fraction(m_part.left() + (mouse.x() - rect.left()) / rect.width() * m_part.width(),
                               m_part.top() + (mouse.y() - rect.top()) / rect.height() * m_part.height());
        zoomAround(fraction, std::pow(1.25, io.MouseWheel));
    }
    const bool drags = ImGui::IsMouseDragging(ImGuiMouseButton_Left) || ImGui::IsMouseDragging(ImGuiMouseButton_Middle);
    if (drags && m_part.width() < 1) {
        const QPointF moved(io.MouseDelta.x / rect.width() * m_part.width(),
                            io.MouseDelta.y / rect.height() * m_part.height());
        m_part.moveTo(std::clamp(m_part.left() - moved.x(), 0.0, 1 - m_part.width()),
                      std::clamp(m_part.top() - moved.y(), 0.0, 1 - m_part.height()));
        ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeAll);
    }
    const auto pointed = inside ? pairFromPoint(rect, mouse) : std::nullopt;
    if (pointed != m_pointed) {
        m_pointed = pointed;
        afterFrame([this, pointed] { report(pointed); });
    }
    // A click, not the end of a drag.
    const float moved = io.MouseDragMaxDistanceSqr[ImGuiMouseButton_Left];
    if (pointed && ImGui::IsMouseReleased(ImGuiMouseButton_Left) &&
        moved < io.MouseDragThreshold * io.MouseDragThreshold)
        afterFrame([this, pair = *pointed, toggles = io.KeyCtrl] { click(pair, toggles); });
}

void AttentionMapCanvas::drawMap(ImDrawList& list, const QRectF& rect)
{
    const ImVec2 low = toPoint(xOf(rect, 0), yOf(rect, 0));
    const ImVec2 high = toPoint(xOf(rect, 1), yOf(rect, 1));
    list.AddRectFilled(toPoint(rect.left(), rect.top()), toPoint(rect.right(), rect.bottom()),
                       canvasColor(colors().window));
    const bool isShrunk =
        high.x - low.x < static_cast<float>(m_map.columns) || high.y - low.y < static_cast<float>(m_map.rows);
    if (isShrunk)
        m_textures.draw(list, m_map.shrunk, low, high);
    else
        m_textures.drawCells(list, m_map.image, low, high, 1);
}

void AttentionMapCanvas::drawMask(ImDrawList& list, const QRectF& rect)
{
    std::vector<ImVec4> hatched;
    std::vector<ImVec4> dotted;
    for (const MarkedCells& cells : m_map.masked) {
        const double left = std::max(rect.left(), xOf(rect, static_cast<double>(cells.left) / m_map.columns));
        const double right = std::min(rect.right(), xOf(rect, static_cast<double>(cells.right) / m_map.columns));
        const double top = std::max(rect.top(), yOf(rect, static_cast<double>(cells.top) / m_map.rows));
        const double bottom = std::min(rect.bottom(), yOf(rect, static_cast<double>(cells.bottom) / m_map.rows));
        if (left >= right || top >= bottom)
            continue;
        (cells.mark == CellMark::Future ? hatched : dotted)
            .emplace_back(static_cast<float>(left), static_cast<float>(top), static_cast<float>(right),
                          static_cast<float>(bottom));
    }
    m_textures.drawPattern(list, markPattern(CellMark::Future), kPatternPixels, hatched);
    m_textures.drawPattern(list, markPattern(CellMark::OutsideWindow), kPatternPixels, dotted);
}

void AttentionMapCanvas::drawBorders(ImDrawList& list, const QRectF& rect) const
{
    const ImU32 ink = canvasColor(colors().text, 0.35);
    for (const TokenSpan& span : m_map.keySpans) {
        const double x = std::round(xOf(rect, static_cast<double>(span.begin) / static_cast<double>(m_map.keys)));
        if (span.begin > 0 && x > rect.left() && x < rect.right())
            list.AddRectFilled(toPoint(x, rect.top()), toPoint(x + 1, rect.bottom()), ink);
    }
    for (const TokenSpan& span : m_map.querySpans) {
        const double y =
            std::round(yOf(rect, static_cast<double>(span.begin) / static_cast<double>(m_map.queries.size())));
        if (span.begin > 0 && y > rect.top() && y < rect.bottom())
            list.AddRectFilled(toPoint(rect.left(), y), toPoint(rect.right(), y + 1), ink);
    }
}

void AttentionMapCanvas::drawBlocks(ImDrawList& list, const QRectF& rect) const
{
    const auto keys = static_cast<double>(m_map.keys);
    const auto queries = static_cast<double>(m_map.queries.size());
    for (const PositionBlock& block : m_map.blocks) {
        const auto first = std::lower_bound(m_map.queries.begin(), m_map.queries.end(), block.begin);
        const auto last = std::lower_bound(m_map.queries.begin(), m_map.queries.end(), block.end);
        if (first == last)
            continue;
        const auto top = static_cast<double>(first - m_map.queries.begin());
        const auto bottom = static_cast<double>(last - m_map.queries.begin());
        const ImVec2 low = toPoint(xOf(rect, static_cast<double>(block.begin) / keys), yOf(rect, top / queries));
        const ImVec2 high = toPoint(xOf(rect, static_cast<double>(block.end) / keys), yOf(rect, bottom / queries));
        list.AddRect(ImVec2(low.x - 1, low.y - 1), ImVec2(high.x + 1, high.y + 1), IM_COL32(0, 0, 0, 160), 0, 3);
        list.AddRect(low, high, canvasColor(kindColor(TokenKind::Image, colors().dark)), 0, 1.5F);
    }
}

void AttentionMapCanvas::drawMarks(ImDrawList& list, const QRectF& rect) const
{
    const ThemeColors& theme = colors();
    const auto queries = static_cast<double>(m_map.queries.size());
    const auto column = [&](std::int64_t key, const QColor& color) {
        const double x = xOf(rect, (static_cast<double>(key) + 0.5) / static_cast<double>(m_map.keys));
        if (key < m_map.keys && x >= rect.left() && x <= rect.right())
            list.AddRectFilled(toPoint(x - 1, rect.top() - kRuler - 3), toPoint(x + 1, rect.top()), canvasColor(color));
    };
    const auto line = [&](std::int64_t position, const QColor& color, bool isThrough) {
        const auto index = queryIndexOf(position);
        const double y = index ? yOf(rect, (static_cast<double>(*index) + 0.5) / queries) : -1;
        if (y < rect.top() || y > rect.bottom())
            return;
        list.AddRectFilled(toPoint(rect.left() - kRuler - 3, y - 1), toPoint(rect.left(), y + 1), canvasColor(color));
        if (isThrough)
            list.AddRectFilled(toPoint(rect.left(), y - 0.5), toPoint(rect.right(), y + 0.5), canvasColor(color, 0.8));
    };
    // Sets of thousands would be one bar; their ends say where they lie.
    const auto ends = [](const Positions& positions) {
        return positions.size() <= 400 ? positions : Positions{positions.front(), positions.back()};
    };
    for (const std::int64_t position : ends(m_selection.chosen())) {
        column(position, theme.accent);
        line(position, theme.accent, false);
    }
    if (m_selection.focus().query)
        line(*m_selection.focus().query, theme.accent, true);
    for (const std::int64_t position : ends(m_selection.hovered())) {
        column(position, theme.text);
        line(position, theme.text, false);
    }
    if (!m_pointed)
        return;
    const QPointF point = pointFrom(rect, *m_pointed);
    // Dark beside light, so that the cross shows on every colour.
    for (const auto& [shift, color] : {std::pair(1.0, IM_COL32(0, 0, 0, 170)), std::pair(0.0, IM_COL32_WHITE)}) {
        list.AddRectFilled(toPoint(point.x() - 0.5 + shift, rect.top()),
                           toPoint(point.x() + 0.5 + shift, rect.bottom()), color);
        list.AddRectFilled(toPoint(rect.left(), point.y() - 0.5 + shift),
                           toPoint(rect.right(), point.y() + 0.5 + shift), color);
    }
}

void AttentionMapCanvas::drawKinds(ImDrawList& list, const QRectF& rect) const
{
    const bool isDark = colors().dark;
    for (const TokenSpan& span : m_map.keySpans) {
        const auto [low, high] = shownKeys(rect, span);
        if (low < high)
            list.AddRectFilled(toPoint(low, rect.top() - kRuler - 1), toPoint(high, rect.top() - 1),
                               canvasColor(kindColor(span.kind, isDark)));
    }
    const auto queries = static_cast<double>(m_map.queries.size());
    for (const TokenSpan& span : m_map.querySpans) {
        const double low = std::max(yOf(rect, static_cast<double>(span.begin) / queries), rect.top());
        const double high = std::min(yOf(rect, static_cast<double>(span.end) / queries), rect.bottom());
        if (low < high)
            list.AddRectFilled(toPoint(rect.left() - kRuler - 1, low), toPoint(rect.left() - 1, high),
                               canvasColor(kindColor(span.kind, isDark)));
    }
}

void AttentionMapCanvas::drawKindNames(ImDrawList& list, const QRectF& rect) const
{
    const float fontSize = smallFontSize() * 0.9F;
    float writtenTo = 0;
    for (const TokenSpan& span : m_map.keySpans) {
        const auto [low, high] = shownKeys(rect, span);
        if (low >= high)
            continue;
        const QByteArray name = kindName(span.kind).toUtf8();
        const float length = ImGui::GetFont()->CalcTextSizeA(fontSize, FLT_MAX, 0, name.constData()).x;
        if (high - low < length + 4 || static_cast<float>(low) < writtenTo)
            continue;
        writtenTo = static_cast<float>(low) + length + 8;
        list.AddText(nullptr, fontSize, toPoint(low + 2, rect.top() - kRuler - fontSize - 4),
                     canvasColor(colors().text), name.constData());
    }
}

void AttentionMapCanvas::drawNumbers(ImDrawList& list, const QRectF& rect) const
{
    const ThemeColors& theme = colors();
    const auto queries = static_cast<std::int64_t>(m_map.queries.size());
    const float fontSize = smallFontSize() * 0.9F;
    const int steps = std::max(1, static_cast<int>(rect.height() / 70));
    std::int64_t last = -1;
    double writtenTo = 0;
    for (int step = 0; step <= steps; ++step) {
        const double fraction = m_part.top() + m_part.height() * step / steps;
        const std::int64_t index =
            std::clamp<std::int64_t>(static_cast<std::int64_t>(fraction * static_cast<double>(queries)), 0,
                                     queries - 1);
        if (index == last)
            continue;
        last = index;
        const QByteArray number =
            QByteArray::number(static_cast<qlonglong>(m_map.queries[static_cast<std::size_t>(index)]));
        const ImVec2 extent = ImGui::GetFont()->CalcTextSizeA(fontSize, FLT_MAX, 0, number.constData());
        const double y = std::clamp(rect.top() + rect.height() * step / steps - extent.y / 2, rect.top(),
                                    std::max(rect.top(), rect.bottom() - extent.y));
        if (y < writtenTo)
            continue;
        writtenTo = y + extent.y;
        list.AddText(nullptr, fontSize, toPoint(rect.left() - kRuler - 6 - extent.x, y), canvasColor(theme.muted),
                     number.constData());
    }
    const QByteArray corner = tr("query").toUtf8();
    list.AddText(nullptr, fontSize, ImVec2(4, static_cast<float>(rect.top()) - fontSize - 3), canvasColor(theme.muted),
                 corner.constData());
}

void AttentionMapCanvas::drawGround(ImDrawList& list, const QRectF& rect)
{
    if (m_groundRect != rect || m_groundPart != m_part || m_groundTheme != &colors()) {
        m_groundRect = rect;
        m_groundPart = m_part;
        m_groundTheme = &colors();
        m_ground.forget();
    }
    m_ground.draw(list, colors().base, [this, &rect](ImDrawList& ground) {
        ground.PushClipRect(toPoint(rect.left(), rect.top()), toPoint(rect.right(), rect.bottom()), true);
        drawMap(ground, rect);
        drawMask(ground, rect);
        drawBorders(ground, rect);
        drawBlocks(ground, rect);
        ground.PopClipRect();
        drawKinds(ground, rect);
    });
}

void AttentionMapCanvas::drawFrame(ImDrawList& list, const ImVec2& size)
{
    if (m_map.isEmpty()) {
        drawHint(list, size, smallFontSize(), m_hint, colors());
        return;
    }
    const QRectF rect = mapRect();
    handleInput(size, rect);
    drawGround(list, rect);
    drawKindNames(list, rect);
    drawNumbers(list, rect);
    drawMarks(list, rect);
    drawLegend(list, size, rect);
    if (m_pointed)
        drawTip(list, ImGui::GetIO().MousePos, size, smallFontSize(), wordsOf(*m_pointed));
}

}  // namespace armillary::widgets
