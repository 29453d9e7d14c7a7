#include "nn/linear.h"

#include "nn/cpu_kernels.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <utility>

namespace armillary::nn {
namespace {

// What of the activations and of the weights is gone over at a time, so that both stay in a core's second-level cache.
constexpr std::int64_t kActivationBlockBytes = 256 << 10;
constexpr std::int64_t kWeightBlockBytes = 384 << 10;
constexpr std::int64_t kMostPartWidth = 2560;
// Rows of weights that the kernels take at once.
constexpr std::int64_t kRowsAtOnce = 4;
// Without AVX-512 more rows than these are faster by widening the weights and LibTorch's own product.
constexpr std::int64_t kMostRowsWithoutAvx512 = 16;

const std::uint16_t* bits(const at::Tensor& weight)
{
    return reinterpret_cast<const std::uint16_t*>(weight.const_data_ptr<at::BFloat16>());
}

// As many rows as fit into `bytes`, a multiple of what the kernels take at once.
std::int64_t blockRows(std::int64_t bytes, std::int64_t rowBytes)
{
    return std::max(kRowsAtOnce, bytes / std::max<std::int64_t>(rowBytes, 1) / kRowsAtOnce * kRowsAtOnce);
}

// x [M,in], bfloat16 weight [out,in] -> [M,out] by the kernel that widens weights in registers.
at::Tensor dotForward(const at::Tensor& x, const at::Tensor& weight)
{
    const std::int64_t xRows = x.size(0);
    const std::int64_t width = weight.size(1);
    const std::int64_t rows = weight.size(0);
    const std::int64_t padded = cpu::paddedForDot(width);
    const at::Tensor permuted = at::empty({xRows, padded}, x.options());
    const float* given = x.const_data_ptr<float>();
    float* xData = permuted.mutable_data_ptr<float>();
    const std::int64_t xGrain = std::max<std::int64_t>(1, 32768 / std::max<std::int64_t>(width, 1));
    at::parallel_for(0, xRows, xGrain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t m = begin; m < end; ++m)
            cpu::permuteForDot(given + m * width, xData + m * padded, width);
    });

    at::Tensor out = at::empty({xRows, rows}, x.options());
    float* outData = out.mutable_data_ptr<float>();
    const std::uint16_t* weightData = bits(weight);
    // Long rows are summed in parts, so that a block holds enough of them to be worth fetching the activations again.
    const std::int64_t parts = xRows > kRowsAtOnce ? (width + kMostPartWidth - 1) / kMostPartWidth : 1;
    const std::int64_t partWidth = cpu::paddedForDot((width + parts - 1) / std::max<std::int64_t>(parts, 1));
    const auto multiply = [&](std::int64_t firstX, std::int64_t endX, std::int64_t firstRow, std::int64_t endRow) {
        const std::int64_t atOnce = blockRows(kWeightBlockBytes, partWidth * 2);
        const std::int64_t xAtOnce = blockRows(kActivationBlockBytes, partWidth * 4);
        for (std::int64_t row = firstRow; row < endRow; row += atOnce)
            for (std::int64_t part = 0; part < width; part += partWidth)
                for (std::int64_t m = firstX; m < endX; m += xAtOnce)
                    cpu::dotBfloat16Rows({weightData + row * width + part, std::min(atOnce, endRow - row), width,
                                          xData + m * padded + part, std::min(xAtOnce, endX - m), padded,
                                          std::min(partWidth, width - part), outData + m * rows + row, rows, part > 0});
    };
    // Threads share the weights' rows, and with many threads the rows of x as well. Below about 64 kB of weights waking a thread
    // costs more than it saves.
    const std::int64_t groups = (rows + kRowsAtOnce - 1) / kRowsAtOnce;
    const std::int64_t threads = at::get_num_threads();
    const std::int64_t tiles = std::clamp<std::int64_t>(16 * threads / std::max<std::int64_t>(groups, 1), 1,
                                                        std::max<std::int64_t>(1, xRows / 64));
    const std::int64_t tileRows = (xRows + tiles - 1) / tiles;
    const std::int64_t grain = std::max<std::int64_t>(1, 32768 / (kRowsAtOnce * std::max<std::int64_t>(width, 1)));
    at::parallel_for(0, groups * tiles, grain, [&](std::int64_t begin, std::int64_t end) {
        while (begin < end) {
            const std::int64_t tile = begin / groups;
            const std::int64_t stop = std::min(end, (tile + 1) * groups);
            multiply(tile * tileRows, std::min(xRows, (tile + 1) * tileRows), begin % groups * kRowsAtOnce,
                     std::min(rows, (stop - tile * groups) * kRowsAtOnce));
            begin = stop;
        }
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
    constexpr std::int64_t kMostBlockRows = 256;  // 2.5 MB of float32 at Gemma's width
    constexpr std::int64_t kLeastBlockRows = 64;  // fewer make the product slow
    const std::int64_t width = weight.size(1);
    const std::int64_t rows = weight.size(0);
    const std::int64_t xRows = x.size(0);
    const std::int64_t threads = std::max(1, at::get_num_threads());
    const std::int64_t atOnce =
        std::clamp(evenPart(rows, kMostBlockRows, threads), std::min(kLeastBlockRows, rows), rows);
    const std::int64_t blocks = (rows + atOnce - 1) / atOnce;
    // With more threads than blocks the rows of x are split as well.
    const std::int64_t tiles = std::clamp<std::int64_t>(threads / blocks, 1, std::max<std::int64_t>(1, xRows / 64));
    const std::int64_t tileRows = (xRows + tiles - 1) / tiles;

    at::Tensor out = at::empty({xRows, rows}, x.options());
    const std::uint16_t* weightData = bits(weight);
    const bool inference = c10::InferenceMode::is_enabled();
    at::parallel_for(0, blocks * tiles, 1, [&](std::int64_t begin, std::int64_t end) {
        const c10::InferenceMode mode(inference);  // the pool's threads do not inherit it
        const at::Tensor buffer = at::empty({atOnce, width}, x.options());
        std::int64_t widened = -1;
        for (std::int64_t task = begin; task < end; ++task) {
            const std::int64_t block = task / tiles;
            const std::int64_t first = block * atOnce;
            const std::int64_t count = std::min(atOnce, rows - first);
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
    const bool widening = x.is_cpu() && x.scalar_type() == at::kFloat && m_weight.scalar_type() == at::kBFloat16 &&
                          m_weight.is_contiguous();
    if (!widening)
        return at::linear(x, m_weight.to(x.scalar_type()),
                          m_bias.defined() ? m_bias.to(x.scalar_type()) : at::Tensor());

    const at::Tensor rows = x.reshape({-1, x.size(-1)}).contiguous();  // [M,in]
    const bool inRegisters =
        cpu::instructionSet() == cpu::InstructionSet::Avx512 || rows.size(0) <= kMostRowsWithoutAvx512;
    at::Tensor out = inRegisters ? dotForward(rows, m_weight) : blockForward(rows, m_weight);
    if (m_bias.defined())
        out.add_(m_bias);
    std::vector<std::int64_t> sizes = x.sizes().vec();
    sizes.back() = m_weight.size(0);
    return out.view(sizes);
}

}  // namespace armillary::nn
