#include "study/model_analyses.h"

#include "study/comparison_analyses.h"
#include "study/intervention_analyses.h"
#include "study/lens_analyses.h"
#include "study/verification_analysis.h"

#include <utility>

namespace armillary::study {
namespace {

const std::vector<ModelAnalysis>& all()
{
    static const std::vector<ModelAnalysis> kAll = [] {
        std::vector<ModelAnalysis> out;
        for (ModelAnalysis& each : lensAnalyses())
            out.push_back(std::move(each));
        for (ModelAnalysis& each : interventionAnalyses())
            out.push_back(std::move(each));
        for (ModelAnalysis& each : comparisonAnalyses())
            out.push_back(std::move(each));
        for (ModelAnalysis& each : verificationAnalyses())
            out.push_back(std::move(each));
        return out;
    }();
    return kAll;
}

}  // namespace

std::vector<AnalysisEntry> modelAnalyses()
{
    std::vector<AnalysisEntry> out;
    for (const ModelAnalysis& each : all())
        out.push_back(each.entry);
    return out;
}

Result<AnalysisResult> analyse(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                               const AnalysisRequest& request, RunObserver& observer, const std::stop_token& stop)
{
    for (const ModelAnalysis& each : all()) {
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

}  // namespace armillary::study
