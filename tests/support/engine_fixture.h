// A loaded engine over the tiny snapshots, and questions of the reference cases put to it.
// Thread rule: as Engine.
#pragma once

#include "engine/engine.h"
#include "io/media_reader.h"
#include "support/golden_case.h"
#include "support/test_data.h"
#include "tensors/weights.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace armillary::test {

// An engine with the folders (relative to tests/data; empty = none) loaded on the CPU in float32; the test fails otherwise.
inline std::unique_ptr<Engine> loadedEngine(const std::string& model, const std::string& theWorld = "",
                                            const std::string& world = "",
                                            NumberFormat worldFormat = NumberFormat::Float32)
{
    const auto full = [](const std::string& relative) { return relative.empty() ? relative : dataPath(relative); };
    auto engine = makeEngine();
    SilentObserver observer;
    const auto report = engine->load({full(model), full(theWorld), full(world)},
                                     {"cpu", NumberFormat::Float32, worldFormat}, observer, {});
    EXPECT_TRUE(report) << report.error().message;
    return engine;
}

// A question about pictures (relative to tests/data), all shown before `text` in one turn.
inline Question questionAbout(const std::vector<std::string>& pictures, const std::string& text, int maxNewTokens = 4)
{
    Question question;
    ChatTurn turn;
    for (const std::string& picture : pictures) {
        const auto image = io::readImage(dataPath(picture));
        EXPECT_TRUE(image) << image.error().message;
        turn.mediaIndices.push_back(static_cast<int>(question.media.size()));
        question.media.push_back({picture, {image ? *image : Image()}, 0, 0});
    }
    turn.text = text;
    question.turns.push_back(std::move(turn));
    question.sampling.maxNewTokens = maxNewTokens;
    question.sampling.ignoreEos = true;
    return question;
}

// The record of `question`; null and a failed test when it could not be answered.
inline std::shared_ptr<const RunRecord> answered(Engine& engine, const Question& question)
{
    SilentObserver observer;
    const auto record = engine.ask(question, observer, {});
    EXPECT_TRUE(record) << record.error().message;
    return record ? *record : nullptr;
}

// Tensor `name` of a record; undefined and a failed test when there is none.
inline at::Tensor recorded(const RunRecord& record, const std::string& name)
{
    const auto found = record.tensors.find(name);
    EXPECT_NE(found, record.tensors.end()) << "the record has no " << name;
    return found == record.tensors.end() ? at::Tensor() : tensors::tensorFromSnapshot(found->second);
}

inline at::Tensor generatedIds(const RunRecord& record)
{
    std::vector<std::int64_t> ids;
    for (const TokenPiece& token : record.generated)
        ids.push_back(token.id);
    return at::tensor(ids, at::kLong);
}

}  // namespace armillary::test
