// The pictures that models really read, as cards: the source with its crops, the vision encoder's squares, the autoencoder's frames,
// each with its value range and painted by the overlay layers on its own tokens. Hovered and chosen tokens are framed in every card:
// closed where the card feeds the token, corners only where it shows the same place. The pointer hovers a card's tokens, a click
// chooses (Shift, Ctrl), Alt+click asks; wheel scrolls, Ctrl+wheel zooms, a double click shows one card beside its source.
// Thread rule: GUI thread.
#pragma once

#include "inspect/model_inputs.h"
#include "widgets/canvas/imgui_canvas.h"
#include "widgets/canvas/overlay_painter.h"
#include "widgets/canvas/texture_store.h"

#include <QImage>

#include <functional>
#include <optional>
#include <vector>

namespace armillary::widgets {

struct InputCard {
    enum class Kind { Original, Encoder, Frame };

    Kind kind = Kind::Original;
    int media = 0;
    int index = 0;  // crop or frame
    int latentFrame = -1;
    int widthPixels = 0;
    int heightPixels = 0;
    PixelBox covers{0, 0, 1, 1};
    QString title;
    QString range;          // lowest ... highest, mean
    QString normalisation;  // how levels became values
    QImage picture;         // null = being read
    QImage original;        // that it was made of, whole
    double originalAspect = 1;
};

class InputsCanvas : public ImguiCanvas {
    Q_OBJECT
public:
    // "R 0.41 G ..." of a pixel of card `card`.
    using ValueWords = std::function<QString(int card, int row, int column)>;

    InputsCanvas(const ShownRun& run, Selection& selection, const OverlayStack& overlays, QWidget* parent = nullptr);

    void refresh();
    void setSources(const ShownRun& run, const OverlayStack& overlays);
    void setValueWords(ValueWords words) { m_valueWords = std::move(words); }
    void setCards(std::vector<InputCard> cards);
    void setCard(int index, const InputCard& card);
    [[nodiscard]] const std::vector<InputCard>& cards() const { return m_cards; }
    // One card large, beside the part of the source that it was made of; nothing: all.
    void setSolo(std::optional<int> card);
    [[nodiscard]] std::optional<int> solo() const { return m_solo; }
    void zoomBy(int steps);
    void zoomToFit();

    // Where things are on the widget, for tests.
    [[nodiscard]] QRectF pictureRect(int card) const;
    [[nodiscard]] QRectF originalRect() const { return m_originalRect; }
    // The middle of a token's place in a card.
    [[nodiscard]] QPoint pointIn(int card, std::int64_t position) const;
    // How many tokens the last frame framed, in cards that feed them and in others.
    [[nodiscard]] int drawnFrames() const { return m_drawnFrames; }
    [[nodiscard]] int drawnCorners() const { return m_drawnCorners; }

    [[nodiscard]] QSize sizeHint() const override { return {640, 320}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {160, 100}; }

Q_SIGNALS:
    void soloWanted(int card);

protected:
    void drawFrame(ImDrawList& list, const ImVec2& size) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;

private:
    void arrange(const ImVec2& size);
    // The lines above a picture.
    [[nodiscard]] double wordsHeight() const;
    // Rows of cards of that height; the height of all of them.
    double flow(double pictureHeight, double width);
    void handleInput(const ImVec2& size);
    void drawCard(ImDrawList& list, int card);
    void drawTokens(ImDrawList& list, int card, const QRectF& rect);
    void drawCropOutlines(ImDrawList& list, const InputCard& card, const QRectF& rect) const;
    // Whether the card's picture is what the token was made from.
    [[nodiscard]] bool feeds(const InputCard& card, std::int64_t position) const;
    // The grids of the painter whose tokens a card feeds.
    [[nodiscard]] std::vector<std::size_t> gridsOf(const InputCard& card) const;
    [[nodiscard]] Positions tokensAt(int card, const QPointF& fraction) const;
    [[nodiscard]] QString tipWords() const;

    const ShownRun* m_run;
    Selection& m_selection;
    OverlayPainter m_painter;
    TextureStore m_textures;
    ValueWords m_valueWords;
    std::vector<InputCard> m_cards;
    std::vector<QRectF> m_rects;  // of the pictures, before scrolling
    QRectF m_originalRect;        // while one card is shown
    std::optional<int> m_solo;
    std::optional<double> m_height;  // of pictures; empty = fit
    double m_shownHeight = 100;
    double m_contentHeight = 0;
    double m_scroll = 0;
    std::optional<int> m_pointedCard;
    QPointF m_pointed;  // fractions of the card's picture
    bool m_wasPointing = false;
    Positions m_hovering;
    int m_drawnFrames = 0;
    int m_drawnCorners = 0;
};

}  // namespace armillary::widgets
