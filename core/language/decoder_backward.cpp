#include "language/decoder_backward.h"

#include "base/run_control.h"
#include "tensors/shape.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace armillary::language {
namespace {

constexpr std::int64_t kWeightRows = 1024;  // of a weight at a time: 40 MB of float32 at the widest of Gemma 3 4B
constexpr std::int64_t kMlpRows = 512;
// Scores of this many query-key pairs at a time, all heads: a tile and its gradients take 32 MB each.
constexpr std::int64_t kTilePairs = std::int64_t{8} << 20;

struct Halves {
    at::Tensor gradient;  // of the rows that come in
    at::Tensor output;
};

// Gradient before the activation from the one behind it.
at::Tensor activationBackward(Activation activation, const at::Tensor& gradient, const at::Tensor& x)
{
    return activation == Activation::GeluTanh ? at::gelu_backward(gradient, x, "tanh") : at::silu_backward(gradient, x);
}

// The MLP half: out = x + norm(down(act(gate n) * up n)), n = norm(x).
Result<Halves> mlpBackward(const LayerParts& parts, const at::Tensor& x, const at::Tensor& gradient,
                           const std::stop_token& stop)
{
    Halves out{at::empty_like(gradient), at::empty_like(gradient)};
    for (std::int64_t first = 0; first < x.size(0); first += kMlpRows) {
        if (stop.stop_requested())
            return failCancelled();
        const at::Tensor rows = x.slice(0, first, first + kMlpRows);
        const at::Tensor given = gradient.slice(0, first, first + kMlpRows);
        const at::Tensor normed = parts.preMlpNorm.forward(rows);
        const at::Tensor gate = parts.gate.forward(normed);
        const at::Tensor up = parts.up.forward(normed);
        at::Tensor activated = gate.clone();
        activateInPlace(parts.activation, activated);
        const at::Tensor fed = parts.down.forward(activated * up);
        out.output.slice(0, first, first + kMlpRows).copy_(rows + parts.postMlpNorm.forward(fed));

        const at::Tensor inner = linearBackward(parts.down, rmsNormBackward(parts.postMlpNorm, fed, given));
        const at::Tensor gateGradient =
            activationBackward(parts.activation, inner * up.to(at::kFloat), gate.to(at::kFloat));
        at::Tensor normedGradient = linearBackward(parts.gate, gateGradient);
        normedGradient.add_(linearBackward(parts.up, inner * activated.to(at::kFloat)));
        out.gradient.slice(0, first, first + kMlpRows)
            .copy_(given + rmsNormBackward(parts.preMlpNorm, rows, normedGradient));
    }
    return out;
}

struct Attended {
    at::Tensor q;        // [S,H,C] before norm and turn
    at::Tensor k;        // [S,K,C]
    at::Tensor v;        // [K,S,C]
    at::Tensor turnedQ;  // [H,S,C]
    at::Tensor turnedK;  // [K,S,C]
    at::Tensor mixed;    // [S,H*C] of the kernel
};

struct QkvGradient {
    at::Tensor q;  // [S,H,C] behind norm and turn
    at::Tensor k;  // [S,K,C] likewise
    at::Tensor v;  // [S,K,C]
    double error = 0;
};

// From the gradient [S,H*C] of what attention mixed, a tile of query rows at a time.
Result<QkvGradient> tilesBackward(const LayerParts& parts, const Attended& attended, const at::Tensor& gradient,
                                  const LayerBackwardPass& pass)
{
    const std::int64_t length = gradient.size(0);
    const std::int64_t groups = parts.keyValueHeads;
    const std::int64_t perGroup = parts.queryHeads / groups;
    const std::int64_t width = parts.headWidth;
    const auto grouped = [&](const at::Tensor& x) {
        return x.to(at::kFloat).view({length, groups, perGroup, width}).permute({1, 2, 0, 3});  // [K,G,S,C]
    };
    const at::Tensor q = attended.turnedQ.to(at::kFloat).unflatten(0, {groups, perGroup});  // [K,G,S,C]
    const at::Tensor k = attended.turnedK.to(at::kFloat);                                   // [K,S,C]
    const at::Tensor v = attended.v.to(at::kFloat);                                         // [K,S,C]
    const at::Tensor given = grouped(gradient);
    const at::Tensor kernel = grouped(attended.mixed);
    at::Tensor gradQ = at::empty({groups, perGroup, length, width}, gradient.options());
    at::Tensor gradK = at::zeros({groups, length, width}, gradient.options());
    at::Tensor gradV = at::zeros({groups, length, width}, gradient.options());
    const std::int64_t fitting =
        std::clamp<std::int64_t>(kTilePairs / std::max<std::int64_t>(1, parts.queryHeads * length), 16, 512);
    const std::int64_t tileRows = pass.tileRows > 0 ? pass.tileRows : fitting;
    double largestError = 0;
    for (std::int64_t first = 0; first < length; first += tileRows) {
        if (pass.stop.stop_requested())
            return failCancelled();
        const std::int64_t count = std::min(tileRows, length - first);
        const nn::PositionRange keys = nn::seenKeys(pass.mask, first, count, length);
        const at::Tensor tileK = k.slice(1, keys.begin, keys.end).unsqueeze(1);  // [K,1,keys,C]
        const at::Tensor tileV = v.slice(1, keys.begin, keys.end).unsqueeze(1);
        const at::Tensor tileQ = q.slice(2, first, first + count);  // [K,G,count,C]
        const at::Tensor tileGiven = given.slice(2, first, first + count);
        at::Tensor scores = at::matmul(tileQ, tileK.transpose(2, 3)).mul_(parts.scoreScale);
        scores.add_(nn::maskRows(pass.mask, first, count, keys).to(scores.device()));
        const at::Tensor weights = at::softmax(scores, -1);                              // [K,G,count,keys]
        const at::Tensor weightGradient = at::matmul(tileGiven, tileV.transpose(2, 3));  // dy/dA
        largestError =
            std::max(largestError,
                     (at::matmul(weights, tileV) - kernel.slice(2, first, first + count)).abs().max().item<double>());
        if (pass.visit)
            pass.visit({first, keys, weights.flatten(0, 1), weightGradient.flatten(0, 1)});
        const at::Tensor ofScores =
            weights * (weightGradient - (weightGradient * weights).sum(-1, true)) * parts.scoreScale;
        gradQ.slice(2, first, first + count).copy_(at::matmul(ofScores, tileK));
        gradK.slice(1, keys.begin, keys.end).add_(at::matmul(ofScores.transpose(2, 3), tileQ).sum(1));
        gradV.slice(1, keys.begin, keys.end).add_(at::matmul(weights.transpose(2, 3), tileGiven).sum(1));
    }
    const double largest = kernel.abs().max().item<double>();
    return QkvGradient{gradQ.flatten(0, 1).transpose(0, 1), gradK.transpose(0, 1), gradV.transpose(0, 1),
                       largest > 0 ? largestError / largest : largestError};
}

}  // namespace

