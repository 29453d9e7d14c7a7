// The one implementation of Tokenizer: added tokens are cut out, the rest is normalized, cut into words and given to a model.
// Thread rule: immutable once made.
#pragma once

#include "text/added_tokens.h"
#include "text/decoder.h"
#include "text/normalizer.h"
#include "text/pre_tokenizer.h"
#include "text/token_model.h"
#include "text/tokenizer.h"

#include <memory>
#include <string>
#include <vector>

namespace armillary::text {

// What tokenizers share that differ in their added tokens only.
struct TokenizerParts {
    Normalizer normalizer;
    PreTokenizer preTokenizer;
    Decoder decoder;
    std::shared_ptr<const TokenModel> model;
};

class PipelineTokenizer final : public Tokenizer {
public:
    // `added` must have ids below size(): checked by whoever reads them from a file.
    PipelineTokenizer(std::shared_ptr<const TokenizerParts> parts, std::vector<AddedToken> added);

    [[nodiscard]] std::vector<std::int64_t> encode(std::string_view text) const override;
    [[nodiscard]] std::string decode(const std::vector<std::int64_t>& ids, bool skipSpecial) const override;
    [[nodiscard]] std::string piece(std::int64_t id) const override;
    [[nodiscard]] std::string bytes(std::int64_t id) const override;
    [[nodiscard]] std::optional<std::int64_t> id(std::string_view piece) const override;
    [[nodiscard]] bool isControl(std::int64_t id) const override;
    [[nodiscard]] std::int64_t size() const override { return m_size; }
    [[nodiscard]] std::shared_ptr<const Tokenizer> withAddedTokens(
        const std::vector<std::string>& pieces) const override;

private:
    // The form of an id that decoding begins with.
    [[nodiscard]] std::string decodingPiece(std::int64_t id) const;

    std::shared_ptr<const TokenizerParts> m_parts;
    AddedTokens m_added;
    std::int64_t m_size = 0;
};

}  // namespace armillary::text
