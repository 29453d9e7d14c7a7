// The added tokens of a snapshot: those of tokenizer.json, and those that only tokenizer_config.json names.
// Source: TokenizersBackend of transformers 5.
// Thread rule: free functions without shared state.
#pragma once

#include "base/error.h"
#include "text/added_tokens.h"
#include "text/token_model.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace armillary::text {

// The entry "added_tokens" of a tokenizer.json (null: none). A token that the model's vocabulary has must have the same id there;
// the others are numbered on from it without a gap. Errors: FileRead.
[[nodiscard]] Result<std::vector<AddedToken>> addedTokensFromJson(const nlohmann::json& json, const TokenModel& model,
                                                                  const std::string& path);

// Adds to `tokens` what tokenizer_config.json in `folder` names (nothing when there is no such file): added_tokens_decoder, the
// special tokens (bos_token ...) and the extra special tokens. Those already known become special, the others get the next
// ids; T5's sentinels <extra_id_N> are numbered downwards. Errors: FileRead.
[[nodiscard]] Result<void> addTokensOfConfig(std::vector<AddedToken>& tokens, const TokenModel& model,
                                             const std::string& folder);

}  // namespace armillary::text
