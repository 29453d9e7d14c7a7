// Records with something in every field, and their comparison field by field.
// Thread rule: free functions without shared state.
#pragma once

#include "records/run_record.h"
#include "records/temporal_grid.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace armillary::test {

// A picture whose pixels differ with `seed`.
inline Image numberedImage(int heightPixels, int widthPixels, int seed)
{
    std::vector<std::uint8_t> rgb(static_cast<std::size_t>(heightPixels * widthPixels * 3));
    for (std::size_t i = 0; i < rgb.size(); ++i)
        rgb[i] = static_cast<std::uint8_t>(i * 7 + static_cast<std::size_t>(seed) * 31);
    return {heightPixels, widthPixels, std::move(rgb)};
}

template <class T>
TensorSnapshot tensorOf(ElementType type, std::vector<std::int64_t> shape, const std::vector<T>& values)
{
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(T));
    std::memcpy(bytes->data(), values.data(), bytes->size());
    return {type, std::move(shape), std::move(bytes)};
}

// Every field holds something else than its default. Records of different seeds differ.
inline RunRecord fullRecord(int seed = 1)
{
    RunRecord record;
    Question& question = record.question;
    Clip video{"clip \u00e9.mp4", {numberedImage(5, 7, seed), numberedImage(5, 7, seed + 1)}, 11, 23.976};
    auto grid = std::make_shared<TemporalGrid>();
    for (int cell = 0; cell < kGridCells; ++cell)
        grid->moments[static_cast<std::size_t>(cell)] = {cell % 2, 11 + cell, 0.25 * cell};
    grid->cellHeight = 5;
    grid->cellWidth = 7;
    grid->filter = PictureFilter::Nearest;
    grid->letterboxSide = 14;
    grid->picture = numberedImage(14, 14, seed + 50);
    video.grid = grid;
    question.media = {video, {"still.png", {numberedImage(3, 4, 99)}, 0, 0}};
    question.stillFrames = {1, 0};
    question.systemPrompt = "Be brief.";
    question.turns = {{ChatRole::User, {0}, "Before?"},
                      {ChatRole::Model, {}, "Yes."},
                      {ChatRole::User, {1, 0}, "And now? " + std::to_string(seed)}};
    question.rawPrompt = "<bos>raw\n\"quoted\"";
    question.panAndScan = true;
    question.imageAttention = ImageAttention::Causal;
    question.world.source = WorldSource::Rollout;
    question.world.fusion = FusionOption::Indexed;
    question.world.heightPixels = 64;
    question.world.widthPixels = 96;
    question.world.pixelRange = PixelRange::MinusOneToOne;
    question.world.latentScale = LatentScale::Normalised;
    question.world.format = NumberFormat::BFloat16;
    RolloutRequest rollout;
    rollout.condition = video;
    rollout.frames = 9;
    rollout.steps = 3;
    rollout.prompt = "the cup falls";
    rollout.negative = "nothing moves";
    rollout.skipText = true;
    rollout.guidance = 1.5;
    rollout.framesPerSecond = 12.5;
    rollout.heightPixels = 48;
    rollout.widthPixels = 80;
    rollout.seed = 0xFFFFFFFFFFFFFFFFULL;
    rollout.noise = tensorOf<float>(ElementType::Float32, {1, 1, 1, 2}, {0.5F, -0.25F});
    rollout.vaeNoise = tensorOf<float>(ElementType::Float32, {1, 1, 1, 1}, {2.0F});
    rollout.previewEvery = 2;
    rollout.takeStopped = true;
    question.world.rollout = rollout;
    question.sampling = {17, 0.7, 40, 0.9, 0.05, 1234567890123ULL, true};
    question.capture.parts = {Capture::Pixels, Capture::Qkv, Capture::PromptLogits};
    question.capture.budgetBytes = 12345;
    question.answerPrefix = {11, 1};

    record.renderedPrompt = "<bos><start_of_turn>user\n";
    record.answer = "It fell \u2014 \u843d\u3061\u305f\nnow.";
    record.outcome = RunOutcome::Cancelled;
    record.stopReason = StopReason::TokenLimit;
    record.model = {3, 4, 2, 16, 64, 1088, 0.25, 1e-6, 32, {true, true, false}};
    record.bidirectionalBlocks = {{1, 2}, {3, 4}};
    auto layout = std::make_shared<TokenLayout>();
    layout->ids = {2, 1024, -1, 7};
    layout->kinds = {TokenKind::Control, TokenKind::Image, TokenKind::World, TokenKind::Text};
    layout->origins = {{}, {0, 0, -1, 0, 0}, {0, -1, 1, 3, 4}, {}};
    layout->pieces = {"<bos>", "<image_soft_token>", "", "\u2581hi"};
    layout->grids = {{0, 0, TokenKind::Image, 1, 1, 1, {0, 0.25, 1, 0.75}},
                     {0, -1, TokenKind::World, 4, 5, 2, {0.1, 0, 0.9, 1}}};
    record.layout = layout;
    record.generated = {{4, 11, "\u2581It", " It", 0.1F, {{11, 0.1F}, {12, 0.0333F}}},
                        {5, 12, "\u2581fell", " fell", std::numeric_limits<float>::quiet_NaN(), {}}};
    record.vocabulary = {{11, "\u2581It"}, {12, "\u2581fell"}};
    record.tensors["image.embeds"] = tensorOf<std::uint16_t>(ElementType::BFloat16, {1, 2}, {0x3F80, 0x4000});
    record.tensors["world.latents"] = tensorOf<float>(ElementType::Float32, {1, 1, 1, 3},
                                                      {float(seed), -2.5F, std::numeric_limits<float>::infinity()});
    record.tensors["scalar"] = tensorOf<double>(ElementType::Float64, {}, {0.125});
    record.tensors["empty"] = tensorOf<float>(ElementType::Float32, {0, 4}, {});
    record.settings = {{"fusion", "4c"}, {"seed", "1234567890123"}, {"device", "cpu"}};
    record.warnings = {"mind the gap", ""};
    record.cost.stages = {{"SigLIP", 0.5, 1.25}, {"Prefill", 1.75, 0.125}};
    record.cost.prefillTokens = 4;
    record.cost.reusedTokens = 3;
    record.cost.prefillSeconds = 0.1;
    record.cost.decodeSeconds = 0.3;
    record.cost.peakMemoryBytes = std::int64_t{3} << 40;
    record.cost.capturedBytes = 77;
    record.cost.captureSeconds = 0.0625;
    record.rolloutFrames = std::make_shared<const Clip>(
        Clip{"rollout", {numberedImage(2, 3, seed + 5), numberedImage(2, 3, seed + 6)}, 4, 16});
    record.rolloutSteps = {{0, 2, 80.0, 1.5, nullptr}, {1, 2, std::numeric_limits<double>::infinity(), 0.75, nullptr}};
    record.memoryPlan = {1 << 30,
                         {{"T5 text encoder", 100, "cpu (mapped from the file)", "freed", 90},
                          {"VAE", 7, "cuda:0", "kept", -1}}};
    return record;
}

