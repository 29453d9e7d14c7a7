// Keeps what a question's capture request names while the models run, within its byte budget.
//
// The models run their normal kernels either way: a tap copies to the host what was computed anyway.
// Thread rule: used by the thread that runs the question.
#pragma once

#include "records/question.h"
#include "records/tensor_snapshot.h"
#include "tensors/tap.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace armillary::pipeline {

// Sizes that decide what a capture costs.
struct CaptureSizes {
    std::int64_t positions = 0;  // S + most generated tokens
    std::int64_t layers = 0;
    std::int64_t width = 0;      // D
    std::int64_t queryHeads = 0;
    std::int64_t keyValueHeads = 0;
    std::int64_t headWidth = 0;
    std::int64_t vocabulary = 0;
    std::int64_t prefill = 0;    // S
    std::int64_t generated = 0;
    std::int64_t elementBytes = 4;
};

struct CapturePlan {
    std::set<Capture> parts;            // what fits the budget
    std::int64_t expectedBytes = 0;
    std::vector<std::string> warnings;  // what was left out and what it would have taken
};

// Bytes that `part` takes at most; 0 for the small fixed parts.
[[nodiscard]] std::int64_t captureBytes(Capture part, const CaptureSizes& sizes);
// Takes parts in order of size until the budget is spent.
[[nodiscard]] CapturePlan planCapture(const CaptureRequest& request, const CaptureSizes& sizes);

class RecordTaps final : public tensors::TapSink {
public:
    explicit RecordTaps(std::set<Capture> parts) : m_parts(std::move(parts)) {}

    [[nodiscard]] bool has(Capture part) const { return m_parts.contains(part); }
    // Vision taps that follow belong to this picture.
    void setMedia(std::int32_t media) { m_media = media; }
    [[nodiscard]] bool wants(tensors::TapPoint point, int layer) const override;
    void take(tensors::TapPoint point, int layer, const at::Tensor& tensor) override;
    // Keeps a host copy of `tensor` under its name in the record.
    void keep(const std::string& name, const at::Tensor& tensor);
    // Rows that come one by one, joined along the first axis.
    void append(const std::string& name, const at::Tensor& rows);
    // The pieces of `name` joined; undefined when there are none.
    [[nodiscard]] at::Tensor joined(const std::string& name) const;
    // Everything kept, under the names of record.md; queries and keys that only served attention maps are left out.
    [[nodiscard]] std::map<std::string, TensorSnapshot> finish();

private:
    struct Pieces {
        std::vector<at::Tensor> tensors;
        std::int64_t axis = 0;
    };

    std::set<Capture> m_parts;
    std::int32_t m_media = 0;
    std::map<std::string, Pieces> m_pieces;
};

}  // namespace armillary::pipeline
