// A record whose queries, keys and values have the sizes of a long run, for tests of reading and memory; no LibTorch needed.
// Thread rule: free functions without shared state.
#pragma once

#include "support/record_builder.h"

#include <cstring>
#include <memory>
#include <string>

namespace armillary::test {

struct LargeSizes {
    int worldFrames = 5;
    int worldSide = 28;
    int imageSide = 16;
    int text = 23;
    int answer = 65;
    std::int64_t layers = 34, heads = 8, keyHeads = 4, headWidth = 256;  // of 2 bytes
};

// Tensors of one byte pattern each, so that a mix-up shows.
inline TensorSnapshot patterned(ElementType type, std::vector<std::int64_t> shape, std::uint8_t pattern)
{
    TensorSnapshot out{type, std::move(shape), nullptr};
    out.bytes = std::make_shared<const std::vector<std::uint8_t>>(static_cast<std::size_t>(out.elementCount() *
                                                                                           elementBytes(type)),
                                                                  pattern);
    return out;
}

inline RunRecord largeRecord(const LargeSizes& sizes = {})
{
    RecordBuilder builder;
    const int picture = builder.addPicture("large.png", 64, 96);
    builder.text({"<bos>"}, TokenKind::Control);
    builder.worldTokens(picture, sizes.worldFrames, sizes.worldSide, sizes.worldSide);
    builder.imageTokens(picture, sizes.imageSide, sizes.imageSide);
    builder.text(std::vector<std::string>(static_cast<std::size_t>(sizes.text), "word"));
    builder.answer(std::vector<std::string>(static_cast<std::size_t>(sizes.answer), " word"));
    RunRecord record = *builder.build();
    const std::int64_t positions = record.layout->size() + sizes.answer - 1;
    for (std::int64_t layer = 0; layer < sizes.layers; ++layer) {
        const auto add = [&](const std::string& name, std::int64_t heads, std::uint8_t pattern) {
            record.tensors[name + std::to_string(layer)] =
                patterned(ElementType::BFloat16, {heads, positions, sizes.headWidth}, pattern);
        };
        add("query.", sizes.heads, 1);
        add("key.", sizes.keyHeads, 2);
        add("value.", sizes.keyHeads, 3);
    }
    record.tensors["image.embeds"] =
        patterned(ElementType::BFloat16, {std::int64_t{1} * sizes.imageSide * sizes.imageSide, 64}, 4);
    return record;
}

}  // namespace armillary::test
