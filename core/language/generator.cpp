#include "language/generator.h"

#include "base/run_control.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace armillary::language {

Result<StopReason> generate(const GeneratorInput& input, const std::function<void(const ChosenToken&)>& onToken,
                            const std::stop_token& stop)
{
    TokenChooser chooser(input.sampling);
    SilentObserver silent;
    tensors::NoTaps noTaps;
    tensors::TapSink& taps = input.taps != nullptr ? *input.taps : noTaps;
    at::Tensor hidden = input.lastHidden;
    for (int count = 0; count < input.sampling.maxNewTokens; ++count) {
        if (stop.stop_requested())
            return StopReason::Cancelled;
        const auto at = static_cast<std::size_t>(count);
        const auto forced =
            at < input.forcedIds.size() ? std::optional<std::int64_t>(input.forcedIds[at]) : std::nullopt;
        const ChosenToken chosen =
            chooser.choose(input.model->logits(hidden, input.vocabularyRows)[0].to(at::kCPU), forced);
        onToken(chosen);
        const bool isStop = std::find(input.stopIds.begin(), input.stopIds.end(), chosen.id) != input.stopIds.end();
        const bool ends = isStop && at + 1 >= input.forcedIds.size();
        if (ends && !input.sampling.ignoreEos)
            return StopReason::EndOfTurn;
        if (count + 1 == input.sampling.maxNewTokens)
            break;
        auto next = input.model->forward(input.model->embed({chosen.id}), *input.cache, {}, taps, silent, stop);
        if (!next && next.error().code == ErrorCode::Cancelled)
            return StopReason::Cancelled;
        if (!next)
            return tl::unexpected(next.error());
        hidden = std::move(*next);
    }
    return StopReason::TokenLimit;
}

}  // namespace armillary::language
