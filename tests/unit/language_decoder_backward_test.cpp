#include "language/decoder_backward.h"

#include "gemma/gemma_config.h"
#include "gemma/weight_names.h"
#include "io/model_folder.h"
#include "language/language_model.h"
#include "nanovlm/nanovlm_config.h"
#include "nanovlm/weight_names.h"
#include "support/reference_gemma.h"
#include "support/test_data.h"
#include "tensors/weights.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace armillary::language {
namespace {

using test::wide;

double relative(const at::Tensor& got, const at::Tensor& want)
{
    return ((wide(got) - want).abs().max() / want.abs().max()).item<double>();
}

std::unique_ptr<LanguageModel> textModel(const std::string& name, at::ScalarType format)
{
    const io::ModelFolder folder = io::openModelFolder(test::dataPath(name)).value();
    if (nanovlm::isNanoVlm(folder.config)) {
        const language::DecoderConfig form = nanovlm::readNanoVlmConfig(folder).value().text;
        return LanguageModel::load(*nanovlm::nanoVlmWeights(folder, form.tiedEmbeddings), form, at::kCPU, format);
    }
    const gemma::GemmaConfig config =
        gemma::readGemmaConfig(folder.config, folder.file("config.json"), folder.path).value();
    tensors::Weights weights(folder, gemma::canonicalGemmaName);
    return LanguageModel::load(weights, config.text, at::kCPU, format);
}

struct Shape {
    std::int64_t rows;
    std::int64_t tileRows;  // 0: the layer's own choice
    std::int64_t layer;     // 5 of Gemma is global
    const char* model = "models/gemma-tiny";
};

class LayerBackwardOf : public ::testing::TestWithParam<Shape> {};

TEST_P(LayerBackwardOf, IsLibTorchsGradient)
{
    const Shape given = GetParam();
    const auto model = textModel(given.model, at::kFloat);
    at::manual_seed(7);
    const at::Tensor x = at::randn({given.rows, model->config().hiddenSize});
    const at::Tensor gradient = at::randn({given.rows, model->config().hiddenSize});
    const nn::AttentionMask mask{model->config().isGlobal(given.layer) ? 0 : model->config().slidingWindow,
                                 {{5, 21}, {21, 37}}};
    const nn::RotaryTable turn = model->rotary(given.layer, 0, given.rows);
    std::int64_t visited = 0;
    at::Tensor weights = at::zeros({4, given.rows, given.rows});
    at::Tensor ofWeights = at::zeros_like(weights);
    const auto visit = [&](const AttentionTile& tile) {
        const auto place = [&](at::Tensor& into, const at::Tensor& part) {
            into.slice(1, tile.first, tile.first + part.size(1)).slice(2, tile.keys.begin, tile.keys.end).copy_(part);
        };
        place(weights, tile.weights);
        place(ofWeights, tile.gradient);
        ++visited;
    };
    const std::stop_token never;
    const auto found = backward(model->layer(given.layer), x, gradient, {mask, turn, never, visit, given.tileRows});
    ASSERT_TRUE(found);
    if (given.tileRows > 0) {
        EXPECT_EQ(visited, (given.rows + given.tileRows - 1) / given.tileRows);
    }

    const at::Tensor input = wide(x).clone().set_requires_grad(true);
    at::Tensor map;
    const at::Tensor output = test::referenceLayer(model->layer(given.layer), mask, turn, input, map);
    (output * wide(gradient)).sum().backward();
    EXPECT_LT(relative(found->output, output.detach()), 1e-5);
    EXPECT_LT(relative(found->gradient, input.grad()), 1e-4);
    EXPECT_LT(found->attentionError, 1e-5);
    EXPECT_LT(relative(weights, map.detach()), 1e-5);
    // Outside the mask a weight is 0 whatever its gradient, so the two are compared as a product.
    EXPECT_LT(relative(weights * ofWeights, (map * map.grad()).detach()), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Shapes, LayerBackwardOf,
                         ::testing::Values(Shape{50, 0, 0}, Shape{50, 7, 0}, Shape{50, 7, 5}, Shape{50, 1, 2},
                                           Shape{600, 0, 5}, Shape{1, 0, 5}, Shape{50, 7, 1, "models/nanovlm-tiny"},
                                           Shape{130, 0, 2, "models/nanovlm-tiny"}));

TEST(Backward, OfBfloat16WeightsABlockAtATime)
{
    at::manual_seed(3);
    const at::Tensor weight = at::randn({2500, 24}).to(at::kBFloat16);  // more rows than are widened at once
    const at::Tensor gradient = at::randn({3, 2500});
    const at::Tensor got = linearBackward(nn::Linear(weight), gradient);
    EXPECT_LT(relative(got, at::matmul(wide(gradient), wide(weight))), 1e-5);
}

TEST(Backward, OfANormNearZero)
{
    const nn::RmsNorm norm(at::tensor({0.5F, -0.25F, 0.0F, 1.0F}), 1e-6, nn::RmsNorm::Factor::OnePlusWeight);
    for (const double size : {1.0, 1e-3, 0.0}) {
        const at::Tensor x = at::tensor({1.0F, -2.0F, 0.5F, 3.0F}).unsqueeze(0) * size;
        const at::Tensor gradient = at::tensor({0.1F, 0.2F, -0.3F, 0.4F}).unsqueeze(0);
        const at::Tensor input = wide(x).clone().set_requires_grad(true);
        (test::referenceNorm(norm, input) * wide(gradient)).sum().backward();
        EXPECT_LT(relative(rmsNormBackward(norm, x, gradient), input.grad()), 1e-4) << size;
    }
}

TEST(Backward, Stops)
{
    const auto model = textModel("models/gemma-tiny", at::kFloat);
    std::stop_source source;
    source.request_stop();
    const std::stop_token stop = source.get_token();
    const nn::AttentionMask mask{};
    const nn::RotaryTable turn = model->rotary(5, 0, 10);
    const at::Tensor x = at::randn({10, 64});
    const auto stopped = backward(model->layer(5), x, x, {mask, turn, stop, {}, 0});
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
}

}  // namespace
}  // namespace armillary::language
