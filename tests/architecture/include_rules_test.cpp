// Reads the project's sources against the include table of ARCHITECTURE.md, and proves on a made-up tree that it can fail.
#include "include_rules.h"

#include "support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace armillary::test {
namespace {

std::vector<std::string> textsOf(const std::vector<Violation>& violations)
{
    std::vector<std::string> texts;
    for (const Violation& violation : violations)
        texts.push_back(violation.text());
    return texts;
}

// A tree that keeps every rule; each test below breaks one.
std::map<std::string, std::string> cleanFiles()
{
    return {
        {"core/base/error.h", "#include <tl/expected.hpp>\n"},
        {"core/records/image.h", "#include \"base/error.h\"\n"},
        {"core/io/media_reader.h", "#include \"records/image.h\"\n"},
        {"core/inspect/tensor_stats.h", "#include \"records/image.h\"\n"},
        {"core/inspect/tensor_stats.cpp", "#include \"inspect/tensor_stats.h\"\n#include <ATen/ATen.h>\n"},
        {"core/tensors/weights.h", "#include <ATen/ATen.h>\n"},
        {"core/vision/resize.h", "#include \"tensors/weights.h\"\n"},
        {"core/gemma/gemma_model.h", "#include \"tensors/weights.h\"\n"},
        {"core/engine/engine.h", "#include \"records/image.h\"\n"},
        {"core/engine/engine.cpp", "#include \"engine/engine.h\"\n#include \"gemma/gemma_model.h\"\n"},
        {"widgets/panel.h", "#include \"records/image.h\"\n#include <QWidget>\n"},
        {"widgets/canvas/imgui_canvas.cpp", "#include \"panel.h\"\n#include <imgui.h>\n"},
        {"core/study/model_analysis.h", "#include <string>\n"},
        {"training/stage.h", "#include <string>\n"},
        {"training/stage.cpp",
         "#include \"training/stage.h\"\n#include \"gemma/gemma_model.h\"\n#include <ATen/ATen.h>\n"},
        {"app/settings.h", "#include <string>\n"},
        {"app/main_window.cpp", "#include \"engine/engine.h\"\n#include \"panel.h\"\n#include <QMainWindow>\n"},
        {"app/cli/cli_main.cpp", "#include \"engine/engine.h\"\n#include \"cli_options.h\"\n"},
        {"app/cli/cli_options.h", "#include <string>\n"},
    };
}

// What the check says about the clean tree after one file's text was replaced.
std::vector<std::string> violationsWith(const std::string& file, const std::string& text)
{
    auto files = cleanFiles();
    files[file] = text;
    return textsOf(includeViolations(SourceTree(std::move(files))));
}

TEST(IncludeRules, ProjectKeepsThem)
{
    const SourceTree tree = SourceTree::read(sourcePath(""), {"core", "widgets", "app", "training"});
    ASSERT_GT(tree.files().size(), 20u) << "the sources were not found below " << sourcePath("");
    EXPECT_THAT(textsOf(includeViolations(tree)), testing::IsEmpty());
}

TEST(IncludeRules, CleanTreePasses)
{
    EXPECT_THAT(textsOf(includeViolations(SourceTree(cleanFiles()))), testing::IsEmpty());
}

TEST(IncludeRules, BreachesAreNamedWithFileAndLine)
{
    struct Case {
        std::string file, text, expected;
    };
    const std::vector<Case> cases = {
        {"core/base/log.cpp", "\n#include <QString>\n", "core/base/log.cpp:2: may not include Qt (<QString>)"},
        {"core/io/json.cpp", "#include <qglobal.h>\n", "core/io/json.cpp:1: may not include Qt (<qglobal.h>)"},
        {"core/text/bpe.h", "#include <c10/core/Device.h>\n",
         "core/text/bpe.h:1: may not include LibTorch (<c10/core/Device.h>)"},
        {"core/records/clip.h", "// a\n// b\n#include \"io/media_reader.h\"\n",
         "core/records/clip.h:3: may not include core/io/media_reader.h"},
        {"core/records/clip.h", "#include <opencv2/core.hpp>\n",
         "core/records/clip.h:1: may not include OpenCV (<opencv2/core.hpp>)"},
        {"core/inspect/view.h", "#include <torch/torch.h>\n",
         "core/inspect/view.h:1: LibTorch belongs in the sources of this folder, not in a header"},
        {"core/vision/tiles.cpp", "#include \"gemma/gemma_model.h\"\n",
         "core/vision/tiles.cpp:1: may not include core/gemma/gemma_model.h"},
        {"core/vision/tiles.cpp", "#include \"../gemma/gemma_model.h\"\n",
         "core/vision/tiles.cpp:1: may not include core/gemma/gemma_model.h"},
        {"widgets/panels/media_panel.cpp", "#  include \"io/media_reader.h\"\n",
         "widgets/panels/media_panel.cpp:1: may not include core/io/media_reader.h"},
        {"widgets/panels/media_panel.cpp", "#include \"engine/engine.h\"\n",
         "widgets/panels/media_panel.cpp:1: may not include core/engine/engine.h"},
        {"widgets/panels/media_panel.cpp", "#include <ATen/ATen.h>\n",
         "widgets/panels/media_panel.cpp:1: may not include LibTorch (<ATen/ATen.h>)"},
        {"app/cli/cli_main.cpp", "#include \"panel.h\"\n", "app/cli/cli_main.cpp:1: may not include widgets/panel.h"},
        {"app/cli/cli_main.cpp", "#include <QCoreApplication>\n",
         "app/cli/cli_main.cpp:1: may not include Qt (<QCoreApplication>)"},
        {"app/cli/cli_ask.cpp", "#include \"study/model_analysis.h\"\n",
         "app/cli/cli_ask.cpp:1: may not include core/study/model_analysis.h"},
        {"app/cli/cli_ask.cpp", "#include \"settings.h\"\n", "app/cli/cli_ask.cpp:1: may not include app/settings.h"},
        {"app/main_window.cpp", "#include \"cli/cli_options.h\"\n",
         "app/main_window.cpp:1: may not include app/cli/cli_options.h"},
        {"core/scenes/scene.h", "#include \"training/stage.h\"\n",
         "core/scenes/scene.h:1: may not include training/stage.h"},
        {"app/settings.cpp", "#include \"imgui.h\"\n", "app/settings.cpp:1: may not include Dear ImGui (<imgui.h>)"},
        {"core/engine/engine.h", "#include <ATen/ATen.h>\n",
         "core/engine/engine.h:1: may not include LibTorch (<ATen/ATen.h>)"},
        {"core/newroom/thing.h", "#include <vector>\n",
         "core/newroom/thing.h:1: lies in a folder of core that the include table does not name"},
    };
    for (const Case& c : cases)
        EXPECT_THAT(violationsWith(c.file, c.text), testing::Contains(c.expected)) << c.file << ": " << c.text;
}

TEST(IncludeRules, TorchBehindOtherHeadersIsFound)
{
    auto files = cleanFiles();
    files["core/session/session.h"] = "#include \"inspect/tensor_stats.h\"\n";
    files["core/inspect/tensor_stats.h"] = "#include \"inspect/hidden.h\"\n";
    files["core/inspect/hidden.h"] = "#include <ATen/ATen.h>\n";
    EXPECT_THAT(textsOf(includeViolations(SourceTree(std::move(files)))),
                testing::Contains("core/session/session.h:1: reaches LibTorch through core/inspect/tensor_stats.h -> "
                                  "core/inspect/hidden.h (<ATen/ATen.h>)"));
}

TEST(IncludeRules, OnlyRealIncludesCount)
{
    EXPECT_THAT(violationsWith("core/base/log.h", "// #include <QString>\n"
                                                  "/* #include <QString>\n#include <torch/torch.h>\n*/\n"
                                                  "const char* text = \"include <QString>\";\n"),
                testing::IsEmpty());
    EXPECT_THAT(violationsWith("core/base/log.h", "// a slash and a star: /*\n#include <QString>\n"),
                testing::ElementsAre("core/base/log.h:2: may not include Qt (<QString>)"));
}

}  // namespace
}  // namespace armillary::test
