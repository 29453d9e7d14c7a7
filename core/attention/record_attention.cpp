#include "attention/record_attention.h"

#include "base/run_control.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <numeric>

namespace armillary::attention {
namespace {

// Of a tile of weights: small enough for a laptop, large enough for a fast matrix product.
constexpr std::int64_t kTileBytes = std::int64_t{32} << 20;
constexpr double kNotMeasured = std::numeric_limits<double>::quiet_NaN();

const TensorSnapshot* find(const RunRecord& record, const std::string& name)
{
    const auto found = record.tensors.find(name);
    return found == record.tensors.end() ? nullptr : &found->second;
}

bool isWhole(const TensorSnapshot& tensor)
{
    const bool isPositive =
        std::all_of(tensor.shape.begin(), tensor.shape.end(), [](std::int64_t size) { return size > 0; });
    return isPositive && tensor.bytes &&
           static_cast<std::int64_t>(tensor.bytes->size()) == tensor.elementCount() * elementBytes(tensor.type);
}

bool isFloating(ElementType type)
{
    return type == ElementType::Float32 || type == ElementType::BFloat16 || type == ElementType::Float16;
}

// The tensors `prefix`.{l} of all layers, or false when one is missing.
bool holdsAll(const RunRecord& record, const std::string& prefix)
{
    for (std::int64_t layer = 0; layer < record.model.layers; ++layer) {
        if (find(record, fmt::format("{}.{}", prefix, layer)) == nullptr)
            return false;
    }
    return true;
}

Result<void> checkShape(const RunRecord& record, const std::string& name, const std::vector<std::int64_t>& sizes)
{
    const TensorSnapshot* tensor = find(record, name);
    if (tensor == nullptr)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("the record holds no {}; run it again with the same captures", name));
    if (!isWhole(*tensor) || !isFloating(tensor->type) || tensor->shape != sizes)
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("{} does not have the sizes [{}] that the record's model gives it; the record is damaged", name,
                        fmt::join(sizes, ",")));
    return {};
}

// A snapshot as it is stored, without a copy. The record keeps the bytes alive.
at::Tensor viewOf(const TensorSnapshot& tensor)
{
    const at::ScalarType type = tensor.type == ElementType::BFloat16  ? at::kBFloat16
                                : tensor.type == ElementType::Float16 ? at::kHalf
                                                                      : at::kFloat;
    // from_blob takes a pointer to non-const; nothing here writes through it.
    auto* data = const_cast<std::uint8_t*>(tensor.bytes->data());
    return at::from_blob(data, tensor.shape, at::TensorOptions().dtype(type));
}

std::vector<std::int64_t> integers(const TensorSnapshot& tensor)
{
    const std::size_t count = tensor.type == ElementType::Int64 && tensor.bytes ? tensor.bytes->size() / 8 : 0;
    std::vector<std::int64_t> out(count);
    std::copy_n(tensor.bytes ? tensor.bytes->data() : nullptr, count * 8, reinterpret_cast<std::uint8_t*>(out.data()));
    return out;
}

bool isRising(const std::vector<std::int64_t>& positions, std::int64_t end)
{
    return std::adjacent_find(positions.begin(), positions.end(), std::greater_equal<>()) == positions.end() &&
           (positions.empty() || (positions.front() >= 0 && positions.back() < end));
}

}  // namespace

