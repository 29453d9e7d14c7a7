// Records with random queries, keys and values, and their attention computed straight from the definition, for tests.
#pragma once

#include "records/run_record.h"
#include "support/record_builder.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace armillary::test {

inline TensorSnapshot floatSnapshot(std::vector<std::int64_t> shape, const std::vector<float>& values)
{
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(float));
    if (!values.empty())
        std::memcpy(bytes->data(), values.data(), bytes->size());
    return {ElementType::Float32, std::move(shape), std::move(bytes)};
}

inline TensorSnapshot integerSnapshot(const std::vector<std::int64_t>& values)
{
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(std::int64_t));
    if (!values.empty())
        std::memcpy(bytes->data(), values.data(), bytes->size());
    return {ElementType::Int64, {static_cast<std::int64_t>(values.size())}, std::move(bytes)};
}

// The upper halves of the floats: what bfloat16 keeps without rounding. `values` become what was kept.
inline TensorSnapshot bfloat16Snapshot(std::vector<std::int64_t> shape, std::vector<float>& values)
{
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * 2);
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::uint32_t bits = 0;
        std::memcpy(&bits, &values[i], 4);
        bits &= 0xFFFF0000U;
        std::memcpy(&values[i], &bits, 4);
        const auto half = static_cast<std::uint16_t>(bits >> 16);
        std::memcpy(bytes->data() + 2 * i, &half, 2);
    }
    return {ElementType::BFloat16, std::move(shape), std::move(bytes)};
}

// A control token, a bracketed world of 2 frames of 2 x 3, a picture of 2 x 4 that sees itself both ways, text, and an answer of
// four tokens, of which three went through the model. Layer 1 is global, the others see a window of 7.
class AttentionSample {
public:
    static constexpr std::int64_t kLayers = 3, kHeads = 4, kKeyHeads = 2, kWidth = 8, kHidden = 10, kWindow = 7;

    explicit AttentionSample(ElementType type = ElementType::Float32, unsigned seed = 7,
                             const std::vector<std::string>& question = {"What", " is", " this", "?"})
    {
        RecordBuilder builder;
        const int picture = builder.addPicture("gradient.png", 40, 80);
        builder.text({"<bos>"}, TokenKind::Control).text({"<sow>"}, TokenKind::Bracket).worldTokens(picture, 2, 2, 3);
        builder.text({"<eow>"}, TokenKind::Bracket).imageTokens(picture, 2, 4).text(question);
        builder.answer({"A", " red", " cup", "."});
        m_record = std::make_shared<RunRecord>(*builder.build());
        prefill = m_record->layout->size();
        positions = prefill + 3;
        blockBegin = 15;
        blockEnd = 23;
        m_record->model = {kLayers, kHeads,  kKeyHeads,          kWidth, kHidden, 1088, 1 / std::sqrt(8.0),
                           1e-6,    kWindow, {true, false, true}};
        m_record->bidirectionalBlocks = {{blockBegin, blockEnd}};
        std::mt19937 engine(seed);
        const auto tensor = [&](std::int64_t heads, float scale) {
            std::normal_distribution<float> normal(0, scale);
            std::vector<float> values(static_cast<std::size_t>(heads * positions * kWidth));
            for (float& value : values)
                value = normal(engine);
            return values;
        };
        for (std::int64_t layer = 0; layer < kLayers; ++layer) {
            queries.push_back(tensor(kHeads, 1.5F));
            keys.push_back(tensor(kKeyHeads, 1.5F));
            values.push_back(tensor(kKeyHeads, 1));
            store("query", layer, kHeads, queries.back(), type);
            store("key", layer, kKeyHeads, keys.back(), type);
            store("value", layer, kKeyHeads, values.back(), type);
        }
    }

    [[nodiscard]] RunRecord& record() { return *m_record; }

    [[nodiscard]] bool sees(std::int64_t layer, std::int64_t query, std::int64_t key) const
    {
        const bool sameBlock = query >= blockBegin && query < blockEnd && key >= blockBegin && key < blockEnd;
        const bool inWindow = layer == 1 || key > query - kWindow;
        return inWindow && (key <= query || sameBlock);
    }
    [[nodiscard]] std::vector<std::int64_t> allPositions() const
    {
        std::vector<std::int64_t> out(static_cast<std::size_t>(positions));
        std::iota(out.begin(), out.end(), std::int64_t{0});
        return out;
    }
    [[nodiscard]] std::int64_t visible(std::int64_t layer, std::int64_t query) const
    {
        std::int64_t count = 0;
        for (std::int64_t key = 0; key < positions; ++key)
            count += sees(layer, query, key) ? 1 : 0;
        return count;
    }
    // [P] softmax weights, straight from the definition.
    [[nodiscard]] std::vector<double> row(std::int64_t layer, std::int64_t head, std::int64_t query) const
    {
        std::vector<double> out(static_cast<std::size_t>(positions), 0.0);
        double sum = 0;
        for (std::int64_t key = 0; key < positions; ++key) {
            if (!sees(layer, query, key))
                continue;
            double score = 0;
            for (std::int64_t i = 0; i < kWidth; ++i)
                score += double(at(queries, layer, head, query, i)) * double(at(keys, layer, head / 2, key, i));
            out[static_cast<std::size_t>(key)] = std::exp(score / std::sqrt(8.0));
            sum += out[static_cast<std::size_t>(key)];
        }
        for (double& weight : out)
            weight /= sum;
        return out;
    }
    // [C] the head's output.
    [[nodiscard]] std::vector<double> mix(std::int64_t layer, std::int64_t head, std::int64_t query) const
    {
        const std::vector<double> weights = row(layer, head, query);
        std::vector<double> out(kWidth, 0.0);
        for (std::int64_t key = 0; key < positions; ++key) {
            for (std::int64_t i = 0; i < kWidth; ++i)
                out[static_cast<std::size_t>(i)] +=
                    weights[static_cast<std::size_t>(key)] * double(at(values, layer, head / 2, key, i));
        }
        return out;
    }
    [[nodiscard]] float value(std::int64_t layer, std::int64_t keyHead, std::int64_t key, std::int64_t i) const
    {
        return at(values, layer, keyHead, key, i);
    }

