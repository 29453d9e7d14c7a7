// Gemma 3's chat template and nanoVLM's, and the growth of one <start_of_image> a picture into its full picture text.
// Source: the chat template and Gemma3Processor of transformers 5; facts in tests/data/README.md.
// Thread rule: free functions without shared state.
#pragma once

#include "base/error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace armillary::text {

// A part of a turn: a picture, or text.
struct ChatPart {
    bool isImage = false;
    std::string text;
};

struct ChatMessage {
    std::string role;  // "system", "user", "assistant" (or "model")
    std::vector<ChatPart> parts;
    bool isPlainString = false;  // content given as one string: the template trims it as a whole
};

// The rendered prompt, <bos> included. Errors: InvalidInput when the roles do not alternate.
[[nodiscard]] Result<std::string> renderChat(const std::vector<ChatMessage>& messages, bool addGenerationPrompt);

// A turn as ChatML has it, which nanoVLM's language model was trained on: content is not trimmed.
[[nodiscard]] std::string chatMlTurn(const std::string& role, const std::string& content);
inline constexpr const char* kChatMlAnswer = "<|im_start|>assistant\n";  // opens the model's turn
// Messages of text alone, rendered as ChatML. Errors: InvalidInput (no message, a picture: its tokens depend on its size).
[[nodiscard]] Result<std::string> renderChatMl(const std::vector<ChatMessage>& messages, bool addGenerationPrompt);

// Replaces the i-th <start_of_image> by the picture text: begin, `softTokensPerImage` soft tokens, end, with the newlines and, when
// cropCounts[i] > 0, the pan-and-scan sentence with that many crops. Errors: InvalidInput when the number of
// <start_of_image> in `rendered` is not cropCounts.size().
[[nodiscard]] Result<std::string> expandImages(const std::string& rendered, const std::vector<int>& cropCounts,
                                               int softTokensPerImage);

}  // namespace armillary::text
