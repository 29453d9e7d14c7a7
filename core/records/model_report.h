// What is loaded: architecture, parameter counts, memory. Read by the model dialog and `armillary-cli inspect`.
// Thread rule: immutable once made.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace armillary {

struct ModelPart {
    std::string name;          // "Gemma text model", "SigLIP", "Cosmos VAE" ...
    std::string device;        // "cpu", "cuda:0"
    std::string weightFormat;  // "bfloat16", "float32"
    std::int64_t parameterCount = 0;
    std::int64_t weightBytes = 0;
    std::vector<std::pair<std::string, std::string>> facts;  // label and value, in reading order
};

struct ModelReport {
    std::string modelFolder;
    std::string theWorldFolder;  // empty when plain Gemma
    std::string worldFolder;
    std::vector<ModelPart> parts;
    std::vector<std::string> warnings;
    bool wordsAreMeaningless = false;  // the embedded random demo
};

}  // namespace armillary
