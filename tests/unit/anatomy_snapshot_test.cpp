// Health of whole folders and differences of two: made ones whose numbers are known, the tiny models, broken files.
#include "anatomy/snapshot_comparison.h"
#include "anatomy/snapshot_health.h"
#include "io/safetensors_file.h"
#include "support/derived_models.h"
#include "support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>

namespace armillary::anatomy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TensorSnapshot floats(std::vector<std::int64_t> shape, const std::vector<float>& values)
{
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(float));
    std::memcpy(bytes->data(), values.data(), bytes->size());
    return {ElementType::Float32, std::move(shape), std::move(bytes)};
}

TensorSnapshot brains(std::vector<std::int64_t> shape, const std::vector<std::uint16_t>& values)
{
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(std::uint16_t));
    std::memcpy(bytes->data(), values.data(), bytes->size());
    return {ElementType::BFloat16, std::move(shape), std::move(bytes)};
}

std::string folderOf(const std::map<std::string, TensorSnapshot>& tensors)
{
    const std::string folder = test::makeTemporaryFolder();
    std::ofstream(folder + "/config.json") << R"({"model_type":"made-up"})";
    EXPECT_TRUE(io::writeSafetensors(folder + "/model.safetensors", tensors, {}).has_value());
    return folder;
}

const TensorHealth& tensorOf(const SnapshotHealth& health, const std::string& name)
{
    for (const TensorHealth& tensor : health.tensors) {
        if (tensor.name == name)
            return tensor;
    }
    throw std::runtime_error("no tensor " + name);
}

const TensorDifference& tensorOf(const SnapshotDifference& difference, const std::string& name)
{
    for (const TensorDifference& tensor : difference.tensors) {
        if (tensor.name == name)
            return tensor;
    }
    throw std::runtime_error("no tensor " + name);
}

TEST(SnapshotHealth, PartsAreTheSumOfTheirTensors)
{
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const std::string folder = folderOf({{"decoder.layers.10.w", floats({2}, {1, 3})},
                                         {"decoder.layers.9.w", floats({2, 2}, {0, nan, -5, 2})},
                                         {"model.encoder.w", brains({3}, {0x3F80, 0x4000, 0x7F80})}});
    std::int64_t calls = 0, last = 0;
    const auto health = readSnapshotHealth(folder,
                                           [&](std::int64_t done, std::int64_t total) {
                                               ++calls;
                                               EXPECT_GE(done, last);
                                               EXPECT_EQ(total, 30);
                                               last = done;
                                           },
                                           {});
    ASSERT_TRUE(health.has_value()) << health.error().message;
    EXPECT_EQ(last, 30);
    EXPECT_EQ(calls, 3);
    const SnapshotHealth& got = **health;
    ASSERT_EQ(got.tensors.size(), 3U);
    EXPECT_EQ(got.tensors[0].name, "decoder.layers.9.w") << "numbers by value";
    EXPECT_EQ(tensorOf(got, "decoder.layers.9.w").health.nans, 1);
    EXPECT_EQ(tensorOf(got, "model.encoder.w").part, "encoder");
    EXPECT_EQ(tensorOf(got, "model.encoder.w").type, ElementType::BFloat16);
    ASSERT_EQ(got.parts.size(), 2U);
    EXPECT_EQ(got.parts[0].name, "decoder");
    EXPECT_EQ(got.parts[0].tensors, 2);
    EXPECT_EQ(got.parts[0].health.elements, 6);
    EXPECT_EQ(got.parts[0].health.min, -5);
    EXPECT_EQ(got.parts[0].health.max, 3);
    EXPECT_DOUBLE_EQ(got.parts[0].health.mean, 1.0 / 5);
    EXPECT_EQ(got.whole.elements, 9);
    EXPECT_EQ(got.whole.infinities, 1);
    EXPECT_EQ(got.bytes, 30);
}

