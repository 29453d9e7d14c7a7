#include "tensors/weights.h"

#include "support/golden_case.h"
#include "support/test_data.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace armillary::tensors {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string same(const std::string& name)
{
    return name;
}

// A folder of one file with the tensors given.
class WeightsTest : public ::testing::Test {
protected:
    ~WeightsTest() override
    {
        for (const std::string& folder : m_folders)
            std::filesystem::remove_all(folder);
    }

    io::ModelFolder folderOf(const std::map<std::string, at::Tensor>& tensors)
    {
        const std::string path = test::makeTemporaryFolder();
        m_folders.push_back(path);
        std::map<std::string, TensorSnapshot> snapshots;
        for (const auto& [name, tensor] : tensors)
            snapshots[name] = snapshotFromTensor(tensor);
        EXPECT_TRUE(io::writeSafetensors(path + "/model.safetensors", snapshots, {}));
        std::ofstream(path + "/config.json") << "{}";
        auto folder = io::openModelFolder(path);
        EXPECT_TRUE(folder) << folder.error().message;
        return std::move(*folder);
    }

private:
    std::vector<std::string> m_folders;
};

TEST_F(WeightsTest, SnapshotsAndTensorsKeepTypeShapeAndBytes)
{
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16, at::kHalf, at::kLong, at::kInt, at::kByte, at::kBool,
                                      at::kDouble, at::kChar, at::kShort}) {
        const at::Tensor tensor = at::randint(0, 2, {3, 4}, at::kLong).to(type);
        const TensorSnapshot snapshot = snapshotFromTensor(tensor.t());
        EXPECT_EQ(snapshot.shape, (std::vector<std::int64_t>{4, 3}));
        EXPECT_EQ(scalarType(snapshot.type), type);
        EXPECT_TRUE(at::equal(tensorFromSnapshot(snapshot), tensor.t().contiguous()));
    }
    EXPECT_THROW(static_cast<void>(snapshotFromTensor(at::zeros({1}, at::kComplexFloat))), c10::Error);
}

TEST_F(WeightsTest, TensorsLieInTheFileAndOutliveTheFolder)
{
    const at::Tensor stored = at::randn({8, 16});
    at::Tensor kept;
    const void* mapped = nullptr;
    {
        const io::ModelFolder folder = folderOf({{"a", stored}});
        mapped = folder.files[0]->find("a")->bytes.data();
        Weights weights(folder, same);
        kept = weights.take("a", {8, -1});
    }
    EXPECT_EQ(kept.const_data_ptr(), mapped);
    EXPECT_TRUE(at::equal(kept, stored));
}

TEST_F(WeightsTest, BytesAtAnOddAddressAreCopied)
{
    const at::Tensor stored = at::randn({5});
    std::vector<std::uint8_t> bytes(stored.nbytes() + 1);
    std::memcpy(bytes.data() + 1, stored.const_data_ptr(), stored.nbytes());
    const at::Tensor got = tensorFromView({"a", ElementType::Float32, {5}, std::span(bytes).subspan(1)}, nullptr);
    EXPECT_TRUE(at::equal(got, stored));
    EXPECT_NE(got.const_data_ptr(), bytes.data() + 1);
}

