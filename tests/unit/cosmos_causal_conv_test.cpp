#include "cosmos/causal_conv.h"

#include "support/test_data.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <string>
#include <vector>

namespace armillary::cosmos {
namespace {

// A convolution of its own random weights, read through a file as every other.
struct RandomConv {
    at::Tensor weight;
    at::Tensor bias;
    FrameConv conv;
};

io::ModelFolder folderOf(const at::Tensor& weight, const at::Tensor& bias)
{
    const std::string path = ::testing::TempDir() + "armillary_conv_" +
                             ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".safetensors";
    EXPECT_TRUE(io::writeSafetensors(path,
                                     {{"c.weight", tensors::snapshotFromTensor(weight)},
                                      {"c.bias", tensors::snapshotFromTensor(bias)}},
                                     {}));
    io::ModelFolder folder;
    folder.path = path;
    folder.files.push_back(*io::SafetensorsFile::open(path));
    std::filesystem::remove(path);
    return folder;
}

std::string same(const std::string& name)
{
    return name;
}

RandomConv randomConv(std::int64_t out, std::int64_t in, std::int64_t taps, ConvSpace space, bool isPlane = false)
{
    const std::int64_t side = space == ConvSpace::Point ? 1 : 3;
    RandomConv made;
    made.weight = isPlane ? at::randn({out, in, side, side}) : at::randn({out, in, taps, side, side});
    made.bias = at::randn({out});
    tensors::Weights weights(folderOf(made.weight, made.bias), same);
    made.conv = FrameConv(weights, "c", out, in, taps, space, isPlane, at::kCPU, at::kFloat);
    EXPECT_TRUE(weights.report(true));
    return made;
}

// The same by the plain 3-D convolution over explicitly padded frames.
at::Tensor plain(const RandomConv& made, const std::vector<at::Tensor>& frames, std::int64_t taps)
{
    std::vector<at::Tensor> padded(static_cast<std::size_t>(taps) - frames.size(), at::zeros_like(frames.front()));
    padded.insert(padded.end(), frames.begin(), frames.end());
    return at::conv3d(at::stack(padded, 2), made.weight, made.bias, 1, {0, 1, 1}).squeeze(2);
}

TEST(FrameConv, SumsOverTheFramesGiven)
{
    at::manual_seed(4);
    const RandomConv made = randomConv(5, 4, 3, ConvSpace::Same);
    const std::vector<at::Tensor> frames = {at::randn({1, 4, 7, 9}), at::randn({1, 4, 7, 9}), at::randn({1, 4, 7, 9})};
    EXPECT_TRUE(at::allclose(made.conv.forward({frames[2]}), plain(made, {frames[2]}, 3), 1e-4, 1e-4));
    EXPECT_TRUE(
        at::allclose(made.conv.forward({frames[1], frames[2]}), plain(made, {frames[1], frames[2]}, 3), 1e-4, 1e-4));
    EXPECT_TRUE(at::allclose(made.conv.forward({frames[0], frames[1], frames[2]}), plain(made, frames, 3), 1e-4, 1e-4));
}

// Large enough that the picture is cut into bands, with a last band of another height.
TEST(FrameConv, BandsGiveTheWholePicturesResult)
{
    at::manual_seed(5);
    const RandomConv made = randomConv(3, 64, 3, ConvSpace::Same);
    const at::Tensor frame = at::randn({1, 64, 301, 260});
    const std::vector<at::Tensor> frames(3, frame);
    EXPECT_TRUE(at::allclose(made.conv.forward({frame, frame, frame}), plain(made, frames, 3), 1e-3, 1e-3));
}

TEST(FrameConv, HalvesWithPaddingRightAndBelow)
{
    at::manual_seed(6);
    const RandomConv made = randomConv(3, 128, 1, ConvSpace::Halved, true);
    for (const std::int64_t rows : {500, 501}) {
        const at::Tensor frame = at::randn({1, 128, rows, 255});
        const at::Tensor wanted = at::conv2d(at::constant_pad_nd(frame, {0, 1, 0, 1}), made.weight, made.bias, 2);
        const at::Tensor got = made.conv.forward(frame);
        ASSERT_EQ(got.sizes(), wanted.sizes());
        EXPECT_TRUE(at::allclose(got, wanted, 1e-3, 1e-3));
    }
}

TEST(FrameConv, DoublesByNearest)
{
    at::manual_seed(7);
    const RandomConv made = randomConv(4, 96, 1, ConvSpace::Doubled, true);
    for (const std::int64_t rows : {5, 231}) {
        const at::Tensor frame = at::randn({1, 96, rows, 270});
        const at::Tensor large = frame.repeat_interleave(2, 2).repeat_interleave(2, 3);
        EXPECT_TRUE(
            at::allclose(made.conv.forward(frame), at::conv2d(large, made.weight, made.bias, 1, 1), 1e-3, 1e-3));
    }
}

TEST(FrameConv, NumbersThatAreNotFiniteAreFaults)
{
    at::Tensor bias = at::zeros({2});
    bias[1] = std::numeric_limits<float>::infinity();
    tensors::Weights weights(folderOf(at::zeros({2, 3, 1, 1, 1}), bias), same);
    const FrameConv conv(weights, "c", 2, 3, 1, ConvSpace::Point, false, at::kCPU, at::kFloat);
    const auto report = weights.report(true);
    ASSERT_FALSE(report);
    EXPECT_NE(report.error().message.find("c holds numbers that are not finite"), std::string::npos);
}

TEST(FrameConv, RefusesMoreFramesThanTaps)
{
    const RandomConv made = randomConv(2, 2, 1, ConvSpace::Point);
    const at::Tensor frame = at::randn({1, 2, 3, 3});
    EXPECT_THROW((void)made.conv.forward({frame, frame}), c10::Error);
}

}  // namespace
}  // namespace armillary::cosmos
