#include "cosmos/cosmos_config.h"

#include "support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace armillary::cosmos {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;

const char* const kPath = "folder/config.json";

template <class T>
std::string messageOf(const Result<T>& result)
{
    return result ? "no error" : result.error().message;
}

json smallVae()
{
    return {{"_class_name", "AutoencoderKLWan"},
            {"base_dim", 6},
            {"z_dim", 2},
            {"dim_mult", {1, 2, 4}},
            {"temperal_downsample", {true, true}},
            {"latents_mean", {0.5, -0.5}},
            {"latents_std", {1.5, 2.5}}};
}

TEST(VaeConfig, ReadsWhatDiffusersWrites)
{
    const auto config = readVaeConfig(smallVae(), kPath);
    ASSERT_TRUE(config) << messageOf(config);
    EXPECT_EQ(config->encoderWidth, 6);
    EXPECT_EQ(config->decoderWidth, 6);
    EXPECT_EQ(config->pixelsPerLatent(), 4);
    EXPECT_EQ(config->framesPerLatent(), 4);
    EXPECT_EQ(config->latentsDeviation, (std::vector<double>{1.5, 2.5}));
}

TEST(VaeConfig, MissingNumbersAreWans)
{
    const auto config = readVaeConfig(json::object(), kPath);
    ASSERT_TRUE(config) << messageOf(config);
    EXPECT_EQ(config->encoderWidth, 96);
    EXPECT_EQ(config->latentChannels, 16);
    EXPECT_EQ(config->pixelsPerLatent(), 8);
    EXPECT_DOUBLE_EQ(config->latentsMean.at(5), 0.9653);
}

TEST(VaeConfig, CountsLatentFramesInChunks)
{
    const VaeConfig config;
    EXPECT_EQ(config.latentFrames(1), 1);
    EXPECT_EQ(config.latentFrames(4), 1);
    EXPECT_EQ(config.latentFrames(5), 2);
    EXPECT_EQ(config.latentFrames(93), 24);
    EXPECT_EQ(config.decodedFrames(24), 93);
}

struct BadVae {
    std::string key;
    json value;
    std::string says;
};

TEST(VaeConfig, WrongValuesAreOneSentenceWithTheFile)
{
    const std::vector<BadVae> cases = {{"base_dim", "six", "base_dim"},
                                       {"z_dim", 0, "z_dim"},
                                       {"dim_mult", json::array(), "dim_mult"},
                                       {"dim_mult", {1, 2.5, 4}, "dim_mult"},
                                       {"temperal_downsample", {true}, "2 times true or false"},
                                       {"latents_mean", {0.1}, "2 numbers, one a latent channel"},
                                       {"latents_std", {1.0, 0.0}, "above 0"},
                                       {"is_residual", true, "Wan 2.2"},
                                       {"in_channels", 4, "3"},
                                       {"_class_name", "AutoencoderKL", "AutoencoderKLWan"}};
    for (const BadVae& bad : cases) {
        json config = smallVae();
        config[bad.key] = bad.value;
        const auto read = readVaeConfig(config, kPath);
        ASSERT_FALSE(read) << bad.key;
        EXPECT_THAT(read.error().message, AllOf(HasSubstr(bad.says), EndsWith(kPath)));
    }
}

TEST(TransformerConfig, RefusesVariantsItDoesNotCompute)
{
    const std::vector<BadVae> cases = {{"extra_pos_embed_type", "learnable", "Predict1"},
                                       {"use_crossattn_projection", true, "use_crossattn_projection"},
                                       {"img_context_dim_in", 8, "img_context_dim_in"},
                                       {"patch_size", {2, 2, 2}, "several latent frames"},
                                       {"patch_size", {1, 2}, "patch_size"},
                                       {"attention_head_dim", 10, "rotary"},
                                       {"num_layers", -1, "num_layers"},
                                       {"rope_scale", {1.0, 0.0, 1.0}, "rope_scale"}};
    for (const BadVae& bad : cases) {
        const auto read = readTransformerConfig({{bad.key, bad.value}}, kPath);
        ASSERT_FALSE(read) << bad.key;
        EXPECT_THAT(read.error().message, AllOf(HasSubstr(bad.says), EndsWith(kPath)));
    }
    EXPECT_TRUE(readTransformerConfig({{"use_crossattn_projection", false}, {"img_context_dim_in", nullptr}}, kPath));
}

