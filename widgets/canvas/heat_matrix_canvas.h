// A number for each layer and head as a heat map, with each layer's mean beside it: one texture, however many cells. Reports what
// is pointed at and clicked; who owns it decides what that means.
// Thread rule: GUI thread.
#pragma once

#include "widgets/canvas/imgui_canvas.h"
#include "widgets/canvas/texture_store.h"
#include "widgets/colormap.h"

#include <QByteArray>
#include <QImage>
#include <QRectF>
#include <QString>

#include <optional>
#include <vector>

namespace armillary::widgets {

struct HeatMatrix {
    int layers = 0;
    int heads = 0;
    std::vector<float> values;      // [layers,heads]; NaN: there is no number
    std::vector<bool> isGlobal;     // [layers]; empty: not known
    std::vector<int> sourceLayers;  // [layers] their numbers in the model; empty: 0, 1, 2 ...
    std::int64_t window = 0;        // of local layers
    float lowest = 0;
    float highest = 1;
    ColorScale scale = ColorScale::Magnitude;
    QString measure;  // "mass on world"
    QString unit;     // "bits", "positions", or nothing

    [[nodiscard]] float at(int layer, int head) const;
    // Of the heads that have a number; NaN where none has.
    [[nodiscard]] float meanOf(int layer) const;
};

// Nothing: the mean over all.
struct MatrixCell {
    std::optional<int> layer;
    std::optional<int> head;

    bool operator==(const MatrixCell&) const = default;
};

class HeatMatrixCanvas : public ImguiCanvas {
    Q_OBJECT
public:
    explicit HeatMatrixCanvas(QWidget* parent = nullptr);

    void setMatrix(HeatMatrix matrix);
    [[nodiscard]] const HeatMatrix& matrix() const { return m_matrix; }
    // What stands in its place while there is no matrix.
    void setHint(const QString& hint);
    // The cell that is framed: the focus.
    void setMarked(const MatrixCell& cell);
    [[nodiscard]] const MatrixCell& marked() const { return m_marked; }
    // Where a cell lies, in logical pixels; a missing head is the column of means, a missing layer the head's number above.
    [[nodiscard]] QRectF rectOf(const MatrixCell& cell) const;
    // "layer 17 (global), head 3: 0.12".
    [[nodiscard]] QString wordsOf(const MatrixCell& cell) const;

    [[nodiscard]] QSize minimumSizeHint() const override { return {180, 140}; }

Q_SIGNALS:
    // Nothing: the pointer left the cells.
    void cellPointed(const std::optional<armillary::widgets::MatrixCell>& cell);
    void cellClicked(const armillary::widgets::MatrixCell& cell);

protected:
    void drawFrame(ImDrawList& list, const ImVec2& size) override;

private:
    void handleInput(const ImVec2& size);
    void drawLayerNumbers(ImDrawList& list) const;
    void drawHeadNumbers(ImDrawList& list) const;
    void drawCellTexts(ImDrawList& list) const;
    void drawFrameOf(ImDrawList& list, const MatrixCell& cell, const QColor& color) const;
    void drawLegend(ImDrawList& list, const ImVec2& size);
    [[nodiscard]] QRectF gridRect() const;  // of the heads, without the means
    [[nodiscard]] double meanWidth() const;
    [[nodiscard]] std::optional<MatrixCell> cellFromPoint(const QPointF& point) const;
    [[nodiscard]] int sourceLayer(int layer) const;
    void makePictures();

    HeatMatrix m_matrix;
    MatrixCell m_marked;
    std::optional<MatrixCell> m_pointed;
    QImage m_cells;                    // [layers,heads]
    QImage m_means;                    // [layers,1]
    std::vector<MatrixCell> m_blanks;  // cells without a number
    std::vector<QByteArray> m_texts;   // [layers,heads+1]
    QString m_hint;
    TextureStore m_textures;
};

}  // namespace armillary::widgets
