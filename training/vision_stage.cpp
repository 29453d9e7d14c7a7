#include "training/vision_stage.h"

#include "training/scene_batch.h"
#include "training/scene_labels.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <utility>
#include <vector>

namespace armillary::training {
namespace {

constexpr double kWordScale = 0.6;

class VisionStage final : public Stage {
public:
    VisionStage(std::unique_ptr<DemoLanguage> model, std::uint64_t seed, const VisionStageOptions& options)
        : m_seed(seed),
          m_options(options),
          m_model(std::move(model)),
          m_headWeight(m_model->parameters().normal("head.vision.weight", {4, m_model->width()}, 0.05)),
          m_headBias(m_model->parameters().constant("head.vision.bias", {4}, 0)),
          m_optimizer(m_model->parameters(), isTowerMatrix, {.muonRate = 0.02, .adamRate = 0.002}),
          m_average(m_model->parameters(), 0.99)
    {
        std::vector<std::string> words;
        for (int i = 0; i < scenes::kColors; ++i)
            words.push_back(scenes::colorName(static_cast<scenes::ShapeColor>(i)));
        for (int i = 0; i < scenes::kKinds; ++i)
            words.push_back(scenes::shapeName(static_cast<scenes::ShapeKind>(i)));
        m_words = m_model->wordRows(words) * kWordScale;
    }

    std::string name() const override { return "vision"; }
    std::int64_t steps() const override { return m_options.steps; }
    double rate(std::int64_t index) const override { return rateAt(index, m_options.steps, 50, 0.5, 0.02); }
    Parameters& parameters() override { return m_model->parameters(); }
    Optimizer& optimizer() override { return m_optimizer; }
    RunningAverage& average() override { return m_average; }

    at::Tensor loss(std::int64_t index) override
    {
        const auto scenes = scenesOf(seedOf(m_seed, "vision scenes", index), 0, m_options.scenes);
        const DenseLabels labels = labelsOfFrame(scenes, scenes::kNow);
        const Said said = say(scenes);
        const at::Tensor shown = labels.color.flatten().gt(0).nonzero().flatten();
        const at::Tensor missed =
            said.offset.flatten(0, 1).index_select(0, shown) - labels.offset.flatten(0, 1).index_select(0, shown);
        return at::cross_entropy_loss(said.color.flatten(0, 1), labels.color.flatten()) +
               at::cross_entropy_loss(said.kind.flatten(0, 1), labels.kind.flatten()) + 0.5 * missed.square().mean();
    }

    nlohmann::json measure() override
    {
        const at::NoGradGuard noGradients;
        const auto scenes = scenesOf(heldOutScenes(m_seed), 0, m_options.heldOut);
        const DenseLabels labels = labelsOfFrame(scenes, scenes::kNow);
        const Said said = say(scenes);
        const at::Tensor shown = labels.color.flatten().gt(0).nonzero().flatten();
        const auto share = [&](const at::Tensor& scores, const at::Tensor& classes) {
            const at::Tensor right = scores.argmax(-1).flatten().eq(classes.flatten()).index_select(0, shown);
            return std::round(1000 * right.to(at::kFloat).mean().item<double>()) / 1000;
        };
        return {{"colour", share(said.color, labels.color)}, {"kind", share(said.kind, labels.kind)}};
    }

private:
    struct Said {
        at::Tensor color, kind, offset;  // [B,64,5], [B,64,4], [B,64,2]
    };

    [[nodiscard]] Said say(const std::vector<scenes::ExamScene>& scenes) const
    {
        const at::Tensor tokens = m_model->vision().forward(stillsOf(scenes));
        const at::Tensor match = at::matmul(tokens, m_words.t());
        const at::Tensor head = at::linear(tokens, m_headWeight, m_headBias);
        return {at::cat({head.narrow(-1, 0, 1), match.narrow(-1, 0, scenes::kColors)}, -1),
                at::cat({head.narrow(-1, 1, 1), match.narrow(-1, scenes::kColors, scenes::kKinds)}, -1),
                head.narrow(-1, 2, 2)};
    }

    static bool isTowerMatrix(const std::string& name, const at::Tensor& tensor)
    {
        return name.starts_with("vision_tower.") && isLayerMatrix(name, tensor);
    }

    std::uint64_t m_seed;
    VisionStageOptions m_options;
    std::unique_ptr<DemoLanguage> m_model;
    at::Tensor m_headWeight, m_headBias;
    Optimizer m_optimizer;
    RunningAverage m_average;
    at::Tensor m_words;  // [colours + kinds,D]
};

}  // namespace

Result<std::unique_ptr<Stage>> makeVisionStage(const DemoTemplate& form, std::uint64_t seed,
                                               const VisionStageOptions& options)
{
    auto model = DemoLanguage::make(form, seedOf(seed, "language"));
    if (!model)
        return tl::unexpected(model.error());
    return std::make_unique<VisionStage>(std::move(*model), seed, options);
}

}  // namespace armillary::training
