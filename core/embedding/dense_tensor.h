// Between Matrix and LibTorch, for the sources of this folder; the name of at::Tensor is all a reader of headers sees of it.
// Thread rule: pure functions.
#pragma once

#include "embedding/matrix.h"

#include <stop_token>

namespace at {
class Tensor;
}

namespace armillary::embedding {

// A view, float32: `matrix` must outlive it and must not be written through it.
[[nodiscard]] at::Tensor viewOfMatrix(const Matrix& matrix);
[[nodiscard]] Matrix matrixFromTensor(const at::Tensor& tensor);
[[nodiscard]] std::vector<double> doublesFromTensor(const at::Tensor& tensor);

// X X^T of the rows in float64: [n, n].
[[nodiscard]] at::Tensor gramOfRows(const Matrix& matrix);
// Singular values, largest first, min(n, D) of them, through the eigenvalues of the smaller Gram matrix in float64: values
// below about 1e-8 of the largest are noise.
[[nodiscard]] std::vector<double> singularValues(const Matrix& matrix);

// What a stopped analysis returns. Not inline: GCC 12 warns of a copy past a string's end where it is.
[[nodiscard]] tl::unexpected<Error> cancelled(const char* what);

}  // namespace armillary::embedding
