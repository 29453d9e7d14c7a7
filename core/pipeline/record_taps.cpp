#include "pipeline/record_taps.h"

#include "records/setting_names.h"
#include "tensors/weights.h"

#include <ATen/ATen.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace armillary::pipeline {
namespace {

using tensors::TapPoint;

constexpr std::string_view kOutputName = "attention_output.";

bool isQkv(const std::string& name)
{
    return name.starts_with("query.") || name.starts_with("key.") || name.starts_with("value.");
}

class Stopwatch {
public:
    explicit Stopwatch(double& seconds) : m_seconds(seconds), m_start(std::chrono::steady_clock::now()) {}
    ~Stopwatch() { m_seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - m_start).count(); }
    Stopwatch(const Stopwatch&) = delete;
    Stopwatch& operator=(const Stopwatch&) = delete;

private:
    double& m_seconds;
    std::chrono::steady_clock::time_point m_start;
};

void waitFor(at::Device device)
{
    c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index());
}

at::Tensor hostCopy(const at::Tensor& tensor)
{
    return tensor.to(at::kCPU, tensor.scalar_type(), false, true, at::MemoryFormat::Contiguous);
}

// `pieces` on the host, with those that stayed on another device fetched together.
std::vector<at::Tensor> onHost(const std::vector<at::Tensor>& pieces, std::int64_t axis)
{
    std::vector<at::Tensor> host;
    std::vector<at::Tensor> waiting;
    const auto fetch = [&] {
        if (!waiting.empty())
            host.push_back(at::cat(waiting, axis).to(at::kCPU));
        waiting.clear();
    };
    for (const at::Tensor& piece : pieces) {
        if (!piece.is_cpu()) {
            waiting.push_back(piece);
            continue;
        }
        fetch();
        host.push_back(piece);
    }
    fetch();
    return host;
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
    case Capture::Qkv: {
        const std::int64_t rows = sizes.positions * (sizes.queryHeads + 2 * sizes.keyValueHeads) +
                                  (std::min(sizes.prefill, kOutputSampleRows) + sizes.generated) * sizes.queryHeads;
        return sizes.layers * rows * sizes.headWidth * sizes.elementBytes;
    }
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
            plan.warnings.push_back(fmt::format(
                "{} was not captured: it takes up to {:.1f} MiB, the budget of {:.1f} MiB has {:.1f} MiB left",
                nameOf(part), double(bytes) / kMebibyte, double(request.budgetBytes) / kMebibyte,
                double(request.budgetBytes - plan.expectedBytes) / kMebibyte));
            continue;
        }
        plan.parts.insert(part);
        plan.expectedBytes += bytes;
    }
    return plan;
}

std::vector<std::int64_t> sampledRows(std::int64_t rows)
{
    const std::int64_t count = std::min(rows, kOutputSampleRows);
    std::vector<std::int64_t> out;
    for (std::int64_t i = 0; i < count; ++i)
        out.push_back(count == 1 ? 0 : i * (rows - 1) / (count - 1));
    return out;
}

