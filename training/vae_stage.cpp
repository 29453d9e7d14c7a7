#include "training/vae_stage.h"

#include "base/random_source.h"
#include "training/scene_batch.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace armillary::training {
namespace {

constexpr std::int64_t kCropPixels = 32;
constexpr int kCropFrames = 5;
constexpr double kShapeWeight = 3;    // a shape's pixels count 1 + this times a pixel of the board
constexpr double kShapeLevel = -0.4;  // the brightest colour of the board is below it
constexpr double kDivergenceWeight = 1e-4;
constexpr std::int64_t kPart = 8;  // clips at a time where no gradients are needed

bool isInner(const std::string& name, const at::Tensor& tensor)
{
    for (const char* outer : {"conv_in", "conv_out", "quant_conv", "gamma"}) {
        if (name.find(outer) != std::string::npos)
            return false;
    }
    return tensor.dim() > 2;
}

class VaeStage final : public Stage {
public:
    VaeStage(const DemoTemplate& form, std::uint64_t seed, const VaeStageOptions& options)
        : m_seed(seed),
          m_options(options),
          m_parameters(seedOf(seed, "vae")),
          m_net(m_parameters, form.vae),
          m_optimizer(m_parameters, isInner, {.muonRate = 0.02, .adamRate = 0.0025, .muonDecay = 0}),
          m_average(m_parameters, 0.995),
          m_heldOut(clipsOf(scenesOf(heldOutScenes(seed), 0, options.heldOut)))
    {}

    std::string name() const override { return "vae"; }
    std::int64_t steps() const override { return m_options.steps; }
    double rate(std::int64_t index) const override { return rateAt(index, m_options.steps, 40, 0.6, 0.01); }
    Parameters& parameters() override { return m_parameters; }
    Optimizer& optimizer() override { return m_optimizer; }
    RunningAverage& average() override { return m_average; }

    at::Tensor loss(std::int64_t index) override
    {
        const at::Tensor x = batch(index);
        const VaeNet::Posterior posterior = m_net.encode(x);
        const at::Tensor noise = normalTensor(seedOf(m_seed, "vae noise", index), posterior.mean.sizes());
        const at::Tensor y = m_net.decode(posterior.mean + (0.5 * posterior.logVariance).exp() * noise);
        const at::Tensor difference = y - x;
        const at::Tensor weight = kShapeWeight * x.amax({1}, true).gt(kShapeLevel).to(at::kFloat) + 1;
        const at::Tensor divergence =
            0.5 * (posterior.mean.square() + posterior.logVariance.exp() - 1 - posterior.logVariance).mean();
        return (weight * (difference.abs() + 2 * difference.square())).mean() + kDivergenceWeight * divergence;
    }

    nlohmann::json measure() override
    {
        return {{"psnr", std::round(100 * reconstructionDecibels(m_net, m_heldOut)) / 100}};
    }

    void finish() override
    {
        const at::NoGradGuard noGradients;
        std::vector<at::Tensor> latents;
        for (std::int64_t first = 0; first < m_options.statistics; first += kPart) {
            const at::Tensor clips = clipsOf(scenesOf(trainingScenes(m_seed), first, kPart));
            latents.push_back(m_net.encode(clips).mean.transpose(0, 1).flatten(1));  // [Z,...]
        }
        const at::Tensor all = at::cat(latents, 1);
        foldLatentStatistics(m_parameters, all.mean(1), all.std(1));
    }

private:
    [[nodiscard]] at::Tensor batch(std::int64_t index)
    {
        const std::uint64_t own = seedOf(m_seed, "vae scenes", index);
        RandomSource random(own);
        if (static_cast<double>(index) < m_options.cropShare * static_cast<double>(m_options.steps))
            return crops(own, random);
        if (index % 4 == 3) {
            std::vector<at::Tensor> pictures;
            for (const scenes::ExamScene& scene : scenesOf(own, 0, m_options.pictures))
                pictures.push_back(clipsOf({scene}, static_cast<int>(random.below(scenes::kFrames)), 1));
            return at::cat(pictures);
        }
        return clipsOf(scenesOf(own, 0, m_options.clips));
    }

    // The most colourful of three places in each clip, because most of a clip is empty board.
    [[nodiscard]] at::Tensor crops(std::uint64_t own, RandomSource& random) const
    {
        std::vector<at::Tensor> out;
        for (const scenes::ExamScene& scene : scenesOf(own, 0, m_options.crops)) {
            const at::Tensor clip =
                clipsOf({scene}, static_cast<int>(random.below(scenes::kFrames - kCropFrames + 1)), kCropFrames);
            at::Tensor best;
            double most = -1;
            for (int candidate = 0; candidate < 3; ++candidate) {
                constexpr std::int64_t kPlaces = scenes::kBoardPixels - kCropPixels + 1;
                const at::Tensor crop =
                    clip.narrow(3, random.below(kPlaces), kCropPixels).narrow(4, random.below(kPlaces), kCropPixels);
                const double colourful = crop.amax({1}).gt(kShapeLevel).sum().item<double>();
                if (colourful > most) {
                    most = colourful;
                    best = crop;
                }
            }
            out.push_back(best);
        }
        return at::cat(out);
    }

    std::uint64_t m_seed;
    VaeStageOptions m_options;
    Parameters m_parameters;
    VaeNet m_net;
    Optimizer m_optimizer;
    RunningAverage m_average;
    at::Tensor m_heldOut;
};

}  // namespace

std::unique_ptr<Stage> makeVaeStage(const DemoTemplate& form, std::uint64_t seed, const VaeStageOptions& options)
{
    return std::make_unique<VaeStage>(form, seed, options);
}

double reconstructionDecibels(const VaeNet& net, const at::Tensor& clips)
{
    const at::NoGradGuard noGradients;
    double squares = 0;
    for (std::int64_t first = 0; first < clips.size(0); first += kPart) {
        const at::Tensor x = clips.narrow(0, first, std::min(kPart, clips.size(0) - first));
        const at::Tensor y = net.decode(net.encode(x).mean).clamp(-1, 1);
        squares += ((y - x) / 2).square().sum().item<double>();
    }
    return -10 * std::log10(squares / static_cast<double>(clips.numel()));
}

}  // namespace armillary::training
