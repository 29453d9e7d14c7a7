// A record with vectors made up by hand: world tokens along one direction, image tokens along another, both ruled by row and
// column alike, time by a direction of its own; words elsewhere.
// Thread rule: plain values.
#pragma once

#include "support/record_builder.h"

#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace armillary::test {

struct EmbeddingRecord {
    static constexpr int kWidth = 12;

    std::shared_ptr<const RunRecord> record;
    std::int64_t world = 0;  // first world position
    std::int64_t image = 0;  // first image position
    int frames = 3, worldSide = 4, imageSide = 4;

    [[nodiscard]] std::int64_t worldAt(int frame, int row, int column) const
    {
        return world + (static_cast<std::int64_t>(frame) * worldSide + row) * worldSide + column;
    }
    [[nodiscard]] std::int64_t imageAt(int row, int column) const { return image + row * imageSide + column; }
    [[nodiscard]] std::int64_t worldCount() const { return static_cast<std::int64_t>(frames) * worldSide * worldSide; }
    [[nodiscard]] std::int64_t imageCount() const { return static_cast<std::int64_t>(imageSide) * imageSide; }
};

inline TensorSnapshot floatTensor(const std::vector<std::int64_t>& shape, const std::vector<float>& values)
{
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(float));
    std::memcpy(bytes->data(), values.data(), bytes->size());
    return {ElementType::Float32, shape, std::move(bytes)};
}

// `time` stretches the direction of time; the second image token is an outlier. Without `vectors` the record holds no tensors.
inline EmbeddingRecord embeddingRecord(int frames = 3, int worldSide = 4, int imageSide = 4, float time = 1,
                                       bool vectors = true)
{
    EmbeddingRecord out;
    out.frames = frames;
    out.worldSide = worldSide;
    out.imageSide = imageSide;
    RecordBuilder builder;
    const int picture = builder.addPicture("gradient.png", 120, 200);
    builder.text({"<bos>"}, TokenKind::Control).text({"<start_of_world>"}, TokenKind::Bracket);
    out.world = builder.layout().size();
    builder.worldTokens(picture, frames, worldSide, worldSide).text({"<end_of_world>"}, TokenKind::Bracket);
    out.image = builder.layout().size();
    builder.imageTokens(picture, imageSide, imageSide).text({"What", "▁is", "▁this", "?"}).answer({"A", " cup"});
    auto record = std::make_shared<RunRecord>(*builder.build());
    const TokenLayout& layout = *record->layout;
    std::vector<float> all;
    for (std::int64_t i = 0; i < layout.size(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        std::vector<float> row(EmbeddingRecord::kWidth, 0);
        // A little that no other token has, the same in every run.
        for (std::size_t d = 0; d < row.size(); ++d)
            row[d] = 0.05F * std::sin(static_cast<float>(7 * i + 13 * static_cast<std::int64_t>(d) + 1));
        const TokenOrigin& origin = layout.origins[at];
        const auto side = static_cast<float>(layout.kinds[at] == TokenKind::World ? worldSide : imageSide);
        const float down = static_cast<float>(origin.row) / side;
        const float across = static_cast<float>(origin.column) / side;
        if (layout.kinds[at] == TokenKind::World) {
            row[0] += 3;
            row[4] += time * static_cast<float>(origin.latentFrame);
        } else if (layout.kinds[at] == TokenKind::Image) {
            row[1] += 3;
        } else {
            row[5] += 12 + 0.1F * static_cast<float>(i);
        }
        if (origin.row >= 0) {
            row[2] += 2 * down + std::sin(5 * across);
            row[3] += 2 * across * across;
        }
        if (i == out.image + 1)
            row[1] += 30;
        all.insert(all.end(), row.begin(), row.end());
    }
    if (vectors) {
        const auto part = [&all](std::int64_t first, std::int64_t count) {
            const auto from = all.begin() + first * EmbeddingRecord::kWidth;
            return floatTensor({count, EmbeddingRecord::kWidth},
                               std::vector<float>(from, from + count * EmbeddingRecord::kWidth));
        };
        record->tensors["inputs.embeds"] = part(0, layout.size());
        record->tensors["world.embeds"] = part(out.world, out.worldCount());
        record->tensors["image.embeds"] = part(out.image, out.imageCount());
        std::vector<float> latents;
        const std::int64_t cells = out.worldCount();
        for (int channel = 0; channel < 4; ++channel) {
            for (std::int64_t cell = 0; cell < cells; ++cell)
                latents.push_back(static_cast<float>(channel) + 0.1F * std::sin(static_cast<float>(cell)));
        }
        record->tensors["world.latents"] = floatTensor({4, frames, worldSide, worldSide}, latents);
    }
    out.record = std::move(record);
    return out;
}

}  // namespace armillary::test
