// The whole map of a layer and head: queries down, keys to the right, values as one texture, with what masks hide as patterns,
// kinds of tokens along both sides, and blocks that see each other both ways framed. Pointing hovers the query and the key, a
// click makes the query the one that maps are of. Wheel zooms, drag moves.
// Thread rule: GUI thread.
#pragma once

#include "widgets/canvas/attention_map_picture.h"
#include "widgets/canvas/imgui_canvas.h"
#include "widgets/canvas/kept_ground.h"
#include "widgets/canvas/texture_store.h"
#include "widgets/selection.h"

#include <QRectF>

#include <optional>
#include <utility>

namespace armillary::widgets {

class AttentionMapCanvas : public ImguiCanvas {
    Q_OBJECT
public:
    explicit AttentionMapCanvas(Selection& selection, QWidget* parent = nullptr);

    // Keeps the part that is looked at when the new map is of the same size.
    void setMap(AttentionMapPicture map);
    [[nodiscard]] const AttentionMapPicture& map() const { return m_map; }

    // What stands in its place while there is no map.
    void setHint(const QString& hint);
    [[nodiscard]] const QString& hint() const { return m_hint; }

    struct Pair {
        std::int64_t queryIndex = 0;  // into map().queries
        std::int64_t key = 0;
        bool operator==(const Pair&) const = default;
    };
    // What the pointer stands on.
    [[nodiscard]] const std::optional<Pair>& pointed() const { return m_pointed; }
    // As shown beside it.
    [[nodiscard]] QString wordsOf(const Pair& pair) const;

    void zoomToFit();
    void zoomBy(int steps);
    // The part of the map that is shown, in fractions of both sides.
    [[nodiscard]] const QRectF& part() const { return m_part; }
    void setPart(const QRectF& part);
    // Where the map lies, and where a pair lies, in logical pixels.
    [[nodiscard]] QRectF mapRect() const;
    [[nodiscard]] QPointF pointFrom(const Pair& pair) const;
    // What lies below the map: its colours and marks in words.
    [[nodiscard]] QRectF legendRect() const;
    // How often the map with its patterns was drawn; pointing does not draw it.
    [[nodiscard]] int groundsDrawn() const { return m_ground.described(); }

    [[nodiscard]] QSize minimumSizeHint() const override { return {200, 160}; }

protected:
    void drawFrame(ImDrawList& list, const ImVec2& size) override;

private:
    static constexpr double kMargin = 8;
    [[nodiscard]] static double legendHeight(double text);
    void handleInput(const ImVec2& size, const QRectF& rect);
    void report(const std::optional<Pair>& pair);
    void click(const Pair& pair, bool toggles);
    // What stays while the pointer moves.
    void drawGround(ImDrawList& list, const QRectF& rect);
    void drawMap(ImDrawList& list, const QRectF& rect);
    void drawMask(ImDrawList& list, const QRectF& rect);
    void drawBlocks(ImDrawList& list, const QRectF& rect) const;
    void drawBorders(ImDrawList& list, const QRectF& rect) const;
    void drawKinds(ImDrawList& list, const QRectF& rect) const;
    void drawKindNames(ImDrawList& list, const QRectF& rect) const;
    void drawNumbers(ImDrawList& list, const QRectF& rect) const;
    void drawMarks(ImDrawList& list, const QRectF& rect) const;
    void drawLegend(ImDrawList& list, const ImVec2& size, const QRectF& rect);
    void zoomAround(const QPointF& fraction, double factor);
    [[nodiscard]] double xOf(const QRectF& rect, double fraction) const;
    [[nodiscard]] double yOf(const QRectF& rect, double fraction) const;
    // From where to where the keys of a span are in sight; the second is not greater where none is.
    [[nodiscard]] std::pair<double, double> shownKeys(const QRectF& rect, const TokenSpan& span) const;
    [[nodiscard]] QPointF pointFrom(const QRectF& rect, const Pair& pair) const;
    [[nodiscard]] std::optional<Pair> pairFromPoint(const QRectF& rect, const QPointF& point) const;
    [[nodiscard]] std::optional<std::int64_t> queryIndexOf(std::int64_t position) const;

    Selection& m_selection;
    AttentionMapPicture m_map;
    QRectF m_part{0, 0, 1, 1};
    std::optional<Pair> m_pointed;
    Positions m_hovering;  // what this canvas hovered last
    QString m_hint;
    TextureStore m_textures;
    KeptGround m_ground;
    QRectF m_groundRect;  // of the map on it, and its part
    QRectF m_groundPart;
    const ThemeColors* m_groundTheme = nullptr;
};

}  // namespace armillary::widgets
