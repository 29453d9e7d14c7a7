// Unigram language model: of all ways to cut a word into pieces the one with the highest sum of log-probabilities.
// Source: models/unigram of the library `tokenizers` 0.23 (its Viterbi over byte positions, doubles, first of equals wins).
// Thread rule: immutable once made.
#pragma once

#include "base/error.h"
#include "text/byte_trie.h"
#include "text/token_model.h"
#include "text/tokenizer_file.h"
#include "text/vocabulary.h"

#include <memory>

namespace armillary::text {

class UnigramModel final : public TokenModel {
public:
    // Takes the vocabulary out of `file`. Errors: FileRead (no vocabulary, unk_id missing or out of range).
    [[nodiscard]] static Result<std::shared_ptr<const UnigramModel>> make(TokenizerFile& file);

    void encode(std::string_view word, std::vector<std::int64_t>& ids) const override;
    [[nodiscard]] std::string piece(std::int64_t id) const override;
    [[nodiscard]] std::optional<std::int64_t> id(std::string_view piece) const override;
    [[nodiscard]] bool isControl(std::int64_t) const override { return false; }
    [[nodiscard]] std::int64_t size() const override { return m_vocabulary.size(); }

private:
    Vocabulary m_vocabulary;
    std::vector<double> m_scores;  // log-probabilities by id
    ByteTrie m_trie;
    std::int32_t m_unknownId = 0;
    double m_unknownScore = 0;
    bool m_hasByteFallback = false;
};

}  // namespace armillary::text
