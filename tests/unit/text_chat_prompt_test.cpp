#include "text/chat_prompt.h"

#include <gtest/gtest.h>

namespace armillary::text {
namespace {

ChatMessage plain(const std::string& role, const std::string& text)
{
    return {role, {{false, text}}, true};
}

TEST(ChatPrompt, RendersOneTurn)
{
    EXPECT_EQ(renderChat({plain("user", " Hi ")}, true).value(),
              "<bos><start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\n");
    EXPECT_EQ(renderChat({plain("user", "Hi")}, false).value(), "<bos><start_of_turn>user\nHi<end_of_turn>\n");
}

TEST(ChatPrompt, TrimsPartsOneByOneAndAStringAsAWhole)
{
    const ChatMessage parts{"user", {{false, "  a "}, {true, ""}, {false, "\nb\u3000"}, {false, " \x1c"}}, false};
    EXPECT_EQ(renderChat({parts}, false).value(), "<bos><start_of_turn>user\na<start_of_image>b<end_of_turn>\n");
    EXPECT_EQ(renderChat({plain("user", "\u00a0 a  b \n")}, false).value(),
              "<bos><start_of_turn>user\na  b<end_of_turn>\n");
    EXPECT_EQ(renderChat({plain("user", " \t ")}, false).value(), "<bos><start_of_turn>user\n<end_of_turn>\n");
}

TEST(ChatPrompt, PutsTheSystemTextBeforeTheFirstTurnUntrimmed)
{
    EXPECT_EQ(renderChat({plain("system", " Be brief. "), plain("user", "Hi"), plain("assistant", "Yes."),
                          plain("user", "So?")},
                         true)
                  .value(),
              "<bos><start_of_turn>user\n Be brief. \n\nHi<end_of_turn>\n<start_of_turn>model\nYes.<end_of_turn>\n"
              "<start_of_turn>user\nSo?<end_of_turn>\n<start_of_turn>model\n");
    const ChatMessage parts{"system", {{false, "First."}, {false, "Second."}}, false};
    EXPECT_EQ(renderChat({parts, plain("user", "Hi")}, false).value(),
              "<bos><start_of_turn>user\nFirst.\n\nHi<end_of_turn>\n");
}

TEST(ChatPrompt, RefusesWhatTheTemplateRefuses)
{
    const std::vector<std::vector<ChatMessage>> broken = {
        {},
        {plain("assistant", "Hi")},
        {plain("user", "Hi"), plain("user", "Hi")},
        {plain("system", "Hi"), plain("assistant", "Hi")},
        {plain("user", "Hi"), plain("assistant", "Hi"), plain("assistant", "Hi")},
        {{"system", {{true, ""}}, false}, plain("user", "Hi")},
        {{"system", {}, false}, plain("user", "Hi")},
    };
    for (const auto& messages : broken) {
        const auto rendered = renderChat(messages, true);
        ASSERT_FALSE(rendered);
        EXPECT_EQ(rendered.error().code, ErrorCode::InvalidInput);
    }
    EXPECT_NE(renderChat(broken[2], true).error().message.find("message 2"), std::string::npos);
}

TEST(ChatPrompt, GrowsPictures)
{
    const std::string picture = "\n\n<start_of_image><image_soft_token><image_soft_token><end_of_image>\n\n";
    EXPECT_EQ(expandImages("a<start_of_image>b<start_of_image>", {0, 0}, 2).value(), "a" + picture + "b" + picture);
    EXPECT_EQ(expandImages("<start_of_image>", {2}, 2).value(), "Here is the original image " + picture +
                                                                    " and here are some crops to help you see better " +
                                                                    picture + " " + picture);
    EXPECT_EQ(expandImages("<start_of_image>|<start_of_image>", {1, 0}, 2).value(),
              "Here is the original image " + picture + " and here are some crops to help you see better " + picture +
                  "|" + picture);
    EXPECT_EQ(expandImages("text", {}, 2).value(), "text");
}

TEST(ChatPrompt, CountsPictures)
{
    EXPECT_EQ(expandImages("a<start_of_image>", {}, 4).error().message,
              "the prompt has 1 <start_of_image> but 0 pictures are given; the two must match");
    EXPECT_EQ(expandImages("a", {0}, 4).error().code, ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace armillary::text
