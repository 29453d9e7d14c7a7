#include "widgets/canvas/token_strip_canvas.h"

#include "widgets/kind_colors.h"
#include "widgets/overlay/overlay_images.h"
#include "widgets/overlay/overlay_legend.h"
#include "widgets/theme.h"
#include "widgets/token_description.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace armillary::widgets {
namespace {

constexpr float kMargin = 10;
constexpr float kOverviewTop = 8;
constexpr float kOverviewHeight = 20;
constexpr float kCellsTop = kOverviewTop + kOverviewHeight + 8;
constexpr float kGutter = 46;  // row numbers
constexpr float kScrollbarWidth = 12;
constexpr float kLeastSpanWidth = 5;
constexpr float kTextFrom = 15;   // cell height from which pieces are written into cells
constexpr float kRoundFrom = 12;  // and round corners
constexpr int kBandPixels = 32;
constexpr std::int64_t kTextureBudgetBytes = 8LL << 20;

QColor mixed(const QColor& color, const QColor& with, double amount)
{
    const auto mix = [amount](double a, double b) { return a + (b - a) * amount; };
    return QColor::fromRgbF(static_cast<float>(mix(color.redF(), with.redF())),
                            static_cast<float>(mix(color.greenF(), with.greenF())),
                            static_cast<float>(mix(color.blueF(), with.blueF())));
}

ImVec2 cellsSize(const ImVec2& size)
{
    return {std::max(20.0F, size.x - kGutter - kScrollbarWidth - kMargin), std::max(10.0F, size.y - kCellsTop - 4)};
}

void outline(ImDrawList& list, const StripRect& cell, ImU32 outer, ImU32 inner)
{
    const ImVec2 low(cell.left - 1, cell.top - 1);
    const ImVec2 high(cell.right() + 1, cell.bottom() + 1);
    list.AddRect(ImVec2(low.x - 1, low.y - 1), ImVec2(high.x + 1, high.y + 1), outer, 2.0F, 1.0F);
    list.AddRect(low, high, inner, 2.0F, 1.5F);
}

}  // namespace

TokenStripCanvas::TokenStripCanvas(const ShownRun& run, Selection& selection, const OverlayStack& overlays,
                                   QWidget* parent)
    : ImguiCanvas(parent),
      m_run(&run),
      m_selection(selection),
      m_overlays(&overlays),
      m_textures(stage(), kTextureBudgetBytes)
{
    setAccessibleName(tr("Token strip"));
    setAccessibleDescription(tr("Every position of the fused sequence, coloured by kind and shaded by the uppermost "
                                "overlay layer. The table beside it holds the same positions as text."));
}

void TokenStripCanvas::setSources(const ShownRun& run, const OverlayStack& overlays)
{
    m_run = &run;
    m_overlays = &overlays;
    refresh();
}

void TokenStripCanvas::refresh()
{
    m_spans = m_run->layout() != nullptr ? m_run->layout()->spans() : std::vector<TokenSpan>{};
    if (m_run->size() > m_run->prefillLength())
        m_spans.push_back({TokenKind::Generated, m_run->prefillLength(), m_run->size()});
    if (m_run->generated().empty())
        m_followEnd = true;
    // What the pointer rests on is another token now.
    m_tokensChanged = true;
    ++m_refreshes;
    update();
}

void TokenStripCanvas::zoomBy(int steps)
{
    const float before = m_layout.cellHeight;
    const float after = std::clamp(std::round(before * std::pow(1.18F, static_cast<float>(steps))) +
                                       (steps > 0 && before < 6 ? 1.0F : 0.0F),
                                   kSmallestCellPixels, kLargestCellPixels);
    const float middle = static_cast<float>(height() - kCellsTop) / 2;
    const std::int64_t anchor =
        m_underPointer.value_or(m_layout.positionFromPoint(m_layout.cellWidth / 2, m_scroll + middle).value_or(0));
    const float anchorBefore = m_layout.rectFromPosition(anchor).top - m_scroll;
    m_cellHeight = after;
    const ImVec2 cells = cellsSize(ImVec2(static_cast<float>(width()), static_cast<float>(height())));
    m_layout = layoutTokenStrip(m_run->size(), cells.x, after);
    m_scroll = m_layout.rectFromPosition(anchor).top - anchorBefore;
    m_followEnd = false;
    update();
}

