#include "training/language_stage.h"

#include "base/random_source.h"
#include "training/scene_batch.h"
#include "training/scene_labels.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace armillary::training {
namespace {

constexpr std::int64_t kTapLayer = 3;
constexpr std::int64_t kWarmScenes = 24;
constexpr double kDenseWeight = 0.5;
// Heads of dense labels: colour or none, kind or none, direction, last cell, first wall or none, offset.
constexpr std::array<std::int64_t, 6> kHeadParts = {
    scenes::kColors + 1, scenes::kKinds + 1, scenes::kDirections, 9, scenes::kWalls + 1, 2};
constexpr std::int64_t kHeadWidth = std::accumulate(kHeadParts.begin(), kHeadParts.end(), std::int64_t{0});
// How often a kind is asked, against the others.
constexpr std::array<double, scenes::kQuestionKinds.size()> kWeights = {0.4, 0.8, 0.8, 1.0, 2.0, 1.5, 3.0};

class LanguageStage final : public Stage {
public:
    LanguageStage(std::unique_ptr<DemoLanguage> model, std::uint64_t seed, LanguageStageOptions options,
                  WorldSources sources)
        : m_seed(seed),
          m_options(std::move(options)),
          m_model(std::move(model)),
          m_sources(std::move(sources)),
          m_headWeight(m_model->parameters().normal("head.world.weight", {kHeadWidth, m_model->width()}, 0.05)),
          m_headBias(m_model->parameters().constant("head.world.bias", {kHeadWidth}, 0)),
          m_optimizer(m_model->parameters(), isLayerMatrix,
                      {.muonRate = m_options.muonRate, .adamRate = m_options.adamRate}),
          m_average(m_model->parameters(), 0.995),
          m_heldOut(scenesOf(heldOutScenes(seed), 0, m_options.heldOut))
    {}

    std::string name() const override { return m_options.name; }
    std::int64_t steps() const override { return m_options.steps; }
    double rate(std::int64_t index) const override
    {
        return rateAt(index, m_options.steps, 50, m_options.falling, 0.03);
    }
    Parameters& parameters() override { return m_model->parameters(); }
    Optimizer& optimizer() override { return m_optimizer; }
    RunningAverage& average() override { return m_average; }

    at::Tensor loss(std::int64_t index) override
    {
        const double progress = static_cast<double>(index) / static_cast<double>(m_options.steps);
        RandomSource random(seedOf(m_seed, m_options.name + " choices", index));
        if (progress < m_options.warmShare) {
            const auto [scenes, latents] = drawWorlds(random, kWarmScenes, index);
            return denseLoss(m_model->readWorld(latents, kTapLayer), labelsOfLatents(scenes));
        }
        const bool mayHaveWorld = m_sources.training != nullptr;
        const bool hasWorld = mayHaveWorld && (random.uniform() < m_options.worldShare || progress < 0.5);
        std::vector<scenes::ExamScene> scenes;
        at::Tensor latents;
        if (hasWorld)
            std::tie(scenes, latents) = drawWorlds(random, m_options.scenes, index);
        else
            scenes = scenesOf(seedOf(m_seed, m_options.name + " scenes", index), 0, m_options.scenes,
                              {.mostShapes = progress < m_options.crowdedShare ? 3 : 2});
        std::vector<std::vector<AskedQuestion>> asked;
        for (const scenes::ExamScene& scene : scenes)
            asked.push_back(choose(scene.questions, hasWorld, random));
        const bool isDense = hasWorld && progress < m_options.denseShare;
        const DemoLanguage::Answers answers =
            m_model->answer(stillsOf(scenes), latents, asked, isDense ? kTapLayer : -1);
        at::Tensor out = at::cross_entropy_loss(answers.logits, answers.labels);
        if (isDense)
            out = out + kDenseWeight * denseLoss(answers.worldRows, labelsOfLatents(scenes));
        return out;
    }

    nlohmann::json measure() override
    {
        std::vector<std::vector<AskedQuestion>> asked;
        for (const scenes::ExamScene& scene : m_heldOut)
            asked.push_back(askedOf(scene.questions));
        const at::Tensor stills = stillsOf(m_heldOut);
        nlohmann::json out;
        out["absent"] = shares(judgeAnswers(*m_model, stills, {}, asked));
        if (m_sources.heldOut.defined())
            out["true"] = shares(judgeAnswers(*m_model, stills, m_sources.heldOut, asked));
        if (m_sources.heldOut.defined() && m_sources.transformer)
            out["rollout"] = shares(judgeAnswers(*m_model, stills, rolledOut(m_sources.heldOut, m_seed), asked));
        return out;
    }

private:
    using Worlds = std::pair<std::vector<scenes::ExamScene>, at::Tensor>;

    // Scenes of the store with their latents, roughened, their last one at times the transformer's.
    [[nodiscard]] Worlds drawWorlds(RandomSource& random, std::int64_t count, std::int64_t index) const
    {
        std::vector<std::int64_t> chosen;
        std::vector<scenes::ExamScene> scenes;
        for (std::int64_t i = 0; i < count; ++i) {
            chosen.push_back(random.below(m_sources.training->count()));
            scenes.push_back(scenes::examScene(trainingScenes(m_seed), chosen.back()));
        }
        at::Tensor latents = m_sources.training->take(chosen);
        const std::uint64_t own = seedOf(m_seed, m_options.name + " noise", index);
        if (m_sources.transformer && random.uniform() < m_options.rolloutShare)
            return {scenes, rolledOut(latents, own)};
        const at::Tensor amount = uniformTensor(mixedSeed(own, 0), {count, 1, 1, 1, 1}) * m_options.mostNoise;
        latents = latents + amount * normalTensor(mixedSeed(own, 1), latents.sizes());
        return {scenes, latents};
    }

