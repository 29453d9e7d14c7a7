// A record with numbers in it, made by hand: model facts, vectors, attention rows, stages and costs, so that panels of details have
// something to show whose truth is known.
// Thread rule: plain values.
#pragma once

#include "support/record_builder.h"

#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

namespace armillary::test {

inline TensorSnapshot snapshotOf(std::vector<std::int64_t> shape, const std::vector<float>& values)
{
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(float));
    std::memcpy(bytes->data(), values.data(), bytes->size());
    return {ElementType::Float32, std::move(shape), std::move(bytes)};
}

inline TensorSnapshot snapshotOf(std::vector<std::int64_t> shape, const std::vector<std::int64_t>& values)
{
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(std::int64_t));
    std::memcpy(bytes->data(), values.data(), bytes->size());
    return {ElementType::Int64, std::move(shape), std::move(bytes)};
}

// Positions of the typical record with an 8x8 world and a 4x4 picture.
inline constexpr std::int64_t kFirstWorld = 2;
inline constexpr std::int64_t kOutlier = kFirstWorld + 8 * 3 + 5;  // a world token ten times as long as the others
inline constexpr std::int64_t kTwin = kFirstWorld + 8 * 6 + 1;     // points the same way as the one before it
inline constexpr std::int64_t kWatched = kFirstWorld + 8 * 4 + 4;  // what every answer row looks at

// 4 layers (the last one global, the others with a window of 16), 4 heads, D = 8.
inline RunRecord measuredRecord()
{
    RunRecord out = *RecordBuilder::typical(8, 4).build();
    const std::int64_t length = out.layout->size();
    const auto answers = static_cast<std::int64_t>(out.generated.size());
    out.model = {4, 4, 2, 8, 8, 1000, 0.35, 1e-6, 16, {true, true, true, false}};
    out.settings = {{"device", "cpu"}, {"dtype", "float32"}, {"fusion", "5"}, {"model", "made-up"}};
    for (TokenPiece& piece : out.generated)
        piece.alternatives = {{piece.id, 0.25F}, {101, 0.125F}, {77, 0.0625F}};

    constexpr std::int64_t kWidth = 8;
    std::vector<float> vectors, world, latents(4 * 64);
    for (std::int64_t position = 0; position < length; ++position) {
        const double angle = position == kTwin ? static_cast<double>(kTwin - 1) : static_cast<double>(position);
        const double size = position == kOutlier ? 10 : 1 + 0.05 * std::sin(5.0 * static_cast<double>(position));
        for (std::int64_t i = 0; i < kWidth; ++i) {
            vectors.push_back(static_cast<float>(size * std::sin(angle * (0.3 + 0.61 * static_cast<double>(i)))));
            if (out.layout->kinds[static_cast<std::size_t>(position)] == TokenKind::World)
                world.push_back(vectors.back());
        }
    }
    for (std::size_t i = 0; i < latents.size(); ++i)
        latents[i] = static_cast<float>(i);
    out.tensors["inputs.embeds"] = snapshotOf({length, kWidth}, vectors);
    out.tensors["world.embeds"] = snapshotOf({64, kWidth}, world);
    out.tensors["world.latents"] = snapshotOf({4, 1, 8, 8}, latents);

    std::vector<std::int64_t> queries;
    for (std::int64_t i = 0; i < answers; ++i)
        queries.push_back(length - 1 + i);
    out.tensors["attention.rows.positions"] = snapshotOf({answers}, queries);
    const std::int64_t keys = length + answers - 1;
    for (std::int64_t layer = 0; layer < out.model.layers; ++layer) {
        std::vector<float> rows(static_cast<std::size_t>(4 * answers * keys), 0.0F);
        for (std::int64_t head = 0; head < 4; ++head) {
            for (std::int64_t row = 0; row < answers; ++row) {
                const std::int64_t query = queries[static_cast<std::size_t>(row)];
                const std::int64_t first = out.model.window(layer) > 0 ? query - 15 : 0;
                float* at = rows.data() + (head * answers + row) * keys;
                const bool watches = layer == 3;
                for (std::int64_t key = first; key <= query; ++key)
                    at[key] = (watches ? 0.5F : 1.0F) / static_cast<float>(query - first + 1);
                // The later the answer, the more it looks there.
                if (watches)
                    at[kWatched] += 0.3F + 0.02F * static_cast<float>(row);
                if (watches)
                    at[query] += 0.2F - 0.02F * static_cast<float>(row);
            }
        }
        out.tensors["attention.rows." + std::to_string(layer)] = snapshotOf({4, answers, keys}, rows);
    }

    out.cost.stages = {{"Preprocess", 0.0, 0.05}, {"SigLIP", 0.05, 0.2}, {"World", 0.25, 0.5},
                       {"VAE encode", 0.3, 0.4},  {"Fuse", 0.75, 0.01},  {"Prefill", 0.76, 1},
                       {"Answer", 1.76, 0.2},     {"Record", 1.96, 0.04}};
    out.cost.prefillTokens = length - 20;
    out.cost.reusedTokens = 20;
    out.cost.prefillSeconds = 1;
    out.cost.decodeSeconds = 0.2;
    out.cost.peakMemoryBytes = std::int64_t{900} << 20;
    out.cost.capturedBytes = 0;
    for (const auto& [name, tensor] : out.tensors)
        out.cost.capturedBytes += static_cast<std::int64_t>(tensor.bytes->size());
    return out;
}

inline std::shared_ptr<const RunRecord> shared(RunRecord record)
{
    return std::make_shared<const RunRecord>(std::move(record));
}

}  // namespace armillary::test
