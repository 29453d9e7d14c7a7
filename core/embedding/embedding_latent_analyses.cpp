// Statistics of world latents by channel, by name.
#include "embedding/embedding_results.h"
#include "inspect/latent_stats.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace armillary::embedding {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

AnalysisEntry latentChannelsEntry()
{
    return {"latent-channels",
            "World latents by channel",
            "mean and deviation of every latent channel beside the autoencoder's own (its latents_mean and "
            "latents_std): sigmas between the "
            "means, share of values beyond 2 sigma, and channels whose mean is more than 2 sigma off",
            {{"tensor", "world.latents",
              "world.latents, rollout.latents.N or rollout.noise: latents [channels, frames, height, width]"},
             {"frame", "-1", "latent frame; -1: all of them"},
             {"scale", "auto", "raw, normalised ((raw - mean) / std), or auto: as the run says"}},
            "latents of a world"};
}

// The autoencoder's statistics that rollout runs keep; nothing in other records.
std::optional<inspect::LatentReference> recordReference(const RunRecord& record, std::int64_t channels)
{
    const auto means = record.tensors.find("vae.latents_mean");
    const auto deviations = record.tensors.find("vae.latents_std");
    if (means == record.tensors.end() || deviations == record.tensors.end())
        return std::nullopt;
    auto reference = inspect::latentReference(means->second, deviations->second);
    if (!reference || static_cast<std::int64_t>(reference->means.size()) != channels)
        return std::nullopt;
    return *reference;
}

Result<AnalysisResult> runLatentChannels(const RunRecord& record, const inspect::AnalysisArguments& arguments,
                                         const std::stop_token&)
{
    ArgumentReader read(arguments);
    const std::int64_t frame = read.integer("frame", -1, 100000);
    const std::size_t scale = read.choice("scale", {"auto", "raw", "normalised"});
    if (read.problem())
        return tl::unexpected(*read.problem());
    const auto tensor = record.tensors.find(read.text("tensor"));
    if (tensor == record.tensors.end())
        return fail(ErrorCode::InvalidInput,
                    fmt::format("the record has no {}; ask with a world", read.text("tensor")));
    if (tensor->second.shape.size() != 4)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("{} holds no latents [channels, frames, height, width]", read.text("tensor")));
    const auto channels = static_cast<std::size_t>(tensor->second.shape[0]);
    AnalysisResult result;
    const auto setting = record.settings.find("latent_scale");
    const bool isNormalised =
        scale == 2 || (scale == 0 && setting != record.settings.end() && setting->second == "normalised");
    if (scale == 0 && setting == record.settings.end())
        result.cautions.emplace_back("the record does not say the scale of its latents; they were taken as raw");
    const auto reference = recordReference(record, tensor->second.shape[0]);
    if (!reference)
        result.cautions.emplace_back(
            "the record holds no statistics of the autoencoder: means and deviations are those of the stored numbers, "
            "without sigmas");
    const inspect::LatentReference plain{std::vector<double>(channels, 0), std::vector<double>(channels, 1)};
    const auto stats = inspect::channelStats(tensor->second, reference && isNormalised, reference.value_or(plain),
                                             frame < 0 ? std::nullopt : std::optional(frame));
    if (!stats)
        return tl::unexpected(stats.error());
    AnalysisTable table{"channels",
                        {"channel", "mean", "deviation", "reference mean", "reference deviation", "mean off by sigmas",
                         "beyond 2 sigma", "unusual", "not finite"},
                        {}};
    double unusual = 0, largest = 0;
    std::vector<double> sigmas;
    std::int64_t nonFinite = 0;
    for (std::size_t channel = 0; channel < stats->size(); ++channel) {
        const inspect::ChannelStats& each = (*stats)[channel];
        nonFinite += each.nonFinite;
        if (reference) {
            unusual += each.isUnusual ? 1 : 0;
            largest = std::max(largest, std::abs(each.meanSigmas));
        }
        sigmas.push_back(reference ? each.meanSigmas : kNan);
        table.rows.push_back({cell(static_cast<std::int64_t>(channel)), each.mean, each.deviation,
                              reference ? each.referenceMean : kNan, reference ? each.referenceDeviation : kNan,
                              reference ? each.meanSigmas : kNan, reference ? each.beyondTwoSigma : kNan,
                              std::string(!reference       ? ""
                                          : each.isUnusual ? "yes"
                                                           : "no"),
                              cell(each.nonFinite)});
    }
    if (nonFinite > 0)
        result.cautions.push_back(fmt::format("{} values are NaN or infinite and were left out", nonFinite));
    result.numbers = {{"channels", static_cast<double>(channels), ""},
                      {"unusual channels", reference ? unusual : kNan, ""},
                      {"largest shift", reference ? largest : kNan, "sigma"}};
    result.tables.push_back(std::move(table));
    result.arrays["mean off by sigmas"] = arrayOf({"channel"}, {static_cast<std::int64_t>(sigmas.size())}, sigmas);
    return result;
}

}  // namespace

std::vector<inspect::RecordAnalysis> latentAnalyses()
{
    return {{latentChannelsEntry(), runLatentChannels}};
}

}  // namespace armillary::embedding
