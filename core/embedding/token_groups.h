// The vectors of a record that an analysis is asked about, what each of them stands for, and how they fall into segments.
//
// Tensors and their rows (record.md): `inputs.embeds` and `hidden.{l}` have one row a position, `image.embeds` and
// `world.embeds` one a token of that kind in order of the sequence, `siglip.{i}.last_hidden_state` one a patch, and
// `world.latents` one a latent pixel. A record without layout gives vectors whose kinds are told by the tensor alone.
// Thread rule: plain values and pure functions.
#pragma once

#include "embedding/matrix.h"
#include "records/run_record.h"

#include <optional>
#include <string>
#include <vector>

namespace armillary::embedding {

struct TokenVectors {
    std::string tensor;  // its name in the record
    Matrix vectors;      // [n, D]
    std::vector<std::int64_t>
        positions;                     // [n] in the fused sequence; -1: a patch or latent pixel that is no token itself
    std::vector<TokenKind> kinds;      // [n]
    std::vector<TokenOrigin> origins;  // [n]
    std::vector<std::string> pieces;   // [n]; empty where a row has no word
    std::vector<TokenGrid> grids;      // of the (kind, media, crop) that occur

    [[nodiscard]] std::int64_t size() const { return vectors.rows; }
};

// `tensor` is a name of record.md, or "auto": the first of inputs.embeds, hidden.0, and image and world tokens as they
// entered the sequence. Errors: InvalidInput (no such tensor; rows that do not fit the layout).
[[nodiscard]] Result<TokenVectors> tokenVectors(const RunRecord& record, const std::string& tensor);
// Names of the captured `hidden.{l}` in order of layers.
[[nodiscard]] std::vector<std::string> hiddenTensors(const RunRecord& record);

[[nodiscard]] TokenVectors chosenTokens(const TokenVectors& all, const std::vector<std::int64_t>& rows);
// Rows with NaN or infinite values left out; how many there were is added to `cautions`.
[[nodiscard]] TokenVectors finiteTokens(const TokenVectors& all, std::vector<std::string>& cautions);
// At most `most` rows, spread evenly within every kind; adds to `cautions` when some were left out.
[[nodiscard]] TokenVectors thinnedTokens(const TokenVectors& all, std::int64_t most,
                                         std::vector<std::string>& cautions);

enum class GroupBy {
    Kind,     // text, control, image, world, bracket, generated
    Span,     // runs of one kind, pictures and crops apart
    Picture,  // image and world tokens by media and crop; the others by kind
    Frame,    // world tokens by media and latent frame; the others by kind
};
// In the order of GroupBy, as typed.
[[nodiscard]] const std::vector<std::string>& groupByNames();

// Rows of one TokenVectors that belong together.
struct TokenGroup {
    std::string name;
    TokenKind kind = TokenKind::Text;
    std::vector<std::int64_t> rows;
};

// The groups in order of their first row. `segments` is "all" or kinds parted by commas ("image,world"). Errors:
// InvalidInput (an unknown kind; none of them occurs).
[[nodiscard]] Result<std::vector<TokenGroup>> tokenGroups(const TokenVectors& tokens, const std::string& segments,
                                                          GroupBy by);
// Only the tokens whose kind `segments` names. Errors: as tokenGroups.
[[nodiscard]] Result<TokenVectors> tokensOfSegments(const TokenVectors& tokens, const std::string& segments);

// "image 0 row 3 column 5", "world 0 frame 1 row 0 column 2", or a word's piece: what a table calls row `row`.
[[nodiscard]] std::string tokenLabel(const TokenVectors& tokens, std::int64_t row);

}  // namespace armillary::embedding
