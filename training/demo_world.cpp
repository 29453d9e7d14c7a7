#include "training/demo_world.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <vector>

namespace armillary::training {
namespace {

constexpr std::int64_t kClipsAtOnce = 16;

template <class Net>
struct Owned {
    template <class Config>
    explicit Owned(const Config& config) : parameters(0), net(parameters, config)
    {}
    Parameters parameters;
    Net net;
};

template <class Net, class Config>
Result<std::shared_ptr<const Net>> netOf(const Config& config, const TensorMap& values)
{
    const auto owned = std::make_shared<Owned<Net>>(config);
    if (const auto assigned = owned->parameters.assign(values); !assigned)
        return tl::unexpected(assigned.error());
    return std::shared_ptr<const Net>(owned, &owned->net);
}

template <class Function>
at::Tensor inParts(const at::Tensor& all, Function function)
{
    const at::NoGradGuard noGradients;
    std::vector<at::Tensor> parts;
    for (std::int64_t first = 0; first < all.size(0); first += kClipsAtOnce)
        parts.push_back(function(all.narrow(0, first, std::min(kClipsAtOnce, all.size(0) - first))));
    return at::cat(parts);
}

}  // namespace

Result<std::shared_ptr<const VaeNet>> vaeOf(const DemoTemplate& form, const TensorMap& values)
{
    return netOf<VaeNet>(form.vae, values);
}

Result<std::shared_ptr<const TransformerNet>> transformerOf(const DemoTemplate& form, const TensorMap& values)
{
    return netOf<TransformerNet>(form.transformer, values);
}

at::Tensor latentsOfClips(const VaeNet& net, const at::Tensor& clips)
{
    return inParts(clips, [&net](const at::Tensor& part) { return net.encode(part).mean; });
}

at::Tensor clipsOfLatents(const VaeNet& net, const at::Tensor& latents)
{
    return inParts(latents, [&net](const at::Tensor& part) { return net.decode(part).clamp(-1, 1); });
}

}  // namespace armillary::training
