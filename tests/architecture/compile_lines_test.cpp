// Reads the compile lines of this build: the folders that must not see LibTorch or Qt have neither on their include path,
// so that such an include would not compile there.
#include "support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace armillary::test {
namespace {

struct CompileLine {
    std::string file;  // relative to the source tree
    std::string command;
};

bool seesTorch(const std::string& command)
{
    return command.find("/torch/include") != std::string::npos;
}
bool seesQt(const std::string& command)
{
    return command.find("/QtCore") != std::string::npos;
}

bool liesIn(const std::string& file, const std::vector<std::string_view>& folders)
{
    return std::any_of(folders.begin(), folders.end(),
                       [&](std::string_view folder) { return file.starts_with(folder); });
}

// Files of these folders whose compile line sees what `sees` looks for.
std::vector<std::string> filesThatSee(const std::vector<CompileLine>& lines,
                                      const std::vector<std::string_view>& folders, bool (*sees)(const std::string&))
{
    std::vector<std::string> found;
    for (const CompileLine& line : lines)
        if (liesIn(line.file, folders) && sees(line.command))
            found.push_back(line.file);
    return found;
}

std::vector<CompileLine> compileLines()
{
    std::ifstream stream(ARMILLARY_BUILD_DIR "/compile_commands.json");
    const auto root = std::filesystem::path(sourcePath("")).lexically_normal();
    std::vector<CompileLine> lines;
    for (const auto& entry : nlohmann::json::parse(stream))
        lines.push_back(
            {std::filesystem::path(entry.at("file").get<std::string>()).lexically_relative(root).generic_string(),
             entry.at("command").get<std::string>()});
    return lines;
}

TEST(CompileLines, LibTorchIsOutOfSightWhereItMustBe)
{
    const auto lines = compileLines();
    EXPECT_THAT(filesThatSee(lines,
                             {"core/base/", "core/records/", "core/io/", "core/text/", "core/session/", "widgets/",
                              "app/"},
                             seesTorch),
                testing::IsEmpty());
    EXPECT_THAT(filesThatSee(lines, {"core/tensors/"}, seesTorch), testing::Not(testing::IsEmpty()))
        << "no compile line shows LibTorch where it is used: this test looks for the wrong words";
}

TEST(CompileLines, QtIsOutOfSightInCore)
{
    const auto lines = compileLines();
    EXPECT_THAT(filesThatSee(lines, {"core/", "app/cli/"}, seesQt), testing::IsEmpty());
    if (ARMILLARY_HAS_WINDOW) {
        EXPECT_THAT(filesThatSee(lines, {"widgets/"}, seesQt), testing::Not(testing::IsEmpty()))
            << "no compile line shows Qt where it is used: this test looks for the wrong words";
    }
}

TEST(CompileLines, BreachesAreFound)
{
    const std::vector<CompileLine> lines = {{"widgets/panel.cpp", "c++ -I/x/site-packages/torch/include -c panel.cpp"},
                                            {"core/base/log.cpp", "c++ -isystem /usr/include/qt6/QtCore -c log.cpp"}};
    EXPECT_THAT(filesThatSee(lines, {"widgets/"}, seesTorch), testing::ElementsAre("widgets/panel.cpp"));
    EXPECT_THAT(filesThatSee(lines, {"core/"}, seesQt), testing::ElementsAre("core/base/log.cpp"));
}

}  // namespace
}  // namespace armillary::test
