// Keeps what a question's capture request names while the models run, within its byte budget, and of every run the query of
// each pass's last row: the rows that answers were chosen from.
//
// The models run their normal kernels either way: a tap copies what was computed anyway. What is large goes to the host at once;
// single rows of decode steps stay on their device until the end, because a copy from a GPU waits for its kernels.
// Thread rule: used by the thread that runs the question.
#pragma once

#include "base/stage_clock.h"
#include "records/question.h"
#include "records/tensor_snapshot.h"
#include "tensors/tap.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace armillary::pipeline {

// Rows of a prefill whose kernel output is kept under capture qkv, spread evenly, the last one included: what recomputed
// attention is measured against.
inline constexpr std::int64_t kOutputSampleRows = 32;

// Sizes that decide what a capture costs.
struct CaptureSizes {
    std::int64_t positions = 0;  // S + most generated tokens
    std::int64_t layers = 0;
    std::int64_t width = 0;  // D
    std::int64_t queryHeads = 0;
    std::int64_t keyValueHeads = 0;
    std::int64_t headWidth = 0;
    std::int64_t vocabulary = 0;
    std::int64_t prefill = 0;  // S
    std::int64_t generated = 0;
    std::int64_t elementBytes = 4;
};

struct CapturePlan {
    std::set<Capture> parts;  // what fits the budget
    std::int64_t expectedBytes = 0;
    std::vector<std::string> warnings;  // what was left out and what it would have taken
};

// Bytes that `part` takes at most; 0 for the small fixed parts.
[[nodiscard]] std::int64_t captureBytes(Capture part, const CaptureSizes& sizes);
// Takes parts in order of size until the budget is spent.
[[nodiscard]] CapturePlan planCapture(const CaptureRequest& request, const CaptureSizes& sizes);
// At most kOutputSampleRows of [0, rows), rising, evenly spread, the first and the last among them.
[[nodiscard]] std::vector<std::int64_t> sampledRows(std::int64_t rows);

// Of one layer, a row a pass of the model, on the model's device.
struct AnswerRows {
    at::Tensor queries;  // [H,R,C]
    at::Tensor mixes;    // [R,H*C] the kernel's output
};

class RecordTaps final : public tensors::TapSink {
public:
    explicit RecordTaps(std::set<Capture> parts) : m_parts(std::move(parts)) {}

    [[nodiscard]] bool has(Capture part) const { return m_parts.contains(part); }
    // Vision taps that follow belong to this picture.
    void setMedia(std::int32_t media) { m_media = media; }
    // How many positions went through all layers: a stopped step leaves a row more in some, which is cut off.
    void setPositions(std::int64_t positions) { m_positions = positions; }
    [[nodiscard]] bool wants(tensors::TapPoint point, int layer) const override;
    void take(tensors::TapPoint point, int layer, const at::Tensor& tensor) override;
    // Keeps from now on how long every layer takes, on this clock and under its open stage. On a GPU each layer is waited for.
    void timeLayers(const StageClock& clock, at::Device device);
    void beginPass(std::int64_t rows) override;
    void endLayer() override;
    [[nodiscard]] std::vector<LayerPass> layerPasses() { return std::move(m_passes); }
    // Keeps a host copy of `tensor` under its name in the record.
    void keep(const std::string& name, const at::Tensor& tensor);
    // Rows that come one by one, joined along the first axis.
    void append(const std::string& name, const at::Tensor& rows);
    // The pieces of `name` joined on the host; undefined when there are none.
    [[nodiscard]] at::Tensor joined(const std::string& name) const;
    // The first `rows` answer rows of a layer; undefined tensors when the layer kept fewer.
    [[nodiscard]] AnswerRows answerRows(int layer, std::int64_t rows) const;
    // What is kept so far for the record.
    [[nodiscard]] std::int64_t bytes() const;
    // Time spent keeping. On a GPU a copy waits for the kernels before it, so there it is an upper bound.
    [[nodiscard]] double seconds() const { return m_seconds; }
    // Everything kept, under the names of record.md; queries and keys that only served attention maps are left out.
    [[nodiscard]] std::map<std::string, TensorSnapshot> finish();

private:
    struct Pieces {
        std::vector<at::Tensor> tensors;
        std::int64_t axis = 0;
    };
    struct PassRows {
        std::vector<at::Tensor> queries;  // [H,1,C]
        std::vector<at::Tensor> mixes;    // [1,H*C]
    };

    void add(const std::string& name, const at::Tensor& tensor, std::int64_t axis);
    void addLastRow(tensors::TapPoint point, int layer, const at::Tensor& tensor);
    void addOutputSample(int layer, const at::Tensor& mix);
    // Of the pieces of `name`, how many rows count.
    [[nodiscard]] std::int64_t rowsThatCount(const std::string& name) const;
    [[nodiscard]] TensorSnapshot snapshot(const std::string& name, const Pieces& pieces) const;

    std::set<Capture> m_parts;
    std::int32_t m_media = 0;
    std::int64_t m_positions = std::numeric_limits<std::int64_t>::max();
    double m_seconds = 0;
    std::map<std::string, Pieces> m_pieces;
    const StageClock* m_clock = nullptr;  // null: layers are not timed
    std::optional<at::Device> m_waited;   // whose work is waited for before the clock is read
    double m_layerStart = 0;
    std::vector<LayerPass> m_passes;
    std::map<int, PassRows> m_passRows;           // by layer
    std::int64_t m_rowsOffered = 0;               // to layer 0
    std::vector<std::int64_t> m_outputPositions;  // of the rows of attention_output
};

}  // namespace armillary::pipeline
