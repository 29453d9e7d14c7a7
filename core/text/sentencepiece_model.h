// A SentencePiece model (tokenizer.model, spiece.model), for snapshots without tokenizer.json.
// Thread rule: immutable once loaded.
#pragma once

#include "base/error.h"
#include "text/decoder.h"
#include "text/token_model.h"

#include <memory>

namespace sentencepiece {
class SentencePieceProcessor;
}

namespace armillary::text {

class SentencePieceModel final : public TokenModel {
public:
    // Errors: FileRead.
    [[nodiscard]] static Result<std::shared_ptr<const SentencePieceModel>> load(const std::string& path);
    ~SentencePieceModel() override;

    void encode(std::string_view word, std::vector<std::int64_t>& ids) const override;
    [[nodiscard]] std::string piece(std::int64_t id) const override;
    [[nodiscard]] std::optional<std::int64_t> id(std::string_view piece) const override;
    [[nodiscard]] bool isControl(std::int64_t id) const override;
    [[nodiscard]] std::int64_t size() const override;
    // What undoes encode: a model that puts a space before every text has it taken off again.
    [[nodiscard]] Decoder decoder() const;

private:
    std::unique_ptr<sentencepiece::SentencePieceProcessor> m_processor;
};

}  // namespace armillary::text