TEST(T5Config, KnowsTwoMlps)
{
    EXPECT_FALSE(readT5Config({{"feed_forward_proj", "relu"}}, kPath)->isGated);
    EXPECT_TRUE(readT5Config({{"feed_forward_proj", "gated-gelu"}}, kPath)->isGated);
    EXPECT_THAT(messageOf(readT5Config({{"feed_forward_proj", "gated-silu"}}, kPath)), HasSubstr("gated-silu"));
    EXPECT_THAT(messageOf(readT5Config({{"model_type", "bert"}}, kPath)), HasSubstr("bert"));
    EXPECT_THAT(messageOf(readT5Config({{"relative_attention_max_distance", 4}}, kPath)), HasSubstr("buckets"));
}

TEST(PartsFit, NamesBothSidesOfAMisfit)
{
    VaeConfig vae;
    TransformerConfig transformer;
    T5Config t5;
    t5.width = transformer.textWidth;
    EXPECT_TRUE(checkPartsFit(vae, transformer, t5, "world"));
    transformer.inputChannels = 33;
    EXPECT_THAT(messageOf(checkPartsFit(vae, transformer, t5, "world")), AllOf(HasSubstr("32"), HasSubstr("16")));
    transformer = {};
    t5.width = 7;
    EXPECT_THAT(messageOf(checkPartsFit(vae, transformer, t5, "world")), HasSubstr("writes 7"));
}

class PipelineFolderTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
        m_path = ::testing::TempDir() + "armillary_pipeline_" + info->name();
        std::filesystem::remove_all(m_path);
        std::filesystem::create_directories(m_path + "/vae");
    }
    void TearDown() override { std::filesystem::remove_all(m_path); }
    void write(const std::string& name, const std::string& text) const { std::ofstream(m_path + "/" + name) << text; }

    std::string m_path;
};

TEST_F(PipelineFolderTest, NamesEveryMissingPart)
{
    write("model_index.json", R"({"_class_name": "Cosmos2VideoToWorldPipeline"})");
    EXPECT_TRUE(openPipelineFolder(m_path, {"vae"}));
    EXPECT_THAT(messageOf(openPipelineFolder(m_path, {"vae", "transformer", "text_encoder"})),
                AllOf(HasSubstr("lacks transformer, text_encoder"), EndsWith(m_path)));
}

TEST_F(PipelineFolderTest, RefusesWhatIsNoCosmosPipeline)
{
    EXPECT_THAT(messageOf(openPipelineFolder(m_path + "/none", {})), HasSubstr("no such world model folder"));
    EXPECT_THAT(messageOf(openPipelineFolder(m_path, {})), HasSubstr("model_index.json"));
    write("model_index.json", R"({"_class_name": "StableDiffusionPipeline"})");
    EXPECT_THAT(messageOf(openPipelineFolder(m_path, {})), HasSubstr("StableDiffusionPipeline"));
    write("model_index.json", "[]");
    EXPECT_THAT(messageOf(openPipelineFolder(m_path, {})), HasSubstr("JSON object"));
}

TEST_F(PipelineFolderTest, ReadsTheLicenceFromTheFolder)
{
    EXPECT_FALSE(isUnderNvidiaLicence({m_path}));
    write("README.md", "---\nlicense: other\nlicense_name: nvidia-open-model-license\n---\n");
    EXPECT_TRUE(isUnderNvidiaLicence({m_path}));
}

TEST_F(PipelineFolderTest, ChecksTheScheduler)
{
    const auto check = [&](const std::string& text) {
        write("scheduler_config.json", text);
        return messageOf(checkSchedulerConfig(m_path + "/scheduler_config.json"));
    };
    EXPECT_EQ(check(R"({"_class_name": "FlowMatchEulerDiscreteScheduler", "use_karras_sigmas": true})"), "no error");
    EXPECT_THAT(check(R"({"_class_name": "FlowMatchEulerDiscreteScheduler"})"), HasSubstr("Karras"));
    EXPECT_THAT(check(R"({"_class_name": "DDIMScheduler", "use_karras_sigmas": true})"), HasSubstr("DDIMScheduler"));
    EXPECT_THAT(check("{"), HasSubstr("not valid JSON"));
}

TEST(PipelineFolderData, TheTinySnapshotIsWhole)
{
    const auto pipeline = openPipelineFolder(test::dataPath("models/cosmos-tiny"),
                                             {"vae", "transformer", "text_encoder", "tokenizer", "scheduler"});
    ASSERT_TRUE(pipeline) << messageOf(pipeline);
    EXPECT_TRUE(checkSchedulerConfig(pipeline->part("scheduler") + "/scheduler_config.json"));
    EXPECT_TRUE(openPart(*pipeline, "transformer"));
    EXPECT_TRUE(openPart(*pipeline, "text_encoder"));
}

}  // namespace
}  // namespace armillary::cosmos
