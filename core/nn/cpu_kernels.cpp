#include "nn/cpu_kernels.h"

#include <algorithm>
#include <cmath>
#include <cstring>

// Loops are written with vectors of 16 floats or, where registers are the limit, of as many as one register holds. Bodies are
// inlined into one function per instruction set, so that the same text is compiled for each.
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

// A register of each instruction set, and how many weight rows fit it beside four rows of x.
struct Avx512Register {
    static constexpr std::int64_t kWidth = 16;
    static constexpr int kRows = 4;
    using Numbers = float __attribute__((vector_size(64)));
    using Pairs = std::uint32_t __attribute__((vector_size(64)));
};
struct Avx2Register {
    static constexpr std::int64_t kWidth = 8;
    static constexpr int kRows = 2;
    using Numbers = float __attribute__((vector_size(32)));
    using Pairs = std::uint32_t __attribute__((vector_size(32)));
};
struct BaselineRegister {
    static constexpr std::int64_t kWidth = 4;
    static constexpr int kRows = 2;
    using Numbers = float __attribute__((vector_size(16)));
    using Pairs = std::uint32_t __attribute__((vector_size(16)));
};

// The sum over all lanes, halves first: few instructions, and every sum of a block at the same time.
ARMILLARY_INLINE float laneSum(const Avx512Register::Numbers& x)
{
    const auto eight = __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7) +
                       __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15);
    const auto four =
        __builtin_shufflevector(eight, eight, 0, 1, 2, 3) + __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
    const auto two = four + __builtin_shufflevector(four, four, 2, 3, 0, 1);
    return two[0] + two[1];
}

ARMILLARY_INLINE float laneSum(const Avx2Register::Numbers& x)
{
    const auto four = __builtin_shufflevector(x, x, 0, 1, 2, 3) + __builtin_shufflevector(x, x, 4, 5, 6, 7);
    const auto two = four + __builtin_shufflevector(four, four, 2, 3, 0, 1);
    return two[0] + two[1];
}

ARMILLARY_INLINE float laneSum(const BaselineRegister::Numbers& x)
{
    return (x[0] + x[2]) + (x[1] + x[3]);
}

// A block of kRows weight rows against kVectors rows of x.
template <class Register, int kRows, int kVectors>
ARMILLARY_INLINE void dotBlock(const DotOperands& in, std::int64_t row, std::int64_t m)
{
    using Numbers = typename Register::Numbers;
    using Pairs = typename Register::Pairs;
    constexpr std::int64_t kWidth = Register::kWidth;
    const std::uint16_t* weight = in.weight + row * in.weightStride;
    const float* x = in.x + m * in.xStride;
    Numbers sums[kRows][kVectors] = {};
    // kDotLanes of each weight row, `stride` apart, times those of x at `i`.
    const auto addGroup = [&](const std::uint16_t* group, std::int64_t stride, std::int64_t i)
        __attribute__((always_inline))
    {
        for (std::int64_t part = 0; part < kDotLanes / 2; part += kWidth) {
            Numbers even[kRows];
            Numbers odd[kRows];
            for (int r = 0; r < kRows; ++r) {
                Pairs pairs;
                std::memcpy(&pairs, group + r * stride + 2 * part, sizeof pairs);
                const Pairs low = pairs << 16;
                const Pairs high = pairs & 0xFFFF0000U;
                std::memcpy(&even[r], &low, sizeof low);
                std::memcpy(&odd[r], &high, sizeof high);
            }
            for (int v = 0; v < kVectors; ++v) {
                Numbers first;
                Numbers second;
                std::memcpy(&first, x + v * in.xStride + i + part, sizeof first);
                std::memcpy(&second, x + v * in.xStride + i + kDotLanes / 2 + part, sizeof second);
                for (int r = 0; r < kRows; ++r) {
                    sums[r][v] += even[r] * first;
                    sums[r][v] += odd[r] * second;
                }
            }
        }
    };
    const std::int64_t whole = in.width / kDotLanes * kDotLanes;
    for (std::int64_t i = 0; i < whole; i += kDotLanes) {
        // The same place in the next block of rows: hardware prefetchers stop at page ends, and a row is about a page.
        for (int r = 0; r < kRows; ++r)
            __builtin_prefetch(weight + (kRows + r) * in.weightStride + i, 0, 2);
        addGroup(weight + i, in.weightStride, i);
    }
    if (whole < in.width) {
        std::uint16_t rest[kRows][kDotLanes] = {};
        for (int r = 0; r < kRows; ++r)
            std::memcpy(rest[r], weight + r * in.weightStride + whole,
                        static_cast<std::size_t>(in.width - whole) * sizeof(std::uint16_t));
        addGroup(rest[0], kDotLanes, whole);
    }
    for (int v = 0; v < kVectors; ++v) {
        float* out = in.out + (m + v) * in.outStride + row;
        for (int r = 0; r < kRows; ++r) {
            const float sum = laneSum(sums[r][v]);
            out[r] = in.accumulate ? out[r] + sum : sum;
        }
    }
}

template <class Register, int kRows, int kVectors>
ARMILLARY_INLINE void dotRowsOf(const DotOperands& in, std::int64_t firstRow, std::int64_t endRow, std::int64_t m)
{
    std::int64_t row = firstRow;
    for (; row + kRows <= endRow; row += kRows)
        dotBlock<Register, kRows, kVectors>(in, row, m);
    for (; row < endRow; ++row)
        dotBlock<Register, 1, kVectors>(in, row, m);
}

