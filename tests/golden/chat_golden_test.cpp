// Chat templates, picture texts and their ids against the reference's processor.
#include "support/golden_case.h"
#include "support/test_data.h"
#include "text/chat_prompt.h"
#include "text/tokenizer.h"

#include <gtest/gtest.h>

namespace armillary::text {
namespace {

using Ids = std::vector<std::int64_t>;
using test::dataPath;
using test::GoldenCase;

std::shared_ptr<const Tokenizer> load(const std::string& folder)
{
    auto tokenizer = loadTokenizer(folder);
    EXPECT_TRUE(tokenizer) << tokenizer.error().message;
    return tokenizer ? *tokenizer : nullptr;
}

std::vector<ChatMessage> messagesOf(const nlohmann::json& json)
{
    std::vector<ChatMessage> messages;
    for (const auto& entry : json) {
        ChatMessage message;
        message.role = entry["role"];
        message.isPlainString = entry["content"].is_string();
        if (message.isPlainString) {
            message.parts.push_back({false, entry["content"]});
        } else {
            for (const auto& part : entry["content"])
                message.parts.push_back({part["type"] == "image", part.value("text", "")});
        }
        messages.push_back(std::move(message));
    }
    return messages;
}

// Each row rendered, and the rendered text as ids of the tokenizer whose ids stand under `key`.
void compareRows(const Tokenizer& tokenizer, const char* key)
{
    const GoldenCase golden = GoldenCase::open("cases/gemma/chat_templates");
    ASSERT_GE(golden.json()["rows"].size(), 28U);
    for (const auto& row : golden.json()["rows"]) {
        const auto rendered = renderChat(messagesOf(row["messages"]), row["add_generation_prompt"].get<bool>());
        ASSERT_TRUE(rendered) << rendered.error().message;
        ASSERT_EQ(*rendered, row["rendered"]) << row["name"];
        ASSERT_EQ(tokenizer.encode(*rendered), row[key].get<Ids>()) << row["name"];
    }
}

TEST(ChatGolden, TemplatesWithTheTinyTokenizer)
{
    const auto tokenizer = load(dataPath("models/gemma-tiny"));
    ASSERT_TRUE(tokenizer);
    compareRows(*tokenizer, "tiny_ids");
}

TEST(ChatGolden, TemplatesWithTheGenuineTokenizer)
{
    const auto tokenizer = load(test::sourcePath(".deps/tokenizer-gemma3"));
    ASSERT_TRUE(tokenizer) << "run packaging/fetch-gemma-tokenizer";
    compareRows(*tokenizer, "gemma3_ids");
}

constexpr int kSoftTokensPerImage = 16;  // of models/gemma-tiny

struct PictureCase {
    const char* name;  // below cases/gemma
    std::vector<int> cropCounts;
};

class ChatGoldenPictures : public ::testing::TestWithParam<PictureCase> {};

TEST_P(ChatGoldenPictures, GrowIntoTheReferencesIds)
{
    const GoldenCase golden = GoldenCase::open(std::string("cases/gemma/") + GetParam().name);
    const auto tokenizer = load(dataPath("models/gemma-tiny"));
    ASSERT_TRUE(tokenizer);
    const auto& json = golden.json();
    const std::string rendered =
        json.contains("rendered_prompt") ? json["rendered_prompt"] : json["inputs"]["rendered_prompt"];
    const auto expanded = expandImages(rendered, GetParam().cropCounts, kSoftTokensPerImage);
    ASSERT_TRUE(expanded) << expanded.error().message;
    if (json.contains("expanded_prompt")) {
        EXPECT_EQ(*expanded, json["expanded_prompt"]);
    }
    const Ids ids = tokenizer->encode(*expanded);
    EXPECT_TRUE(test::matches(golden, "input_ids", at::tensor(ids)));
    if (json.contains("token_strings") && json["token_strings"].size() == ids.size()) {
        for (std::size_t i = 0; i < ids.size(); ++i)
            EXPECT_EQ(tokenizer->piece(ids[i]), json["token_strings"][i]) << i;
    }
    const std::int64_t softId = tokenizer->id("<image_soft_token>").value_or(-1);
    Ids types;
    for (const std::int64_t id : ids)
        types.push_back(id == softId ? 1 : 0);
    EXPECT_TRUE(test::matches(golden, "token_type_ids", at::tensor(types)));
}

INSTANTIATE_TEST_SUITE_P(Cases, ChatGoldenPictures,
                         ::testing::Values(PictureCase{"image_text", {0}}, PictureCase{"two_images", {0, 0}},
                                           PictureCase{"pan_and_scan_wide", {3}},
                                           PictureCase{"pan_and_scan_tall", {3}}),
                         [](const auto& info) { return std::string(info.param.name); });

// TheWorld's brackets are numbered behind the vocabulary and stand after <bos>.
TEST(ChatGolden, WorldBrackets)
{
    const GoldenCase golden = GoldenCase::open("cases/theworld/spatial-mlp");
    const auto base = load(dataPath("models/gemma-tiny"));
    ASSERT_TRUE(base);
    const auto tokenizer = base->withAddedTokens({"<start_of_world>", "<end_of_world>"});
    EXPECT_EQ(tokenizer->id("<start_of_world>"), golden.json()["sow_token_id"].get<std::int64_t>());
    EXPECT_EQ(tokenizer->id("<end_of_world>"), golden.json()["eow_token_id"].get<std::int64_t>());
    std::string prompt = golden.json()["inputs"]["rendered_prompt"];
    ASSERT_TRUE(prompt.starts_with("<bos>"));
    prompt.insert(5, "<start_of_world><end_of_world>");
    const auto expanded = expandImages(prompt, {0}, kSoftTokensPerImage);
    ASSERT_TRUE(expanded) << expanded.error().message;
    EXPECT_TRUE(test::matches(golden, "injected_ids", at::tensor(tokenizer->encode(*expanded))));
}

}  // namespace
}  // namespace armillary::text