    [[nodiscard]] at::Tensor rolledOut(const at::Tensor& latents, std::uint64_t seed) const
    {
        return rollOut(*m_sources.transformer, latents.narrow(2, 0, kSeenLatentFrames),
                       normalTensor(seed, latents.sizes()), kRolloutSteps, kRolloutFramesPerSecond);
    }

    [[nodiscard]] std::vector<AskedQuestion> choose(const std::vector<scenes::SceneQuestion>& questions, bool hasWorld,
                                                    RandomSource& random) const
    {
        std::vector<std::pair<double, AskedQuestion>> drawn;  // weighted sampling by keys u^(1/w)
        for (const scenes::SceneQuestion& question : questions) {
            const double weight = kWeights[static_cast<std::size_t>(question.kind)];
            if (hasWorld || scenes::isAboutStill(question.kind))
                drawn.emplace_back(std::pow(random.uniform(), 1 / weight),
                                   AskedQuestion{question.text, question.answer});
        }
        std::stable_sort(drawn.begin(), drawn.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
        std::vector<AskedQuestion> out;
        for (std::size_t i = 0; i < drawn.size() && i < static_cast<std::size_t>(m_options.questions); ++i)
            out.push_back(drawn[i].second);
        return out;
    }

    [[nodiscard]] at::Tensor denseLoss(const at::Tensor& rows, const DenseLabels& labels) const
    {
        const std::vector<at::Tensor> parts =
            at::linear(rows, m_headWeight, m_headBias).flatten(0, 1).split_with_sizes(kHeadParts, -1);
        const at::Tensor color = labels.color.flatten();
        const at::Tensor isShown = color.gt(0);
        // Cells of the first latent frame cannot know the motion: nothing before them tells.
        const at::Tensor cells = at::arange(labels.color.size(1), at::kLong).repeat({labels.color.size(0)});
        const at::Tensor shown = isShown.nonzero().flatten();
        const at::Tensor moving = (isShown & cells.ge(kLatentSide * kLatentSide)).nonzero().flatten();
        const at::Tensor weight = isShown.to(at::kFloat) * 0.7 + 0.3;
        const auto everywhere = [&](const at::Tensor& scores, const at::Tensor& classes) {
            return (at::cross_entropy_loss(scores, classes, {}, at::Reduction::None) * weight).mean();
        };
        const auto among = [](const at::Tensor& scores, const at::Tensor& classes, const at::Tensor& rows) {
            return at::cross_entropy_loss(scores.index_select(0, rows), classes.flatten().index_select(0, rows));
        };
        const at::Tensor missed = parts[5].index_select(0, shown) - labels.offset.flatten(0, 1).index_select(0, shown);
        return everywhere(parts[0], color) + everywhere(parts[1], labels.kind.flatten()) +
               among(parts[2], labels.direction, moving) + among(parts[3], labels.endCell, moving) +
               among(parts[4], labels.firstWall, moving) + 0.5 * missed.square().mean();
    }

    [[nodiscard]] nlohmann::json shares(const std::vector<std::vector<bool>>& right) const
    {
        std::array<std::pair<int, int>, scenes::kQuestionKinds.size()> counts{};
        for (std::size_t i = 0; i < right.size(); ++i) {
            for (std::size_t j = 0; j < right[i].size(); ++j) {
                auto& [good, all] = counts[static_cast<std::size_t>(m_heldOut[i].questions[j].kind)];
                good += right[i][j] ? 1 : 0;
                ++all;
            }
        }
        nlohmann::json out;
        for (const scenes::QuestionKind kind : scenes::kQuestionKinds) {
            const auto& [good, all] = counts[static_cast<std::size_t>(kind)];
            if (all > 0)
                out[std::string(scenes::kindName(kind))] = std::round(1000.0 * good / all) / 10;
        }
        return out;
    }

    std::uint64_t m_seed;
    LanguageStageOptions m_options;
    std::unique_ptr<DemoLanguage> m_model;
    WorldSources m_sources;
    at::Tensor m_headWeight, m_headBias;
    Optimizer m_optimizer;
    RunningAverage m_average;
    std::vector<scenes::ExamScene> m_heldOut;
};

}  // namespace

Result<std::unique_ptr<Stage>> makeLanguageStage(const DemoTemplate& form, std::uint64_t seed,
                                                 const LanguageStageOptions& options, const TensorMap& start,
                                                 WorldSources sources)
{
    auto model = DemoLanguage::make(form, seedOf(seed, "language"));
    if (!model)
        return tl::unexpected(model.error());
    if (const auto assigned = (*model)->parameters().assign(start); !assigned)
        return tl::unexpected(assigned.error());
    if (sources.heldOut.defined())
        sources.heldOut = sources.heldOut.narrow(0, 0, options.heldOut);
    return std::make_unique<LanguageStage>(std::move(*model), seed, options, std::move(sources));
}

}  // namespace armillary::training
