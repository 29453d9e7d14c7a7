#include "pipeline/record_taps.h"

#include "records/setting_names.h"
#include "tensors/weights.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

namespace armillary::pipeline {
namespace {

using tensors::TapPoint;

bool isQkv(const std::string& name)
{
    return name.starts_with("query.") || name.starts_with("key.") || name.starts_with("value.");
}

}  // namespace

std::int64_t captureBytes(Capture part, const CaptureSizes& sizes)
{
    switch (part) {
    case Capture::Pixels:
    case Capture::Vision:
    case Capture::Rollout: return 0;
    case Capture::Embeds: return sizes.prefill * sizes.width * sizes.elementBytes;
    case Capture::Hidden: return (sizes.layers + 1) * sizes.positions * sizes.width * sizes.elementBytes;
    case Capture::Qkv:
        return sizes.layers * sizes.positions * (sizes.queryHeads + 2 * sizes.keyValueHeads) * sizes.headWidth *
               sizes.elementBytes;
    case Capture::Attention:
        return sizes.layers * sizes.queryHeads * sizes.positions * sizes.positions * 4 +
               captureBytes(Capture::Qkv, sizes);
    case Capture::Logits: return sizes.generated * sizes.vocabulary * 4;
    case Capture::PromptLogits: return sizes.prefill * sizes.vocabulary * 4;
    }
    return 0;
}

CapturePlan planCapture(const CaptureRequest& request, const CaptureSizes& sizes)
{
    std::vector<std::pair<std::int64_t, Capture>> bySize;
    for (const Capture part : request.parts)
        bySize.emplace_back(captureBytes(part, sizes), part);
    std::sort(bySize.begin(), bySize.end());
    CapturePlan plan;
    constexpr double kMebibyte = 1 << 20;
    for (const auto& [bytes, part] : bySize) {
        if (plan.expectedBytes + bytes > request.budgetBytes) {
            plan.warnings.push_back(
                fmt::format("{} was not captured: it takes up to {:.1f} MiB, the budget of {:.1f} MiB has {:.1f} MiB left",
                            nameOf(part), double(bytes) / kMebibyte, double(request.budgetBytes) / kMebibyte,
                            double(request.budgetBytes - plan.expectedBytes) / kMebibyte));
            continue;
        }
        plan.parts.insert(part);
        plan.expectedBytes += bytes;
    }
    return plan;
}

bool RecordTaps::wants(TapPoint point, int) const
{
    switch (point) {
    case TapPoint::Hidden: return has(Capture::Hidden);
    case TapPoint::Query:
    case TapPoint::Key: return has(Capture::Qkv) || has(Capture::Attention);
    case TapPoint::Value: return has(Capture::Qkv);
    case TapPoint::VisionOutput: return has(Capture::Vision);
    case TapPoint::VisionHidden:
    case TapPoint::VisionPooled: return false;
    }
    return false;
}

void RecordTaps::take(TapPoint point, int layer, const at::Tensor& tensor)
{
    const auto add = [this, &tensor](std::string name, std::int64_t axis) {
        Pieces& pieces = m_pieces[std::move(name)];
        pieces.axis = axis;
        pieces.tensors.push_back(tensor.to(at::kCPU, tensor.scalar_type(), false, true).contiguous());
    };
    switch (point) {
    case TapPoint::Hidden: add(fmt::format("hidden.{}", layer), 0); break;
    case TapPoint::Query: add(fmt::format("query.{}", layer), 1); break;
    case TapPoint::Key: add(fmt::format("key.{}", layer), 1); break;
    case TapPoint::Value: add(fmt::format("value.{}", layer), 1); break;
    case TapPoint::VisionOutput: add(fmt::format("siglip.{}.last_hidden_state", m_media), 0); break;
    case TapPoint::VisionHidden:
    case TapPoint::VisionPooled: break;
    }
}

void RecordTaps::keep(const std::string& name, const at::Tensor& tensor)
{
    m_pieces[name] = {{tensor.to(at::kCPU, tensor.scalar_type(), false, true).contiguous()}, 0};
}

void RecordTaps::append(const std::string& name, const at::Tensor& rows)
{
    m_pieces[name].tensors.push_back(rows.to(at::kCPU, rows.scalar_type(), false, true).contiguous());
}

at::Tensor RecordTaps::joined(const std::string& name) const
{
    const auto found = m_pieces.find(name);
    if (found == m_pieces.end())
        return {};
    const Pieces& pieces = found->second;
    return pieces.tensors.size() == 1 ? pieces.tensors.front() : at::cat(pieces.tensors, pieces.axis);
}

std::map<std::string, TensorSnapshot> RecordTaps::finish()
{
    std::map<std::string, TensorSnapshot> out;
    for (const auto& [name, pieces] : m_pieces) {
        if (isQkv(name) && !has(Capture::Qkv))
            continue;
        out[name] = tensors::snapshotFromTensor(joined(name));
    }
    m_pieces.clear();
    return out;
}

}  // namespace armillary::pipeline
