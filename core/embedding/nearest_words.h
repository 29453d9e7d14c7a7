// The words of a vocabulary that lie nearest to a token's vector, and what chance would give.
//
// A list of nearest words always looks like something. The null draws as many vectors from a Gaussian of the same mean and the
// same covariance as the tokens and asks for their nearest words too: only what goes beyond that list says anything about the
// tokens. Cosines; soft tokens are known to lie near unrelated words (Khashabi et al. 2021, arXiv 2112.08348).
// Thread rule: the functions run on the caller's thread; `read` is called from there too.
#pragma once

#include "embedding/matrix.h"

#include <functional>
#include <stop_token>

namespace armillary::embedding {

// A table of embeddings that stays where it is: rows are handed out in blocks.
struct EmbeddingTable {
    std::int64_t rows = 0;  // words
    std::int64_t columns = 0;
    // Writes rows first ... first + count - 1 to `out`, [count, columns].
    std::function<void(std::int64_t first, std::int64_t count, float* out)> read;
};

// Of a snapshot [words, D], which must outlive the table. Errors: InvalidInput.
[[nodiscard]] Result<EmbeddingTable> tableOfSnapshot(const TensorSnapshot& snapshot);

// Best first, k a token.
struct WordList {
    std::int64_t count = 0;         // k
    std::vector<std::int64_t> ids;  // [n, k]
    std::vector<float> cosines;     // [n, k]
};

struct NearestWords {
    WordList tokens;
    WordList noise;               // of the null's vectors, [draws, k]
    double meanBest = 0;          // of the tokens' best cosines
    double noiseMean = 0;         // of the null's best cosines
    double noiseHigh = 0;         // their 95 % quantile
    double beyondNoise = 0;       // share of tokens whose best cosine lies above `noiseHigh`
    double sharedWords = 0;       // share of the tokens' different best words that are best words of the null too
    std::vector<double> pValues;  // [n], (1 + draws with a best cosine at least as high) / (1 + draws)
    std::vector<std::string> cautions;
};

struct NearestWordsOptions {
    std::int64_t count = 5;  // k
    std::int64_t noiseDraws = 200;
    std::uint64_t seed = 0;
    std::int64_t blockRows = 8192;  // of the table at a time: 84 MB at D = 2,560
};

// `vectors` must be finite. Cost 2 (n + draws) V D operations. Errors: InvalidInput (widths differ, an empty table),
// Cancelled.
[[nodiscard]] Result<NearestWords> nearestWords(const Matrix& vectors, const EmbeddingTable& table,
                                                const NearestWordsOptions& options, const std::stop_token& stop);

// `draws` vectors of a Gaussian whose mean and covariance are those of the rows: mean + z Xc / sqrt(n - 1) with z standard
// normal, so that no D x D matrix is needed. One row alone gives copies of itself.
[[nodiscard]] Matrix gaussianLike(const Matrix& vectors, std::int64_t draws, std::uint64_t seed);

}  // namespace armillary::embedding