void TokenStripCanvas::zoomToFit()
{
    m_cellHeight.reset();
    m_scroll = 0;
    m_followEnd = true;
    update();
}

void TokenStripCanvas::scrollToPosition(std::int64_t position)
{
    const ImVec2 cells = cellsSize(ImVec2(static_cast<float>(width()), static_cast<float>(height())));
    const StripRect cell = m_layout.rectFromPosition(position);
    if (cell.top < m_scroll)
        m_scroll = cell.top;
    else if (cell.bottom() > m_scroll + cells.y)
        m_scroll = cell.bottom() - cells.y;
    m_followEnd = false;
    update();
}

QPoint TokenStripCanvas::pointFromPosition(std::int64_t position) const
{
    const StripRect cell = cellOnWidget(position);
    return {static_cast<int>(cell.left + cell.width / 2), static_cast<int>(cell.top + cell.height / 2)};
}

QPoint TokenStripCanvas::footFromPosition(std::int64_t position) const
{
    const StripRect cell = cellOnWidget(position);
    return QPointF(cell.left + cell.width / 2, cell.bottom() - 1 - footHeight() / 2).toPoint();
}

std::optional<std::int64_t> TokenStripCanvas::positionFromPoint(const QPoint& point) const
{
    if (point.y() < kCellsTop)
        return std::nullopt;
    return m_layout.positionFromPoint(static_cast<float>(point.x()) - kGutter,
                                      static_cast<float>(point.y()) - kCellsTop + m_scroll);
}

// Enough to compare colours by, and less than the kind's colour above it.
float TokenStripCanvas::footHeight() const
{
    const float height = m_layout.cellHeight;
    return height < 10 ? std::max(1.0F, std::floor(height * 0.5F)) : std::floor(height * 0.34F);
}

float TokenStripCanvas::gapBetween() const
{
    return m_layout.cellHeight >= 5 ? 1.0F : 0.0F;
}

StripRect TokenStripCanvas::cellOnWidget(std::int64_t position) const
{
    StripRect cell = m_layout.rectFromPosition(position);
    cell.left += kGutter;
    cell.top += kCellsTop - m_scroll;
    return cell;
}

void TokenStripCanvas::clampScroll(const ImVec2& size)
{
    const float most = std::max(0.0F, m_layout.contentHeight() - cellsSize(size).y);
    if (m_followEnd && m_run->state() == RunState::Running)
        m_scroll = most;
    m_scroll = std::clamp(m_scroll, 0.0F, most);
}

void TokenStripCanvas::arrange(const ImVec2& size)
{
    const ImVec2 cells = cellsSize(size);
    m_layout = m_cellHeight ? layoutTokenStrip(m_run->size(), cells.x, *m_cellHeight)
                            : fitTokenStrip(m_run->size(), cells.x, cells.y);
    m_overview = layoutStripOverview(m_spans, size.x - 2 * kMargin, kLeastSpanWidth);
    clampScroll(size);
}

void TokenStripCanvas::handleInput(const ImVec2& size)
{
    const ImGuiIO& io = ImGui::GetIO();
    const ImVec2 mouse = io.MousePos;
    const bool inside = mouse.x >= 0 && mouse.y >= 0 && mouse.x < size.x && mouse.y < size.y;

    if (inside && io.MouseWheel != 0) {
        if (io.KeyCtrl) {
            const int steps = io.MouseWheel > 0 ? 1 : -1;
            afterFrame([this, steps] { zoomBy(steps); });
        } else {
            m_scroll -= io.MouseWheel * std::max(3 * m_layout.cellHeight, 24.0F);
            const float most = std::max(0.0F, m_layout.contentHeight() - cellsSize(size).y);
            m_followEnd = m_scroll >= most;
            clampScroll(size);
        }
    }
    if (ImGui::IsMouseDragging(ImGuiMouseButton_Middle)) {
        m_scroll -= io.MouseDelta.y;
        m_followEnd = false;
        clampScroll(size);
    }

    const std::optional<std::int64_t> wasOver = m_underPointer;
    m_underPointer.reset();
    const bool onOverview = inside && mouse.y >= kOverviewTop && mouse.y < kOverviewTop + kOverviewHeight;
    if (onOverview) {
        const std::optional<std::size_t> span = m_overview.spanFromX(mouse.x - kMargin);
        if (span && ImGui::IsMouseDown(ImGuiMouseButton_Left)) {
            const std::int64_t position = m_overview.positionFromX(mouse.x - kMargin);
            m_scroll = m_layout.rectFromPosition(position).top - cellsSize(size).y / 2;
            m_followEnd = false;
            clampScroll(size);
        }
        if (span)
            ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
    } else if (inside && mouse.y >= kCellsTop) {
        m_underPointer = m_layout.positionFromPoint(mouse.x - kGutter, mouse.y - kCellsTop + m_scroll);
    }
    const bool isOther = std::exchange(m_tokensChanged, false);
    if (m_underPointer && (m_underPointer != wasOver || isOther || hasPointerMoved()))
        afterFrame([this, hovered = Positions{*m_underPointer}] { m_selection.hover(hovered); });
    else if (!m_underPointer && wasOver)
        afterFrame([this, own = Positions{*wasOver}] { m_selection.endHover(own); });

    if (inside && !onOverview)
        handleButtons();
    // The last move of a quick drag may come in the frame of the release.
    if (!ImGui::IsMouseDown(ImGuiMouseButton_Left))
        m_dragFrom.reset();
}

