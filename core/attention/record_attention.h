// Attention of a finished run, row by row: softmax weights read from what the record keeps, or computed again from its queries
// and keys in float32 with the run's own scale and mask.
//
// Sources, in this order: `query.{l}` and `key.{l}` (any row), `attention.{l}` (any row), `attention.rows.{l}` (rows that answer
// tokens were chosen from). One layer's rows are held at a time; S x S of all heads never is.
// P = positions that went through the model, S = those of the prompt, H = query heads, C = head width, D = hidden size.
// Thread rule: immutable once opened; the record must outlive it.
#pragma once

#include "base/error.h"
#include "records/run_record.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace armillary::attention {

// What a cell of an attention map is. Numbers are those of the arrays that analyses give.
enum class CellState : std::uint8_t {
    Visible = 0,
    NearZero = 1,       // visible, but its weight lies below a threshold
    Future = 2,         // hidden by causal order
    OutsideWindow = 3,  // before the local layer's sliding window
};

// How far recomputed attention is from what the model's kernel did: max |P V - kernel's output| over sampled rows.
struct RecomputationError {
    double largestError = 0;
    double largestOutput = 0;          // of |kernel's output|, to judge the error by
    std::vector<double> errorByLayer;  // NaN where a layer was not measured
};

class RecordAttention {
public:
    // Errors: InvalidInput (the record names no model, holds no attention at all, or tensors of wrong shape).
    [[nodiscard]] static Result<RecordAttention> open(const RunRecord& record);

    [[nodiscard]] const RunRecord& record() const { return *m_record; }
    [[nodiscard]] const ModelFacts& model() const { return m_record->model; }
    [[nodiscard]] std::int64_t layers() const { return model().layers; }
    [[nodiscard]] std::int64_t heads() const { return model().queryHeads; }
    [[nodiscard]] std::int64_t positions() const { return m_positions; }  // P
    [[nodiscard]] std::int64_t prefill() const { return m_prefill; }      // S
    // [P]; positions behind the prompt are Generated.
    [[nodiscard]] const std::vector<TokenKind>& kinds() const { return m_kinds; }
    // The piece of position `index` as the tokenizer names it, a short description for positions without an id.
    [[nodiscard]] std::string piece(std::int64_t index) const;

    // The keys that `query` sees in `layer`: one range, [begin, end).
    [[nodiscard]] PositionBlock visibleKeys(std::int64_t layer, std::int64_t query) const;
    [[nodiscard]] CellState stateOf(std::int64_t layer, std::int64_t query, std::int64_t key, float weight,
                                    double nearZero) const;

    // Whether rows are computed from queries and keys, or read as the run kept them.
    [[nodiscard]] bool recomputes() const { return m_source == Source::Qkv; }
    // Positions whose rows can be had, rising: all of [0, P), or those of attention.rows.
    [[nodiscard]] const std::vector<std::int64_t>& availableRows() const { return m_available; }
    [[nodiscard]] bool hasAllRows() const { return m_source != Source::Rows; }
    // Positions that answer tokens were chosen from and whose rows can be had: S-1 ... P-1 at most.
    [[nodiscard]] std::vector<std::int64_t> answerRows() const;
    // Errors: InvalidInput, naming the first position whose row cannot be had and what to capture.
    [[nodiscard]] Result<void> need(std::span<const std::int64_t> positions) const;

    // The error of recomputing `layers` (all when empty), where the record can tell it: from `attention_output.{l}` and
    // `value.{l}`, or as the run itself measured it for attention.rows. Errors: Cancelled.
    [[nodiscard]] Result<std::optional<RecomputationError>> recomputationError(std::span<const std::int64_t> layers,
                                                                               const std::stop_token& stop) const;

private:
    enum class Source { Qkv, Maps, Rows };
    friend class LayerAttention;

    const RunRecord* m_record = nullptr;
    Source m_source = Source::Rows;
    std::int64_t m_positions = 0;
    std::int64_t m_prefill = 0;
    std::vector<TokenKind> m_kinds;
    std::vector<std::int64_t> m_available;
};

// One layer of a record; numbers become float32 before anything is computed.
class LayerAttention {
public:
    // `layer` must be one of the record's.
    LayerAttention(const RecordAttention& attention, std::int64_t layer);

    // Weights of the queries at `positions` (available ones) over all keys, 0 where masked: [heads,n,P] into `out`; `head` picks
    // one of them, [1,n,P].
    void weights(std::span<const std::int64_t> positions, std::optional<std::int64_t> head,
                 std::vector<float>& out) const;
    // Values of every position as float32: [K,P,C]; empty when the record holds none.
    [[nodiscard]] std::vector<float> values() const;
    // max |P V - kernel's output| and max |kernel's output|; nothing when the record cannot tell.
    [[nodiscard]] std::optional<std::pair<double, double>> outputError() const;

private:
    struct Tensors;

    const RecordAttention* m_attention;
    std::int64_t m_layer;
    std::shared_ptr<const Tensors> m_tensors;
};

// Weights of some queries of one layer, as forEachTile hands them out.
struct RowTile {
    std::int64_t layer = 0;
    std::int64_t firstIndex = 0;              // of positions[0] among the asked positions
    std::span<const std::int64_t> positions;  // [n] queries
    std::int64_t heads = 0;                   // H, or 1 when one head was asked for
    std::int64_t keys = 0;                    // P
    std::span<const float> weights;           // [heads,n,P]

    // [P]
    [[nodiscard]] std::span<const float> row(std::int64_t head, std::int64_t index) const
    {
        const auto rows = static_cast<std::int64_t>(positions.size());
        return weights.subspan(static_cast<std::size_t>((head * rows + index) * keys), static_cast<std::size_t>(keys));
    }
};

struct TileRequest {
    std::vector<std::int64_t> layers;     // in the order to visit; empty: all, rising
    std::vector<std::int64_t> positions;  // rising
    std::optional<std::int64_t> head;     // nothing: all
};

// Hands the rows of `request` to `take`, layer by layer, in tiles of about 32 MiB. Errors: InvalidInput (rows that the record lacks,
// layers, heads or positions that are not there), Cancelled (polled between tiles).
[[nodiscard]] Result<void> forEachTile(const RecordAttention& attention, const TileRequest& request,
                                       const std::stop_token& stop, const std::function<void(const RowTile&)>& take);

}  // namespace armillary::attention