TEST_F(WeightsTest, NamesEveryFaultAtOnce)
{
    const io::ModelFolder folder = folderOf({{"fits", at::zeros({2, 3})},
                                             {"misshapen", at::zeros({2, 4})},
                                             {"flat", at::zeros({6})},
                                             {"mistyped", at::zeros({2, 3}, at::kLong)},
                                             {"left", at::zeros({1})}});
    Weights weights(folder, same);
    EXPECT_TRUE(weights.take("fits", {2, 3}).defined());
    EXPECT_TRUE(weights.report(false));
    EXPECT_FALSE(weights.take("misshapen", {2, 3}).defined());
    EXPECT_FALSE(weights.take("flat", {2, 3}).defined());
    EXPECT_FALSE(weights.take("mistyped", {2, 3}).defined());
    EXPECT_FALSE(weights.take("absent", {2, 3}).defined());
    EXPECT_FALSE(weights.takeOptional("absent too", {2, 3}).defined());
    weights.addFault("a fault of the module's own");
    EXPECT_THAT(weights.surplus(), ElementsAre("left"));
    const auto report = weights.report(false);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, ErrorCode::ModelMismatch);
    const std::string& message = report.error().message;
    for (const char* part :
         {"misshapen has shape [2, 4]", "asks for [2, 3]", "flat has shape [6]", "mistyped holds Long",
          "1 tensor is missing: absent", "a fault of the module's own", "left", folder.path.c_str()})
        EXPECT_THAT(message, HasSubstr(part));
    EXPECT_THAT(message, Not(HasSubstr("absent too")));
    EXPECT_THAT(message, Not(HasSubstr("fits has")));
}

TEST_F(WeightsTest, SurplusIsAnErrorOnRequest)
{
    Weights weights(folderOf({{"left", at::zeros({1})}}), same);
    EXPECT_TRUE(weights.report(false));
    const auto report = weights.report(true);
    ASSERT_FALSE(report);
    EXPECT_THAT(report.error().message, HasSubstr("left"));
}

TEST_F(WeightsTest, LongListsAreShortenedButCounted)
{
    Weights weights(folderOf({{"a", at::zeros({1})}}), same);
    for (int i = 0; i < 30; ++i)
        EXPECT_FALSE(weights.take("absent." + std::to_string(i), {1}).defined());
    EXPECT_THAT(weights.report(false).error().message, HasSubstr("30 tensors are missing: absent.0, absent.1"));
    EXPECT_THAT(weights.report(false).error().message, HasSubstr("and 22 more"));
}

TEST_F(WeightsTest, CanonicalNamesMapDropAndClash)
{
    const io::ModelFolder folder =
        folderOf({{"old.a", at::zeros({1})}, {"new.a", at::ones({1})}, {"unused", at::zeros({1})}});
    const auto canonical = [](const std::string& name) { return name == "unused" ? std::string() : name.substr(4); };
    Weights weights(folder, canonical);
    EXPECT_TRUE(weights.has("a"));
    EXPECT_FALSE(weights.has("unused"));
    EXPECT_TRUE(weights.take("a", {1}).defined());
    EXPECT_THAT(weights.surplus(), IsEmpty());
    EXPECT_THAT(weights.report(true).error().message, HasSubstr("stored twice"));
}

TEST_F(WeightsTest, AnOverlayWins)
{
    Weights weights(folderOf({{"a", at::zeros({4, 2})}, {"b", at::zeros({1})}}), same);
    weights.overlay(folderOf({{"a", at::ones({3, 2})}, {"c", at::ones({1})}}), same);
    EXPECT_TRUE(at::equal(weights.take("a", {3, 2}), at::ones({3, 2})));
    EXPECT_TRUE(at::equal(weights.take("b", {1}), at::zeros({1})));
    EXPECT_TRUE(weights.has("c"));
}

TEST_F(WeightsTest, StoredTypeIsThatOfMostNumbers)
{
    const Weights weights(folderOf({{"a", at::zeros({9}, at::kBFloat16)},
                                    {"b", at::zeros({4})},
                                    {"ids", at::zeros({99}, at::kLong)}}),
                          same);
    EXPECT_EQ(weights.storedType(), at::kBFloat16);
}

TEST_F(WeightsTest, FindsNumbersThatAreNotFinite)
{
    EXPECT_EQ(Weights(folderOf({{"a", at::zeros({9})}}), same).firstNonFinite(), "");
    at::Tensor broken = at::zeros({9});
    broken[4] = std::nan("");
    EXPECT_EQ(Weights(folderOf({{"a", at::zeros({9})}, {"b", broken}}), same).firstNonFinite(), "b");
}

}  // namespace
}  // namespace armillary::tensors
