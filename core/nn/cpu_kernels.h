// The few inner loops that LibTorch has no fast form of: products of float32 activations with bfloat16 weights, the widening
// of bfloat16 weights, and Gemma's norms and rotary turn in one pass over memory.
//
// Each has one source, compiled for AVX-512, AVX2 with FMA and the plain instruction set; the machine's best is chosen at run
// time. All arithmetic is float32 (a bfloat16 widens exactly).
// Thread rule: pure functions on memory of the caller; they start no threads, callers split the rows.
#pragma once

#include <cstdint>
#include <string_view>

namespace armillary::nn::cpu {

enum class InstructionSet { Baseline, Avx2, Avx512 };

// What the kernels below run as: the machine's best, or what limitInstructionSet allows.
[[nodiscard]] InstructionSet instructionSet();
[[nodiscard]] std::string_view instructionSetName();
// For tests and measurements: nothing better than `most` is used from now on. Not while a kernel runs.
void limitInstructionSet(InstructionSet most);

// out[i] = in[i], exactly.
void floatFromBfloat16(const std::uint16_t* in, float* out, std::int64_t count);

// Activations are multiplied in groups of so many, the last one filled up with zeros.
inline constexpr std::int64_t kDotLanes = 32;

[[nodiscard]] constexpr std::int64_t paddedForDot(std::int64_t width)
{
    return (width + kDotLanes - 1) / kDotLanes * kDotLanes;
}

// `x` [width] to `out` [paddedForDot(width)]: the even and the odd elements of each group side by side, as they fall out of a
// register of bfloat16 pairs.
void permuteForDot(const float* x, float* out, std::int64_t width);

struct DotOperands {
    const std::uint16_t* weight = nullptr;  // bfloat16
    std::int64_t rows = 0;                  // of the weight
    std::int64_t weightStride = 0;          // from row to row
    const float* x = nullptr;               // rows made by permuteForDot
    std::int64_t xRows = 0;
    std::int64_t xStride = 0;
    std::int64_t width = 0;  // summed over; a multiple of kDotLanes but for a row's last part
    float* out = nullptr;
    std::int64_t outStride = 0;  // from row of x to row of x
    bool accumulate = false;     // add to `out` instead of setting it
};

// out[m * outStride + n] (+)= sum over i of weight[n * weightStride + i] * x[m * xStride + i].
void dotBfloat16Rows(const DotOperands& operands);

// out[r] = x[r] / sqrt(mean(x[r]^2) + epsilon) * factor, for rows of `width` elements; `out` may be `x`.
void rmsNormRows(const float* x, const float* factor, float* out, std::int64_t rows, std::int64_t width, float epsilon);

// In place on `rows` rows of `width` elements: the norm above, then the rotary turn of the halves
// (a, b) -> (a cos - b sin, b cos + a sin) with cos and sin of [width / 2].
void rmsNormTurnRows(float* x, const float* factor, std::int64_t rows, std::int64_t width, float epsilon,
                     const float* cosine, const float* sine);

}  // namespace armillary::nn::cpu
