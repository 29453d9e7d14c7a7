#include "engine/model_analyses.h"

#include "intervention/comparison_analyses.h"
#include "intervention/intervention_analyses.h"
#include "study/lens_analyses.h"
#include "verification/verification_analysis.h"

#include <utility>

namespace armillary::engine {
namespace {

const std::vector<study::ModelAnalysis>& all()
{
    static const std::vector<study::ModelAnalysis> kAll = [] {
        std::vector<study::ModelAnalysis> out;
        for (study::ModelAnalysis& each : study::lensAnalyses())
            out.push_back(std::move(each));
        for (study::ModelAnalysis& each : intervention::interventionAnalyses())
            out.push_back(std::move(each));
        for (study::ModelAnalysis& each : intervention::comparisonAnalyses())
            out.push_back(std::move(each));
        for (study::ModelAnalysis& each : verification::verificationAnalyses())
            out.push_back(std::move(each));
        return out;
    }();
    return kAll;
}

}  // namespace

std::vector<AnalysisEntry> modelAnalyses()
{
    std::vector<AnalysisEntry> out;
    for (const study::ModelAnalysis& each : all())
        out.push_back(each.entry);
    return out;
}

Result<AnalysisResult> analyse(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                               const AnalysisRequest& request, RunObserver& observer, const std::stop_token& stop)
{
    for (const study::ModelAnalysis& each : all()) {
        if (each.entry.name != request.name)
            continue;
        const auto arguments = inspect::AnalysisArguments::read(each.entry, request);
        if (!arguments)
            return tl::unexpected(arguments.error());
        auto result = each.run(pipeline, record, *arguments, observer, stop);
        if (result)
            result->request = arguments->used();
        return result;
    }
    return fail(ErrorCode::InvalidInput,
                "there is no analysis '" + request.name + "'; armillary-cli analyze --list names them");
}

}  // namespace armillary::engine