    // Adds `attention_output` of a few rows, as the kernel would have given it.
    void addOutputs()
    {
        const std::vector<std::int64_t> rows{0, 9, 18, positions - 1};
        for (std::int64_t layer = 0; layer < kLayers; ++layer) {
            std::vector<float> flat;
            for (const std::int64_t query : rows) {
                for (std::int64_t head = 0; head < kHeads; ++head) {
                    for (const double number : mix(layer, head, query))
                        flat.push_back(static_cast<float>(number));
                }
            }
            m_record->tensors[fmt::format("attention_output.{}", layer)] = floatSnapshot({4, kHeads * kWidth}, flat);
        }
        m_record->tensors["attention_output.positions"] = integerSnapshot(rows);
    }
    // Leaves the answer's rows alone, as a run without captures does.
    void keepOnlyAnswerRows()
    {
        std::vector<std::int64_t> rows;
        for (std::int64_t query = prefill - 1; query < positions; ++query)
            rows.push_back(query);
        m_record->tensors.clear();
        for (std::int64_t layer = 0; layer < kLayers; ++layer) {
            std::vector<float> flat;
            for (std::int64_t head = 0; head < kHeads; ++head) {
                for (const std::int64_t query : rows) {
                    for (const double weight : row(layer, head, query))
                        flat.push_back(static_cast<float>(weight));
                }
            }
            m_record->tensors[fmt::format("attention.rows.{}", layer)] =
                floatSnapshot({kHeads, std::int64_t(rows.size()), positions}, flat);
        }
        m_record->tensors["attention.rows.positions"] = integerSnapshot(rows);
        m_record->tensors["attention.rows.error"] = floatSnapshot({kLayers, 2}, {1e-7F, 2, 3e-7F, 1, 2e-7F, 4});
    }
    // Leaves whole maps alone, as capture `attention` does; `weightAt` gives them.
    template <class WeightAt>
    void keepOnlyMaps(const WeightAt& weightAt)
    {
        m_record->tensors.clear();
        for (std::int64_t layer = 0; layer < kLayers; ++layer) {
            std::vector<float> flat;
            for (std::int64_t head = 0; head < kHeads; ++head) {
                for (std::int64_t query = 0; query < positions; ++query) {
                    for (std::int64_t key = 0; key < positions; ++key)
                        flat.push_back(static_cast<float>(weightAt(layer, head, query, key)));
                }
            }
            m_record->tensors[fmt::format("attention.{}", layer)] = floatSnapshot({kHeads, positions, positions}, flat);
        }
    }
    // Makes every number of one key of a layer NaN.
    void spoilKey(std::int64_t layer, std::int64_t key)
    {
        for (std::int64_t i = 0; i < kWidth; ++i) {
            for (std::int64_t head = 0; head < kKeyHeads; ++head)
                keys[static_cast<std::size_t>(layer)][static_cast<std::size_t>((head * positions + key) * kWidth + i)] =
                    std::nanf("");
        }
        store("key", layer, kKeyHeads, keys[static_cast<std::size_t>(layer)], ElementType::Float32);
    }

    std::int64_t prefill = 0;
    std::int64_t positions = 0;
    std::int64_t blockBegin = 0;
    std::int64_t blockEnd = 0;
    std::vector<std::vector<float>> queries, keys, values;  // by layer: [heads,P,C]

private:
    [[nodiscard]] float at(const std::vector<std::vector<float>>& of, std::int64_t layer, std::int64_t head,
                           std::int64_t position, std::int64_t i) const
    {
        return of[static_cast<std::size_t>(layer)]
                 [static_cast<std::size_t>((head * positions + position) * kWidth + i)];
    }
    void store(const std::string& name, std::int64_t layer, std::int64_t heads, std::vector<float>& from,
               ElementType type)
    {
        const std::vector<std::int64_t> shape{heads, positions, kWidth};
        m_record->tensors[fmt::format("{}.{}", name, layer)] =
            type == ElementType::BFloat16 ? bfloat16Snapshot(shape, from) : floatSnapshot(shape, from);
    }

    std::shared_ptr<RunRecord> m_record;
};

}  // namespace armillary::test
