#include "io/json_file.h"

#include "support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <functional>

namespace armillary::io {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

std::string writeFile(const std::string& name, const std::string& text)
{
    const std::string path = test::makeTemporaryFolder() + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
}

TEST(JsonFile, ReadsConfigs)
{
    const Result<json> config = readJsonFile(test::dataPath("models/gemma-tiny/config.json"));
    ASSERT_TRUE(config.has_value()) << config.error().message;
    EXPECT_EQ((*config)["model_type"], "gemma3");
}

TEST(JsonFile, SaysWhatIsWrongWithBrokenFiles)
{
    const std::pair<std::string, std::string> broken[] = {
        {"", "is empty"},
        {"{\n  \"a\": 1,\n  \"b\": tru\n}", "line 3, column 11: syntax error"},
        {"{\n\n  5}", "line 3, column 3: syntax error"},
        {"{\"a\": 1", "line 1, column 8"},
        {"{} trailing", "line 1, column 6"},
        {"\xFF\xFE{", "line 1, column 1"},
        {std::string(100'000, '['), "line 1, column 100001"},
        {"{\"a\": 1e999}", "a number out of range"},
        {"{\"a\": NaN}", "line 1, column 7"},
    };
    for (const auto& [text, sentence] : broken) {
        const std::string path = writeFile("broken.json", text);
        const Result<json> config = readJsonFile(path);
        ASSERT_FALSE(config.has_value()) << sentence;
        EXPECT_EQ(config.error().code, ErrorCode::FileRead);
        EXPECT_THAT(config.error().message, HasSubstr(sentence));
        EXPECT_TRUE(config.error().message.ends_with(": " + path)) << config.error().message;
    }
}

TEST(JsonFile, RefusesWhatIsNoFileOrTooLarge)
{
    const std::string folder = test::makeTemporaryFolder();
    const std::string pipe = folder + "/pipe.json";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    for (const std::string& path : {folder, pipe, folder + "/missing.json"}) {
        const Result<std::string> text = readTextFile(path);
        ASSERT_FALSE(text.has_value()) << path;
        EXPECT_EQ(text.error().code, ErrorCode::FileRead);
        EXPECT_THAT(text.error().message, HasSubstr(path));
    }
    const std::string path = writeFile("long.txt", "12345");
    EXPECT_EQ(readTextFile(path, 5).value_or(""), "12345");
    const Result<std::string> tooLong = readTextFile(path, 4);
    ASSERT_FALSE(tooLong.has_value());
    EXPECT_THAT(tooLong.error().message, HasSubstr("5 bytes where at most 4"));
}

TEST(ConfigReader, ReadsValuesAndFallsBack)
{
    ConfigReader reader(json::parse(R"({"i": 7, "d": 0.5, "b": true, "t": "x", "n": null, "o": {"i": 8}, "whole": 3})"),
                        "/c.json");
    EXPECT_EQ(reader.integer("i", 1), 7);
    EXPECT_EQ(reader.integer("missing", 1), 1);
    EXPECT_EQ(reader.integer("n", 2), 2);
    EXPECT_EQ(reader.number("d", 1.0), 0.5);
    EXPECT_EQ(reader.number("whole", 1.0), 3.0);
    EXPECT_EQ(reader.number("n", 1.5), 1.5);
    EXPECT_TRUE(reader.boolean("b", false));
    EXPECT_TRUE(reader.boolean("missing", true));
    EXPECT_EQ(reader.text("t", "y"), "x");
    EXPECT_EQ(reader.text("n", "y"), "y");
    EXPECT_EQ(reader.object("o").integer("i", 0), 8);
    EXPECT_EQ(reader.object("missing").integer("i", 5), 5);
    EXPECT_TRUE(reader.has("i"));
    EXPECT_FALSE(reader.has("n"));
    EXPECT_FALSE(reader.has("missing"));
    EXPECT_TRUE(reader.check().has_value());
}

std::string errorAfter(const std::string& text, const std::function<void(ConfigReader&)>& read)
{
    ConfigReader reader(json::parse(text), "/c.json");
    read(reader);
    const Result<void> checked = reader.check();
    return checked ? "" : checked.error().message;
}

TEST(ConfigReader, NamesFileAndKeyOfAFault)
{
    EXPECT_EQ(errorAfter(R"({"a":"x"})", [](auto& r) { EXPECT_EQ(r.integer("a", 4), 4); }),
              "\"a\" must be a whole number but is \"x\": /c.json");
    EXPECT_EQ(errorAfter(R"({"a":1.5})", [](auto& r) { static_cast<void>(r.integer("a", 4)); }),
              "\"a\" must be a whole number but is 1.5: /c.json");
    EXPECT_EQ(errorAfter(R"({"a":0})", [](auto& r) { EXPECT_EQ(r.integer("a", 4, 1), 4); }),
              "\"a\" must be a whole number of at least 1 but is 0: /c.json");
    EXPECT_EQ(errorAfter(R"({"a":9})", [](auto& r) { EXPECT_EQ(r.integer("a", 4, 1, 8), 4); }),
              "\"a\" must be a whole number from 1 to 8 but is 9: /c.json");
    EXPECT_EQ(errorAfter(R"({"a":18446744073709551615})", [](auto& r) { EXPECT_EQ(r.integer("a", 4), 4); }),
              "\"a\" must be a whole number but is 18446744073709551615: /c.json");
    EXPECT_EQ(errorAfter(R"({"a":true})", [](auto& r) { EXPECT_EQ(r.number("a", 4), 4); }),
              "\"a\" must be a number but is true: /c.json");
    EXPECT_EQ(errorAfter(R"({"a":1})", [](auto& r) { EXPECT_FALSE(r.boolean("a", false)); }),
              "\"a\" must be true or false but is 1: /c.json");
    EXPECT_EQ(errorAfter(R"({"a":[1]})", [](auto& r) { EXPECT_EQ(r.text("a", "z"), "z"); }),
              "\"a\" must be a text but is [1]: /c.json");
    EXPECT_EQ(errorAfter("{}", [](auto& r) { r.require("a"); }), "\"a\" must be given but is missing: /c.json");
    EXPECT_EQ(errorAfter(R"({"a":null})", [](auto& r) { r.require("a"); }), "\"a\" must be given but is null: /c.json");
    EXPECT_EQ(errorAfter("[1]", [](auto&) {}), "the content must be a JSON object but is [1]: /c.json");
}

TEST(ConfigReader, KeepsTheFirstFaultAndAbsorbsNestedOnes)
{
    EXPECT_EQ(errorAfter(R"({"a":"x","b":"y"})",
                         [](auto& r) {
                             static_cast<void>(r.integer("a", 0));
                             static_cast<void>(r.integer("b", 0));
                         }),
              "\"a\" must be a whole number but is \"x\": /c.json");
    EXPECT_EQ(errorAfter(R"({"o":{"p":{"i":"x"}}})",
                         [](auto& r) {
                             ConfigReader outer = r.object("o");
                             ConfigReader inner = outer.object("p");
                             static_cast<void>(inner.integer("i", 0));
                             outer.absorb(inner);
                             r.absorb(outer);
                         }),
              "\"o.p.i\" must be a whole number but is \"x\": /c.json");
    EXPECT_EQ(errorAfter(R"({"o":5})", [](auto& r) { r.absorb(r.object("o")); }),
              "\"o\" must be a JSON object but is 5: /c.json");
}

}  // namespace
}  // namespace armillary::io
