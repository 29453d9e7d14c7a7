// A small run whose attention is known by heart: a picture, a world of three latent frames predicted from it, and an answer whose
// every word looks at one image cell and one world cell above all.
#pragma once

#include "records/run_record.h"
#include "support/record_builder.h"

#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace armillary::test {

struct AttentionScene {
    static constexpr std::int64_t kLayers = 2, kHeads = 2, kWindow = 60;
    static constexpr int kImageRows = 4, kImageColumns = 6, kWorldRows = 6, kWorldColumns = 8, kLatentFrames = 3;
    static constexpr int kFrames = 9;  // of the rollout; the first is given

    std::shared_ptr<RunRecord> record;
    std::int64_t world = 0;    // first world token
    std::int64_t image = 0;    // first image token
    std::int64_t prefill = 0;  // and so the first word of the answer

    // Layer 0 is local and sees a window, layer 1 is global.
    explicit AttentionScene(const std::string& path = "scene.png")
    {
        RecordBuilder builder;
        const int picture = builder.addPicture(path, 120, 180);
        builder.text({"<bos>"}, TokenKind::Control).text({"<sow>"}, TokenKind::Bracket);
        world = builder.layout().size();
        builder.worldTokens(picture, kLatentFrames, kWorldRows, kWorldColumns).text({"<eow>"}, TokenKind::Bracket);
        image = builder.layout().size();
        builder.imageTokens(picture, kImageRows, kImageColumns)
            .text({"What", "▁moves", "▁left", "?"})
            .answer({"The", "▁red", "▁ball", "▁moves", "▁left", "."});
        record = std::make_shared<RunRecord>(*builder.build());
        prefill = record->layout->size();
        record->model.layers = kLayers;
        record->model.queryHeads = kHeads;
        record->model.keyValueHeads = 1;
        record->model.headWidth = 4;
        record->model.slidingWindow = kWindow;
        record->model.layerIsLocal = {true, false};
        record->question.world.source = WorldSource::Rollout;
        RolloutRequest request;
        request.condition = record->question.media[0];
        request.frames = kFrames;
        record->question.world.rollout = request;
        auto frames = std::make_shared<Clip>();
        for (int frame = 0; frame < kFrames; ++frame)
            frames->frames.push_back(gradientImage(60, 90));
        record->rolloutFrames = frames;
        keepRows();
    }

    [[nodiscard]] std::int64_t positions() const
    {
        return prefill + static_cast<std::int64_t>(record->generated.size()) - 1;
    }
    // Where word `word` looks with `head`: mass 0.4 on the image cell, in the global layer 0.2 on the world cell.
    [[nodiscard]] std::int64_t imageCellOf(int word, int head) const
    {
        return image + (5 * word + 3 * head) % (kImageRows * kImageColumns);
    }
    [[nodiscard]] std::int64_t worldCellOf(int word, int head) const
    {
        return world + (31 * word + 11 * head) % (kLatentFrames * kWorldRows * kWorldColumns);
    }
    [[nodiscard]] float weight(std::int64_t layer, int head, int word, std::int64_t key) const
    {
        const std::int64_t query = prefill - 1 + word;
        const std::int64_t begin = layer == 0 ? std::max<std::int64_t>(0, query - kWindow + 1) : 0;
        if (key < begin || key > query)
            return 0;
        float out = 0.2F / static_cast<float>(query + 1 - begin);
        out += key == imageCellOf(word, head) ? 0.4F : 0;
        out += layer == 1 && key == worldCellOf(word, head) ? 0.2F : 0;
        // The rest lies on the begin of the sequence or, where that is out of sight, on the row itself.
        const float rest = layer == 1 ? 0.2F : 0.4F;
        return out + (key == (layer == 1 ? 0 : query) ? rest : 0);
    }
    [[nodiscard]] float meanWeight(int word, std::int64_t key) const
    {
        float sum = 0;
        for (std::int64_t layer = 0; layer < kLayers; ++layer) {
            for (int head = 0; head < kHeads; ++head)
                sum += weight(layer, head, word, key);
        }
        return sum / (kLayers * kHeads);
    }

private:
    void keepRows()
    {
        const auto rows = static_cast<std::int64_t>(record->generated.size());
        std::vector<std::int64_t> queries;
        for (std::int64_t row = 0; row < rows; ++row)
            queries.push_back(prefill - 1 + row);
        const auto snapshot = [](ElementType type, std::vector<std::int64_t> shape, const auto& values) {
            auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(values[0]));
            std::memcpy(bytes->data(), values.data(), bytes->size());
            return TensorSnapshot{type, std::move(shape), std::move(bytes)};
        };
        record->tensors["attention.rows.positions"] = snapshot(ElementType::Int64, {rows}, queries);
        for (std::int64_t layer = 0; layer < kLayers; ++layer) {
            std::vector<float> flat;
            for (int head = 0; head < kHeads; ++head) {
                for (int row = 0; row < rows; ++row) {
                    for (std::int64_t key = 0; key < positions(); ++key)
                        flat.push_back(weight(layer, head, row, key));
                }
            }
            record->tensors["attention.rows." + std::to_string(layer)] =
                snapshot(ElementType::Float32, {kHeads, rows, positions()}, flat);
        }
    }
};

}  // namespace armillary::test
