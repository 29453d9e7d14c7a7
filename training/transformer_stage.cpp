#include "training/transformer_stage.h"

#include "base/random_source.h"
#include "cosmos/flow_scheduler.h"
#include "training/scene_batch.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace armillary::training {
namespace {

using cosmos::FlowScheduler;

// Where the motion is decided: most noise levels are drawn between this one and the largest, evenly in their logarithm, the
// others evenly on the sampler's own scale.
constexpr double kDecidingSigma = 2;
constexpr double kDecidingShare = 0.6;
constexpr double kFullWeightSigma = 0.5;  // lower levels count less
constexpr double kNearPixels = 4;

bool isBlockMatrix(const std::string& name, const at::Tensor&)
{
    return name.starts_with("transformer_blocks.");
}

double drawSigma(RandomSource& random)
{
    if (random.uniform() < kDecidingShare)
        return kDecidingSigma * std::pow(FlowScheduler::kLargestSigma / kDecidingSigma, random.uniform());
    const double most = std::pow(FlowScheduler::kLargestSigma, 1 / FlowScheduler::kRho);
    const double least = std::pow(FlowScheduler::kSmallestSigma, 1 / FlowScheduler::kRho);
    return std::pow(most + random.uniform() * (least - most), FlowScheduler::kRho);
}

class TransformerStage final : public Stage {
public:
    TransformerStage(const DemoTemplate& form, std::uint64_t seed, const TransformerStageOptions& options,
                     std::shared_ptr<const LatentStore> training, at::Tensor heldOut, std::shared_ptr<const VaeNet> vae)
        : m_seed(seed),
          m_options(options),
          m_parameters(seedOf(seed, "transformer")),
          m_net(m_parameters, form.transformer),
          m_optimizer(m_parameters, isBlockMatrix, {.muonRate = options.muonRate, .adamRate = options.muonRate / 10}),
          m_average(m_parameters, 0.997),
          m_training(std::move(training)),
          m_heldOut(std::move(heldOut)),
          m_vae(std::move(vae))
    {}

    std::string name() const override { return "transformer"; }
    std::int64_t steps() const override { return m_options.steps; }
    double rate(std::int64_t index) const override
    {
        return rateAt(index, m_options.steps, 50, m_options.falling, 0.005);
    }
    Parameters& parameters() override { return m_parameters; }
    Optimizer& optimizer() override { return m_optimizer; }
    RunningAverage& average() override { return m_average; }

    at::Tensor loss(std::int64_t index) override
    {
        const std::uint64_t own = seedOf(m_seed, "transformer steps", index);
        RandomSource random(own);
        std::vector<std::int64_t> chosen;
        std::vector<float> sigmas;
        for (std::int64_t i = 0; i < m_options.clips; ++i) {
            chosen.push_back(random.below(m_training->count()));
            sigmas.push_back(static_cast<float>(drawSigma(random)));
        }
        const at::Tensor clean = m_training->take(chosen);
        const at::Tensor noise = normalTensor(mixedSeed(own, 0), clean.sizes());
        const at::Tensor sigma = at::tensor(sigmas, at::kFloat);
        const at::Tensor time = sigma / (sigma + 1);  // [B]
        const at::Tensor column = time.view({-1, 1, 1, 1, 1});
        const std::int64_t later = clean.size(2) - kSeenLatentFrames;
        const at::Tensor condition = clean.narrow(2, 0, kSeenLatentFrames);
        const at::Tensor noisy = ((1 - column) * clean + column * noise).narrow(2, kSeenLatentFrames, later);
        at::Tensor times = time.unsqueeze(1).repeat({1, clean.size(2)});
        times.narrow(1, 0, kSeenLatentFrames).fill_(FlowScheduler::timeFromSigma(FlowScheduler::kConditioningSigma));
        const at::Tensor output =
            m_net.forward(at::cat({condition, noisy}, 2), kSeenLatentFrames, times, kRolloutFramesPerSecond);
        const at::Tensor missed =
            (output - (noise - clean)).narrow(2, kSeenLatentFrames, later).square().mean({1, 2, 3, 4});
        return (missed * (sigma / kFullWeightSigma).clamp_max(1)).mean();
    }

    nlohmann::json measure() override
    {
        const at::NoGradGuard noGradients;
        const at::Tensor truth = m_heldOut.narrow(0, 0, m_options.heldOut);
        const at::Tensor rolled = rollOut(m_net, truth.narrow(2, 0, kSeenLatentFrames),
                                          normalTensor(seedOf(m_seed, "transformer measure"), truth.sizes()),
                                          kRolloutSteps, kRolloutFramesPerSecond);
        const auto scenes = scenesOf(heldOutScenes(m_seed), 0, m_options.heldOut);
        std::vector<Image> frames;
        constexpr std::int64_t kPart = 16;
        for (std::int64_t first = 0; first < rolled.size(0); first += kPart) {
            const at::Tensor part = rolled.narrow(0, first, std::min(kPart, rolled.size(0) - first));
            for (Image& picture : picturesOf(m_vae->decode(part), scenes::kFrames - 1))
                frames.push_back(std::move(picture));
        }
        std::vector<double> errors = positionErrors(frames, scenes);
        std::sort(errors.begin(), errors.end());
        const auto near = std::count_if(errors.begin(), errors.end(), [](double e) { return e <= kNearPixels; });
        const double rmse = (rolled - truth).narrow(2, kSeenLatentFrames, 1).square().mean().sqrt().item<double>();
        return {{"within_4px",
                 std::round(1000.0 * static_cast<double>(near) / static_cast<double>(errors.size())) / 10},
                {"median_px", std::round(100 * errors[errors.size() / 2]) / 100},
                {"rmse", std::round(1000 * rmse) / 1000}};
    }

private:
    std::uint64_t m_seed;
    TransformerStageOptions m_options;
    Parameters m_parameters;
    TransformerNet m_net;
    Optimizer m_optimizer;
    RunningAverage m_average;
    std::shared_ptr<const LatentStore> m_training;
    at::Tensor m_heldOut;
    std::shared_ptr<const VaeNet> m_vae;
};

}  // namespace

std::unique_ptr<Stage> makeTransformerStage(const DemoTemplate& form, std::uint64_t seed,
                                            const TransformerStageOptions& options,
                                            std::shared_ptr<const LatentStore> training, const at::Tensor& heldOut,
                                            std::shared_ptr<const VaeNet> vae)
{
    return std::make_unique<TransformerStage>(form, seed, options, std::move(training), heldOut, std::move(vae));
}

}  // namespace armillary::training
