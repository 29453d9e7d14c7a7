// picture/resize against Pillow 13: every pixel of every case must be equal.
#include "picture/resize.h"

#include "io/image_file.h"
#include "support/golden_case.h"
#include "support/test_data.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

namespace armillary {
namespace {

at::Tensor tensorOf(const Image& image)
{
    at::Tensor pixels = at::empty({image.height(), image.width(), 3}, at::kByte);
    std::copy(image.rgb().begin(), image.rgb().end(), pixels.data_ptr<std::uint8_t>());
    return pixels;
}

TEST(ResizeGolden, EveryCaseIsExact)
{
    const test::GoldenCase golden = test::GoldenCase::open("cases/resize");
    const std::pair<const char*, picture::ResizeFilter> filters[] = {{"bilinear", picture::ResizeFilter::Bilinear},
                                                                     {"bicubic", picture::ResizeFilter::Bicubic},
                                                                     {"lanczos", picture::ResizeFilter::Lanczos}};
    std::set<std::string> compared;
    for (const auto& job : golden.json()["inputs"]["jobs"]) {
        const auto path = job["image"].get<std::string>();
        const Result<Image> image = io::readImage(test::dataPath(path));
        ASSERT_TRUE(image.has_value()) << image.error().message;
        for (const auto& [name, filter] : filters) {
            const std::string key = path.substr(path.find('/') + 1) + "." + name;
            // Two jobs of one picture share a tensor name; the file keeps the later size.
            const at::Tensor want = golden.tensor(key);
            const Image got =
                picture::resize(*image, static_cast<int>(want.size(0)), static_cast<int>(want.size(1)), filter);
            EXPECT_TRUE(golden.tolerance(key).exact);
            EXPECT_TRUE(test::matches(golden, key, tensorOf(got))) << key;
            compared.insert(key);
        }
    }
    EXPECT_EQ(compared.size(), golden.json()["tensors"].size());
}

}  // namespace
}  // namespace armillary
