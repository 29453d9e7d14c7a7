// One picture as every family of models would cut it, side by side and before any model is there: nanoVLM's resized picture with its
// tiles, the global tile, Gemma's square and the crops of pan and scan, each stretched as the resize stretches it. The pointer frames
// the token that stands for its pixel in each of them.
// Thread rule: GUI thread.
#pragma once

#include "inspect/picture_tokens.h"
#include "widgets/canvas/imgui_canvas.h"
#include "widgets/canvas/texture_store.h"

#include <QImage>
#include <QPointF>
#include <QRectF>

#include <array>
#include <optional>
#include <vector>

namespace armillary::widgets {

struct TilesScene {
    QImage picture;  // may be smaller than the source
    inspect::PixelSize source;
    std::optional<inspect::TilePlan> plan;
    QString planProblem;  // why there is none
    inspect::SquareRules square;
    std::vector<CropBox> crops;
    QString cropNote;  // why there are none
};

class TilesCanvas : public ImguiCanvas {
    Q_OBJECT
public:
    enum Pane { Tiles, Global, Square, Crops, PaneCount };

    explicit TilesCanvas(QWidget* parent = nullptr);

    void setScene(TilesScene scene);
    [[nodiscard]] const TilesScene& scene() const { return m_scene; }
    // Parts of the picture that the rest of the window points at or has chosen, as tokens of a run.
    void setMarked(std::vector<PixelBox> hovered, std::vector<PixelBox> chosen);
    // As shown beside the pointer; for tests and screen readers.
    [[nodiscard]] QString wordsAt(const QPointF& fraction) const;

    // Where the picture of a pane lies, in logical pixels; empty for one that is not there.
    [[nodiscard]] QRectF paneRect(Pane pane) const { return m_panes[pane].picture; }

    [[nodiscard]] QSize sizeHint() const override { return {640, 300}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {160, 100}; }

Q_SIGNALS:
    // Of the source picture, in fractions of its sides; nothing: the pointer left.
    void pointed(const std::optional<QPointF>& fraction);
    void clicked(const QPointF& fraction, Qt::KeyboardModifiers modifiers);

protected:
    void drawFrame(ImDrawList& list, const ImVec2& size) override;

private:
    struct Placed {
        QRectF room;     // with title and note
        QRectF picture;  // empty: this pane is not shown
    };

    void arrange(const ImVec2& size);
    void handleInput(const ImVec2& size);
    [[nodiscard]] bool isShown(int pane) const;
    // Width / height of what a pane shows.
    [[nodiscard]] double aspectOf(int pane) const;
    void drawPane(ImDrawList& list, int pane);
    void drawTiles(ImDrawList& list, const QRectF& rect) const;
    void drawCrops(ImDrawList& list, const QRectF& rect) const;
    void drawTokenGrid(ImDrawList& list, const QRectF& rect, int perSide) const;
    void drawPointed(ImDrawList& list, int pane) const;
    [[nodiscard]] std::array<QString, 2> wordsOf(int pane) const;
    // The part of the picture that a pane's token at the fraction stands for; nothing where it has none.
    [[nodiscard]] std::vector<PixelBox> tokensAt(int pane, const QPointF& fraction) const;
    [[nodiscard]] const inspect::Tile* tileAt(const QPointF& fraction) const;

    TilesScene m_scene;
    std::vector<PixelBox> m_hovered;
    std::vector<PixelBox> m_chosen;
    TextureStore m_textures;
    std::array<Placed, PaneCount> m_panes;
    std::optional<QPointF> m_pointed;  // fractions of the source picture
    std::optional<QPointF> m_reported;
    bool m_sceneChanged = false;
};

}  // namespace armillary::widgets
