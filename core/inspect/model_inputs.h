// The pictures that models really read, as records keep them: after every resize, crop and normalisation.
//
//   media.{i}.pixels.{crop}       what the vision encoder read: [h,w,3] uint8 levels that its values come from without loss by
//                                 value = (level * rescale - mean) / deviation, checked value by value when it is written; or,
//                                 where values lie between levels, [3,h,w] float16, off by at most 2^-11 of a value
//   media.{i}.vae_pixels.{frame}  what the video autoencoder read, in the same form
//   media.{i}.pixels.scale, media.{i}.vae_pixels.scale   [3,3] float64: rows rescale, mean, deviation; columns red, green, blue
//
// Records of runs that captured `pixels` hold the same values as floats (media.{i}.pixel_values, media.{i}.vae_input), which are
// read where the above are missing.
// Thread rule: free functions of immutable records; viewOf reads every pixel, so not on a thread that draws.
#pragma once

#include "records/image.h"
#include "records/question.h"
#include "records/run_record.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace armillary::inspect {

// value = (level * rescale - mean) / deviation, of red, green and blue.
struct PixelScale {
    std::array<double, 3> rescale{1.0 / 255, 1.0 / 255, 1.0 / 255};
    std::array<double, 3> mean{};
    std::array<double, 3> deviation{1, 1, 1};

    bool operator==(const PixelScale&) const = default;
};
[[nodiscard]] PixelScale scaleOf(armillary::PixelRange range);

enum class InputReader { VisionEncoder, VideoAutoencoder };

// Keeps a picture that a model is given. `values` begins with its first red value; rows lie side by side, channels
// `channelStride` values apart. Later pictures of the same media and reader share `scale`.
void keepModelInput(RunRecord& record, InputReader reader, int media, int index, std::span<const float> values,
                    std::size_t channelStride, int heightPixels, int widthPixels, const PixelScale& scale);

// One picture that a model read; tells where it is without reading it.
struct ModelInput {
    InputReader reader = InputReader::VisionEncoder;
    int media = 0;
    int index = 0;  // crop (0 = the whole picture) or frame
    int heightPixels = 0;
    int widthPixels = 0;
    PixelBox covers{0, 0, 1, 1};      // of the source picture
    std::optional<PixelScale> scale;  // nothing in records that do not tell
    bool isExact = true;              // the values are those the model read, to the last bit
    std::string tensor;
    std::size_t first = 0;  // element of the first red value
    std::size_t pixelStride = 1, rowStride = 0, channelStride = 0;
};

// By media: those of the vision encoder by crop, then those of the autoencoder by frame.
[[nodiscard]] std::vector<ModelInput> modelInputs(const RunRecord& record);

struct ValueRange {
    float lowest = 0;
    float highest = 0;
    double mean = 0;
};

struct InputView {
    Image picture;  // for the eye: levels, or the values from the lowest to the highest where no scale is known
    std::array<ValueRange, 3> channels;
    ValueRange all;
    float largestError = 0;  // of a value against what the model read
};

// An empty picture when the record's tensor does not hold what its shape says.
[[nodiscard]] InputView viewOf(const RunRecord& record, const ModelInput& input);
// The value of one channel (0 red, 1 green, 2 blue) that the model read there; NaN outside.
[[nodiscard]] float inputValue(const RunRecord& record, const ModelInput& input, int row, int column, int channel);

}  // namespace armillary::inspect
