// Cosines of tokens with each other as one heat map, with rulers that say what kind of token a row or column is. Pointing at a cell
// hovers both of its tokens. Wheel zooms, drag moves.
// Thread rule: GUI thread.
#pragma once

#include "widgets/canvas/imgui_canvas.h"
#include "widgets/canvas/texture_store.h"
#include "widgets/colormap.h"
#include "widgets/embedding/embedding_cloud.h"
#include "widgets/selection.h"

#include <QImage>
#include <QPointF>
#include <QRectF>

#include <optional>
#include <utility>
#include <vector>

namespace armillary::widgets {

// What is drawn: values [rows, columns] and the tokens of both sides.
struct SimilarityMatrix {
    std::vector<ResultToken> rows, columns;
    std::vector<float> values;
    float range = 1;  // the scale goes from -range to range
};

// Of embedding-cosine. An empty kind list takes all tokens of the sample.
[[nodiscard]] SimilarityMatrix similarityFromResult(const AnalysisResult& result, const TokenLayout* layout,
                                                    const std::vector<TokenKind>& rowKinds,
                                                    const std::vector<TokenKind>& columnKinds);

class SimilarityCanvas : public ImguiCanvas {
    Q_OBJECT
public:
    SimilarityCanvas(Selection& selection, QWidget* parent = nullptr);

    void setMatrix(SimilarityMatrix matrix);
    [[nodiscard]] const SimilarityMatrix& matrix() const { return m_matrix; }
    void zoomToFit();
    void zoomBy(double factor);

    // Where the middle of a cell is drawn, in logical pixels.
    [[nodiscard]] QPointF pointFromCell(int row, int column) const;
    // Where the whole matrix lies, part of it perhaps outside the widget.
    [[nodiscard]] QRectF matrixRect() const;

    [[nodiscard]] QSize minimumSizeHint() const override { return {160, 120}; }

protected:
    void drawFrame(ImDrawList& list, const ImVec2& size) override;

private:
    [[nodiscard]] QRectF window() const;  // the part of the widget that shows cells
    void navigate();
    void readPointer();
    void drawRulers(ImDrawList& list) const;
    void drawMarks(ImDrawList& list) const;
    void drawPointed(ImDrawList& list, const ImVec2& size) const;
    void drawLegend(ImDrawList& list, const ImVec2& size) const;

    Selection& m_selection;
    TextureStore m_textures;
    SimilarityMatrix m_matrix;
    QImage m_heat;
    double m_zoom = 1;
    QPointF m_offset;                              // of the matrix' centre from the window's
    std::optional<std::pair<int, int>> m_pointed;  // row, column
    bool m_wasPointing = false;
    Positions m_hovering;
};

}  // namespace armillary::widgets
