#include "nn/rotary.h"

#include "nn/cpu_kernels.h"
#include "tensors/shape.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <utility>

namespace armillary::nn {

at::Tensor inverseFrequencies(std::int64_t headWidth, double theta, double factor)
{
    const at::Tensor exponents = at::arange(0, headWidth, 2, at::kLong).to(at::kFloat) / static_cast<double>(headWidth);
    return 1.0 / at::pow(theta, exponents) / factor;
}

RotaryTable rotaryTable(const at::Tensor& inverseFrequencies, std::int64_t first, std::int64_t count, at::Device device)
{
    const at::Tensor positions = at::arange(first, first + count, at::kLong).to(at::kFloat);
    const at::Tensor angles = positions.unsqueeze(1) * inverseFrequencies.unsqueeze(0);  // [S,C/2]
    return {angles.cos().to(device), angles.sin().to(device)};
}

at::Tensor turn(const at::Tensor& x, const RotaryTable& table)
{
    const std::int64_t half = x.size(2) / 2;
    tensors::checkShape(table.cosine, "rotary cosine", {x.size(0), half});
    const at::Tensor cosine = table.cosine.to(x.scalar_type()).unsqueeze(1);  // [S,1,C/2]
    const at::Tensor sine = table.sine.to(x.scalar_type()).unsqueeze(1);
    const at::Tensor first = x.narrow(2, 0, half);
    const at::Tensor second = x.narrow(2, half, half);
    return at::cat({first * cosine - second * sine, second * cosine + first * sine}, 2);
}

at::Tensor normAndTurn(at::Tensor x, const RmsNorm& norm, const RotaryTable& table)
{
    const std::int64_t length = x.size(0);
    const std::int64_t heads = x.size(1);
    const std::int64_t width = x.size(2);
    if (norm.isNone())
        return turn(x, table);
    tensors::checkShape(table.cosine, "rotary cosine", {length, width / 2});
    if (x.is_cpu() && x.scalar_type() == at::kFloat) {
        x = x.contiguous();
        float* data = x.mutable_data_ptr<float>();
        const float* cosine = table.cosine.const_data_ptr<float>();
        const float* sine = table.sine.const_data_ptr<float>();
        const std::int64_t grain = std::max<std::int64_t>(1, 32768 / std::max<std::int64_t>(heads * width, 1));
        at::parallel_for(0, length, grain, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t row = begin; row < end; ++row)
                cpu::rmsNormTurnRows(data + row * heads * width, norm.factor().const_data_ptr<float>(), heads, width,
                                     static_cast<float>(norm.epsilon()), cosine + row * (width / 2),
                                     sine + row * (width / 2));
        });
        return x;
    }
    return turn(norm.forward(x), table);
}

}  // namespace armillary::nn
