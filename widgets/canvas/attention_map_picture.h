// The map of a layer and head made ready to be drawn: values as one picture, masked cells as rectangles of patterns, and what stands
// along both sides. Made once for each result; drawing and pointing only read it.
// Thread rule: immutable once made; may be made on any thread.
#pragma once

#include "records/analysis.h"
#include "records/run_record.h"
#include "widgets/colormap.h"
#include "widgets/overlay/overlay_images.h"

#include <QImage>
#include <QString>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace armillary::widgets {

// Of the visible cells of a bin.
enum class BinValue { Mean, Maximum };
enum class ValueScale { Logarithmic, Linear };

struct AttentionMapPicture {
    std::shared_ptr<const AnalysisResult> result;  // holds what the spans below view
    std::shared_ptr<const RunRecord> record;
    int rows = 0;  // bins of queries
    int columns = 0;
    std::int64_t keys = 0;                   // P
    std::span<const std::int64_t> queries;   // [Q] positions that look
    std::span<const std::int64_t> rowEdges;  // [rows+1] indices into `queries`
    std::span<const std::int64_t> columnEdges;
    std::span<const float> mean;
    std::span<const float> maximum;
    std::span<const std::uint8_t> states;  // CellMark by number
    BinValue value = BinValue::Mean;
    ValueScale scale = ValueScale::Logarithmic;
    bool isDifference = false;
    float lowest = 0;  // at the ends of the colour scale
    float highest = 1;
    QImage image;                     // [rows,columns]; transparent where nothing may look
    QImage shrunk;                    // the same, for drawing smaller than it is
    std::vector<MarkedCells> masked;  // in bins
    std::vector<TokenSpan> keySpans;
    std::vector<TokenSpan> querySpans;  // as indices into `queries`
    std::vector<PositionBlock> blocks;  // that see each other both ways
    std::int64_t window = 0;            // of the layer; 0: none

    [[nodiscard]] bool isEmpty() const { return rows == 0 || columns == 0; }
    // Every position looks: the map is as wide as high.
    [[nodiscard]] bool isWhole() const { return static_cast<std::int64_t>(queries.size()) == keys; }
    [[nodiscard]] int rowOf(std::int64_t queryIndex) const;
    [[nodiscard]] int columnOf(std::int64_t key) const;
    [[nodiscard]] CellMark markAt(int row, int column) const;
    [[nodiscard]] float valueAt(int row, int column) const;
    // "512 · world, row 3, column 4, latent frame 0" or "4210 · generated “left”".
    [[nodiscard]] QString wordsOf(std::int64_t position) const;
};

// Empty when `result` is no attention-map.
[[nodiscard]] AttentionMapPicture attentionMapPicture(std::shared_ptr<const AnalysisResult> result,
                                                      std::shared_ptr<const RunRecord> record, bool isDifference,
                                                      BinValue value, ValueScale scale);

}  // namespace armillary::widgets
