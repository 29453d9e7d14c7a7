#include "engine/engine.h"

#include "analysis/record_analyses.h"
#include "engine/model_analyses.h"
#include "pipeline/device_memory.h"
#include "pipeline/model_loader.h"
#include "pipeline/question_budget.h"
#include "pipeline/question_pipeline.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <opencv2/core.hpp>

#include <algorithm>
#include <new>
#include <utility>

namespace armillary {
namespace {

bool isOutOfMemory(const std::exception& caught)
{
    const std::string what = caught.what();
    return dynamic_cast<const c10::OutOfMemoryError*>(&caught) != nullptr ||
           dynamic_cast<const std::bad_alloc*>(&caught) != nullptr ||
           what.find("can't allocate memory") != std::string::npos;
}

// The first line of an exception of LibTorch; the rest is a stack trace.
std::string firstLine(const std::string& text)
{
    return text.substr(0, text.find('\n'));
}

class LocalEngine final : public Engine {
public:
    Result<ModelReport> load(const ModelFolders& folders, const LoadOptions& options, RunObserver& observer,
                             const std::stop_token& stop) override
    {
        return guarded<ModelReport>("loading", [&]() -> Result<ModelReport> {
            auto models = pipeline::loadModels(folders, options, observer, stop);
            if (!models)
                return tl::unexpected(models.error());
            m_models = std::move(*models);
            m_pipeline = std::make_unique<pipeline::QuestionPipeline>(m_models);
            return m_models->report;
        });
    }

    Result<std::shared_ptr<const RunRecord>> ask(const Question& question, RunObserver& observer,
                                                 const std::stop_token& stop) override
    {
        if (!m_pipeline)
            return fail(ErrorCode::InvalidInput, "no model is loaded: open a model folder first");
        return guarded<std::shared_ptr<const RunRecord>>("answering",
                                                         [&] { return m_pipeline->ask(question, observer, stop); });
    }

    Result<std::shared_ptr<const RunRecord>> rollout(const RolloutRequest& request, const CaptureRequest& capture,
                                                     RunObserver& observer, const std::stop_token& stop) override
    {
        if (!m_pipeline)
            return fail(ErrorCode::InvalidInput, "no model is loaded: open a Cosmos pipeline folder first");
        return guarded<std::shared_ptr<const RunRecord>>("predicting", [&] {
            return m_pipeline->rollout(request, capture, observer, stop);
        });
    }

    Result<std::shared_ptr<const AnalysisResult>> analyse(const RunRecord& record, const AnalysisRequest& request,
                                                          RunObserver& observer, const std::stop_token& stop) override
    {
        return guarded<std::shared_ptr<const AnalysisResult>>(
            "analysing", [&]() -> Result<std::shared_ptr<const AnalysisResult>> {
                const auto entries = engine::modelAnalyses();
                const bool needsModel = std::any_of(entries.begin(), entries.end(), [&](const AnalysisEntry& entry) {
                    return entry.name == request.name;
                });
                if (needsModel && !m_pipeline)
                    return fail(ErrorCode::InvalidInput,
                                request.name + " needs the models of the run: open their folders first");
                auto result = needsModel ? engine::analyse(*m_pipeline, record, request, observer, stop)
                                         : analysis::analyse(record, request, stop);
                if (!result)
                    return tl::unexpected(result.error());
                return std::make_shared<const AnalysisResult>(std::move(*result));
            });
    }

    std::shared_ptr<const TokenBudgeter> budgeter() const override
    {
        return m_models ? pipeline::makeBudgeter(*m_models) : nullptr;
    }

    void forget() override
    {
        if (m_models)
            m_pipeline = std::make_unique<pipeline::QuestionPipeline>(m_models);
    }

private:
    // The one place where exceptions of LibTorch and OpenCV become errors.
    template <class T, class Work>
    Result<T> guarded(const std::string& doing, const Work& work)
    {
        const c10::InferenceMode noGradients;
        try {
            return work();
        } catch (const cv::Exception& caught) {
            return fail(ErrorCode::Internal, doing + " failed in OpenCV: " + caught.what());
        } catch (const std::exception& caught) {
            if (!isOutOfMemory(caught))
                return fail(ErrorCode::Internal, doing + " failed: " + firstLine(caught.what()));
            forget();
            if (m_models)
                pipeline::releaseCached(m_models->device);
            return fail(ErrorCode::OutOfMemory,
                        doing + " ran out of memory: use fewer or smaller pictures, a smaller world size, fewer "
                                "captures, or a smaller number format");
        }
    }

    std::shared_ptr<const pipeline::LoadedModels> m_models;
    std::unique_ptr<pipeline::QuestionPipeline> m_pipeline;
};

}  // namespace

std::vector<AnalysisEntry> modelAnalyses()
{
    return engine::modelAnalyses();
}

std::unique_ptr<Engine> makeEngine()
{
    return std::make_unique<LocalEngine>();
}

}  // namespace armillary
