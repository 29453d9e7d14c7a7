// A question on the threshold of its prefill: every row of the fused sequence is there, nothing has run through the language
// model yet. What studies change and run again.
// Thread rule: as the engine; tensors are shared and must not be written in place.
#pragma once

#include "fusion/prompt_plan.h"
#include "fusion/world_projector.h"
#include "language/language_model.h"
#include "records/question.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace armillary::pipeline {

struct PreparedPrompt {
    fusion::PromptPlan plan;  // ids, layout, where image and world rows stand
    at::Tensor embeds;        // [S,D], as layer 0 receives them
    at::Tensor imageRows;     // [Ni,D]; undefined without pictures
    at::Tensor worldRows;     // [Nw,D]; undefined without a world
    at::Tensor worldLatents;  // [Z,T,h,w] as they enter the projector; undefined without a world
    fusion::WorldGrid worldGrid;
    language::ImageBlocks blocks;  // positions that see each other both ways in this run; empty when causal
    FusionOption fusion = FusionOption::None;
    std::map<std::string, std::string> settings;  // as run
    std::vector<std::string> warnings;
};

}  // namespace armillary::pipeline
