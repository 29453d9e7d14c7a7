// Reads every text file of the project for what belongs in none: paths of one machine, and marks of unfinished work
// without an issue's number. Proves on made-up lines that it can fail.
#include "source_tree.h"

#include "support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

namespace armillary::test {
namespace {

namespace fs = std::filesystem;

// "/home/someone", "/root", "/tmp/x" or a drive of one machine, not the end of a longer word or address.
bool namesOneMachine(const std::string& line)
{
    static const std::regex kPath(
        R"((^|[^A-Za-z0-9_.}])/(home/[a-z]|Users/[A-Za-z]|tmp/[a-z]|(root|work|farm)([^A-Za-z0-9_-]|$)))");
    return std::regex_search(line, kPath);
}

// A mark of unfinished work must name its issue: the mark, then (#12).
bool hasUnnumberedMark(const std::string& line)
{
    static const std::string kMarks = std::string("(TO") + "DO|FIX" + "ME|HA" + "CK)";
    static const std::regex kMark("(^|[^A-Za-z0-9_])" + kMarks + R"(($|[^A-Za-z0-9_(]|\((?!#[0-9]+\))))");
    return std::regex_search(line, kMark);
}

bool isText(const fs::path& path)
{
    static const std::vector<std::string> kExtensions = {".h",  ".cpp", ".cxx", ".cmake", ".txt", ".md",      ".json",
                                                         ".py", ".sh",  ".qss", ".qrc",   ".svg", ".desktop", ""};
    return std::find(kExtensions.begin(), kExtensions.end(), path.extension().string()) != kExtensions.end();
}

// Our own folders and the files at the root; not what builds, downloads or test data bring.
std::vector<fs::path> projectFiles()
{
    std::vector<fs::path> files;
    const fs::path root = sourcePath("");
    for (const fs::directory_entry& entry : fs::directory_iterator(root))
        if (entry.is_regular_file() && isText(entry.path()))
            files.push_back(entry.path());
    for (const char* folder :
         {".ci", "app", "core", "docs", "packaging", "resources", "tests", "training", "widgets"}) {
        if (!fs::is_directory(root / folder))
            continue;
        for (auto it = fs::recursive_directory_iterator(root / folder); it != fs::recursive_directory_iterator();
             ++it) {
            if (it->is_directory() && it->path().filename() == "data")
                it.disable_recursion_pending();
            else if (it->is_regular_file() && isText(it->path()))
                files.push_back(it->path());
        }
    }
    return files;
}

std::vector<std::string> linesThat(bool (*breaksRule)(const std::string&))
{
    std::vector<std::string> found;
    for (const fs::path& file : projectFiles()) {
        // This file holds the made-up examples.
        if (file.filename() == "text_rules_test.cpp")
            continue;
        std::ifstream stream(file, std::ios::binary);
        int number = 0;
        for (const std::string& line : linesOf(std::string(std::istreambuf_iterator<char>(stream), {})))
            if (++number; breaksRule(line))
                found.push_back(file.lexically_relative(sourcePath("")).generic_string() + ":" +
                                std::to_string(number) + ": " + line);
    }
    return found;
}

TEST(TextRules, ReadTheWholeProject)
{
    std::vector<std::string> names;
    for (const fs::path& file : projectFiles())
        names.push_back(file.lexically_relative(sourcePath("")).generic_string());
    EXPECT_THAT(names, testing::IsSupersetOf({"CMakeLists.txt", "packaging/setup", "core/base/error.h",
                                              "tests/architecture/source_tree.h", ".ci/run"}));
}

TEST(TextRules, NoPathOfOneMachine)
{
    EXPECT_THAT(linesThat(namesOneMachine), testing::IsEmpty());
}

TEST(TextRules, NoUnnumberedMarkOfUnfinishedWork)
{
    EXPECT_THAT(linesThat(hasUnnumberedMark), testing::IsEmpty());
}

TEST(TextRules, PathsAreTold)
{
    const std::string slash = "/";
    for (const std::string& line :
         std::vector<std::string>{"open(\"" + slash + "home/alice/model\")", "cd " + slash + "root",
                                  slash + "tmp/model.bin", "PATH=" + slash + "work/main"})
        EXPECT_TRUE(namesOneMachine(line)) << line;
    for (const char* line : {"docs/work/page.md", "https://host.org/home/alice", "${HOME}/work", "either/or",
                             "$root/tmp/x", "a/root.json", "/workers", "mktemp -d"})
        EXPECT_FALSE(namesOneMachine(line)) << line;
}

TEST(TextRules, MarksAreTold)
{
    const std::string mark = std::string("TO") + "DO";
    for (const std::string& line :
         std::vector<std::string>{"// " + mark + " later", "# " + mark, mark + "(me): x", mark + ": x"})
        EXPECT_TRUE(hasUnnumberedMark(line)) << line;
    for (const std::string& line : std::vector<std::string>{"// " + mark + "(#12): read it in chunks",
                                                            std::string("METHODOLOGY"), mark + "_LIST"})
        EXPECT_FALSE(hasUnnumberedMark(line)) << line;
}

}  // namespace
}  // namespace armillary::test
