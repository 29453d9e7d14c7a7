// Draws what tokens are painted with over a picture of what they stand for: the shown overlay layers, the marks of cells that
// cannot be read, a grey veil over cells that are not chosen, and frames around hovered and chosen ones. Pictures and
// filmstrip share it, so that both look and scale alike.
// Thread rule: GUI thread; `draw` while a canvas draws its frame.
#pragma once

#include "widgets/canvas/texture_store.h"
#include "widgets/overlay/overlay_images.h"
#include "widgets/overlay/overlay_stack.h"
#include "widgets/selection.h"
#include "widgets/shown_run.h"

#include <imgui.h>

#include <QRectF>

#include <optional>

namespace armillary::widgets {

struct ThemeColors;

class OverlayPainter {
public:
    OverlayPainter(const ShownRun& run, const Selection& selection, const OverlayStack& overlays)
        : m_run(&run), m_selection(selection), m_overlays(&overlays)
    {}

    // Another run or layout is shown.
    void refresh() { m_images.setLayout(m_run->layout()); }
    // What is drawn from now on; both outlive this.
    void setSources(const ShownRun& run, const OverlayStack& overlays)
    {
        m_run = &run;
        m_overlays = &overlays;
        refresh();
    }
    [[nodiscard]] const std::vector<PlacedGrid>& grids() const { return m_images.grids(); }
    // The index of a grid; nothing when the sequence has none such. `crop` is not read for worlds, `latentFrame` for worlds only.
    [[nodiscard]] std::optional<std::size_t> find(TokenKind kind, int media, int crop, int latentFrame) const;

    // Grid `index` over `picture`, where the whole source picture lies on the widget.
    void draw(ImDrawList& list, TextureStore& textures, std::size_t index, const QRectF& picture,
              const ThemeColors& theme);
    // Hovered and chosen positions of picture `media`, framed; tokens of every grid that `draws` accepts.
    template <class Draws>
    int drawFrames(ImDrawList& list, const QRectF& picture, const ThemeColors& theme, Draws draws) const
    {
        int drawn = 0;
        for (const bool hovered : {false, true}) {
            const Positions& positions = hovered ? m_selection.hovered() : m_selection.chosen();
            const bool framed = positions.size() <= kMostFrames;
            for (const std::int64_t position : positions) {
                if (position >= m_run->prefillLength() || !draws(position))
                    continue;
                if (drawBox(list, picture, theme, position, hovered, framed))
                    ++drawn;
            }
        }
        return drawn;
    }
    // overlayWords of these layers.
    [[nodiscard]] QString valueWords(std::int64_t position) const;

private:
    // Thousands of frames would hide what they frame.
    static constexpr std::size_t kMostFrames = 300;

    bool drawBox(ImDrawList& list, const QRectF& picture, const ThemeColors& theme, std::int64_t position, bool hovered,
                 bool framed) const;
    [[nodiscard]] bool isAnyChosen(TokenKind kind) const;

    const ShownRun* m_run;
    const Selection& m_selection;
    const OverlayStack* m_overlays;
    OverlayImages m_images;
};

}  // namespace armillary::widgets
