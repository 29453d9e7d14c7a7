// The fused sequence as coloured cells: the whole of it in a bar on top, every position below, each shaded at its foot by the
// uppermost overlay layer. Wheel scrolls, Ctrl+wheel zooms, the pointer hovers, clicks and drags choose, Alt+click makes a
// position the query.
// Thread rule: GUI thread.
#pragma once

#include "widgets/canvas/imgui_canvas.h"
#include "widgets/canvas/texture_store.h"
#include "widgets/canvas/token_strip_cells.h"
#include "widgets/canvas/token_strip_layout.h"
#include "widgets/overlay/overlay_stack.h"
#include "widgets/selection.h"
#include "widgets/shown_run.h"

#include <QImage>

#include <functional>
#include <optional>
#include <vector>

namespace armillary::widgets {

class TokenStripCanvas : public ImguiCanvas {
    Q_OBJECT
public:
    TokenStripCanvas(const ShownRun& run, Selection& selection, const OverlayStack& overlays,
                     QWidget* parent = nullptr);

    // Shows others from now on, for locked views; they outlive this.
    void setSources(const ShownRun& run, const OverlayStack& overlays);
    // Another run or more tokens: spans are counted anew.
    void refresh();
    // One step in or out, the view's middle staying in place.
    void zoomBy(int steps);
    // Everything visible again.
    void zoomToFit();
    void scrollToPosition(std::int64_t position);

    // For tests and keyboard moves: where things are now, in widget pixels.
    [[nodiscard]] const TokenStripLayout& stripLayout() const { return m_layout; }
    [[nodiscard]] QPoint pointFromPosition(std::int64_t position) const;
    // A point in the shaded foot of its cell.
    [[nodiscard]] QPoint footFromPosition(std::int64_t position) const;
    [[nodiscard]] std::optional<std::int64_t> positionFromPoint(const QPoint& point) const;

    [[nodiscard]] QSize sizeHint() const override { return {900, 190}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {200, 80}; }

protected:
    void drawFrame(ImDrawList& list, const ImVec2& size) override;

private:
    void arrange(const ImVec2& size);
    void handleInput(const ImVec2& size);
    void handleButtons();
    void drawOverview(ImDrawList& list) const;
    void drawCells(ImDrawList& list, const ImVec2& size);
    // What small cells look like depends on nothing else.
    struct BandsOf {
        const OverlayStack* overlays = nullptr;
        quint64 overlayVersion = 0;
        const ThemeColors* theme = nullptr;
        Positions chosen, hovered;
        std::int64_t first = 0, last = 0, columns = 0;
        float cellHeight = 0;
        int refreshes = 0;  // of the run
        bool operator==(const BandsOf&) const = default;
    };

    // The cells in a few pictures, one below the other: what changes in one leaves the others as they are.
    void drawBands(ImDrawList& list, std::int64_t first, std::int64_t last,
                   const std::function<StripCellLook(std::int64_t position)>& look);
    void drawMarks(ImDrawList& list, std::int64_t first, std::int64_t last);
    void drawQuery(ImDrawList& list) const;
    [[nodiscard]] float footHeight() const;
    [[nodiscard]] float gapBetween() const;
    void drawCellText(ImDrawList& list, std::int64_t position, const StripRect& cell, float dim) const;
    void drawRowNumbers(ImDrawList& list, const ImVec2& size) const;
    void drawScrollMark(ImDrawList& list, const ImVec2& size) const;
    void drawTooltip(ImDrawList& list, const ImVec2& size) const;
    void clampScroll(const ImVec2& size);
    [[nodiscard]] StripRect cellOnWidget(std::int64_t position) const;

    const ShownRun* m_run;
    Selection& m_selection;
    const OverlayStack* m_overlays;
    TextureStore m_textures;
    std::vector<QImage> m_bands;
    BandsOf m_bandsOf;
    int m_refreshes = 0;
    std::vector<TokenSpan> m_spans;
    StripOverview m_overview;
    TokenStripLayout m_layout;
    std::optional<float> m_cellHeight;  // empty = fit
    float m_scroll = 0;                 // content pixels above the view
    bool m_followEnd = true;            // new tokens keep the end in view
    std::optional<std::int64_t> m_underPointer;
    std::optional<std::int64_t> m_dragFrom;
    bool m_tokensChanged = false;
};

}  // namespace armillary::widgets
