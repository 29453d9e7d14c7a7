#include "pipeline/model_family.h"

#include "nanovlm/nanovlm_config.h"
#include "pipeline/gemma_family.h"
#include "pipeline/nanovlm_family.h"

#include <algorithm>

namespace armillary::pipeline {

const std::vector<FamilyEntry>& modelFamilies()
{
    static const std::vector<FamilyEntry> kFamilies = {
        {[](const nlohmann::json&) { return false; }, loadGemmaFamily},
        {nanovlm::isNanoVlm, loadNanoVlmFamily},
    };
    return kFamilies;
}

const FamilyEntry& familyOf(const nlohmann::json& config)
{
    const std::vector<FamilyEntry>& families = modelFamilies();
    const auto found = std::find_if(families.begin(), families.end(),
                                    [&config](const FamilyEntry& each) { return each.recognises(config); });
    return found == families.end() ? families.front() : *found;
}

at::ScalarType scalarFromFormat(NumberFormat format, at::ScalarType stored)
{
    switch (format) {
    case NumberFormat::Float32: return at::kFloat;
    case NumberFormat::BFloat16: return at::kBFloat16;
    case NumberFormat::Auto: return stored;
    }
    return stored;
}

}  // namespace armillary::pipeline
