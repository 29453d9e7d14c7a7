// The batched modules against the ones Armillary runs, with the same exported weights.
#include "cosmos/video_vae.h"
#include "cosmos/world_rollout.h"
#include "cosmos/world_transformer.h"
#include "demo_fixture.h"
#include "fusion/world_projector.h"
#include "gemma/weight_names.h"
#include "language/language_model.h"
#include "vision/siglip_encoder.h"
#include "vision/soft_token_projector.h"

namespace armillary::training {
namespace {

using namespace test;

constexpr double kTolerance = 1e-4;

TEST(TrainingVae, EncodesAndDecodesClipsAsTheStreamingOne)
{
    const auto folder = io::openModelFolder(exportedDemo() + "/cosmos/vae");
    ASSERT_TRUE(folder);
    const auto core = cosmos::VideoVae::load(*folder, at::kCPU, at::kFloat);
    ASSERT_TRUE(core) << core.error().message;
    const auto net = vaeOf(demoForm(), exportedTensors("cosmos/vae/diffusion_pytorch_model.safetensors"));
    ASSERT_TRUE(net) << net.error().message;
    SilentObserver observer;
    for (const std::int64_t frames : {1, 5, 9}) {
        const at::Tensor clips = uniformTensor(static_cast<std::uint64_t>(frames), {2, 3, frames, 32, 32}) * 2 - 1;
        const VaeNet::Posterior posterior = (*net)->encode(clips);
        const at::Tensor decoded = (*net)->decode(posterior.mean).clamp(-1, 1);
        for (std::int64_t i = 0; i < 2; ++i) {
            const auto expected = (*core)->encode(clips[i], observer, {});
            ASSERT_TRUE(expected);
            EXPECT_LT(largestDifference(posterior.mean[i], expected->mean), kTolerance) << frames;
            EXPECT_LT(largestDifference(posterior.logVariance[i], expected->logVariance), kTolerance) << frames;
            const auto back = (*core)->decode(posterior.mean[i], observer, {});
            ASSERT_TRUE(back);
            EXPECT_LT(largestDifference(decoded[i], *back), kTolerance) << frames;
        }
    }
}

TEST(TrainingVae, FoldedStatisticsLeaveReconstructionsAndMakeLatentsStandard)
{
    Parameters parameters(4);
    const VaeNet net(parameters, demoForm().vae);
    const at::Tensor clips = uniformTensor(9, {2, 3, 5, 32, 32}) * 2 - 1;
    const VaeNet::Posterior before = net.encode(clips);
    const at::Tensor picture = net.decode(before.mean).detach();
    const at::Tensor rows = before.mean.detach().transpose(0, 1).flatten(1);
    foldLatentStatistics(parameters, rows.mean(1), rows.std(1));
    const VaeNet::Posterior after = net.encode(clips);
    const at::Tensor folded = after.mean.detach().transpose(0, 1).flatten(1);
    EXPECT_LT(folded.mean(1).abs().max().item<double>(), 1e-3);
    EXPECT_LT((folded.std(1) - 1).abs().max().item<double>(), 1e-3);
    EXPECT_LT(largestDifference(net.decode(after.mean), picture), 1e-3);
    const at::Tensor variance = (before.logVariance.exp() / rows.std(1).square().view({1, -1, 1, 1, 1})).detach();
    EXPECT_LT(largestDifference(after.logVariance.exp() / variance, at::ones_like(variance)), 1e-2);
}

TEST(TrainingTransformer, StepsAndRollsOutAsTheOneThatArmillaryRuns)
{
    const auto folder = io::openModelFolder(exportedDemo() + "/cosmos/transformer");
    const auto vaeFolder = io::openModelFolder(exportedDemo() + "/cosmos/vae");
    ASSERT_TRUE(folder && vaeFolder);
    const auto core = cosmos::WorldTransformer::load(*folder, at::kCPU, at::kFloat);
    ASSERT_TRUE(core) << core.error().message;
    const auto vae = cosmos::VideoVae::load(*vaeFolder, at::kCPU, at::kFloat);
    ASSERT_TRUE(vae);
    const auto net =
        transformerOf(demoForm(), exportedTensors("cosmos/transformer/diffusion_pytorch_model.safetensors"));
    ASSERT_TRUE(net) << net.error().message;
    const cosmos::TextKeys text = (*core)->prepareText(normalTensor(5, {7, 32}));
    const at::Tensor latents = normalTensor(6, {2, 16, 3, 8, 8});
    const at::Tensor times = at::tensor({1e-4, 1e-4, 0.7, 1e-4, 1e-4, 0.95}, at::kFloat).view({2, 3});
    const at::Tensor output = (*net)->forward(latents, 2, times, 16);
    tensors::NoTaps taps;
    for (std::int64_t i = 0; i < 2; ++i) {
        const auto expected = (*core)->forward(latents[i], 2, times[i], text, 16, taps, {});
        ASSERT_TRUE(expected);
        EXPECT_LT(largestDifference(output[i], *expected), kTolerance);
    }

    const at::Tensor noise = normalTensor(7, {1, 16, 3, 8, 8});
    const at::Tensor condition = latents.narrow(0, 0, 1).narrow(2, 0, 2);
    const at::Tensor rolled = rollOut(**net, condition, noise, 6, 16);
    cosmos::RolloutOptions options;
    options.frames = 9;
    options.steps = 6;
    options.guidance = 1;
    options.noise = noise[0];
    options.vaeNoise = at::zeros_like(noise[0]);
    cosmos::RolloutCondition given;
    given.posterior = {condition[0], at::full_like(condition[0], -30)};
    given.latentFrames = 3;
    given.conditionFrames = 2;
    cosmos::RolloutWatcher watcher;
    SilentObserver observer;
    const auto expected = cosmos::runRollout(**vae, **core, options, given, text, text, watcher, observer, {});
    ASSERT_TRUE(expected) << expected.error().message;
    EXPECT_LT(largestDifference(rolled[0].narrow(1, 2, 1), expected->latents.narrow(1, 2, 1)), 1e-3);
}

TEST(TrainingLanguage, SeesAndReadsAsTheModelThatArmillaryRuns)
{
    const DemoTemplate form = demoForm();
    const auto folder = io::openModelFolder(exportedDemo() + "/gemma");
    const auto worldFolder = io::openModelFolder(exportedDemo() + "/theworld");
    ASSERT_TRUE(folder && worldFolder);
    tensors::Weights weights(*folder, gemma::canonicalGemmaName);
    const auto core = language::LanguageModel::load(weights, form.gemma.text, at::kCPU, at::kFloat);
    const auto siglip = vision::SiglipEncoder::load(weights, form.siglip, at::kCPU, at::kFloat);
    const auto projector = vision::SoftTokenProjector::load(weights, form.siglip, form.gemma.text.hiddenSize,
                                                            form.gemma.tokensPerImage, at::kCPU, at::kFloat);
    const auto report = weights.report(true);
    ASSERT_TRUE(report) << report.error().message;
    const auto world = fusion::WorldProjector::load(*worldFolder, form.gemma.text.hiddenSize, at::kCPU, at::kFloat);
    ASSERT_TRUE(world) << world.error().message;

    auto model = DemoLanguage::make(form, 0);
    ASSERT_TRUE(model);
    TensorMap values = exportedTensors("gemma/model.safetensors");
    values.merge(exportedTensors("theworld/model.safetensors"));
    ASSERT_TRUE((*model)->parameters().assign(values));

    const at::Tensor stills = uniformTensor(3, {2, 3, 64, 64}) * 2 - 1;
    const at::Tensor latents = normalTensor(4, {2, 16, 3, 8, 8});
    tensors::NoTaps taps;
    SilentObserver observer;
    const auto patches = siglip->encode(stills, taps, observer, {});
    ASSERT_TRUE(patches);
    const at::Tensor pictures = projector->project(*patches, taps);
    EXPECT_LT(largestDifference((*model)->vision().forward(stills), pictures), kTolerance);

    // Each question alone, as the engine would ask it, against all of them packed behind one prefix.
    const std::vector<std::vector<AskedQuestion>> asked = {{{"Count the shapes.", "two"},
                                                            {"Which way does the red disc move?", "down left"}},
                                                           {{"What colour is the square?", "green"},
                                                            {"Which wall will the disc hit first?", "none"},
                                                            {"Count the shapes.", "one"}}};
    for (const bool hasWorld : {true, false}) {
        const DemoLanguage::Answers answers = (*model)->answer(stills, hasWorld ? latents : at::Tensor(), asked);
        Prompts& prompts = (*model)->prompts();
        const PromptPrefix& prefix = prompts.prefix(hasWorld);
        std::int64_t at = 0;
        for (std::int64_t row = 0; row < 2; ++row) {
            for (const AskedQuestion& question : asked[static_cast<std::size_t>(row)]) {
                const PromptSegment& segment = prompts.segment(question);
                std::vector<std::int64_t> ids = prefix.ids;
                ids.insert(ids.end(), segment.ids.begin(), segment.ids.end());
                at::Tensor embeds = core->embed(ids).clone();
                embeds.narrow(0, prefix.image.begin, 64).copy_(pictures[row]);
                if (hasWorld) {
                    const auto tokens = (*world)->project(latents[row]);
                    ASSERT_TRUE(tokens);
                    embeds.narrow(0, prefix.world.begin, 192).copy_(*tokens);
                }
                language::KvCache cache = core->makeCache();
                const language::ImageBlocks blocks =
                    hasWorld ? language::ImageBlocks() : language::ImageBlocks{prefix.image};
                const auto hidden = core->forward(embeds, cache, blocks, taps, observer, {});
                ASSERT_TRUE(hidden);
                const auto first = prefix.size() + static_cast<std::int64_t>(segment.answerBegin) - 1;
                const auto count = static_cast<std::int64_t>(segment.ids.size() - segment.answerBegin);
                const at::Tensor expected = core->logits(hidden->narrow(0, first, count));
                EXPECT_LT(largestDifference(answers.logits.narrow(0, at, count), expected), 5e-4) << question.text;
                EXPECT_EQ(answers.labels[at].item<std::int64_t>(), segment.ids[segment.answerBegin]);
                at += count;
            }
        }
        EXPECT_EQ(at, answers.labels.size(0));
    }
}

// Along the gradient a loss rises by the gradient's length.
void expectGradientFits(Parameters& parameters, const std::function<at::Tensor()>& loss, double step = 2e-3)
{
    loss().backward();
    double squares = 0;
    TensorMap along;
    for (const auto& [name, tensor] : parameters.all()) {
        if (!tensor.grad().defined())
            continue;
        along[name] = tensor.grad().clone();
        squares += along[name].square().sum().item<double>();
    }
    const double length = std::sqrt(squares);
    ASSERT_GT(length, 1e-3);
    const TensorMap start = parameters.values();
    const auto lossAt = [&](double distance) {
        TensorMap moved = start;
        for (const auto& [name, direction] : along)
            moved[name] = start.at(name) + direction * (distance / length);
        EXPECT_TRUE(parameters.assign(moved));
        return loss().item<double>();
    };
    EXPECT_NEAR((lossAt(step) - lossAt(-step)) / (2 * step), length, 0.03 * length);
}

TEST(TrainingVae, GradientFitsFiniteDifferences)
{
    cosmos::VaeConfig config = demoForm().vae;
    config.levelFactors = {1, 1, 2, 2};
    Parameters parameters(11);
    const VaeNet net(parameters, config);
    const at::Tensor clips = uniformTensor(12, {1, 3, 5, 16, 16}) * 2 - 1;
    // Norms of few channels bend the loss: a shorter step than for the others.
    expectGradientFits(
        parameters, [&] { return (net.decode(net.encode(clips).mean) - clips).square().mean(); }, 4e-4);
}

TEST(TrainingLanguage, GradientFitsFiniteDifferences)
{
    auto model = DemoLanguage::make(demoForm(), 5);
    ASSERT_TRUE(model);
    const at::Tensor stills = uniformTensor(6, {1, 3, 64, 64}) * 2 - 1;
    const at::Tensor latents = normalTensor(7, {1, 16, 3, 8, 8});
    expectGradientFits((*model)->parameters(), [&] {
        const auto answers = (*model)->answer(stills, latents, {{{"Count the shapes.", "two"}}});
        return at::cross_entropy_loss(answers.logits, answers.labels);
    });
}

TEST(TrainingTransformer, GradientFitsFiniteDifferences)
{
    Parameters parameters(8);
    const TransformerNet net(parameters, demoForm().transformer);
    const at::Tensor latents = normalTensor(9, {1, 16, 3, 8, 8});
    const at::Tensor times = at::full({1, 3}, 0.6);
    expectGradientFits(parameters, [&] { return (net.forward(latents, 2, times, 16) - latents).square().mean(); });
}

}  // namespace
}  // namespace armillary::training
