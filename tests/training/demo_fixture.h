// A snapshot of untrained weights in the demo's form, written once by the trainer's own export.
// Thread rule: single-threaded test code.
#pragma once

#include "support/test_data.h"
#include "training/checkpoint.h"
#include "training/demo_language.h"
#include "training/demo_world.h"
#include "training/snapshot_export.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace armillary::training::test {

inline DemoTemplate demoForm()
{
    auto form = readDemoTemplate(armillary::test::sourcePath("training/template"));
    EXPECT_TRUE(form) << (form ? "" : form.error().message);
    return *form;
}

// A folder of this test run, empty.
inline std::string freshFolder(const std::string& name)
{
    const auto path =
        std::filesystem::temp_directory_path() / ("armillary_training_" + std::to_string(::getpid()) + "_" + name);
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
    return path.string();
}

// The folder with gemma, cosmos and theworld in it.
inline const std::string& exportedDemo()
{
    static const std::string kFolder = [] {
        const DemoTemplate form = demoForm();
        const std::string work = freshFolder("export");
        TrainingPlan plan;
        plan.folder = work;
        Parameters vae(1), transformer(2);
        const VaeNet vaeNet(vae, form.vae);
        const TransformerNet transformerNet(transformer, form.transformer);
        auto language = DemoLanguage::make(form, 3);
        EXPECT_TRUE(language);
        const nlohmann::json state = nlohmann::json::object();
        EXPECT_TRUE(writeCheckpoint(resultPath(work, "vae"), {vae.values(), state}));
        EXPECT_TRUE(writeCheckpoint(resultPath(work, "transformer"), {transformer.values(), state}));
        EXPECT_TRUE(writeCheckpoint(resultPath(work, "tuning"), {(*language)->parameters().values(), state}));
        const auto done = exportSnapshot(form, plan, "tuning", work + "/snapshot");
        EXPECT_TRUE(done) << (done ? "" : done.error().message);
        return work + "/snapshot";
    }();
    return kFolder;
}

inline TensorMap exportedTensors(const std::string& file)
{
    auto tensors = readTensors(exportedDemo() + "/" + file);
    EXPECT_TRUE(tensors) << (tensors ? "" : tensors.error().message);
    return *tensors;
}

inline double largestDifference(const at::Tensor& a, const at::Tensor& b)
{
    return (a - b).abs().max().item<double>();
}

}  // namespace armillary::training::test
