#include "nn/cpu_kernels.h"

#include <cmath>
#include <cstring>

// Loops are written with vectors of 16 floats; a compiler without AVX-512 splits them. Bodies are inlined into one function
// per instruction set, so that the same text is compiled for each.
#define ARMILLARY_INLINE [[gnu::always_inline]] inline

namespace armillary::nn::cpu {
namespace {

using Floats = float __attribute__((vector_size(64)));
using Words = std::uint32_t __attribute__((vector_size(64)));
using HalfWords = std::uint16_t __attribute__((vector_size(32)));
constexpr std::int64_t kLanes = 16;

ARMILLARY_INLINE float floatFromBits(std::uint16_t bits)
{
    const std::uint32_t word = static_cast<std::uint32_t>(bits) << 16;
    float value;
    std::memcpy(&value, &word, sizeof value);
    return value;
}

ARMILLARY_INLINE void widenBody(const std::uint16_t* in, float* out, std::int64_t count)
{
    std::int64_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
        HalfWords half;
        std::memcpy(&half, in + i, sizeof half);
        const Words words = __builtin_convertvector(half, Words) << 16;
        std::memcpy(out + i, &words, sizeof words);
    }
    for (; i < count; ++i)
        out[i] = floatFromBits(in[i]);
}

// A block of kRows weight rows against kVectors rows of x.
template <int kRows, int kVectors>
ARMILLARY_INLINE void dotBlock(const std::uint16_t* weight, std::int64_t width, const float* x, float* out,
                               std::int64_t outStride)
{
    Floats sums[kRows][kVectors] = {};
    const std::int64_t whole = width / kDotLanes * kDotLanes;
    for (std::int64_t i = 0; i < whole; i += kDotLanes) {
        Floats even[kRows];
        Floats odd[kRows];
        for (int r = 0; r < kRows; ++r) {
            const std::uint16_t* at = weight + r * width + i;
            // The same place in the next block of rows: hardware prefetchers stop at page ends, and a row is about a page.
            __builtin_prefetch(at + kRows * width, 0, 2);
            Words pairs;
            std::memcpy(&pairs, at, sizeof pairs);
            const Words low = pairs << 16;
            const Words high = pairs & 0xFFFF0000U;
            std::memcpy(&even[r], &low, sizeof low);
            std::memcpy(&odd[r], &high, sizeof high);
        }
        for (int m = 0; m < kVectors; ++m) {
            Floats first;
            Floats second;
            std::memcpy(&first, x + m * width + i, sizeof first);
            std::memcpy(&second, x + m * width + i + kLanes, sizeof second);
            for (int r = 0; r < kRows; ++r) {
                sums[r][m] += even[r] * first;
                sums[r][m] += odd[r] * second;
            }
        }
    }
    for (int r = 0; r < kRows; ++r) {
        for (int m = 0; m < kVectors; ++m) {
            float sum = 0;
            for (std::int64_t lane = 0; lane < kLanes; ++lane)
                sum += sums[r][m][lane];
            for (std::int64_t i = whole; i < width; ++i)
                sum += floatFromBits(weight[r * width + i]) * x[m * width + i];
            out[m * outStride + r] = sum;
        }
    }
}

template <int kVectors>
ARMILLARY_INLINE void dotVectors(const std::uint16_t* weight, std::int64_t rows, std::int64_t width, const float* x,
                                 float* out, std::int64_t outStride)
{
    constexpr int kRows = 4;
    std::int64_t row = 0;
    for (; row + kRows <= rows; row += kRows)
        dotBlock<kRows, kVectors>(weight + row * width, width, x, out + row, outStride);
    for (; row < rows; ++row)
        dotBlock<1, kVectors>(weight + row * width, width, x, out + row, outStride);
}

ARMILLARY_INLINE void dotBody(const std::uint16_t* weight, std::int64_t rows, std::int64_t width, const float* x,
                              std::int64_t xRows, float* out, std::int64_t outStride)
{
    // Few weight rows at a time, so that they are still in the nearest cache for the next vectors of x.
    constexpr std::int64_t kRowsAtOnce = 4;
    if (xRows == 1) {
        dotVectors<1>(weight, rows, width, x, out, outStride);
        return;
    }
    for (std::int64_t row = 0; row < rows; row += kRowsAtOnce) {
        const std::int64_t count = rows - row < kRowsAtOnce ? rows - row : kRowsAtOnce;
        const std::uint16_t* block = weight + row * width;
        std::int64_t m = 0;
        for (; m + 4 <= xRows; m += 4)
            dotVectors<4>(block, count, width, x + m * width, out + m * outStride + row, outStride);
        for (; m + 2 <= xRows; m += 2)
            dotVectors<2>(block, count, width, x + m * width, out + m * outStride + row, outStride);
        if (m < xRows)
            dotVectors<1>(block, count, width, x + m * width, out + m * outStride + row, outStride);
    }
}

ARMILLARY_INLINE float inverseRms(const float* x, std::int64_t width, float epsilon)
{
    Floats squares = {};
    std::int64_t i = 0;
    for (; i + kLanes <= width; i += kLanes) {
        Floats part;
        std::memcpy(&part, x + i, sizeof part);
        squares += part * part;
    }
    float sum = 0;
    for (std::int64_t lane = 0; lane < kLanes; ++lane)
        sum += squares[lane];
    for (; i < width; ++i)
        sum += x[i] * x[i];
    return 1.F / std::sqrt(sum / static_cast<float>(width) + epsilon);
}

ARMILLARY_INLINE void rmsNormBody(const float* x, const float* factor, float* out, std::int64_t rows, std::int64_t width,
                                  float epsilon)
{
    for (std::int64_t row = 0; row < rows; ++row, x += width, out += width) {
        const float scale = inverseRms(x, width, epsilon);
        for (std::int64_t i = 0; i < width; ++i)
            out[i] = x[i] * scale * factor[i];
    }
}

ARMILLARY_INLINE void rmsNormTurnBody(float* x, const float* factor, std::int64_t rows, std::int64_t width, float epsilon,
                                      const float* cosine, const float* sine)
{
    const std::int64_t half = width / 2;
    for (std::int64_t row = 0; row < rows; ++row, x += width) {
        const float scale = inverseRms(x, width, epsilon);
        for (std::int64_t i = 0; i < half; ++i) {
            const float first = x[i] * scale * factor[i];
            const float second = x[i + half] * scale * factor[i + half];
            x[i] = first * cosine[i] - second * sine[i];
            x[i + half] = second * cosine[i] + first * sine[i];
        }
    }
}

enum class Level { Baseline, Avx2, Avx512 };

Level bestLevel()
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        return Level::Avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return Level::Avx2;
#endif
    return Level::Baseline;
}

