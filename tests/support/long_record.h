// A record as long as real ones, with random queries, keys and values of Gemma's shapes, for tests and benchmarks of size.
#pragma once

#include "records/run_record.h"
#include "tensors/weights.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <string>

namespace armillary::test {

struct LongSizes {
    std::int64_t layers = 34, heads = 8, keyHeads = 4, headWidth = 256, hidden = 2560, window = 1024;
    std::int64_t worldFrames = 5, worldSide = 28, imageSide = 16, text = 23,
                 answer = 65;  // 4,200 positions, then the answer
    bool withHidden = false;
    at::ScalarType type = at::kBFloat16;
};

// Control token, world, picture (which sees itself both ways), text, answer. Every sixth layer is global.
inline RunRecord longRecord(const LongSizes& sizes)
{
    RunRecord record;
    auto layout = std::make_shared<TokenLayout>();
    const auto add = [&](TokenKind kind, const TokenOrigin& origin) {
        layout->ids.push_back(kind == TokenKind::World ? -1 : layout->size() + 5);
        layout->kinds.push_back(kind);
        layout->origins.push_back(origin);
        layout->pieces.emplace_back(kind == TokenKind::World ? "" : "x");
    };
    const auto side = static_cast<std::int32_t>(sizes.worldSide),
               imageSide = static_cast<std::int32_t>(sizes.imageSide);
    add(TokenKind::Control, {});
    for (std::int32_t i = 0; i < sizes.worldFrames * side * side; ++i)
        add(TokenKind::World, {0, -1, i / (side * side), i / side % side, i % side});
    const std::int64_t blockBegin = layout->size();
    for (std::int32_t i = 0; i < imageSide * imageSide; ++i)
        add(TokenKind::Image, {0, 0, -1, i / imageSide, i % imageSide});
    record.bidirectionalBlocks = {{blockBegin, layout->size()}};
    for (std::int64_t i = 0; i < sizes.text; ++i)
        add(TokenKind::Text, {});
    layout->grids = {{0, 0, TokenKind::World, side, side, static_cast<std::int32_t>(sizes.worldFrames), {0, 0, 1, 1}},
                     {0, 0, TokenKind::Image, imageSide, imageSide, 1, {0, 0, 1, 1}}};
    for (std::int64_t i = 0; i < sizes.answer; ++i)
        record.generated.push_back({layout->size() + i, 7, "x", "x", 0.5F, {}});
    record.layout = layout;
    const std::int64_t positions = layout->size() + sizes.answer - 1;  // the last token is not run
    record.model = {sizes.layers, sizes.heads, sizes.keyHeads, sizes.headWidth, sizes.hidden,
                    262208,       0.0625,      1e-6,           sizes.window,    {}};
    at::manual_seed(5);
    for (std::int64_t layer = 0; layer < sizes.layers; ++layer) {
        record.model.layerIsLocal.push_back((layer + 1) % 6 != 0);
        const auto random = [&](std::int64_t heads) {
            return tensors::snapshotFromTensor(at::randn({heads, positions, sizes.headWidth}).to(sizes.type));
        };
        record.tensors["query." + std::to_string(layer)] = random(sizes.heads);
        record.tensors["key." + std::to_string(layer)] = random(sizes.keyHeads);
        record.tensors["value." + std::to_string(layer)] = random(sizes.keyHeads);
    }
    for (std::int64_t level = 0; sizes.withHidden && level <= sizes.layers; ++level)
        record.tensors["hidden." + std::to_string(level)] =
            tensors::snapshotFromTensor(at::randn({positions, sizes.hidden}).to(sizes.type));
    return record;
}

}  // namespace armillary::test
