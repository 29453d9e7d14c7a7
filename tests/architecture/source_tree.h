// The text of a source tree as the architecture tests read it: files, their includes with line numbers, and where an
// include leads. Knows C++ comments well enough not to take a commented-out include for one; knows no preprocessor.
// Thread rule: single-threaded test code.
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace armillary::test {

struct Include {
    std::string target;  // as written between the quotes or angle brackets
    bool isQuoted = false;
    int line = 0;  // 1-based
};

// A broken rule, printed as file:line: sentence.
struct Violation {
    std::string file;
    int line = 0;
    std::string sentence;

    [[nodiscard]] std::string text() const { return file + ":" + std::to_string(line) + ": " + sentence; }
};

// Lines of a text, each without its newline.
[[nodiscard]] inline std::vector<std::string> linesOf(std::string_view text)
{
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

// The same text with block comments blanked out, so that line numbers stay true.
[[nodiscard]] inline std::string withoutBlockComments(std::string text)
{
    std::size_t start = 0;
    while ((start = text.find("/*", start)) != std::string::npos) {
        const std::size_t lineStart = text.rfind('\n', start) + 1;
        const std::size_t lineComment = text.find("//", lineStart);
        if (lineComment < start) {  // "/*" inside a line comment opens nothing
            start += 2;
            continue;
        }
        const std::size_t close = text.find("*/", start + 2);
        const std::size_t end = close == std::string::npos ? text.size() : close + 2;
        std::replace_if(
            text.begin() + std::ptrdiff_t(start), text.begin() + std::ptrdiff_t(end), [](char c) { return c != '\n'; },
            ' ');
        start = end;
    }
    return text;
}

[[nodiscard]] inline std::vector<Include> includesOf(const std::string& text)
{
    std::vector<Include> includes;
    int number = 0;
    for (const std::string& line : linesOf(withoutBlockComments(text))) {
        ++number;
        std::size_t at = line.find_first_not_of(" \t");
        if (at == std::string::npos || line[at] != '#')
            continue;
        at = line.find_first_not_of(" \t", at + 1);
        if (at == std::string::npos || line.compare(at, 7, "include") != 0)
            continue;
        const std::size_t open = line.find_first_of("<\"", at);
        if (open == std::string::npos)
            continue;
        const std::size_t close = line.find(line[open] == '<' ? '>' : '"', open + 1);
        if (close != std::string::npos)
            includes.push_back({line.substr(open + 1, close - open - 1), line[open] == '"', number});
    }
    return includes;
}

// The C++ files below a root, by their path relative to it: "core/io/json_file.h" -> text.
class SourceTree {
public:
    explicit SourceTree(std::map<std::string, std::string> files) : m_files(std::move(files)) {}

    // Reads the C++ files of these folders of root.
    [[nodiscard]] static SourceTree read(const std::string& root, const std::vector<std::string>& folders)
    {
        namespace fs = std::filesystem;
        std::map<std::string, std::string> files;
        for (const std::string& folder : folders) {
            if (!fs::is_directory(fs::path(root) / folder))
                continue;
            for (const fs::directory_entry& entry : fs::recursive_directory_iterator(fs::path(root) / folder)) {
                const std::string extension = entry.path().extension().string();
                if (!entry.is_regular_file() || (extension != ".h" && extension != ".cpp" && extension != ".cxx"))
                    continue;
                std::ifstream stream(entry.path(), std::ios::binary);
                files[entry.path().lexically_relative(root).generic_string()] =
                    std::string(std::istreambuf_iterator<char>(stream), {});
            }
        }
        return SourceTree(std::move(files));
    }

    [[nodiscard]] const std::map<std::string, std::string>& files() const { return m_files; }

    // The file of this tree that an include in `from` means, searched as the build's include paths do.
    [[nodiscard]] std::optional<std::string> resolve(const std::string& from, const Include& include) const
    {
        std::vector<std::filesystem::path> places = {"core", "widgets", "app", ""};
        if (include.isQuoted)
            places.insert(places.begin(), std::filesystem::path(from).parent_path());
        for (const std::filesystem::path& place : places) {
            std::string candidate = (place / include.target).lexically_normal().generic_string();
            if (m_files.contains(candidate))
                return candidate;
        }
        return std::nullopt;
    }

private:
    std::map<std::string, std::string> m_files;
};

}  // namespace armillary::test