at::Tensor rmsNormBackward(const nn::RmsNorm& norm, const at::Tensor& x, const at::Tensor& gradient)
{
    if (norm.isNone())
        return gradient;
    const at::Tensor wide = x.to(at::kFloat);
    const at::Tensor scale = at::rsqrt(wide.square().mean(-1, true) + norm.epsilon());  // [...,1]
    const at::Tensor given = norm.factor().defined() ? gradient * norm.factor() : gradient;
    return scale * (given - wide * scale.square() * (given * wide).mean(-1, true));
}

at::Tensor linearBackward(const nn::Linear& linear, const at::Tensor& gradient)
{
    const at::Tensor& weight = linear.weight();  // [out,in]
    tensors::checkShape(gradient, "gradient of a product", {-1, weight.size(0)});
    if (weight.scalar_type() == at::kFloat)
        return at::matmul(gradient, weight);
    at::Tensor out = at::zeros({gradient.size(0), weight.size(1)}, gradient.options());
    for (std::int64_t first = 0; first < weight.size(0); first += kWeightRows)
        out.addmm_(gradient.slice(1, first, first + kWeightRows),
                   weight.slice(0, first, first + kWeightRows).to(at::kFloat));
    return out;
}

at::Tensor normAndTurnBackward(const at::Tensor& raw, const nn::RmsNorm& norm, const nn::RotaryTable& turn,
                               const at::Tensor& gradient)
{
    const std::int64_t half = raw.size(2) / 2;
    const at::Tensor cosine = turn.cosine.unsqueeze(1);  // [S,1,C/2]
    const at::Tensor sine = turn.sine.unsqueeze(1);
    const at::Tensor first = gradient.narrow(2, 0, half);
    const at::Tensor second = gradient.narrow(2, half, half);
    // The turn is a rotation: its transpose turns back.
    const at::Tensor back = at::cat({first * cosine + second * sine, second * cosine - first * sine}, 2);
    return rmsNormBackward(norm, raw, back);
}