void TokenStripCanvas::handleButtons()
{
    const ImGuiIO& io = ImGui::GetIO();
    if (ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left) && m_underPointer) {
        for (const TokenSpan& span : m_spans) {
            if (*m_underPointer < span.begin || *m_underPointer >= span.end)
                continue;
            afterFrame([this, span] {
                m_selection.choose({span.begin});
                m_selection.extendTo(span.end - 1);
            });
        }
        return;
    }
    if (ImGui::IsMouseClicked(ImGuiMouseButton_Left)) {
        const Positions pointed = m_underPointer ? Positions{*m_underPointer} : Positions();
        if (!io.KeyCtrl && !io.KeyAlt)
            m_dragFrom = m_underPointer;
        afterFrame([this, pointed, add = io.KeyCtrl, extend = io.KeyShift, query = io.KeyAlt] {
            if (query && !pointed.empty()) {
                Focus focus = m_selection.focus();
                focus.query = pointed.front();
                m_selection.setFocus(focus);
            } else if (extend && !pointed.empty()) {
                m_selection.extendTo(pointed.front());
            } else if (add) {
                m_selection.toggle(pointed);
            } else {
                m_selection.choose(pointed);
            }
        });
    } else if (m_dragFrom && m_underPointer && *m_underPointer != *m_dragFrom) {
        // From the click's choice, or from where a Shift range began, to here.
        m_dragFrom = m_underPointer;
        afterFrame([this, to = *m_underPointer] { m_selection.extendTo(to); });
    }
}

void TokenStripCanvas::drawFrame(ImDrawList& list, const ImVec2& size)
{
    arrange(size);
    handleInput(size);
    if (m_run->size() == 0)
        return;
    drawOverview(list);
    list.PushClipRect(ImVec2(0, kCellsTop - 2), size);
    drawRowNumbers(list, size);
    drawCells(list, size);
    list.PopClipRect();
    drawScrollMark(list, size);
    drawTooltip(list, size);
}

void TokenStripCanvas::drawOverview(ImDrawList& list) const
{
    const ThemeColors& theme = colors();
    for (std::size_t i = 0; i < m_overview.rects.size(); ++i) {
        const StripRect& rect = m_overview.rects[i];
        const TokenSpan& span = m_overview.spans[i];
        const ImVec2 low(kMargin + rect.left, kOverviewTop);
        const ImVec2 high(kMargin + rect.right() - 1, kOverviewTop + kOverviewHeight);
        list.AddRectFilled(low, high, canvasColor(kindColor(span.kind, theme.dark)), 3);
        const QByteArray label = QStringLiteral("%1 %2").arg(kindName(span.kind)).arg(span.end - span.begin).toUtf8();
        const float fontSize = smallFontSize();
        const ImVec2 extent = ImGui::GetFont()->CalcTextSizeA(fontSize, FLT_MAX, 0, label.constData());
        if (extent.x + 10 < rect.width) {
            list.AddText(nullptr, fontSize, ImVec2(low.x + 6, low.y + (kOverviewHeight - extent.y) / 2),
                         canvasColor(kindInk(span.kind, theme.dark)), label.constData());
        }
    }
    // Marks where hovered and chosen positions lie in the whole.
    const auto mark = [&](const Positions& positions, const QColor& color) {
        float lastX = -10;
        for (const std::int64_t position : positions) {
            const float x = kMargin + m_overview.xFromPosition(position);
            if (x - lastX < 1)
                continue;
            lastX = x;
            list.AddRectFilled(ImVec2(x, kOverviewTop - 4), ImVec2(x + 2, kOverviewTop + kOverviewHeight + 4),
                               canvasColor(color));
        }
    };
    mark(m_selection.chosen(), theme.accent);
    mark(m_selection.hovered(), theme.text);
}

