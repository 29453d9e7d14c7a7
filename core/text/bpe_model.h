// Byte pair encoding with byte fallback: characters are joined pair by pair, the pair of lowest rank first.
// Source: models/bpe of the library `tokenizers` 0.23. Costs O(n log n) in the length of a word: Gemma's words are whole lines.
// Thread rule: immutable once made.
#pragma once

#include "base/error.h"
#include "text/token_model.h"
#include "text/tokenizer_file.h"
#include "text/vocabulary.h"

#include <array>
#include <memory>

namespace armillary::text {

class BpeModel final : public TokenModel {
public:
    // Takes the lists out of `file`. Errors: FileRead (no vocabulary, ids with gaps or twice, merges of unknown pieces, ...).
    [[nodiscard]] static Result<std::shared_ptr<const BpeModel>> make(TokenizerFile& file);

    void encode(std::string_view word, std::vector<std::int64_t>& ids) const override;
    [[nodiscard]] std::string piece(std::int64_t id) const override;
    [[nodiscard]] std::optional<std::int64_t> id(std::string_view piece) const override;
    [[nodiscard]] bool isControl(std::int64_t) const override { return false; }
    [[nodiscard]] std::int64_t size() const override { return m_vocabulary.size(); }

private:
    struct Merge {
        std::uint64_t pair = kNoPair;
        std::uint32_t rank = 0;
        std::int32_t merged = 0;
    };
    // A piece of the word while pieces are being joined; those joined into their left neighbour are dead.
    struct Symbol {
        std::int32_t id = 0;
        std::int32_t previous = -1;
        std::int32_t next = -1;
        bool isDead = false;
    };
    static constexpr std::uint64_t kNoPair = ~std::uint64_t{0};

    [[nodiscard]] Result<void> setMerges(const TokenizerFile& file);
    [[nodiscard]] const Merge* find(std::int32_t left, std::int32_t right) const;
    [[nodiscard]] Merge& slotOf(std::uint64_t pair);
    [[nodiscard]] std::vector<Symbol> symbolsOf(std::string_view word) const;
    void join(std::vector<Symbol>& symbols) const;

    Vocabulary m_vocabulary;
    std::vector<Merge> m_merges;                // open addressing by pair, linear probing
    std::array<std::int32_t, 256> m_byteIds{};  // of the pieces <0x00> ... <0xFF>; -1: not in the vocabulary
    std::optional<std::int32_t> m_unknownId;
    bool m_fusesUnknown = false;
    bool m_hasByteFallback = false;
    bool m_ignoresMerges = false;
};

}  // namespace armillary::text
