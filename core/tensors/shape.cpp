#include "tensors/shape.h"

#include <c10/util/Exception.h>

namespace armillary::tensors {

void checkShape(const at::Tensor& tensor, std::string_view name, std::initializer_list<std::int64_t> sizes)
{
    bool fits = tensor.dim() == static_cast<std::int64_t>(sizes.size());
    std::int64_t axis = 0;
    for (const std::int64_t size : sizes) {
        fits = fits && (size < 0 || tensor.size(axis) == size);
        ++axis;
    }
    TORCH_CHECK(fits, name, " has shape ", tensor.sizes(), ", expected ", c10::IntArrayRef(sizes.begin(), sizes.size()),
                " (-1 = any)");
}

}  // namespace armillary::tensors