void TokenStripCanvas::drawRowNumbers(ImDrawList& list, const ImVec2& size) const
{
    const float fontSize = smallFontSize() * 0.92F;
    const auto every = static_cast<std::int64_t>(std::ceil((fontSize + 2) / m_layout.cellHeight));
    const auto [first, last] = m_layout.positionsBetween(m_scroll, m_scroll + cellsSize(size).y + kCellsTop);
    for (std::int64_t row = first / m_layout.columns; row * m_layout.columns < last; ++row) {
        if (row % std::max<std::int64_t>(every, 1) != 0)
            continue;
        const QByteArray number = QByteArray::number(static_cast<qlonglong>(row * m_layout.columns));
        const ImVec2 extent = ImGui::GetFont()->CalcTextSizeA(fontSize, FLT_MAX, 0, number.constData());
        const StripRect cell = cellOnWidget(row * m_layout.columns);
        const float top = every > 1 ? cell.top : cell.top + (cell.height - extent.y) / 2;
        list.AddText(nullptr, fontSize, ImVec2(kGutter - 8 - extent.x, top), canvasColor(colors().muted),
                     number.constData());
    }
}

void TokenStripCanvas::drawMarks(ImDrawList& list, std::int64_t first, std::int64_t last)
{
    const OverlayStack::Entry* top = m_overlays->top();
    if (top == nullptr)
        return;
    const float foot = footHeight();
    const float gap = gapBetween();
    const OverlayLayer& layer = top->layer;
    // Masked cells side by side are one rectangle: most of a sequence may be masked.
    std::array<std::vector<ImVec4>, 2> marked;  // Future, OutsideWindow
    for (std::int64_t position = first; position < last && !layer.marks.empty();) {
        const CellMark mark = overlayMark(layer, position);
        const std::int64_t endOfRow = std::min(last, (position / m_layout.columns + 1) * m_layout.columns);
        std::int64_t end = position + 1;
        while (end < endOfRow && overlayMark(layer, end) == mark)
            ++end;
        if (mark >= CellMark::Future) {
            const StripRect from = cellOnWidget(position);
            const StripRect to = cellOnWidget(end - 1);
            marked[mark == CellMark::Future ? 0 : 1].emplace_back(from.left, from.bottom() - gap - foot,
                                                                  to.right() - gap, to.bottom() - gap);
        }
        position = end;
    }
    for (const CellMark mark : {CellMark::Future, CellMark::OutsideWindow}) {
        if (const auto& rects = marked[mark == CellMark::Future ? 0 : 1]; !rects.empty())
            m_textures.drawPattern(list, markPattern(mark), kPatternPixels, rects);
    }
}

void TokenStripCanvas::drawQuery(ImDrawList& list) const
{
    const std::optional<std::int64_t> query = m_selection.focus().query;
    if (!query || *query < 0 || *query >= m_run->size())
        return;
    const StripRect cell = cellOnWidget(*query);
    const float middle = cell.left + cell.width / 2;
    const float side = std::clamp(m_layout.cellHeight / 2.5F, 5.0F, 8.0F);
    const ImVec2 left(middle - side, cell.top - side), right(middle + side, cell.top - side), tip(middle, cell.top + 1);
    list.AddTriangleFilled(left, right, tip, canvasColor(colors().accent));
    list.AddTriangle(left, right, tip, canvasColor(colors().base));
}

