// The names by which a decoder asks for its tensors; every family's namings are brought to these.
//
//   language_model.embed_tokens.weight   language_model.norm.weight   language_model.lm_head.weight
//   language_model.layers.N.  input_layernorm  self_attn.{q,k,v,o}_proj  self_attn.{q,k}_norm  post_attention_layernorm
//                             pre_feedforward_layernorm  mlp.{gate,up,down}_proj  post_feedforward_layernorm
//
// As Gemma 3 calls them: post_attention_layernorm stands behind attention, pre_feedforward_layernorm before the MLP. Families
// of two norms a layer call the latter post_attention_layernorm or norm2.
#pragma once

#include <string_view>

namespace armillary::language {

inline constexpr std::string_view kEmbeddingName = "language_model.embed_tokens.weight";
inline constexpr std::string_view kHeadName = "language_model.lm_head.weight";

}  // namespace armillary::language
