// The numbers and the form of a decoder: what tells the families of language models apart. Each family reads its own
// configuration into one of these; nothing past that point asks for the family's name.
//
// The form: layers x + attention(norm(x)), then x + mlp(norm(x)), grouped queries, halves rotated, a gated MLP without biases.
// Families differ in how their norms multiply, in norms of queries and keys, in norms behind attention and MLP, in the
// activation, in the windows of local layers and in what embeddings are multiplied by.
// Thread rule: plain values.
#pragma once

#include "nn/layers.h"

#include <cstdint>
#include <vector>

namespace armillary::language {

enum class Activation { GeluTanh, Silu };

struct DecoderConfig {
    std::int64_t vocabularySize = 0;  // V: rows of the embedding table (of a resized one: set before loading)
    std::int64_t hiddenSize = 0;      // D
    std::int64_t intermediateSize = 0;
    std::int64_t layerCount = 0;     // L
    std::int64_t queryHeads = 0;     // H
    std::int64_t keyValueHeads = 0;  // K
    std::int64_t headWidth = 0;      // C
    std::int64_t maxPositions = 0;
    std::int64_t slidingWindow = 0;  // a local layer sees key > query - slidingWindow
    double queryScalar = 1;          // scores are scaled by its inverse square root
    double normEpsilon = 1e-6;
    double globalTheta = 1e4;
    double globalFactor = 1;  // linear scaling: frequencies are divided by it
    double localTheta = 1e4;
    double localFactor = 1;
    std::vector<bool> layerIsGlobal;  // [L]; the others are local (sliding window)
    bool tiedEmbeddings = true;       // the head is the embedding table

    nn::RmsNorm::Factor normFactor = nn::RmsNorm::Factor::Weight;
    bool normsHeads = false;    // of queries and keys, before the turn
    bool normsOutputs = false;  // of what attention and MLP add
    Activation activation = Activation::Silu;
    bool scalesEmbeddings = false;  // rows of the table times sqrt(D)
    // A pass that reaches beyond maxPositions divides its frequencies by how far it does.
    bool stretchesRotary = false;

    [[nodiscard]] bool isGlobal(std::int64_t layer) const { return layerIsGlobal[static_cast<std::size_t>(layer)]; }
    // What layer `layer` sees back; 0: everything.
    [[nodiscard]] std::int64_t window(std::int64_t layer) const { return isGlobal(layer) ? 0 : slidingWindow; }
    [[nodiscard]] double scoreScale() const;
};

}  // namespace armillary::language
