// Which model folders to load, where to and in which number format.
// Thread rule: plain values.
#pragma once

#include "records/question.h"

#include <string>

namespace armillary {

// Model folders as published; empty = not used. With theWorldFolder alone its own config.json names the other two.
struct ModelFolders {
    std::string model;     // Gemma 3 snapshot
    std::string theWorld;  // TheWorld checkpoint
    std::string world;     // Cosmos pipeline folder
};

struct LoadOptions {
    std::string device = "auto";                    // auto | cpu | cuda:N
    NumberFormat format = NumberFormat::Auto;       // of Gemma and SigLIP
    NumberFormat worldFormat = NumberFormat::Auto;  // of VAE and projector
};

}  // namespace armillary
