#include "pipeline/question_pipeline.h"

#include "pipeline/device_memory.h"
#include "pipeline/question_run.h"
#include "records/setting_names.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

namespace armillary::pipeline {

const std::vector<at::Tensor>* FeatureCache::find(std::uint64_t key)
{
    const auto found =
        std::find_if(m_entries.begin(), m_entries.end(), [key](const auto& entry) { return entry.first == key; });
    if (found == m_entries.end())
        return nullptr;
    m_entries.splice(m_entries.begin(), m_entries, found);
    return &m_entries.front().second;
}

void FeatureCache::put(std::uint64_t key, std::vector<at::Tensor> tensors)
{
    m_entries.emplace_front(key, std::move(tensors));
    if (m_entries.size() > m_limit)
        m_entries.pop_back();
}

QuestionPipeline::QuestionPipeline(std::shared_ptr<const LoadedModels> models) : m_models(std::move(models))
{
    if (m_models->language)
        m_cache = m_models->language->makeCache();
    if (m_models->world)
        m_world = std::make_unique<WorldPipeline>(m_models->world->folder, *m_models->world->vae, m_models->device,
                                                  m_models->world->format, m_models->languageBytes);
}

Result<std::shared_ptr<const RunRecord>> QuestionPipeline::ask(const Question& question, RunObserver& observer,
                                                               const std::stop_token& stop)
{
    return QuestionRun(*this, question, observer, stop).run();
}

Result<PreparedPrompt> QuestionPipeline::prepare(const Question& question, RunObserver& observer,
                                                 const std::stop_token& stop)
{
    return QuestionRun(*this, question, observer, stop).prepare();
}

Result<std::shared_ptr<const RunRecord>> QuestionPipeline::rollout(const RolloutRequest& request,
                                                                   const CaptureRequest& capture, RunObserver& observer,
                                                                   const std::stop_token& stop)
{
    if (!m_world)
        return fail(ErrorCode::InvalidInput, "no world model is loaded: open a Cosmos pipeline folder first");
    resetPeak(m_models->device);
    StageClock clock;
    clock.begin("Rollout");
    const auto prediction = m_world->predict(request, observer, stop);
    if (!prediction)
        return tl::unexpected(prediction.error());
    clock.end();
    auto record = std::make_shared<RunRecord>();
    RecordTaps taps(capture.parts);
    addPrediction(**prediction, *m_models->world->vae, request.framesPerSecond, taps, *record);
    taps.keep("world.latents", (*prediction)->latents);
    record->tensors.merge(taps.finish());
    record->settings = m_models->settings;
    addRolloutSettings(request, record->settings);
    record->settings["latent_scale"] = nameOf(LatentScale::Normalised);
    record->layout = std::make_shared<TokenLayout>();
    record->question.media.push_back(request.condition);
    record->question.world.source = WorldSource::Rollout;
    record->question.world.rollout = request;
    record->outcome = (*prediction)->isStopped ? RunOutcome::Cancelled : RunOutcome::Completed;
    record->stopReason = (*prediction)->isStopped ? StopReason::Cancelled : StopReason::EndOfTurn;
    record->cost.stages = clock.stages();
    record->cost.peakMemoryBytes = peakBytes(m_models->device);
    return record;
}

}  // namespace armillary::pipeline
