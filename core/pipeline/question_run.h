// One question on its way through a pipeline: its members are what the steps hand on.
// Thread rule: as the engine; lives for one call.
#pragma once

#include "base/stage_clock.h"
#include "language/token_chooser.h"
#include "pipeline/question_pipeline.h"
#include "records/shown_media.h"
#include "records/temporal_grid.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace armillary::pipeline {

// The kinds of sequence keys; mixed in so that a token id never equals a pixel hash by chance of construction.
enum KeySalt : std::uint64_t { kTextSalt = 1, kImageSalt = 2, kWorldSalt = 3, kModeSalt = 4 };

// What a prediction leaves in a record.
void addPrediction(const WorldPrediction& prediction, const cosmos::VideoVae& vae, double framesPerSecond,
                   RecordTaps& taps, RunRecord& record);
void addRolloutSettings(const RolloutRequest& request, std::map<std::string, std::string>& settings);

class QuestionRun {
public:
    QuestionRun(QuestionPipeline& pipeline, const Question& question, RunObserver& observer,
                const std::stop_token& stop)
        : m_pipeline(pipeline), m_models(*pipeline.m_models), m_question(question), m_observer(observer), m_stop(stop)
    {}

    Result<std::shared_ptr<const RunRecord>> run();
    // Everything up to the prefill.
    Result<PreparedPrompt> prepare();

private:
    // Settings to fused rows: the steps that both of the above begin with.
    Result<void> assemble();

    struct Picture {
        std::int32_t media = 0;
        PictureInput input;
        std::uint64_t key = 0;
    };

    Result<void> chooseSettings();
    Result<void> composeGrids();
    Result<void> checkAnswerPrefix() const;
    Result<void> preparePictures();
    Result<void> plan();
    void recordTiles();
    Result<void> encodePictures();
    Result<void> encodeWorld();
    Result<void> predictWorld();
    [[nodiscard]] std::vector<Image> worldFrames() const;
    [[nodiscard]] std::int64_t worldFrameCount() const
    {
        return m_question.world.source == WorldSource::Rollout ? m_question.world.rollout->frames
                                                               : static_cast<std::int64_t>(worldFrames().size());
    }
    void fuse();
    void computeKeys();
    Result<at::Tensor> prefill();
    Result<void> generate(const at::Tensor& hidden);
    // Names for what `chosen` was chosen among.
    void recordVocabulary(const language::ChosenToken& chosen, bool keepLogits);
    void recordModel();
    void recordAttention();
    void recordAnswerRows();
    std::shared_ptr<const RunRecord> finish();

    void keepWorld(const at::Tensor& latents, const at::Tensor& tokens)
    {
        m_worldRows = tokens;
        m_worldLatents = latents;
        m_taps->keep("world.latents", latents);
        m_taps->keep("world.embeds", tokens);
    }

    void begin(const std::string& stage)
    {
        m_clock.begin(stage);
        m_observer.onStage(stage, 0, 0);
    }
    void warn(std::string text)
    {
        m_observer.onWarning(text);
        m_record->warnings.push_back(std::move(text));
    }
    [[nodiscard]] const Image& stillOf(std::int32_t media) const
    {
        return *seenPicture(m_media[static_cast<std::size_t>(media)], stillIndex(m_question, media));
    }

    [[nodiscard]] nn::AttentionMask maskOf(std::int64_t layer) const;
    // Of the embedding table as this run sees it.
    [[nodiscard]] std::int64_t vocabularyRows() const
    {
        return m_plan.vocabularyRows > 0 ? m_plan.vocabularyRows : m_models.language->config().vocabularySize;
    }
    // Positions that see each other both ways in this run.
    [[nodiscard]] language::ImageBlocks imageBlocks() const
    {
        return m_imageAttention == ImageAttention::Bidirectional ? m_plan.imageBlocks : language::ImageBlocks();
    }

    QuestionPipeline& m_pipeline;
    const LoadedModels& m_models;
    const Question& m_question;
    RunObserver& m_observer;
    const std::stop_token& m_stop;

    std::vector<Clip> m_media;  // the question's, their grids composed from the frames that this run has
    std::shared_ptr<RunRecord> m_record = std::make_shared<RunRecord>();
    StageClock m_clock;
    FusionOption m_fusion = FusionOption::None;
    ImageAttention m_imageAttention = ImageAttention::Bidirectional;
    PixelRange m_pixelRange = PixelRange::MinusOneToOne;
    LatentScale m_latentScale = LatentScale::Raw;
    int m_worldHeight = 0;
    int m_worldWidth = 0;
    std::vector<Picture> m_pictures;
    fusion::WorldGrid m_worldGrid;
    std::uint64_t m_worldKey = 0;
    fusion::PromptPlan m_plan;
    std::unique_ptr<RecordTaps> m_taps;
    at::Tensor m_imageRows;     // [Ni,D]
    at::Tensor m_worldRows;     // [Nw,D]
    at::Tensor m_worldLatents;  // [Z,T,h,w]
    at::Tensor m_embeds;        // [S,D]
    std::vector<std::uint64_t> m_keys;
};

}  // namespace armillary::pipeline
