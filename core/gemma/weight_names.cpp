#include "gemma/weight_names.h"

#include <string_view>

namespace armillary::gemma {
namespace {

bool replaceStart(std::string& name, std::string_view start, std::string_view replacement)
{
    if (!name.starts_with(start))
        return false;
    name.replace(0, start.size(), replacement);
    return true;
}

}  // namespace

std::string canonicalGemmaName(const std::string& stored)
{
    std::string name = stored;
    if (!replaceStart(name, "language_model.model.", "language_model.")) {
        for (const std::string_view part : {"language_model.", "vision_tower.", "multi_modal_projector."})
            replaceStart(name, "model." + std::string(part), part);
    }
    replaceStart(name, "vision_tower.vision_model.", "vision_tower.");
    replaceStart(name, "lm_head.", "language_model.lm_head.");
    return name;
}

}  // namespace armillary::gemma