const Level kLevel = bestLevel();

}  // namespace

#if defined(__x86_64__)
#define ARMILLARY_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,fma"), noinline))
#define ARMILLARY_AVX2 __attribute__((target("avx2,fma"), noinline))
#else
#define ARMILLARY_AVX512
#define ARMILLARY_AVX2
#endif

// NAME(parameters) as one function per instruction set, and the choice between them.
#define ARMILLARY_KERNEL(NAME, BODY, PARAMETERS, ARGUMENTS) \
    namespace {                                              \
    ARMILLARY_AVX512 void NAME##Avx512 PARAMETERS { BODY ARGUMENTS; } \
    ARMILLARY_AVX2 void NAME##Avx2 PARAMETERS { BODY ARGUMENTS; }     \
    void NAME##Baseline PARAMETERS { BODY ARGUMENTS; }                \
    }                                                        \
    void NAME PARAMETERS                                     \
    {                                                        \
        switch (kLevel) {                                    \
        case Level::Avx512: NAME##Avx512 ARGUMENTS; break;   \
        case Level::Avx2: NAME##Avx2 ARGUMENTS; break;       \
        case Level::Baseline: NAME##Baseline ARGUMENTS; break; \
        }                                                    \
    }

ARMILLARY_KERNEL(floatFromBfloat16, widenBody, (const std::uint16_t* in, float* out, std::int64_t count), (in, out, count))

ARMILLARY_KERNEL(dotBfloat16Rows, dotBody,
                 (const std::uint16_t* weight, std::int64_t rows, std::int64_t width, const float* x, std::int64_t xRows,
                  float* out, std::int64_t outStride),
                 (weight, rows, width, x, xRows, out, outStride))

ARMILLARY_KERNEL(rmsNormRows, rmsNormBody,
                 (const float* x, const float* factor, float* out, std::int64_t rows, std::int64_t width, float epsilon),
                 (x, factor, out, rows, width, epsilon))

ARMILLARY_KERNEL(rmsNormTurnRows, rmsNormTurnBody,
                 (float* x, const float* factor, std::int64_t rows, std::int64_t width, float epsilon, const float* cosine,
                  const float* sine),
                 (x, factor, rows, width, epsilon, cosine, sine))

void permuteForDot(const float* x, float* out, std::int64_t width)
{
    const std::int64_t whole = width / kDotLanes * kDotLanes;
    for (std::int64_t i = 0; i < whole; i += kDotLanes) {
        for (std::int64_t lane = 0; lane < kLanes; ++lane) {
            out[i + lane] = x[i + 2 * lane];
            out[i + kLanes + lane] = x[i + 2 * lane + 1];
        }
    }
    std::memcpy(out + whole, x + whole, static_cast<std::size_t>(width - whole) * sizeof(float));
}

std::string_view instructionSet()
{
    switch (kLevel) {
    case Level::Avx512: return "AVX-512";
    case Level::Avx2: return "AVX2";
    case Level::Baseline: break;
    }
    return "baseline";
}

}  // namespace armillary::nn::cpu