template <class Register>
ARMILLARY_INLINE void dotBody(const DotOperands& in)
{
    if (in.xRows == 1) {
        dotRowsOf<Register, 4, 1>(in, 0, in.rows, 0);
        return;
    }
    // Few weight rows at a time, so that they are still in the nearest cache for the next rows of x.
    constexpr int kRows = Register::kRows;
    for (std::int64_t row = 0; row < in.rows; row += kRows) {
        const std::int64_t end = std::min(in.rows, row + kRows);
        std::int64_t m = 0;
        for (; m + 4 <= in.xRows; m += 4)
            dotRowsOf<Register, kRows, 4>(in, row, end, m);
        for (; m + 2 <= in.xRows; m += 2)
            dotRowsOf<Register, kRows, 2>(in, row, end, m);
        if (m < in.xRows)
            dotRowsOf<Register, kRows, 1>(in, row, end, m);
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

ARMILLARY_INLINE void rmsNormBody(const float* x, const float* factor, float* out, std::int64_t rows,
                                  std::int64_t width, float epsilon)
{
    for (std::int64_t row = 0; row < rows; ++row, x += width, out += width) {
        const float scale = inverseRms(x, width, epsilon);
        for (std::int64_t i = 0; i < width; ++i)
            out[i] = x[i] * scale * factor[i];
    }
}

ARMILLARY_INLINE void rmsNormTurnBody(float* x, const float* factor, std::int64_t rows, std::int64_t width,
                                      float epsilon, const float* cosine, const float* sine)
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

InstructionSet bestInstructionSet()
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        return InstructionSet::Avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return InstructionSet::Avx2;
#endif
    return InstructionSet::Baseline;
}

const InstructionSet kBest = bestInstructionSet();
InstructionSet g_used = kBest;

}  // namespace

#if defined(__x86_64__)
#define ARMILLARY_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,fma"), noinline))
#define ARMILLARY_AVX2 __attribute__((target("avx2,fma"), noinline))
#else
#define ARMILLARY_AVX512
#define ARMILLARY_AVX2
#endif

// NAME(parameters) as one function per instruction set, and the choice between them. BODY sees the set's registers as Register.
#define ARMILLARY_KERNEL(NAME, BODY, PARAMETERS)                                                                       \
    namespace {                                                                                                        \
    ARMILLARY_AVX512 void NAME##Avx512 PARAMETERS                                                                      \
    {                                                                                                                  \
        using Register [[maybe_unused]] = Avx512Register;                                                              \
        BODY;                                                                                                          \
    }                                                                                                                  \
    ARMILLARY_AVX2 void NAME##Avx2 PARAMETERS                                                                          \
    {                                                                                                                  \
        using Register [[maybe_unused]] = Avx2Register;                                                                \
        BODY;                                                                                                          \
    }                                                                                                                  \
    void NAME##Baseline PARAMETERS                                                                                     \
    {                                                                                                                  \
        using Register [[maybe_unused]] = BaselineRegister;                                                            \
        BODY;                                                                                                          \
    }                                                                                                                  \
    decltype(&NAME##Baseline) chosenFor_##NAME()                                                                       \
    {                                                                                                                  \
        switch (g_used) {                                                                                              \
        case InstructionSet::Avx512: return NAME##Avx512;                                                              \
        case InstructionSet::Avx2: return NAME##Avx2;                                                                  \
        case InstructionSet::Baseline: break;                                                                          \
        }                                                                                                              \
        return NAME##Baseline;                                                                                         \
    }                                                                                                                  \
    }

ARMILLARY_KERNEL(widen, widenBody(in, out, count), (const std::uint16_t* in, float* out, std::int64_t count))

ARMILLARY_KERNEL(dot, dotBody<Register>(operands), (const DotOperands& operands))

ARMILLARY_KERNEL(norm, rmsNormBody(x, factor, out, rows, width, epsilon),
                 (const float* x, const float* factor, float* out, std::int64_t rows, std::int64_t width,
                  float epsilon))

ARMILLARY_KERNEL(normTurn, rmsNormTurnBody(x, factor, rows, width, epsilon, cosine, sine),
                 (float* x, const float* factor, std::int64_t rows, std::int64_t width, float epsilon,
                  const float* cosine, const float* sine))

void floatFromBfloat16(const std::uint16_t* in, float* out, std::int64_t count)
{
    chosenFor_widen()(in, out, count);
}

void dotBfloat16Rows(const DotOperands& operands)
{
    chosenFor_dot()(operands);
}

void rmsNormRows(const float* x, const float* factor, float* out, std::int64_t rows, std::int64_t width, float epsilon)
{
    chosenFor_norm()(x, factor, out, rows, width, epsilon);
}

void rmsNormTurnRows(float* x, const float* factor, std::int64_t rows, std::int64_t width, float epsilon,
                     const float* cosine, const float* sine)
{
    chosenFor_normTurn()(x, factor, rows, width, epsilon, cosine, sine);
}

void permuteForDot(const float* x, float* out, std::int64_t width)
{
    for (std::int64_t i = 0; i < width; i += kDotLanes) {
        float group[kDotLanes] = {};
        std::memcpy(group, x + i, static_cast<std::size_t>(std::min(kDotLanes, width - i)) * sizeof(float));
        for (std::int64_t lane = 0; lane < kLanes; ++lane) {
            out[i + lane] = group[2 * lane];
            out[i + kLanes + lane] = group[2 * lane + 1];
        }
    }
}

InstructionSet instructionSet()
{
    return g_used;
}

std::string_view instructionSetName()
{
    switch (g_used) {
    case InstructionSet::Avx512: return "AVX-512";
    case InstructionSet::Avx2: return "AVX2";
    case InstructionSet::Baseline: break;
    }
    return "baseline";
}

void limitInstructionSet(InstructionSet most)
{
    g_used = std::min(kBest, most);
}

}  // namespace armillary::nn::cpu