Result<RecordAttention> RecordAttention::open(const RunRecord& record)
{
    const ModelFacts& model = record.model;
    if (model.layers <= 0 || !record.layout)
        return fail(ErrorCode::InvalidInput,
                    "the record does not name its language model: ask the question again with this version");
    const bool isSane = model.queryHeads > 0 && model.keyValueHeads > 0 && model.headWidth > 0 &&
                        model.queryHeads % model.keyValueHeads == 0 && model.slidingWindow >= 0 &&
                        model.layerIsLocal.size() == static_cast<std::size_t>(model.layers);
    if (!isSane)
        return fail(ErrorCode::InvalidInput,
                    "the record's numbers of its language model contradict each other; the record is damaged");
    RecordAttention out;
    out.m_record = &record;
    out.m_prefill = record.layout->size();
    if (holdsAll(record, "query") && holdsAll(record, "key"))
        out.m_source = Source::Qkv;
    else if (holdsAll(record, "attention"))
        out.m_source = Source::Maps;
    else if (holdsAll(record, "attention.rows") && find(record, "attention.rows.positions") != nullptr)
        out.m_source = Source::Rows;
    else
        return fail(ErrorCode::InvalidInput,
                    "the record holds no attention: ask again with capture qkv, or with a capture budget that "
                    "has room for the answer's rows");
    const std::string first = out.m_source == Source::Qkv    ? "query.0"
                              : out.m_source == Source::Maps ? "attention.0"
                                                             : "attention.rows.0";
    const TensorSnapshot& sample = *find(record, first);
    if (sample.shape.size() != 3)
        return fail(ErrorCode::InvalidInput, first + " must have three axes; the record is damaged");
    out.m_positions = sample.shape[out.m_source == Source::Qkv ? 1 : 2];
    if (out.m_positions < out.m_prefill ||
        out.m_positions > out.m_prefill + static_cast<std::int64_t>(record.generated.size()))
        return fail(ErrorCode::InvalidInput,
                    fmt::format("{} has {} positions and the sequence has {}; the record is damaged", first,
                                out.m_positions, out.m_prefill));
    const std::int64_t positions = out.m_positions;
    if (out.m_source == Source::Rows) {
        out.m_available = integers(*find(record, "attention.rows.positions"));
        if (!isRising(out.m_available, positions))
            return fail(ErrorCode::InvalidInput,
                        "attention.rows.positions must rise inside the sequence; the record is damaged");
    } else {
        out.m_available.resize(static_cast<std::size_t>(positions));
        std::iota(out.m_available.begin(), out.m_available.end(), std::int64_t{0});
    }
    for (std::int64_t layer = 0; layer < model.layers; ++layer) {
        Result<void> fits;
        if (out.m_source == Source::Qkv) {
            fits = checkShape(record, fmt::format("query.{}", layer), {model.queryHeads, positions, model.headWidth});
            if (fits)
                fits =
                    checkShape(record, fmt::format("key.{}", layer), {model.keyValueHeads, positions, model.headWidth});
        } else if (out.m_source == Source::Maps) {
            fits = checkShape(record, fmt::format("attention.{}", layer), {model.queryHeads, positions, positions});
        } else {
            fits = checkShape(record, fmt::format("attention.rows.{}", layer),
                              {model.queryHeads, static_cast<std::int64_t>(out.m_available.size()), positions});
        }
        if (!fits)
            return tl::unexpected(fits.error());
    }
    out.m_kinds = record.layout->kinds;
    out.m_kinds.resize(static_cast<std::size_t>(positions), TokenKind::Generated);
    return out;
}

std::string RecordAttention::piece(std::int64_t index) const
{
    const auto at = static_cast<std::size_t>(index);
    if (index >= m_prefill) {
        const auto token = static_cast<std::size_t>(index - m_prefill);
        return token < m_record->generated.size() ? m_record->generated[token].piece : std::string();
    }
    const TokenLayout& layout = *m_record->layout;
    const bool isWorld = at < layout.kinds.size() && layout.kinds[at] == TokenKind::World;
    if (isWorld && at < layout.origins.size())
        return fmt::format("world {}:{},{}", layout.origins[at].latentFrame, layout.origins[at].row,
                           layout.origins[at].column);
    return at < layout.pieces.size() ? layout.pieces[at] : std::string();
}

PositionBlock RecordAttention::visibleKeys(std::int64_t layer, std::int64_t query) const
{
    const std::int64_t window = model().window(layer);
    PositionBlock keys{window > 0 ? std::max<std::int64_t>(0, query - window + 1) : 0, query + 1};
    for (const PositionBlock& block : m_record->bidirectionalBlocks) {
        if (query >= block.begin && query < block.end)
            keys.end = std::max(keys.end, std::min(block.end, m_positions));
    }
    return keys;
}

