#include "study/lens_analyses.h"

#include "study/contribution_logit.h"
#include "study/contribution_norms.h"
#include "study/lens_layers.h"
#include "study/nearest_words.h"
#include "study/relevancy.h"
#include "study/surprisal.h"
#include "study/vision_attention.h"

namespace armillary::study {

std::vector<ModelAnalysis> lensAnalyses()
{
    return {
        {surprisalEntry(), surprisal},
        {surprisalChangeEntry(), surprisalChangeResult},
        {logitLensEntry(), logitLens},
        {contributionNormsEntry(), contributionNormsResult},
        {directContributionEntry(), directContributionResult},
        {relevancyEntry(), relevancyResult},
        {visionAttentionEntry(), visionAttentionResult},
        {nearestWordsEntry(), nearestWordsResult},
    };
}

}  // namespace armillary::study
