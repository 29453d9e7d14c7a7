// What tells the families of vision-language models apart for the pipeline: how a picture becomes pixel values, how patches become
// image tokens, how a question becomes a prompt. Everything else of a question's path is the same for all of them.
// Thread rule: immutable once loaded; as the engine.
#pragma once

#include "base/error.h"
#include "fusion/prompt_plan.h"
#include "inspect/model_inputs.h"
#include "inspect/tile_plan.h"
#include "io/model_folder.h"
#include "language/language_model.h"
#include "records/model_report.h"
#include "tensors/tap.h"
#include "tensors/weights.h"
#include "text/tokenizer.h"
#include "vision/siglip_encoder.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace armillary::pipeline {

// A picture as the vision encoder reads it.
struct PictureInput {
    at::Tensor pixelValues;                  // [N,3,h,w] float32: the whole picture, crops, tiles
    std::vector<PixelBox> crops;             // [N] what each row of it covers
    std::optional<inspect::TilePlan> tiles;  // of families that split pictures
};

struct ShownPicture {
    std::int32_t media = 0;
    const PictureInput* input = nullptr;
};

// The prompt of a question before any pixel is touched. Holds numbers and the tokenizer, no tensor: may be used from any thread,
// while the models work, and outlive them.
class PromptPlanner {
public:
    virtual ~PromptPlanner() = default;

    // What pictureInput makes of a picture of this size, without pixel values. Errors: as pictureInput.
    [[nodiscard]] virtual Result<PictureInput> cuts(int heightPixels, int widthPixels, bool panAndScan) const = 0;
    // `pictures` in the order in which they are shown. Errors: InvalidInput.
    [[nodiscard]] virtual Result<fusion::PromptPlan> planPrompt(const Question& question, FusionOption fusion,
                                                                const std::vector<ShownPicture>& pictures,
                                                                const fusion::WorldGrid& world,
                                                                const fusion::WorldTokenNames& names,
                                                                std::int64_t mostPositions) const = 0;
    // The token that opens a turn of the conversation.
    [[nodiscard]] virtual std::string turnMark() const = 0;
};

class ModelFamily {
public:
    virtual ~ModelFamily() = default;

    // "Gemma 3": for reports and messages.
    [[nodiscard]] virtual std::string title() const = 0;
    // Errors: InvalidInput (a picture that cannot be split or has no pixels).
    [[nodiscard]] virtual Result<PictureInput> pictureInput(const Image& image, bool panAndScan) const = 0;
    // Of the values that pictures are given to the encoder in.
    [[nodiscard]] virtual inspect::PixelScale pixelScale() const = 0;
    // patches [N,P,Dv] -> [N,M,D]
    [[nodiscard]] virtual at::Tensor imageTokens(const at::Tensor& patches, tensors::TapSink& taps) const = 0;
    // M: image tokens of each row of the pixel values.
    [[nodiscard]] virtual std::int64_t tokensPerCrop() const = 0;
    [[nodiscard]] virtual std::int64_t imageTokenId() const = 0;
    // Ids that end an answer.
    [[nodiscard]] virtual const std::vector<std::int64_t>& stopIds() const = 0;
    // How image tokens of a question see each other when it does not say.
    [[nodiscard]] virtual ImageAttention usualAttention(FusionOption fusion) const = 0;
    [[nodiscard]] virtual std::shared_ptr<const PromptPlanner> planner() const = 0;
    // Whether world tokens can be fused into its sequence.
    [[nodiscard]] virtual bool takesWorlds() const = 0;
    // Label and value, for the report.
    [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>> facts() const = 0;
};

// What a family makes of a snapshot.
struct FamilyParts {
    std::shared_ptr<const text::Tokenizer> tokenizer;
    std::unique_ptr<const ModelFamily> family;
    std::unique_ptr<language::LanguageModel> language;
    std::unique_ptr<vision::SiglipEncoder> siglip;
    std::unique_ptr<tensors::Weights> weights;  // of all of them
    at::ScalarType format = at::kFloat;
};

struct FamilyRequest {
    const io::ModelFolder& folder;
    const io::ModelFolder* checkpoint = nullptr;  // of weights to lay over the snapshot's (TheWorld); may be null
    at::Device device;
    NumberFormat format = NumberFormat::Auto;
};

// A family as the loader knows it.
struct FamilyEntry {
    // Of the content of a config.json.
    bool (*recognises)(const nlohmann::json& config);
    // Errors: FileRead, ModelMismatch. Weights are not yet reported.
    Result<FamilyParts> (*load)(const FamilyRequest& request);
};

// All families; the first one takes what no other recognises.
[[nodiscard]] const std::vector<FamilyEntry>& modelFamilies();
[[nodiscard]] const FamilyEntry& familyOf(const nlohmann::json& config);

// `format`, or the one most weights are stored in.
[[nodiscard]] at::ScalarType scalarFromFormat(NumberFormat format, at::ScalarType stored);

}  // namespace armillary::pipeline