bool RecordTaps::wants(TapPoint point, int) const
{
    switch (point) {
    case TapPoint::Hidden: return has(Capture::Hidden);
    case TapPoint::Query:
    case TapPoint::AttentionMix: return true;
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
    const Stopwatch watch(m_seconds);
    switch (point) {
    case TapPoint::Hidden: add(fmt::format("hidden.{}", layer), tensor, 0); break;
    case TapPoint::Query:
        addLastRow(point, layer, tensor);
        if (has(Capture::Qkv) || has(Capture::Attention))
            add(fmt::format("query.{}", layer), tensor, 1);
        break;
    case TapPoint::Key: add(fmt::format("key.{}", layer), tensor, 1); break;
    case TapPoint::Value: add(fmt::format("value.{}", layer), tensor, 1); break;
    case TapPoint::AttentionMix:
        addLastRow(point, layer, tensor);
        if (has(Capture::Qkv))
            addOutputSample(layer, tensor);
        break;
    case TapPoint::VisionOutput: add(fmt::format("siglip.{}.last_hidden_state", m_media), tensor, 0); break;
    case TapPoint::VisionHidden:
    case TapPoint::VisionPooled: break;
    }
}

void RecordTaps::add(const std::string& name, const at::Tensor& tensor, std::int64_t axis)
{
    Pieces& pieces = m_pieces[name];
    pieces.axis = axis;
    pieces.tensors.push_back(tensor.size(axis) == 1 ? tensor.clone(at::MemoryFormat::Contiguous) : hostCopy(tensor));
}

void RecordTaps::addLastRow(TapPoint point, int layer, const at::Tensor& tensor)
{
    PassRows& rows = m_passRows[layer];
    const bool isQuery = point == TapPoint::Query;
    const std::int64_t axis = isQuery ? 1 : 0;
    (isQuery ? rows.queries : rows.mixes)
        .push_back(tensor.narrow(axis, tensor.size(axis) - 1, 1).clone(at::MemoryFormat::Contiguous));
}

void RecordTaps::addOutputSample(int layer, const at::Tensor& mix)
{
    const std::vector<std::int64_t> rows = sampledRows(mix.size(0));
    if (layer == 0) {
        for (const std::int64_t row : rows)
            m_outputPositions.push_back(m_rowsOffered + row);
        m_rowsOffered += mix.size(0);
    }
    add(fmt::format("{}{}", kOutputName, layer), mix.index_select(0, at::tensor(rows, at::kLong).to(mix.device())), 0);
}

void RecordTaps::timeLayers(const StageClock& clock, at::Device device)
{
    m_clock = &clock;
    if (!device.is_cpu())
        m_waited = device;
}

void RecordTaps::beginPass(std::int64_t rows)
{
    if (m_clock == nullptr || m_clock->stages().empty())
        return;
    if (m_waited)
        waitFor(*m_waited);
    m_layerStart = m_clock->elapsedSeconds();
    m_passes.push_back({m_clock->stages().back().name, rows, m_layerStart, {}});
}

void RecordTaps::endLayer()
{
    if (m_clock == nullptr || m_passes.empty())
        return;
    if (m_waited)
        waitFor(*m_waited);
    const double now = m_clock->elapsedSeconds();
    m_passes.back().layerSeconds.push_back(now - m_layerStart);
    m_layerStart = now;
}

void RecordTaps::keep(const std::string& name, const at::Tensor& tensor)
{
    const Stopwatch watch(m_seconds);
    m_pieces[name] = {{hostCopy(tensor)}, 0};
}

void RecordTaps::append(const std::string& name, const at::Tensor& rows)
{
    const Stopwatch watch(m_seconds);
    m_pieces[name].tensors.push_back(hostCopy(rows));
}

std::int64_t RecordTaps::rowsThatCount(const std::string& name) const
{
    if (isQkv(name) || name.starts_with("hidden."))
        return m_positions;
    if (name.starts_with(kOutputName))
        return std::count_if(m_outputPositions.begin(), m_outputPositions.end(),
                             [this](std::int64_t position) { return position < m_positions; });
    return std::numeric_limits<std::int64_t>::max();
}

at::Tensor RecordTaps::joined(const std::string& name) const
{
    const auto found = m_pieces.find(name);
    if (found == m_pieces.end())
        return {};
    const std::int64_t axis = found->second.axis;
    const std::vector<at::Tensor> pieces = onHost(found->second.tensors, axis);
    const at::Tensor all = pieces.size() == 1 ? pieces.front() : at::cat(pieces, axis);
    const std::int64_t most = rowsThatCount(name);
    return all.dim() > axis && all.size(axis) > most ? all.narrow(axis, 0, most) : all;
}

AnswerRows RecordTaps::answerRows(int layer, std::int64_t rows) const
{
    const auto found = m_passRows.find(layer);
    const auto count = static_cast<std::size_t>(rows);
    if (found == m_passRows.end() || found->second.queries.size() < count || found->second.mixes.size() < count)
        return {};
    const auto first = [count](const std::vector<at::Tensor>& all) {
        return std::vector<at::Tensor>(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count));
    };
    return {at::cat(first(found->second.queries), 1), at::cat(first(found->second.mixes), 0)};
}

std::int64_t RecordTaps::bytes() const
{
    std::int64_t total = 0;
    for (const auto& [name, pieces] : m_pieces) {
        for (const at::Tensor& piece : pieces.tensors)
            total += static_cast<std::int64_t>(piece.nbytes());
    }
    return total;
}

TensorSnapshot RecordTaps::snapshot(const std::string& name, const Pieces& pieces) const
{
    const std::vector<at::Tensor> host = onHost(pieces.tensors, pieces.axis);
    if (host.size() == 1)
        return tensors::snapshotFromTensor(joined(name));
    // Joined in the snapshot's own bytes: what is large is copied once.
    std::vector<std::int64_t> sizes = host.front().sizes().vec();
    const auto axis = static_cast<std::size_t>(pieces.axis);
    sizes[axis] = 0;
    for (const at::Tensor& piece : host)
        sizes[axis] += piece.size(pieces.axis);
    sizes[axis] = std::min(sizes[axis], rowsThatCount(name));
    TensorSnapshot out{tensors::elementType(host.front().scalar_type()), sizes, nullptr};
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(
        static_cast<std::size_t>(out.elementCount() * elementBytes(out.type)));
    const at::Tensor into = at::from_blob(bytes->data(), sizes, at::TensorOptions().dtype(host.front().scalar_type()));
    std::int64_t filled = 0;
    for (const at::Tensor& piece : host) {
        const std::int64_t rows = std::min(piece.size(pieces.axis), sizes[axis] - filled);
        into.narrow(pieces.axis, filled, rows).copy_(piece.narrow(pieces.axis, 0, rows));
        filled += rows;
    }
    out.bytes = std::move(bytes);
    return out;
}

std::map<std::string, TensorSnapshot> RecordTaps::finish()
{
    std::map<std::string, TensorSnapshot> out;
    if (!m_outputPositions.empty()) {
        const std::int64_t rows = rowsThatCount(std::string(kOutputName));
        keep("attention_output.positions", at::tensor(m_outputPositions, at::kLong).narrow(0, 0, rows));
    }
    while (!m_pieces.empty()) {
        const auto first = m_pieces.begin();
        if (!isQkv(first->first) || has(Capture::Qkv))
            out[first->first] = snapshot(first->first, first->second);
        m_pieces.erase(first);
    }
    m_passRows.clear();
    return out;
}

}  // namespace armillary::pipeline