TEST(SnapshotHealth, ShardsGiveTheSameNumbers)
{
    const auto whole = readSnapshotHealth(test::dataPath("models/gemma-tiny"), {}, {});
    const auto shards = readSnapshotHealth(test::derivedModelPath("gemma-tiny-hub"), {}, {});
    ASSERT_TRUE(whole.has_value()) << whole.error().message;
    ASSERT_TRUE(shards.has_value()) << shards.error().message;
    EXPECT_EQ((*whole)->whole.elements, 371'968);
    EXPECT_EQ((*shards)->whole.elements, 371'968);
    EXPECT_DOUBLE_EQ((*shards)->whole.min, (*whole)->whole.min);
    EXPECT_NEAR((*shards)->whole.norm, (*whole)->whole.norm, 1e-9 * (*whole)->whole.norm);
    EXPECT_EQ((*whole)->whole.nans + (*whole)->whole.infinities, 0);
    ASSERT_EQ((*whole)->parts.size(), 3U);
    EXPECT_EQ((*whole)->parts[0].name, "language_model");
}

TEST(SnapshotHealth, PipelinesHaveAPartAFolder)
{
    const auto health = readSnapshotHealth(test::dataPath("models/cosmos-tiny"), {}, {});
    ASSERT_TRUE(health.has_value()) << health.error().message;
    std::vector<std::string> parts;
    for (const PartHealth& part : (*health)->parts)
        parts.push_back(part.name);
    EXPECT_THAT(parts, ElementsAre("text_encoder", "transformer", "vae"));
    EXPECT_THAT((*health)->tensors.back().name, HasSubstr("vae."));
}

TEST(SnapshotHealth, StopsAndSaysWhatIsBroken)
{
    std::stop_source source;
    source.request_stop();
    const auto stopped = readSnapshotHealth(test::dataPath("models/gemma-tiny"), {}, source.get_token());
    ASSERT_FALSE(stopped.has_value());
    EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);

    const std::string folder = folderOf({{"w", floats({4}, {1, 2, 3, 4})}});
    std::filesystem::resize_file(folder + "/model.safetensors",
                                 std::filesystem::file_size(folder + "/model.safetensors") - 3);
    const auto cut = readSnapshotHealth(folder, {}, {});
    ASSERT_FALSE(cut.has_value());
    EXPECT_THAT(cut.error().message, HasSubstr("3 of 16 bytes of tensor data are missing"));
    std::filesystem::resize_file(folder + "/model.safetensors", 20);
    const auto headless = readSnapshotHealth(folder, {}, {});
    ASSERT_FALSE(headless.has_value());
    EXPECT_THAT(headless.error().message, HasSubstr("breaks off inside its header"));
    const auto missing = readSnapshotHealth("/no such folder", {}, {});
    ASSERT_FALSE(missing.has_value());
    EXPECT_THAT(missing.error().message, HasSubstr("/no such folder"));
}

TEST(SnapshotComparison, TellsWhereTwoPart)
{
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const std::string a = folderOf({{"same", floats({3}, {1, -2, 0})},
                                    {"moved", floats({2, 2}, {3, 0, 0, 4})},
                                    {"rounded", floats({2}, {1, 1.001F})},
                                    {"broken", floats({3}, {nan, 1, 2})},
                                    {"reshaped", floats({4}, {1, 2, 3, 4})},
                                    {"gone", floats({1}, {1})}});
    const std::string b = folderOf({{"same", floats({3}, {1, -2, 0})},
                                    {"moved", floats({2, 2}, {3, 0, 0, 1})},
                                    {"rounded", brains({2}, {0x3F80, 0x3F80})},
                                    {"broken", floats({3}, {nan, 1, 3})},
                                    {"reshaped", floats({2, 2}, {1, 2, 3, 4})},
                                    {"new", floats({1}, {1})}});
    const auto result = compareSnapshots(a, b, {}, {});
    ASSERT_TRUE(result.has_value()) << result.error().message;
    const SnapshotDifference& got = **result;
    EXPECT_EQ(got.tensors.size(), 7U);
    EXPECT_EQ(got.onlyInA, 1);
    EXPECT_EQ(got.onlyInB, 1);
    EXPECT_EQ(got.otherShape, 1);
    EXPECT_EQ(got.otherType, 1);
    EXPECT_EQ(got.compared, 4);
    EXPECT_EQ(got.equalTensors, 1);
    EXPECT_EQ(tensorOf(got, "gone").kind, DifferenceKind::OnlyInA);
    EXPECT_EQ(tensorOf(got, "new").kind, DifferenceKind::OnlyInB);
    EXPECT_EQ(tensorOf(got, "reshaped").kind, DifferenceKind::OtherShape);

    const TensorDifference& same = tensorOf(got, "same");
    EXPECT_TRUE(same.isEqual());
    EXPECT_EQ(same.maxAbsolute, 0);
    EXPECT_EQ(same.relativeRms, 0);
    EXPECT_DOUBLE_EQ(same.cosine, 1);

    const TensorDifference& moved = tensorOf(got, "moved");
    EXPECT_EQ(moved.maxAbsolute, 3);
    EXPECT_DOUBLE_EQ(moved.relativeRms, 3.0 / 5);
    EXPECT_DOUBLE_EQ(moved.cosine, 13 / (5 * std::sqrt(10.0)));
    EXPECT_DOUBLE_EQ(moved.equalShare(), 3.0 / 4);

    const TensorDifference& rounded = tensorOf(got, "rounded");
    EXPECT_TRUE(rounded.isOtherType());
    EXPECT_DOUBLE_EQ(rounded.equalShare(), 0.5) << "by value, for there are no bits to compare";
    EXPECT_NEAR(rounded.maxAbsolute, 0.001, 1e-6);

    const TensorDifference& broken = tensorOf(got, "broken");
    EXPECT_EQ(broken.notFinite, 1);
    EXPECT_EQ(broken.maxAbsolute, 1);
    EXPECT_DOUBLE_EQ(broken.equalShare(), 2.0 / 3) << "the same NaN is the same bits";
}

TEST(SnapshotComparison, NamingsOfOneModelBelongTogether)
{
    const auto result =
        compareSnapshots(test::dataPath("models/gemma-tiny"), test::derivedModelPath("gemma-tiny-hub"), {}, {});
    ASSERT_TRUE(result.has_value()) << result.error().message;
    EXPECT_EQ((*result)->onlyInA, 0);
    EXPECT_EQ((*result)->onlyInB, 0);
    EXPECT_EQ((*result)->compared, 132);
    EXPECT_EQ((*result)->equalTensors, 132);
    EXPECT_GT((*result)->otherName, 0);
    EXPECT_EQ((*result)->equalShare, 1);
    EXPECT_DOUBLE_EQ((*result)->cosine, 1);
}

TEST(SnapshotComparison, RoundingToBFloat16IsAsSmallAsItMustBe)
{
    const auto result =
        compareSnapshots(test::dataPath("models/gemma-tiny"), test::derivedModelPath("gemma-tiny-bf16"), {}, {});
    ASSERT_TRUE(result.has_value()) << result.error().message;
    EXPECT_EQ((*result)->otherType, 132);
    // Rounded to 8 bits of mantissa: at most 2^-9 of a number, evenly spread about 2^-9 / sqrt(3) of it.
    EXPECT_GT((*result)->relativeRms, 0.0005);
    EXPECT_LT((*result)->relativeRms, 1.0 / 512);
    for (const TensorDifference& tensor : (*result)->tensors)
        EXPECT_LE(tensor.relativeRms, 1.0 / 256) << tensor.name;
}

TEST(SnapshotComparison, StopsAndNamesTheFolderThatFails)
{
    const std::string good = folderOf({{"w", floats({1}, {1})}});
    const auto missing = compareSnapshots(good, "/no such folder", {}, {});
    ASSERT_FALSE(missing.has_value());
    EXPECT_THAT(missing.error().message, HasSubstr("/no such folder"));
    std::stop_source source;
    source.request_stop();
    const auto stopped = compareSnapshots(good, good, {}, source.get_token());
    ASSERT_FALSE(stopped.has_value());
    EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
}

TEST(SnapshotNames, RiseByTheirNumbers)
{
    EXPECT_TRUE(namesRise("layers.9.w", "layers.10.w"));
    EXPECT_FALSE(namesRise("layers.10.w", "layers.9.w"));
    EXPECT_TRUE(namesRise("a", "b"));
    EXPECT_TRUE(namesRise("a", "a.b"));
    EXPECT_FALSE(namesRise("a", "a"));
}

}  // namespace
}  // namespace armillary::anatomy