void TokenStripCanvas::drawBands(ImDrawList& list, std::int64_t first, std::int64_t last,
                                 const std::function<StripCellLook(std::int64_t)>& look)
{
    const OverlayStack::Entry* top = m_overlays->top();
    BandsOf now{m_overlays,
                top != nullptr ? top->version : 0,
                &colors(),
                m_selection.chosen(),
                top != nullptr ? Positions() : m_selection.hovered(),
                first,
                last,
                m_layout.columns,
                m_layout.cellHeight,
                m_refreshes};
    const bool isOther = now != m_bandsOf;
    m_bandsOf = std::move(now);
    const auto rows = static_cast<std::int64_t>(std::ceil(static_cast<float>(kBandPixels) / m_layout.cellHeight));
    std::size_t band = 0;
    for (std::int64_t from = first; from < last; from += rows * m_layout.columns, ++band) {
        const std::int64_t to = std::min(last, from + rows * m_layout.columns);
        if (band == m_bands.size())
            m_bands.emplace_back();
        if (isOther) {
            QImage picture = stripCellsPicture(m_layout, from, to, static_cast<int>(gapBetween()),
                                               static_cast<int>(footHeight()), look);
            // The same picture again stays the same texture, and its pixels are not drawn again.
            if (m_bands[band] != picture)
                m_bands[band] = std::move(picture);
        }
        const StripRect cell = cellOnWidget(from);
        m_textures.drawCells(list, m_bands[band], ImVec2(cell.left, cell.top),
                             ImVec2(cell.left + static_cast<float>(m_bands[band].width()),
                                    cell.top + static_cast<float>(m_bands[band].height())),
                             1);
    }
    m_bands.resize(band);
}

void TokenStripCanvas::drawCells(ImDrawList& list, const ImVec2& size)
{
    const ThemeColors& theme = colors();
    const auto [first, last] = m_layout.positionsBetween(m_scroll, m_scroll + cellsSize(size).y + 8);
    // Where values are shown, the pointer must not change how they look.
    const bool isShaded = m_overlays->top() != nullptr;
    const bool anyHighlight = !m_selection.chosen().empty() || (!isShaded && !m_selection.hovered().empty());
    const float gap = gapBetween();

    std::array<std::array<ImU32, 2>, kTokenKinds.size()> fill{};  // [kind][dimmed]
    for (const TokenKind kind : kTokenKinds) {
        const QColor color = kindColor(kind, theme.dark);
        const QColor grey = mixed(QColor(128, 132, 140), theme.base, 0.35);
        fill[static_cast<std::size_t>(kind)] = {canvasColor(color),
                                                canvasColor(mixed(mixed(color, grey, 0.45), theme.base, 0.55))};
    }
    const auto isLit = [&](std::int64_t position) {
        return !anyHighlight || m_selection.isHovered(position) || m_selection.isChosen(position);
    };
    const auto look = [&](std::int64_t position) {
        const QRgb foot = isShaded ? overlayColor(m_overlays->top()->layer, position) : 0;
        return StripCellLook{fill[static_cast<std::size_t>(m_run->kindAt(position))][isLit(position) ? 0 : 1],
                             qAlpha(foot) == 0 ? 0 : IM_COL32(qRed(foot), qGreen(foot), qBlue(foot), 255)};
    };
    if (m_layout.cellHeight < kRoundFrom && std::floor(m_scroll) == m_scroll) {
        drawBands(list, first, last, look);
    } else {
        const float foot = footHeight();
        for (std::int64_t position = first; position < last; ++position) {
            const StripRect cell = cellOnWidget(position);
            const StripCellLook shown = look(position);
            list.AddRectFilled(ImVec2(cell.left, cell.top), ImVec2(cell.right() - gap, cell.bottom() - gap), shown.fill,
                               m_layout.cellHeight >= kRoundFrom ? 3.0F : 0.0F);
            if (m_layout.cellHeight >= kTextFrom)
                drawCellText(list, position, cell, isLit(position) ? 1.0F : 0.55F);
            if (shown.foot != 0)
                list.AddRectFilled(ImVec2(cell.left, cell.bottom() - gap - foot),
                                   ImVec2(cell.right() - gap, cell.bottom() - gap), shown.foot);
        }
    }
    drawMarks(list, first, last);
    drawQuery(list);
    const ImU32 halo = canvasColor(theme.base);
    const auto outlineAll = [&](const Positions& positions, const QColor& color) {
        const auto begin = std::lower_bound(positions.begin(), positions.end(), first);
        const auto end = std::lower_bound(positions.begin(), positions.end(), last);
        // Thousands of frames would hide what they frame; a large set shows by the rest being grey.
        if (std::distance(begin, end) > 400)
            return;
        for (auto it = begin; it != end; ++it) {
            StripRect cell = cellOnWidget(*it);
            cell.width -= gap;
            cell.height -= gap;
            outline(list, cell, halo, canvasColor(color));
        }
    };
    outlineAll(m_selection.chosen(), theme.accent);
    outlineAll(m_selection.hovered(), theme.text);
}

