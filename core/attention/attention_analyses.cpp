#include "attention/attention_analyses.h"

namespace armillary::attention {

std::vector<inspect::RecordAnalysis> attentionAnalyses()
{
    return {};
}

}  // namespace armillary::attention
