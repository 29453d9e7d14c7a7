// Prompts of the world model as its T5 encoder takes them: a fixed number of ids, </s> at the end of the text, padding behind.
// Source: the call of T5TokenizerFast in diffusers' Cosmos2VideoToWorldPipeline.
// Thread rule: free functions without shared state.
#pragma once

#include "base/error.h"
#include "text/tokenizer.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace armillary::text {

// The prompt length of the published Cosmos pipelines.
inline constexpr std::int64_t kT5PromptLength = 512;

struct T5Prompt {
    std::vector<std::int64_t> ids;  // [maxLength]
    std::int64_t count = 0;         // the first `count` are text and </s>, the others padding
};

// A longer text is cut to maxLength - 1 ids before </s> follows. Errors: InvalidInput (maxLength below 1), ModelMismatch (a
// tokenizer without </s> or <pad>).
[[nodiscard]] Result<T5Prompt> encodeT5Prompt(const Tokenizer& tokenizer, std::string_view text,
                                              std::int64_t maxLength = kT5PromptLength);

}  // namespace armillary::text
