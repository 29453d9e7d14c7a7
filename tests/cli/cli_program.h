// Runs armillary-cli, and Python on what it left, as a person at a terminal would.
// Thread rule: single-threaded test code.
#pragma once

#include "support/test_data.h"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace armillary::test {

struct Finished {
    int exitCode = -1;  // minus the signal when one ended it
    std::string output;
    std::string messages;  // standard error

    [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(output, nullptr, false); }
};

inline std::string quoted(const std::string& word)
{
    std::string out = "'";
    for (const char c : word)
        out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

inline std::string fileText(const std::string& path)
{
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

inline void writeText(const std::string& path, const std::string& text)
{
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

// `inFolder`: where it runs; the test's own when empty.
inline Finished runProgram(const std::string& program, const std::vector<std::string>& words,
                           const std::string& inFolder = {})
{
    const std::string folder = makeTemporaryFolder();
    std::string line = inFolder.empty() ? std::string() : "cd " + quoted(inFolder) + " && ";
    line += quoted(program);
    for (const std::string& word : words)
        line += " " + quoted(word);
    line += " >" + quoted(folder + "/out") + " 2>" + quoted(folder + "/err");
    const int status = std::system(line.c_str());
    Finished out;
    out.exitCode = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    out.output = fileText(folder + "/out");
    out.messages = fileText(folder + "/err");
    return out;
}

inline Finished runCli(const std::vector<std::string>& words)
{
    return runProgram(ARMILLARY_CLI, words);
}

inline Finished runPython(const std::string& script, const std::string& inFolder)
{
    return runProgram(ARMILLARY_PYTHON, {"-c", script}, inFolder);
}

// A short question about a small picture to the tiny Gemma, and what follows in `more`.
inline std::vector<std::string> askWords(const std::vector<std::string>& more = {})
{
    std::vector<std::string> words =
        {"ask",           "--model", dataPath("models/gemma-tiny"), "--device",         "cpu", "--question",
         "What is this?", "--media", dataPath("media/tiny.png"),    "--max-new-tokens", "3",   "--ignore-eos"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

}  // namespace armillary::test