CellState RecordAttention::stateOf(std::int64_t layer, std::int64_t query, std::int64_t key, float weight,
                                   double nearZero) const
{
    const PositionBlock keys = visibleKeys(layer, query);
    if (key >= keys.end)
        return CellState::Future;
    if (key < keys.begin)
        return CellState::OutsideWindow;
    return weight < nearZero ? CellState::NearZero : CellState::Visible;
}

std::vector<std::int64_t> RecordAttention::answerRows() const
{
    std::vector<std::int64_t> out;
    std::copy_if(m_available.begin(), m_available.end(), std::back_inserter(out),
                 [this](std::int64_t position) { return position >= m_prefill - 1; });
    return out;
}

Result<void> RecordAttention::need(std::span<const std::int64_t> positions) const
{
    for (const std::int64_t position : positions) {
        if (position < 0 || position >= m_positions)
            return fail(ErrorCode::InvalidInput,
                        fmt::format("there is no position {}: {} positions went through the model", position,
                                    m_positions));
        if (!std::binary_search(m_available.begin(), m_available.end(), position))
            return fail(ErrorCode::InvalidInput, fmt::format("the record holds no attention row of position {}: ask "
                                                             "again with capture qkv (it keeps the rows of "
                                                             "answer tokens alone)",
                                                             position));
    }
    return {};
}

Result<std::optional<RecomputationError>> RecordAttention::recomputationError(std::span<const std::int64_t> layers,
                                                                              const std::stop_token& stop) const
{
    RecomputationError out;
    out.errorByLayer.assign(static_cast<std::size_t>(this->layers()), kNotMeasured);
    std::vector<std::int64_t> all(static_cast<std::size_t>(this->layers()));
    std::iota(all.begin(), all.end(), std::int64_t{0});
    const TensorSnapshot* kept = find(*m_record, "attention.rows.error");
    const bool hasKept =
        kept != nullptr && isWhole(*kept) && kept->shape == std::vector<std::int64_t>{this->layers(), 2};
    bool isMeasured = false;
    for (const std::int64_t layer : layers.empty() ? std::span<const std::int64_t>(all) : layers) {
        if (stop.stop_requested())
            return failCancelled();
        std::optional<std::pair<double, double>> measured;
        if (m_source == Source::Qkv)
            measured = LayerAttention(*this, layer).outputError();
        else if (m_source == Source::Rows && hasKept)
            measured = {kept->floatAt(2 * layer), kept->floatAt(2 * layer + 1)};
        if (!measured)
            continue;
        isMeasured = true;
        out.errorByLayer[static_cast<std::size_t>(layer)] = measured->first;
        // A NaN must not be lost in a comparison.
        out.largestError = measured->first <= out.largestError ? out.largestError : measured->first;
        out.largestOutput = std::max(out.largestOutput, measured->second);
    }
    return isMeasured ? std::optional(out) : std::nullopt;
}

struct LayerAttention::Tensors {
    at::Tensor query;  // [H,P,C] as stored: chosen rows become float32
    at::Tensor key;    // [K,P,C] float32
    at::Tensor value;  // [K,P,C] as stored: few analyses read it
    at::Tensor rows;   // [H,R,P], the kept ones
};