void TokenStripCanvas::drawCellText(ImDrawList& list, std::int64_t position, const StripRect& cell, float dim) const
{
    const TokenKind kind = m_run->kindAt(position);
    QByteArray text;
    if (kind == TokenKind::Image || kind == TokenKind::World) {
        const TokenOrigin origin = m_run->originAt(position);
        text = origin.row >= 0 ? QStringLiteral("%1,%2").arg(origin.row).arg(origin.column).toUtf8() : QByteArray();
    } else {
        text = readablePiece(m_run->pieceAt(position)).toUtf8();
    }
    const float room = cell.height - 1 - (m_overlays->top() != nullptr ? footHeight() : 0);
    const float fontSize = std::min(smallFontSize(), room);
    const ImVec4 clip(cell.left + 1, cell.top, cell.right() - 3, cell.bottom());
    list.AddText(nullptr, fontSize, ImVec2(cell.left + 4, cell.top + (room - fontSize) / 2),
                 canvasColor(kindInk(kind, colors().dark), dim), text.constData(), nullptr, 0, &clip);
}

void TokenStripCanvas::drawScrollMark(ImDrawList& list, const ImVec2& size) const
{
    const float view = cellsSize(size).y;
    const float content = m_layout.contentHeight();
    if (content <= view + 1)
        return;
    const float x = size.x - kScrollbarWidth + 2;
    const float top = kCellsTop + view * m_scroll / content;
    const float length = std::max(18.0F, view * view / content);
    list.AddRectFilled(ImVec2(x, kCellsTop), ImVec2(x + 6, kCellsTop + view), canvasColor(colors().border, 0.5), 3);
    list.AddRectFilled(ImVec2(x, top), ImVec2(x + 6, top + length), canvasColor(colors().muted), 3);
}

void TokenStripCanvas::drawTooltip(ImDrawList& list, const ImVec2& size) const
{
    if (!m_underPointer || *m_underPointer >= m_run->size())
        return;
    const ThemeColors& theme = colors();
    TokenDescription words = describeToken(*m_run, *m_underPointer);
    if (const QString value = overlayWords(*m_overlays, *m_underPointer); !value.isEmpty())
        words.lines << value;
    const float titleSize = ImGui::GetFontSize();
    const float lineSize = smallFontSize();
    const float lineStep = lineSize + 3;
    const QByteArray title = words.title.toUtf8();
    float wide = ImGui::GetFont()->CalcTextSizeA(titleSize, FLT_MAX, 0, title.constData()).x + 18;
    for (const QString& line : words.lines)
        wide = std::max(wide, ImGui::GetFont()->CalcTextSizeA(lineSize, FLT_MAX, 0, line.toUtf8().constData()).x);
    const ImVec2 extent(wide + 20, titleSize + 4 + lineStep * static_cast<float>(words.lines.size()) + 14);
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    const float left = std::clamp(mouse.x + 16, 4.0F, std::max(4.0F, size.x - extent.x - 4));
    float top = mouse.y + 18;
    if (top + extent.y > size.y - 2)
        top = std::max(2.0F, mouse.y - extent.y - 10);
    const ImVec2 low(left, top);
    const ImVec2 high(left + extent.x, top + extent.y);
    list.AddRectFilled(ImVec2(low.x + 1, low.y + 3), ImVec2(high.x + 1, high.y + 3), IM_COL32(0, 0, 0, 50), 7);
    list.AddRectFilled(low, high, canvasColor(theme.raised), 7);
    list.AddRect(low, high, canvasColor(theme.border), 7);
    list.AddRectFilled(ImVec2(low.x + 10, low.y + 10), ImVec2(low.x + 21, low.y + 21),
                       canvasColor(kindColor(m_run->kindAt(*m_underPointer), theme.dark)), 3);
    list.AddText(nullptr, titleSize, ImVec2(low.x + 28, low.y + 8), canvasColor(theme.text), title.constData());
    float y = low.y + 8 + titleSize + 4;
    for (const QString& line : words.lines) {
        list.AddText(nullptr, lineSize, ImVec2(low.x + 10, y), canvasColor(theme.muted), line.toUtf8().constData());
        y += lineStep;
    }
}

}  // namespace armillary::widgets
