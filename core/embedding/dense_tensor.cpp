#include "embedding/dense_tensor.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace armillary::embedding {

at::Tensor viewOfMatrix(const Matrix& matrix)
{
    // from_blob wants a writable pointer; nothing here writes.
    return at::from_blob(const_cast<float*>(matrix.values.data()), {matrix.rows, matrix.columns}, at::kFloat);
}

Matrix matrixFromTensor(const at::Tensor& tensor)
{
    const at::Tensor plain = tensor.to(at::kFloat).contiguous();
    const float* data = plain.const_data_ptr<float>();
    return {plain.size(0), plain.size(1), std::vector<float>(data, data + plain.numel())};
}

std::vector<double> doublesFromTensor(const at::Tensor& tensor)
{
    const at::Tensor plain = tensor.to(at::kDouble).contiguous();
    const double* data = plain.const_data_ptr<double>();
    return {data, data + plain.numel()};
}

at::Tensor gramOfRows(const Matrix& matrix)
{
    const at::Tensor wide = viewOfMatrix(matrix).to(at::kDouble);
    return at::matmul(wide, wide.t());
}

std::vector<double> singularValues(const Matrix& matrix)
{
    if (matrix.rows == 0 || matrix.columns == 0)
        return {};
    const at::Tensor wide = viewOfMatrix(matrix).to(at::kDouble);
    const at::Tensor gram = matrix.rows <= matrix.columns ? at::matmul(wide, wide.t()) : at::matmul(wide.t(), wide);
    std::vector<double> out = doublesFromTensor(at::linalg_eigvalsh(gram).flip(0));
    std::for_each(out.begin(), out.end(), [](double& value) { value = std::sqrt(std::max(value, 0.0)); });
    return out;
}

tl::unexpected<Error> cancelled(const char* what)
{
    return fail(ErrorCode::Cancelled, std::string(what) + " was stopped");
}

}  // namespace armillary::embedding
