// Records made up by hand, so that panels can be tested without a model: a prompt of text, brackets, world tokens and image
// tokens in the order of the real thing, and an answer.
// Thread rule: plain values.
#pragma once

#include "records/run_record.h"

#include <memory>
#include <string>
#include <vector>

namespace armillary::test {

class RecordBuilder {
public:
    RecordBuilder();

    // A picture of one colour gradient, heightPixels x widthPixels; returns its media index.
    int addPicture(const std::string& path, int heightPixels, int widthPixels);
    // Token pieces, one a word.
    RecordBuilder& text(const std::vector<std::string>& pieces, TokenKind kind = TokenKind::Text);
    RecordBuilder& worldTokens(int media, int latentFrames, int rows, int columns);
    RecordBuilder& imageTokens(int media, int rows, int columns);
    RecordBuilder& answer(const std::vector<std::string>& pieces);
    RecordBuilder& outcome(RunOutcome outcome, StopReason reason);

    [[nodiscard]] const TokenLayout& layout() const { return m_layout; }
    [[nodiscard]] std::shared_ptr<const RunRecord> build() const;

    // <bos> + world grid in brackets + an image grid + a question + an answer of words, about one picture.
    [[nodiscard]] static RecordBuilder typical(int worldSide = 8, int imageSide = 4);

private:
    void position(TokenKind kind, std::int64_t id, const std::string& piece, const TokenOrigin& origin);

    RunRecord m_record;
    TokenLayout m_layout;
};

// A picture whose red grows to the right and green grows down.
[[nodiscard]] Image gradientImage(int heightPixels, int widthPixels);

}  // namespace armillary::test