inline void expectSameReal(double got, double want)
{
    EXPECT_TRUE(got == want || (std::isnan(got) && std::isnan(want))) << got << " is not " << want;
}

inline void expectSameTensor(const TensorSnapshot& got, const TensorSnapshot& want)
{
    EXPECT_EQ(got.type, want.type);
    EXPECT_EQ(got.shape, want.shape);
    ASSERT_TRUE(got.bytes && want.bytes);
    EXPECT_EQ(*got.bytes, *want.bytes);
}

// Frames too.
inline void expectSameClip(const Clip& got, const Clip& want)
{
    EXPECT_EQ(got.path, want.path);
    EXPECT_EQ(got.firstFrameIndex, want.firstFrameIndex);
    expectSameReal(got.framesPerSecond, want.framesPerSecond);
    ASSERT_EQ(got.frames.size(), want.frames.size());
    for (std::size_t i = 0; i < want.frames.size(); ++i) {
        EXPECT_EQ(got.frames[i].height(), want.frames[i].height());
        EXPECT_EQ(got.frames[i].width(), want.frames[i].width());
        EXPECT_TRUE(std::ranges::equal(got.frames[i].rgb(), want.frames[i].rgb()))
            << "frame " << i << " of " << want.path;
    }
    ASSERT_EQ(got.grid != nullptr, want.grid != nullptr);
    if (want.grid) {
        EXPECT_TRUE(got.grid->sameRecipe(*want.grid));
        EXPECT_TRUE(std::ranges::equal(got.grid->picture.rgb(), want.grid->picture.rgb()));
    }
}

