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

// "AVX-512", "AVX2" or "baseline": what the kernels below run as.
[[nodiscard]] std::string_view instructionSet();

// out[i] = in[i], exactly.
void floatFromBfloat16(const std::uint16_t* in, float* out, std::int64_t count);

// Lanes that dotBfloat16Rows takes at a time; its activations come in this order (see permuteForDot).
inline constexpr std::int64_t kDotLanes = 32;

// `x` [width] with the even and the odd elements of each whole group of kDotLanes side by side: as they fall out of a register
// of bfloat16 pairs. The rest, width % kDotLanes elements, keeps its order.
void permuteForDot(const float* x, float* out, std::int64_t width);

// out[m * outStride + n] = sum_i weight[n * width + i] * x[m][i] for n of [0, rows) and m of [0, xRows).
// `x` [xRows, width] is permuted by permuteForDot. Each weight is read from memory once, whatever xRows is.
void dotBfloat16Rows(const std::uint16_t* weight, std::int64_t rows, std::int64_t width, const float* x, std::int64_t xRows,
                     float* out, std::int64_t outStride);

// out[r] = x[r] / sqrt(mean(x[r]^2) + epsilon) * factor, for rows of `width` elements; `out` may be `x`.
void rmsNormRows(const float* x, const float* factor, float* out, std::int64_t rows, std::int64_t width, float epsilon);

// In place on `rows` rows of `width` elements: the norm above, then the rotary turn of the halves
// (a, b) -> (a cos - b sin, b cos + a sin) with cos and sin of [width / 2].
void rmsNormTurnRows(float* x, const float* factor, std::int64_t rows, std::int64_t width, float epsilon, const float* cosine,
                     const float* sine);

}  // namespace armillary::nn::cpu
