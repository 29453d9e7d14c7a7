#include "widgets/inspector/token_vector.h"

#include <algorithm>

namespace armillary::widgets {
namespace {

const TensorSnapshot* find(const RunRecord& record, const std::string& name)
{
    const auto found = record.tensors.find(name);
    return found == record.tensors.end() ? nullptr : &found->second;
}

std::optional<TokenVector> rowOf(const TensorSnapshot& snapshot, const std::string& name, std::int64_t row)
{
    if (snapshot.shape.size() != 2 || row < 0 || row >= snapshot.shape[0] || !snapshot.bytes)
        return std::nullopt;
    return TokenVector{name, &snapshot, row * snapshot.shape[1], 1, snapshot.shape[1]};
}

// The how-many-eth token of its kind `position` is.
std::int64_t rankOf(const TokenLayout& layout, std::int64_t position)
{
    const auto at = layout.kinds.begin() + position;
    return std::count(layout.kinds.begin(), at, *at);
}

std::optional<TokenVector> latentOf(const RunRecord& record, const TensorSnapshot& snapshot, std::int64_t position)
{
    const TokenOrigin& origin = record.layout->origins[static_cast<std::size_t>(position)];
    if (snapshot.shape.size() != 4 || !snapshot.bytes || origin.row < 0 || origin.latentFrame < 0)
        return std::nullopt;
    const auto grid =
        std::find_if(record.layout->grids.begin(), record.layout->grids.end(), [&](const TokenGrid& each) {
            return each.kind == TokenKind::World && each.media == origin.media;
        });
    const std::int64_t frames = snapshot.shape[1], rows = snapshot.shape[2], columns = snapshot.shape[3];
    // A fusion that pools or cuts the world has tokens that are no single latent pixel.
    if (grid == record.layout->grids.end() || grid->rows != rows || grid->columns != columns ||
        grid->latentFrames != frames)
        return std::nullopt;
    return TokenVector{"world.latents", &snapshot, (origin.latentFrame * rows + origin.row) * columns + origin.column,
                       frames * rows * columns, snapshot.shape[0]};
}

}  // namespace

std::optional<TokenVector> tokenVector(const RunRecord& record, const std::string& tensor, std::int64_t position)
{
    const TensorSnapshot* snapshot = find(record, tensor);
    if (snapshot == nullptr || !record.layout || position < 0)
        return std::nullopt;
    if (tensor != "image.embeds" && tensor != "world.embeds" && tensor != "world.latents")
        return rowOf(*snapshot, tensor, position);
    if (position >= record.layout->size())
        return std::nullopt;
    const TokenKind kind = record.layout->kinds[static_cast<std::size_t>(position)];
    if (kind != (tensor == "image.embeds" ? TokenKind::Image : TokenKind::World))
        return std::nullopt;
    return tensor == "world.latents" ? latentOf(record, *snapshot, position)
                                     : rowOf(*snapshot, tensor, rankOf(*record.layout, position));
}

std::vector<std::string> vectorTensors(const RunRecord& record, std::int64_t position)
{
    std::vector<std::string> out;
    for (const char* name : {"world.latents", "image.embeds", "world.embeds", "inputs.embeds"}) {
        if (tokenVector(record, name, position))
            out.emplace_back(name);
    }
    for (std::int64_t layer = 0; layer <= record.model.layers; ++layer) {
        std::string name = "hidden." + std::to_string(layer);
        if (tokenVector(record, name, position))
            out.push_back(std::move(name));
    }
    return out;
}

std::optional<TokenVector> inputVector(const RunRecord& record, std::int64_t position)
{
    for (const char* name : {"inputs.embeds", "hidden.0", "image.embeds", "world.embeds"}) {
        if (auto found = tokenVector(record, name, position))
            return found;
    }
    return std::nullopt;
}

std::vector<ReceivedWeight> strongestQueries(const RunRecord& record, std::int64_t key, std::optional<int> layer,
                                             std::optional<int> head, std::size_t count)
{
    const TensorSnapshot* positions = find(record, "attention.rows.positions");
    if (positions == nullptr || !positions->bytes || key < 0)
        return {};
    std::vector<ReceivedWeight> out(static_cast<std::size_t>(positions->elementCount()));
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i].query = static_cast<std::int64_t>(positions->floatAt(static_cast<std::int64_t>(i)));
    std::int64_t added = 0;
    for (std::int64_t each = layer.value_or(0); each < (layer ? *layer + 1 : record.model.layers); ++each) {
        const TensorSnapshot* rows = find(record, "attention.rows." + std::to_string(each));
        if (rows == nullptr || !rows->bytes || rows->shape.size() != 3 ||
            rows->shape[1] != static_cast<std::int64_t>(out.size()) || key >= rows->shape[2])
            continue;
        for (std::int64_t h = head.value_or(0);
             h < std::min<std::int64_t>(head ? *head + 1 : rows->shape[0], rows->shape[0]); ++h) {
            for (std::size_t i = 0; i < out.size(); ++i)
                out[i].weight +=
                    rows->floatAt((h * rows->shape[1] + static_cast<std::int64_t>(i)) * rows->shape[2] + key);
            ++added;
        }
    }
    if (added == 0)
        return {};
    for (ReceivedWeight& each : out)
        each.weight /= static_cast<float>(added);
    // Queries before the key cannot see it: their weight is 0 and says nothing.
    std::erase_if(out, [](const ReceivedWeight& each) { return each.weight <= 0; });
    std::stable_sort(out.begin(), out.end(), [](const ReceivedWeight& left, const ReceivedWeight& right) {
        return left.weight > right.weight;
    });
    out.resize(std::min(out.size(), count));
    return out;
}

}  // namespace armillary::widgets