inline void expectSameRollout(const RolloutRequest& got, const RolloutRequest& want)
{
    expectSameClip(got.condition, want.condition);
    EXPECT_EQ(got.frames, want.frames);
    EXPECT_EQ(got.steps, want.steps);
    EXPECT_EQ(got.prompt, want.prompt);
    EXPECT_EQ(got.negative, want.negative);
    EXPECT_EQ(got.skipText, want.skipText);
    expectSameReal(got.guidance, want.guidance);
    expectSameReal(got.framesPerSecond, want.framesPerSecond);
    EXPECT_EQ(got.heightPixels, want.heightPixels);
    EXPECT_EQ(got.widthPixels, want.widthPixels);
    EXPECT_EQ(got.seed, want.seed);
    ASSERT_EQ(got.noise.has_value(), want.noise.has_value());
    if (want.noise)
        expectSameTensor(*got.noise, *want.noise);
    ASSERT_EQ(got.vaeNoise.has_value(), want.vaeNoise.has_value());
    if (want.vaeNoise)
        expectSameTensor(*got.vaeNoise, *want.vaeNoise);
    EXPECT_EQ(got.previewEvery, want.previewEvery);
    EXPECT_EQ(got.takeStopped, want.takeStopped);
}

inline void expectSameQuestion(const Question& got, const Question& want)
{
    ASSERT_EQ(got.media.size(), want.media.size());
    for (std::size_t i = 0; i < want.media.size(); ++i)
        expectSameClip(got.media[i], want.media[i]);
    EXPECT_EQ(got.stillFrames, want.stillFrames);
    EXPECT_EQ(got.systemPrompt, want.systemPrompt);
    ASSERT_EQ(got.turns.size(), want.turns.size());
    for (std::size_t i = 0; i < want.turns.size(); ++i) {
        EXPECT_EQ(got.turns[i].role, want.turns[i].role);
        EXPECT_EQ(got.turns[i].mediaIndices, want.turns[i].mediaIndices);
        EXPECT_EQ(got.turns[i].text, want.turns[i].text);
    }
    EXPECT_EQ(got.rawPrompt, want.rawPrompt);
    EXPECT_EQ(got.panAndScan, want.panAndScan);
    EXPECT_EQ(got.imageAttention, want.imageAttention);
    EXPECT_EQ(got.world.source, want.world.source);
    ASSERT_EQ(got.world.rollout.has_value(), want.world.rollout.has_value());
    if (want.world.rollout)
        expectSameRollout(*got.world.rollout, *want.world.rollout);
    EXPECT_EQ(got.world.fusion, want.world.fusion);
    EXPECT_EQ(got.world.heightPixels, want.world.heightPixels);
    EXPECT_EQ(got.world.widthPixels, want.world.widthPixels);
    EXPECT_EQ(got.world.pixelRange, want.world.pixelRange);
    EXPECT_EQ(got.world.latentScale, want.world.latentScale);
    EXPECT_EQ(got.world.format, want.world.format);
    EXPECT_EQ(got.sampling.maxNewTokens, want.sampling.maxNewTokens);
    expectSameReal(got.sampling.temperature, want.sampling.temperature);
    EXPECT_EQ(got.sampling.topK, want.sampling.topK);
    expectSameReal(got.sampling.topP, want.sampling.topP);
    expectSameReal(got.sampling.minP, want.sampling.minP);
    EXPECT_EQ(got.sampling.seed, want.sampling.seed);
    EXPECT_EQ(got.sampling.ignoreEos, want.sampling.ignoreEos);
    EXPECT_EQ(got.answerPrefix, want.answerPrefix);
    EXPECT_EQ(got.capture.parts, want.capture.parts);
    EXPECT_EQ(got.capture.budgetBytes, want.capture.budgetBytes);
}

inline void expectSameLayout(const TokenLayout& got, const TokenLayout& want)
{
    EXPECT_EQ(got.ids, want.ids);
    EXPECT_EQ(got.kinds, want.kinds);
    EXPECT_EQ(got.origins, want.origins);
    EXPECT_EQ(got.pieces, want.pieces);
    ASSERT_EQ(got.grids.size(), want.grids.size());
    for (std::size_t i = 0; i < want.grids.size(); ++i) {
        const TokenGrid &g = got.grids[i], &w = want.grids[i];
        EXPECT_EQ(g.media, w.media);
        EXPECT_EQ(g.crop, w.crop);
        EXPECT_EQ(g.kind, w.kind);
        EXPECT_EQ(g.rows, w.rows);
        EXPECT_EQ(g.columns, w.columns);
        EXPECT_EQ(g.latentFrames, w.latentFrames);
        expectSameReal(g.covers.top, w.covers.top);
        expectSameReal(g.covers.left, w.covers.left);
        expectSameReal(g.covers.bottom, w.covers.bottom);
        expectSameReal(g.covers.right, w.covers.right);
    }
}

