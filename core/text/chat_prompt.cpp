#include "text/chat_prompt.h"

#include "text/unicode_classes.h"
#include "text/utf8.h"

#include <fmt/format.h>

#include <string_view>

namespace armillary::text {
namespace {

constexpr std::string_view kBeginOfImage = "<start_of_image>";
constexpr std::string_view kEndOfImage = "<end_of_image>";
constexpr std::string_view kSoftToken = "<image_soft_token>";

// What Python's str.strip() takes away, which the template's `trim` is: white space and the four information separators.
bool isTrimmed(char32_t c)
{
    return isWhiteSpace(c) || (c >= 0x1C && c <= 0x1F);
}

std::string_view trimmed(std::string_view text)
{
    std::size_t begin = text.size();
    std::size_t end = 0;
    for (std::size_t at = 0; at < text.size();) {
        const Utf8Read read = readUtf8(text, at);
        if (!isTrimmed(read.codePoint)) {
            begin = std::min(begin, at);
            end = at + read.bytes;
        }
        at += read.bytes;
    }
    return begin < end ? text.substr(begin, end - begin) : std::string_view();
}

std::string wholeText(const ChatMessage& message)
{
    std::string text;
    for (const ChatPart& part : message.parts)
        text += part.isImage ? std::string(kBeginOfImage) : part.text;
    return text;
}

}  // namespace

Result<std::string> renderChat(const std::vector<ChatMessage>& messages, bool addGenerationPrompt)
{
    if (messages.empty())
        return fail(ErrorCode::InvalidInput, "the conversation has no message; ask a question");
    std::string rendered = "<bos>";
    std::string prefix;
    std::size_t first = 0;
    if (messages[0].role == "system") {
        const ChatMessage& system = messages[0];
        if (!system.isPlainString && (system.parts.empty() || system.parts[0].isImage))
            return fail(ErrorCode::InvalidInput,
                        "the system message must begin with text; move its picture into a user message");
        // The template takes the first part of a system message and leaves out the others.
        prefix = (system.isPlainString ? wholeText(system) : system.parts[0].text) + "\n\n";
        first = 1;
    }
    for (std::size_t i = first; i < messages.size(); ++i) {
        const ChatMessage& message = messages[i];
        const bool isUsersTurn = (i - first) % 2 == 0;
        if ((message.role == "user") != isUsersTurn)
            return fail(
                ErrorCode::InvalidInput,
                fmt::format("message {} is of role \"{}\", but user and assistant must alternate, the user first",
                            i + 1, message.role));
        rendered += "<start_of_turn>" + (message.role == "assistant" ? std::string("model") : message.role) + "\n";
        if (i == first)
            rendered += prefix;
        if (message.isPlainString) {
            rendered += trimmed(wholeText(message));
        } else {
            for (const ChatPart& part : message.parts)
                rendered += part.isImage ? kBeginOfImage : trimmed(part.text);
        }
        rendered += "<end_of_turn>\n";
    }
    if (addGenerationPrompt)
        rendered += "<start_of_turn>model\n";
    return rendered;
}

std::string chatMlTurn(const std::string& role, const std::string& content)
{
    return fmt::format("<|im_start|>{}\n{}<|im_end|>\n", role, content);
}

Result<std::string> renderChatMl(const std::vector<ChatMessage>& messages, bool addGenerationPrompt)
{
    if (messages.empty())
        return fail(ErrorCode::InvalidInput, "the conversation has no message; ask a question");
    std::string rendered;
    for (const ChatMessage& message : messages) {
        std::string content;
        for (const ChatPart& part : message.parts) {
            if (part.isImage)
                return fail(ErrorCode::InvalidInput,
                            "how many tokens a picture has depends on its size; ask about it instead");
            content += part.text;
        }
        rendered += chatMlTurn(message.role == "model" ? "assistant" : message.role, content);
    }
    return addGenerationPrompt ? rendered + kChatMlAnswer : rendered;
}

Result<std::string> expandImages(const std::string& rendered, const std::vector<int>& cropCounts,
                                 int softTokensPerImage)
{
    std::string picture = fmt::format("\n\n{}", kBeginOfImage);
    for (int i = 0; i < softTokensPerImage; ++i)
        picture += kSoftToken;
    picture += fmt::format("{}\n\n", kEndOfImage);

    std::string expanded;
    std::size_t done = 0;
    std::size_t image = 0;
    for (std::size_t found = rendered.find(kBeginOfImage); found != std::string::npos;
         found = rendered.find(kBeginOfImage, done)) {
        expanded.append(rendered, done, found - done);
        done = found + kBeginOfImage.size();
        const int crops = image < cropCounts.size() ? cropCounts[image] : 0;
        ++image;
        if (crops <= 0) {
            expanded += picture;
            continue;
        }
        expanded += "Here is the original image " + picture + " and here are some crops to help you see better ";
        for (int crop = 0; crop < crops; ++crop)
            expanded += (crop > 0 ? " " : "") + picture;
    }
    if (image != cropCounts.size())
        return fail(ErrorCode::InvalidInput,
                    fmt::format("the prompt has {} {} but {} pictures are given; the two must match", image,
                                kBeginOfImage, cropCounts.size()));
    expanded.append(rendered, done);
    return expanded;
}

}  // namespace armillary::text