Result<LayerBackward> backward(const DecoderLayer& layer, const at::Tensor& x, const at::Tensor& gradient,
                               const LayerBackwardPass& pass)
{
    const LayerParts parts = layer.parts();
    const std::int64_t length = x.size(0);
    tensors::checkShape(gradient, "gradient of a layer", {length, x.size(1)});
    const at::Tensor normed = parts.inputNorm.forward(x);
    const auto heads = [&](const nn::Linear& linear, std::int64_t count) {
        return linear.forward(normed).view({length, count, parts.headWidth});
    };
    Attended attended;
    attended.q = heads(parts.query, parts.queryHeads);
    attended.k = heads(parts.key, parts.keyValueHeads);
    attended.v = heads(parts.value, parts.keyValueHeads).transpose(0, 1);
    attended.turnedQ = nn::normAndTurn(attended.q.clone(), parts.queryNorm, pass.turn).transpose(0, 1);
    attended.turnedK = nn::normAndTurn(attended.k.clone(), parts.keyNorm, pass.turn).transpose(0, 1);
    auto mixed = nn::attend(attended.turnedQ, attended.turnedK, attended.v, parts.scoreScale, pass.mask, 0, pass.stop);
    if (!mixed)
        return tl::unexpected(mixed.error());
    attended.mixed = std::move(*mixed);
    const at::Tensor projected = parts.output.forward(attended.mixed);
    const at::Tensor middle = x + parts.postAttentionNorm.forward(projected);

    const auto behind = mlpBackward(parts, middle, gradient, pass.stop);
    if (!behind)
        return tl::unexpected(behind.error());
    const at::Tensor ofMixed =
        linearBackward(parts.output, rmsNormBackward(parts.postAttentionNorm, projected, behind->gradient));  // [S,H*C]
    const auto qkv = tilesBackward(parts, attended, ofMixed, pass);
    if (!qkv)
        return tl::unexpected(qkv.error());
    const auto flat = [length](const at::Tensor& perHead) { return perHead.reshape({length, -1}); };
    at::Tensor ofNormed =
        linearBackward(parts.query,
                       flat(normAndTurnBackward(attended.q.to(at::kFloat), parts.queryNorm, pass.turn, qkv->q)));
    ofNormed.add_(linearBackward(parts.key, flat(normAndTurnBackward(attended.k.to(at::kFloat), parts.keyNorm,
                                                                     pass.turn, qkv->k))));
    ofNormed.add_(linearBackward(parts.value, flat(qkv->v)));
    return LayerBackward{behind->gradient + rmsNormBackward(parts.inputNorm, x, ofNormed), behind->output, qkv->error};
}

}  // namespace armillary::language
