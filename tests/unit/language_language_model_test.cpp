// The forms of a decoder that only some families have.
#include "language/language_model.h"

#include "io/model_folder.h"
#include "nanovlm/nanovlm_config.h"
#include "nanovlm/weight_names.h"
#include "nn/rotary.h"
#include "support/test_data.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <memory>

namespace armillary::language {
namespace {

std::unique_ptr<LanguageModel> withLongest(std::int64_t positions)
{
    const io::ModelFolder folder = io::openModelFolder(test::dataPath("models/nanovlm-tiny")).value();
    DecoderConfig form = nanovlm::readNanoVlmConfig(folder).value().text;
    form.maxPositions = positions;
    const auto weights = nanovlm::nanoVlmWeights(folder, true);
    auto model = LanguageModel::load(*weights, form, at::kCPU, at::kFloat);
    EXPECT_TRUE(weights->report(false));
    return model;
}

TEST(LanguageModel, EmbeddingsAreNotScaledWhereTheFamilyDoesNot)
{
    const auto model = withLongest(8192);
    EXPECT_DOUBLE_EQ(model->embedScale(), 1);
    EXPECT_TRUE(
        at::equal(model->embed({5, 2}), model->embeddingTable().index_select(0, at::tensor({5, 2}, at::kLong))));
}

TEST(LanguageModel, FrequenciesStretchBeyondTheLongestSequence)
{
    const auto model = withLongest(10);
    const at::Tensor frequencies = nn::inverseFrequencies(12, 100000, 1);
    const nn::RotaryTable inside = model->rotary(0, 0, 10);
    EXPECT_TRUE(at::equal(inside.cosine, nn::rotaryTable(frequencies, 0, 10, at::kCPU).cosine));
    // 20 positions where 10 were trained: every angle is halved, of the whole pass.
    const nn::RotaryTable beyond = model->rotary(0, 0, 20);
    EXPECT_TRUE(at::allclose(beyond.sine, nn::rotaryTable(frequencies / 2, 0, 20, at::kCPU).sine, 1e-6, 1e-7));
    EXPECT_FALSE(at::equal(beyond.sine.slice(0, 0, 10), inside.sine));
}

}  // namespace
}  // namespace armillary::language
