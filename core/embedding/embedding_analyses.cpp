#include "embedding/embedding_analyses.h"

#include "embedding/embedding_results.h"

#include <iterator>

namespace armillary::embedding {

std::vector<inspect::RecordAnalysis> embeddingAnalyses()
{
    std::vector<inspect::RecordAnalysis> out;
    for (auto list : {tokenAnalyses, mapAnalyses, comparisonAnalyses, latentAnalyses}) {
        for (inspect::RecordAnalysis& each : list())
            out.push_back(std::move(each));
    }
    return out;
}

}  // namespace armillary::embedding