inline void expectSameCost(const RunCost& got, const RunCost& want)
{
    ASSERT_EQ(got.stages.size(), want.stages.size());
    for (std::size_t i = 0; i < want.stages.size(); ++i) {
        EXPECT_EQ(got.stages[i].name, want.stages[i].name);
        expectSameReal(got.stages[i].startSeconds, want.stages[i].startSeconds);
        expectSameReal(got.stages[i].durationSeconds, want.stages[i].durationSeconds);
    }
    EXPECT_EQ(got.prefillTokens, want.prefillTokens);
    EXPECT_EQ(got.reusedTokens, want.reusedTokens);
    expectSameReal(got.prefillSeconds, want.prefillSeconds);
    expectSameReal(got.decodeSeconds, want.decodeSeconds);
    EXPECT_EQ(got.peakMemoryBytes, want.peakMemoryBytes);
    EXPECT_EQ(got.capturedBytes, want.capturedBytes);
    expectSameReal(got.captureSeconds, want.captureSeconds);
}

// `got` may hold rollout.frames as a tensor beside the clip: that is how a file keeps them.
inline void expectSameRecord(const RunRecord& got, const RunRecord& want)
{
    expectSameQuestion(got.question, want.question);
    EXPECT_EQ(got.renderedPrompt, want.renderedPrompt);
    EXPECT_EQ(got.answer, want.answer);
    EXPECT_EQ(got.outcome, want.outcome);
    EXPECT_EQ(got.stopReason, want.stopReason);
    EXPECT_EQ(got.model, want.model);
    EXPECT_EQ(got.bidirectionalBlocks, want.bidirectionalBlocks);
    ASSERT_TRUE(got.layout && want.layout);
    expectSameLayout(*got.layout, *want.layout);
    ASSERT_EQ(got.generated.size(), want.generated.size());
    for (std::size_t i = 0; i < want.generated.size(); ++i) {
        const TokenPiece &g = got.generated[i], &w = want.generated[i];
        EXPECT_EQ(g.position, w.position);
        EXPECT_EQ(g.id, w.id);
        EXPECT_EQ(g.piece, w.piece);
        EXPECT_EQ(g.text, w.text);
        expectSameReal(g.probability, w.probability);
        EXPECT_EQ(g.alternatives, w.alternatives);
    }
    EXPECT_EQ(got.vocabulary, want.vocabulary);
    for (const auto& [name, tensor] : want.tensors) {
        SCOPED_TRACE(name);
        ASSERT_TRUE(got.tensors.contains(name));
        expectSameTensor(got.tensors.at(name), tensor);
    }
    for (const auto& [name, tensor] : got.tensors)
        EXPECT_TRUE(want.tensors.contains(name) || name == "rollout.frames") << name;
    EXPECT_EQ(got.settings, want.settings);
    EXPECT_EQ(got.warnings, want.warnings);
    expectSameCost(got.cost, want.cost);
    ASSERT_EQ(got.rolloutFrames != nullptr, want.rolloutFrames != nullptr);
    if (want.rolloutFrames)
        expectSameClip(*got.rolloutFrames, *want.rolloutFrames);
    ASSERT_EQ(got.rolloutSteps.size(), want.rolloutSteps.size());
    for (std::size_t i = 0; i < want.rolloutSteps.size(); ++i) {
        EXPECT_EQ(got.rolloutSteps[i].step, want.rolloutSteps[i].step);
        EXPECT_EQ(got.rolloutSteps[i].steps, want.rolloutSteps[i].steps);
        expectSameReal(got.rolloutSteps[i].sigma, want.rolloutSteps[i].sigma);
        expectSameReal(got.rolloutSteps[i].stepSeconds, want.rolloutSteps[i].stepSeconds);
    }
    EXPECT_EQ(got.memoryPlan.freeBytes, want.memoryPlan.freeBytes);
    ASSERT_EQ(got.memoryPlan.rows.size(), want.memoryPlan.rows.size());
    for (std::size_t i = 0; i < want.memoryPlan.rows.size(); ++i) {
        EXPECT_EQ(got.memoryPlan.rows[i].part, want.memoryPlan.rows[i].part);
        EXPECT_EQ(got.memoryPlan.rows[i].weightBytes, want.memoryPlan.rows[i].weightBytes);
        EXPECT_EQ(got.memoryPlan.rows[i].place, want.memoryPlan.rows[i].place);
        EXPECT_EQ(got.memoryPlan.rows[i].after, want.memoryPlan.rows[i].after);
        EXPECT_EQ(got.memoryPlan.rows[i].measuredBytes, want.memoryPlan.rows[i].measuredBytes);
    }
}

}  // namespace armillary::test
