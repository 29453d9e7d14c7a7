#include "text/t5_prompt.h"

#include <fmt/format.h>

#include <algorithm>

namespace armillary::text {

Result<T5Prompt> encodeT5Prompt(const Tokenizer& tokenizer, std::string_view text, std::int64_t maxLength)
{
    if (maxLength < 1)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("a prompt length of {} leaves no room for </s>; take 1 or more", maxLength));
    const auto end = tokenizer.id("</s>");
    const auto padding = tokenizer.id("<pad>");
    if (!end || !padding)
        return fail(ErrorCode::ModelMismatch,
                    "the world model's tokenizer has no </s> or no <pad>; it is not that of a T5 encoder");
    T5Prompt prompt;
    prompt.ids = tokenizer.encode(text);
    prompt.ids.resize(std::min(prompt.ids.size(), static_cast<std::size_t>(maxLength - 1)));
    prompt.ids.push_back(*end);
    prompt.count = static_cast<std::int64_t>(prompt.ids.size());
    prompt.ids.resize(static_cast<std::size_t>(maxLength), *padding);
    return prompt;
}

}  // namespace armillary::text
