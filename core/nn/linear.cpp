#include "nn/linear.h"

#include "nn/cpu_kernels.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <utility>

namespace armillary::nn {
namespace {

// Up to here the kernel that reads each bfloat16 weight once beats widening it to float32 first; above, the activations
// outgrow the second-level cache.
constexpr std::int64_t kMostDotRows = 32;

const std::uint16_t* bits(const at::Tensor& weight)
{
    return reinterpret_cast<const std::uint16_t*>(weight.const_data_ptr<at::BFloat16>());
}

// x [M,in] with few rows, bfloat16 weight [out,in] -> [M,out].
at::Tensor dotForward(const at::Tensor& x, const at::Tensor& weight)
{
    const std::int64_t xRows = x.size(0);
    const std::int64_t width = weight.size(1);
    const std::int64_t rows = weight.size(0);
    const at::Tensor permuted = at::empty_like(x);
    for (std::int64_t m = 0; m < xRows; ++m)
        cpu::permuteForDot(x.const_data_ptr<float>() + m * width, permuted.mutable_data_ptr<float>() + m * width, width);
    at::Tensor out = at::empty({xRows, rows}, x.options());
    float* outData = out.mutable_data_ptr<float>();
    const float* xData = permuted.const_data_ptr<float>();
    const std::uint16_t* weightData = bits(weight);
    // Below about 64 kB of weights waking a thread costs more than it saves.
    const std::int64_t grain = std::max<std::int64_t>(4, 32768 / std::max<std::int64_t>(width, 1));
    at::parallel_for(0, rows, grain, [&](std::int64_t begin, std::int64_t end) {
        cpu::dotBfloat16Rows(weightData + begin * width, end - begin, width, xData, xRows, outData + begin, rows);
    });
    return out;
}

// `total` in equal parts of at most `most`, their number a multiple of `multiple` where that can be: the size of a part.
std::int64_t evenPart(std::int64_t total, std::int64_t most, std::int64_t multiple)
{
    const std::int64_t rounds = (total + most * multiple - 1) / (most * multiple);
    const std::int64_t parts = rounds * multiple;
    return std::max<std::int64_t>(1, (total + parts - 1) / parts);
}

// x [M,in] with many rows, bfloat16 weight [out,in] -> [M,out]: each thread widens a block of weight rows into a buffer that
// stays in its cache, and multiplies with that.
at::Tensor blockForward(const at::Tensor& x, const at::Tensor& weight)
{
    constexpr std::int64_t kMostBlockRows = 256;   // 2.5 MB of float32 at Gemma's width
    constexpr std::int64_t kLeastBlockRows = 64;   // fewer make the product slow
    const std::int64_t width = weight.size(1);
    const std::int64_t rows = weight.size(0);
    const std::int64_t xRows = x.size(0);
    const std::int64_t threads = std::max(1, at::get_num_threads());
    const std::int64_t blockRows = std::clamp(evenPart(rows, kMostBlockRows, threads), std::min(kLeastBlockRows, rows), rows);
    const std::int64_t blocks = (rows + blockRows - 1) / blockRows;
    // With more threads than blocks the rows of x are split as well.
    const std::int64_t tiles = std::clamp<std::int64_t>(threads / blocks, 1, std::max<std::int64_t>(1, xRows / kMostDotRows));
    const std::int64_t tileRows = (xRows + tiles - 1) / tiles;

    at::Tensor out = at::empty({xRows, rows}, x.options());
    const std::uint16_t* weightData = bits(weight);
    const bool inference = c10::InferenceMode::is_enabled();
    at::parallel_for(0, blocks * tiles, 1, [&](std::int64_t begin, std::int64_t end) {
        const c10::InferenceMode mode(inference);  // the pool's threads do not inherit it
        const at::Tensor buffer = at::empty({blockRows, width}, x.options());
        std::int64_t widened = -1;
        for (std::int64_t task = begin; task < end; ++task) {
            const std::int64_t block = task / tiles;
            const std::int64_t first = block * blockRows;
            const std::int64_t count = std::min(blockRows, rows - first);
            const std::int64_t firstX = task % tiles * tileRows;
            const std::int64_t countX = std::min(tileRows, xRows - firstX);
            if (countX <= 0)
                continue;
            if (block != widened)
                cpu::floatFromBfloat16(weightData + first * width, buffer.mutable_data_ptr<float>(), count * width);
            widened = block;
            at::Tensor part = out.narrow(0, firstX, countX).narrow(1, first, count);
            at::mm_out(part, x.narrow(0, firstX, countX), buffer.narrow(0, 0, count).t());
        }
    });
    return out;
}

}  // namespace

Linear::Linear(at::Tensor weight, at::Tensor bias) : m_weight(std::move(weight)), m_bias(std::move(bias)) {}

at::Tensor Linear::forward(const at::Tensor& x) const
{
    if (x.scalar_type() == m_weight.scalar_type())
        return at::linear(x, m_weight, m_bias);
    const bool widening = x.is_cpu() && x.scalar_type() == at::kFloat && m_weight.scalar_type() == at::kBFloat16
                          && m_weight.is_contiguous();
    if (!widening)
        return at::linear(x, m_weight.to(x.scalar_type()), m_bias.defined() ? m_bias.to(x.scalar_type()) : at::Tensor());

    const at::Tensor rows = x.reshape({-1, x.size(-1)}).contiguous();  // [M,in]
    at::Tensor out = rows.size(0) <= kMostDotRows ? dotForward(rows, m_weight) : blockForward(rows, m_weight);
    if (m_bias.defined())
        out.add_(m_bias);
    std::vector<std::int64_t> sizes = x.sizes().vec();
    sizes.back() = m_weight.size(0);
    return out.view(sizes);
}

}  // namespace armillary::nn