LayerAttention::LayerAttention(const RecordAttention& attention, std::int64_t layer)
    : m_attention(&attention), m_layer(layer)
{
    const c10::InferenceMode inference;
    const auto named = [&](const std::string& prefix) {
        const TensorSnapshot* tensor = find(attention.record(), fmt::format("{}.{}", prefix, layer));
        return tensor != nullptr && isWhole(*tensor) && isFloating(tensor->type) ? viewOf(*tensor) : at::Tensor();
    };
    auto tensors = std::make_shared<Tensors>();
    switch (attention.m_source) {
    case RecordAttention::Source::Qkv:
        tensors->query = named("query");
        tensors->key = named("key").to(at::kFloat);
        break;
    case RecordAttention::Source::Maps: tensors->rows = named("attention"); break;
    case RecordAttention::Source::Rows: tensors->rows = named("attention.rows"); break;
    }
    tensors->value = named("value");
    const ModelFacts& model = attention.model();
    if (tensors->value.defined() &&
        tensors->value.sizes() != at::IntArrayRef({model.keyValueHeads, attention.positions(), model.headWidth}))
        tensors->value = at::Tensor();
    m_tensors = std::move(tensors);
}

void LayerAttention::weights(std::span<const std::int64_t> positions, std::optional<std::int64_t> head,
                             std::vector<float>& out) const
{
    const c10::InferenceMode inference;
    const ModelFacts& model = m_attention->model();
    const std::int64_t keyCount = m_attention->positions();
    const auto rows = static_cast<std::int64_t>(positions.size());
    const std::int64_t heads = head ? 1 : model.queryHeads;
    out.resize(static_cast<std::size_t>(heads * rows * keyCount));
    if (rows == 0)
        return;
    const at::Tensor into = at::from_blob(out.data(), {heads, rows, keyCount}, at::TensorOptions().dtype(at::kFloat));

    if (!m_tensors->query.defined()) {
        std::vector<std::int64_t> index;
        for (const std::int64_t position : positions)
            index.push_back(
                std::lower_bound(m_attention->availableRows().begin(), m_attention->availableRows().end(), position) -
                m_attention->availableRows().begin());
        const at::Tensor kept = head ? m_tensors->rows.narrow(0, *head, 1) : m_tensors->rows;
        into.copy_(kept.index_select(1, at::tensor(index, at::kLong)));
        return;
    }

    std::vector<PositionBlock> seen;
    PositionBlock range{keyCount, 0};
    for (const std::int64_t position : positions) {
        seen.push_back(m_attention->visibleKeys(m_layer, position));
        range.begin = std::min(range.begin, seen.back().begin);
        range.end = std::max(range.end, seen.back().end);
    }
    const std::int64_t width = range.end - range.begin;
    const at::Tensor hidden = at::ones({rows, width}, at::kBool);
    auto* mask = hidden.mutable_data_ptr<bool>();
    for (std::int64_t row = 0; row < rows; ++row) {
        const PositionBlock& keys = seen[static_cast<std::size_t>(row)];
        std::fill(mask + row * width + keys.begin - range.begin, mask + row * width + keys.end - range.begin, false);
    }
    const std::int64_t group = model.queryHeads / model.keyValueHeads;
    const bool isRun = positions.back() - positions.front() + 1 == rows;
    const at::Tensor from = head ? m_tensors->query.narrow(0, *head, 1) : m_tensors->query;
    const at::Tensor chosen =
        isRun ? from.narrow(1, positions.front(), rows)
              : from.index_select(1,
                                  at::tensor(std::vector<std::int64_t>(positions.begin(), positions.end()), at::kLong));
    at::Tensor keys = m_tensors->key.narrow(1, range.begin, width);
    if (head)
        keys = keys.narrow(0, *head / group, 1);
    // The rows of a group's heads side by side: one product a key head.
    const at::Tensor grouped =
        (chosen.to(at::kFloat) * model.scoreScale).reshape({keys.size(0), -1, model.headWidth});  // [K,G*n,C]
    at::Tensor scores = at::bmm(grouped, keys.transpose(1, 2)).view({heads, rows, width});
    // Put in place, not added: a hidden key that holds no number must not spoil the rows that do not see it.
    scores.masked_fill_(hidden, -std::numeric_limits<float>::infinity());
    if (width < keyCount)
        into.zero_();
    into.narrow(2, range.begin, width).copy_(at::softmax(scores, -1));
}

