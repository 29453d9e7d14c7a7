// Vectors as the rows of one matrix: what every measure of this folder reads.
//
// Rows are tokens, columns are dimensions of the embedding. NaN and infinite values are taken out by `finiteRows` before
// anything is multiplied: one of them would spoil all of a mean or a decomposition.
// Thread rule: plain values and pure functions.
#pragma once

#include "base/error.h"
#include "records/tensor_snapshot.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace armillary::embedding {

struct Matrix {
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::vector<float> values;  // row-major, [rows, columns]

    [[nodiscard]] const float* row(std::int64_t index) const { return values.data() + index * columns; }
    [[nodiscard]] float* row(std::int64_t index) { return values.data() + index * columns; }
};

// All leading axes of `tensor` joined to rows, its last axis as columns. Errors: InvalidInput (fewer than two axes, fewer
// bytes than the shape wants).
[[nodiscard]] Result<Matrix> matrixFromSnapshot(const TensorSnapshot& tensor);
// Of [C,T,h,w] latents one row a latent pixel, in the order (latent frame, row, column): [T*h*w, C]. Errors: InvalidInput.
[[nodiscard]] Result<Matrix> matrixFromLatents(const TensorSnapshot& latents);

// Rows of `matrix` in the order of `indices`, which must lie inside.
[[nodiscard]] Matrix chosenRows(const Matrix& matrix, const std::vector<std::int64_t>& indices);
// Rows of both, one below the other; equal columns, unless one of them has no rows.
[[nodiscard]] Matrix stacked(const Matrix& upper, const Matrix& lower);
// Indices of the rows without NaN and infinite values.
[[nodiscard]] std::vector<std::int64_t> finiteRows(const Matrix& matrix);
// Each row divided by its Euclidean norm; a row of zeros stays zero.
[[nodiscard]] Matrix unitRows(const Matrix& matrix);
// Each column less its mean.
[[nodiscard]] Matrix centredColumns(const Matrix& matrix);
[[nodiscard]] std::vector<double> columnMeans(const Matrix& matrix);
// Euclidean norm of each row.
[[nodiscard]] std::vector<double> rowNorms(const Matrix& matrix);
// Sum of squares of the centred columns: 0 when all rows are equal.
[[nodiscard]] double totalVariation(const Matrix& matrix);

// At most `most` of 0 ... count - 1, spread evenly, the first always among them.
[[nodiscard]] std::vector<std::int64_t> evenlyChosen(std::int64_t count, std::int64_t most);

[[nodiscard]] TensorSnapshot snapshotFromFloats(std::vector<std::int64_t> shape, const std::vector<float>& values);
[[nodiscard]] TensorSnapshot snapshotFromIntegers(std::vector<std::int64_t> shape,
                                                  const std::vector<std::int64_t>& values);
[[nodiscard]] TensorSnapshot snapshotFromMatrix(const Matrix& matrix);

// The q-quantile (0 ... 1) with linear interpolation between the two nearest values; NaN of nothing.
[[nodiscard]] double quantile(std::vector<double> values, double q);
[[nodiscard]] double mean(const std::vector<double>& values);               // NaN of nothing
[[nodiscard]] double standardDeviation(const std::vector<double>& values);  // divided by n - 1; NaN below two values

// Counts of values in `bins` equal steps from `lowest` to `highest` inclusive; values outside count in the end bins.
[[nodiscard]] std::vector<std::int64_t> histogram(const std::vector<double>& values, double lowest, double highest,
                                                  std::int64_t bins);

}  // namespace armillary::embedding
