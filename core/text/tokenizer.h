// Text to vocabulary ids and back, as the snapshot's own tokenizer does it.
//
// Two readers behind one interface: tokenizer.json (BPE with byte fallback as Gemma's, unigram as T5's) and SentencePiece
// models. tokenizer.json wins where a snapshot has both, because it alone cuts control tokens out of raw text (golden facts).
// Thread rule: immutable once loaded; const calls are safe from several threads.
#pragma once

#include "base/error.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace armillary::text {

class Tokenizer {
public:
    virtual ~Tokenizer() = default;

    // Ids of `text` as it stands: no <bos> and no </s> is added. Control tokens inside `text` become their ids.
    [[nodiscard]] virtual std::vector<std::int64_t> encode(std::string_view text) const = 0;
    // The text of `ids`. Control tokens are left out when `skipSpecial`. Bytes that do not form UTF-8 become U+FFFD.
    [[nodiscard]] virtual std::string decode(const std::vector<std::int64_t>& ids, bool skipSpecial) const = 0;
    // The vocabulary's own name of an id ("\u2581the", "<0x0A>", "<bos>"); empty when there is none.
    [[nodiscard]] virtual std::string piece(std::int64_t id) const = 0;
    // The raw bytes that `id` adds to a text that has already begun (a byte-fallback id gives one byte, a control token none); for
    // streaming.
    [[nodiscard]] virtual std::string bytes(std::int64_t id) const = 0;
    [[nodiscard]] virtual std::optional<std::int64_t> id(std::string_view piece) const = 0;
    [[nodiscard]] virtual bool isControl(std::int64_t id) const = 0;
    // Ids run from 0 to size()-1, added tokens included: what the reference's len(tokenizer) gives.
    [[nodiscard]] virtual std::int64_t size() const = 0;
    // A tokenizer that knows the further special tokens `pieces`, numbered from size() on (TheWorld's brackets); those already
    // known keep their ids. What the reference's add_special_tokens does.
    [[nodiscard]] virtual std::shared_ptr<const Tokenizer> withAddedTokens(
        const std::vector<std::string>& pieces) const = 0;
};

// The tokenizer of snapshot folder `path` (tokenizer.json, else tokenizer.model, else spiece.model). Errors: FileRead.
[[nodiscard]] Result<std::shared_ptr<const Tokenizer>> loadTokenizer(const std::string& path);

// Turns the bytes of successive tokens into valid UTF-8: the bytes of an unfinished character wait for the next token.
class Utf8Stream {
public:
    // What `bytes` completes; broken sequences become U+FFFD.
    [[nodiscard]] std::string add(std::string_view bytes);
    // What still waits, as U+FFFD; call once at the end.
    [[nodiscard]] std::string finish();

private:
    std::string m_waiting;
};

}  // namespace armillary::text