std::vector<float> LayerAttention::values() const
{
    const c10::InferenceMode inference;
    if (!m_tensors->value.defined())
        return {};
    const at::Tensor flat = m_tensors->value.to(at::kFloat).contiguous();
    return {flat.const_data_ptr<float>(), flat.const_data_ptr<float>() + flat.numel()};
}

std::optional<std::pair<double, double>> LayerAttention::outputError() const
{
    const c10::InferenceMode inference;
    const RunRecord& record = m_attention->record();
    const ModelFacts& model = m_attention->model();
    const TensorSnapshot* output = find(record, fmt::format("attention_output.{}", m_layer));
    const TensorSnapshot* places = find(record, "attention_output.positions");
    if (output == nullptr || places == nullptr || !isWhole(*output) || !isFloating(output->type) ||
        !m_tensors->value.defined())
        return std::nullopt;
    const std::vector<std::int64_t> positions = integers(*places);
    const auto rows = static_cast<std::int64_t>(positions.size());
    if (rows == 0 || !isRising(positions, m_attention->positions()) ||
        output->shape != std::vector<std::int64_t>{rows, model.queryHeads * model.headWidth})
        return std::nullopt;
    std::vector<float> buffer;
    weights(positions, std::nullopt, buffer);
    const std::int64_t group = model.queryHeads / model.keyValueHeads;
    const at::Tensor all = at::from_blob(buffer.data(), {model.keyValueHeads, group * rows, m_attention->positions()},
                                         at::TensorOptions().dtype(at::kFloat));
    const at::Tensor mixed = at::bmm(all, m_tensors->value.to(at::kFloat))
                                 .view({model.queryHeads, rows, model.headWidth})
                                 .transpose(0, 1)
                                 .reshape({rows, model.queryHeads * model.headWidth});
    const at::Tensor kernel = viewOf(*output).to(at::kFloat);
    return std::pair((mixed - kernel).abs().max().item<double>(), kernel.abs().max().item<double>());
}

Result<void> forEachTile(const RecordAttention& attention, const TileRequest& request, const std::stop_token& stop,
                         const std::function<void(const RowTile&)>& take)
{
    if (auto held = attention.need(request.positions); !held)
        return held;
    if (!isRising(request.positions, attention.positions()))
        return fail(ErrorCode::InvalidInput, "positions must rise and none may be named twice");
    if (request.head && (*request.head < 0 || *request.head >= attention.heads()))
        return fail(ErrorCode::InvalidInput,
                    fmt::format("there is no head {}: the model has {}", *request.head, attention.heads()));
    std::vector<std::int64_t> layers = request.layers;
    if (layers.empty()) {
        layers.resize(static_cast<std::size_t>(attention.layers()));
        std::iota(layers.begin(), layers.end(), std::int64_t{0});
    }
    for (const std::int64_t layer : layers) {
        if (layer < 0 || layer >= attention.layers())
            return fail(ErrorCode::InvalidInput,
                        fmt::format("there is no layer {}: the model has {}", layer, attention.layers()));
    }
    const std::int64_t heads = request.head ? 1 : attention.heads();
    const std::int64_t bytesOfRow = heads * attention.positions() * static_cast<std::int64_t>(sizeof(float));
    const auto rowsAtOnce = static_cast<std::size_t>(std::max<std::int64_t>(1, kTileBytes / bytesOfRow));
    const std::span<const std::int64_t> positions(request.positions);
    std::vector<float> buffer;
    for (const std::int64_t layer : layers) {
        if (positions.empty())
            continue;
        if (stop.stop_requested())
            return failCancelled();
        const LayerAttention from(attention, layer);
        for (std::size_t first = 0; first < positions.size(); first += rowsAtOnce) {
            if (stop.stop_requested())
                return failCancelled();
            const auto part = positions.subspan(first, std::min(rowsAtOnce, positions.size() - first));
            from.weights(part, request.head, buffer);
            take({layer, static_cast<std::int64_t>(first), part, heads, attention.positions(), buffer});
        }
    }
    return {};
}

}  // namespace armillary::attention
