#include "analysis/record_analyses.h"

#include "attention/attention_analyses.h"
#include "embedding/embedding_analyses.h"
#include "inspect/input_ranges.h"

#include <exception>
#include <new>

namespace armillary::analysis {
namespace {

const std::vector<inspect::RecordAnalysis>& all()
{
    static const std::vector<inspect::RecordAnalysis> kAll = [] {
        std::vector<inspect::RecordAnalysis> out = attention::attentionAnalyses();
        for (inspect::RecordAnalysis& each : embedding::embeddingAnalyses())
            out.push_back(std::move(each));
        out.push_back(inspect::inputRanges());
        return out;
    }();
    return kAll;
}

}  // namespace

std::vector<AnalysisEntry> recordAnalyses()
{
    std::vector<AnalysisEntry> out;
    for (const inspect::RecordAnalysis& each : all())
        out.push_back(each.entry);
    return out;
}

Result<AnalysisResult> analyse(const RunRecord& record, const AnalysisRequest& request, const std::stop_token& stop)
{
    for (const inspect::RecordAnalysis& each : all()) {
        if (each.entry.name != request.name)
            continue;
        const auto arguments = inspect::AnalysisArguments::read(each.entry, request);
        if (!arguments)
            return tl::unexpected(arguments.error());
        try {
            auto result = each.run(record, *arguments, stop);
            if (result)
                result->request = arguments->used();
            return result;
        } catch (const std::bad_alloc&) {
            return fail(ErrorCode::OutOfMemory,
                        request.name + " ran out of memory: choose fewer layers, heads or tokens");
        } catch (const std::exception& caught) {  // LibTorch reports its own faults by throwing
            return fail(ErrorCode::Internal, request.name + " failed: " + caught.what());
        }
    }
    return fail(ErrorCode::InvalidInput,
                "there is no analysis '" + request.name + "'; armillary-cli analyze --list names them");
}

}  // namespace armillary::analysis
