// A question pipeline over the tiny snapshots, for tests of studies: they look behind the engine's door.
// Thread rule: as the engine.
#pragma once

#include "pipeline/model_loader.h"
#include "pipeline/question_pipeline.h"
#include "support/engine_fixture.h"
#include "support/test_data.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace armillary::test {

// Folders relative to tests/data, empty = none; on the CPU in float32. Throws when they cannot be loaded.
inline std::unique_ptr<pipeline::QuestionPipeline> loadedPipeline(const std::string& model,
                                                                  const std::string& theWorld = "")
{
    const auto full = [](const std::string& relative) { return relative.empty() ? relative : dataPath(relative); };
    SilentObserver observer;
    auto models = pipeline::loadModels({full(model), full(theWorld), ""},
                                       {"cpu", NumberFormat::Float32, NumberFormat::Float32}, observer, {});
    if (!models)
        throw std::runtime_error(models.error().message);
    return std::make_unique<pipeline::QuestionPipeline>(
        std::shared_ptr<const pipeline::LoadedModels>(std::move(*models)));
}

// The record of `question`. Throws when it could not be answered.
inline std::shared_ptr<const RunRecord> answeredBy(pipeline::QuestionPipeline& pipeline, const Question& question)
{
    SilentObserver observer;
    auto record = pipeline.ask(question, observer, {});
    if (!record)
        throw std::runtime_error(record.error().message);
    return *record;
}

// A question about the tiny picture behind a small world of 8x8 latent cells.
inline Question worldQuestion(const std::string& text, int maxNewTokens = 4)
{
    Question question = questionAbout({"media/astronaut.png"}, text, maxNewTokens);
    question.world.heightPixels = 64;
    question.world.widthPixels = 64;
    return question;
}

}  // namespace armillary::test
