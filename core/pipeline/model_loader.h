// Model folders to loaded models: how a language model of any family, TheWorld and Cosmos belong together.
// Thread rule: as the engine.
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "cosmos/video_vae.h"
#include "fusion/prompt_plan.h"
#include "fusion/world_projector.h"
#include "language/language_model.h"
#include "pipeline/model_family.h"
#include "records/load_request.h"
#include "records/model_report.h"
#include "tensors/weights.h"
#include "text/tokenizer.h"
#include "vision/siglip_encoder.h"

#include <c10/core/Device.h>

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace armillary::pipeline {

// What a checkpoint's own code feeds its VAE, when a question does not say otherwise.
struct WorldDefaults {
    int heightPixels = 512;
    int widthPixels = 512;
    PixelRange pixelRange = PixelRange::ZeroTo255;
};

struct WorldSide {
    std::string folder;  // the Cosmos pipeline's
    std::unique_ptr<cosmos::VideoVae> vae;
    at::ScalarType format = at::kFloat;
    std::unique_ptr<fusion::WorldProjector> projector;  // null without a TheWorld checkpoint
    fusion::WorldTokenNames names;
    WorldDefaults defaults;
};

struct LoadedModels {
    ModelReport report;
    at::Device device = at::kCPU;
    std::shared_ptr<const text::Tokenizer> tokenizer;
    std::unique_ptr<const ModelFamily> family;  // null when only a world model was given; so are the next two
    std::unique_ptr<language::LanguageModel> language;
    std::unique_ptr<vision::SiglipEncoder> siglip;
    std::optional<WorldSide> world;
    std::int64_t languageBytes = 0;               // weights of language model and vision encoder
    std::unique_ptr<tensors::Weights> weights;    // of both, to name a tensor that is not finite
    std::map<std::string, std::string> settings;  // snapshot names, hashes, device, formats: the record's
};

// Errors: FileRead, ModelMismatch, InvalidInput, DeviceLost, Cancelled.
[[nodiscard]] Result<std::unique_ptr<LoadedModels>> loadModels(const ModelFolders& folders, const LoadOptions& options,
                                                               RunObserver& observer, const std::stop_token& stop);

}  // namespace armillary::pipeline
