#include "widgets/rollout/rollout_tiles.h"

#include "inspect/latent_stats.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

// Maps of normalised latents span so many of the autoencoder's own deviations to both sides.
constexpr float kShownSigmas = 3;
constexpr int kTilePixels = 160;
// A larger source is thinned before it goes to the screen; converting all of it would hold the window up.
constexpr int kMostPictureWidth = 1280;

QString words(const char* text)
{
    return QCoreApplication::translate("RolloutView", text);
}

QImage pictureOf(const Image& image, int mostWidth)
{
    const QImage view = viewOf(image);
    return view.width() > mostWidth ? view.scaledToWidth(mostWidth, Qt::FastTransformation) : view;
}

QString stateWords(const RolloutBranch& branch)
{
    const RolloutPace pace = paceOf(branch);
    switch (branch.state) {
    case RunState::Empty: return words("waits");
    case RunState::Running:
        return pace.done > 0 ? words("step %1 of %2").arg(pace.done).arg(pace.total) : words("starting");
    case RunState::Completed: return words("complete");
    case RunState::Cancelled: return words("stopped after step %1 of %2").arg(pace.done).arg(pace.total);
    case RunState::Failed: return words("failed");
    }
    return {};
}

QString madeTitle(const RolloutBranch& branch, int frame)
{
    if (frame >= branch.frameCount())
        return frame < branch.givenFrames() ? words("given") : words("predicted");
    if (branch.isDecoded())
        return frame < branch.givenFrames() ? words("given, through the autoencoder") : words("predicted");
    return words("preview at step %1").arg(branch.previewStep + 1);
}

QString missingWords(const RolloutBranch& branch)
{
    switch (branch.state) {
    case RunState::Empty: return words("This seed waits for its turn.");
    case RunState::Running: return words("The first preview comes with the first steps.");
    case RunState::Failed: return words("The run failed before this frame was made; the messages say why.");
    default: return words("The run was stopped before this frame was decoded.");
    }
}

inspect::LatentReference referenceOf(const RolloutBranch& branch, std::int64_t channels, bool& isKnown)
{
    const TensorSnapshot* means = branch.tensor("vae.latents_mean");
    const TensorSnapshot* deviations = branch.tensor("vae.latents_std");
    if (means != nullptr && deviations != nullptr) {
        if (auto read = inspect::latentReference(*means, *deviations);
            read && static_cast<std::int64_t>(read->means.size()) == channels) {
            isKnown = true;
            return *read;
        }
    }
    isKnown = false;
    return {std::vector<double>(static_cast<std::size_t>(channels), 0.0),
            std::vector<double>(static_cast<std::size_t>(channels), 1.0)};
}

MapTile channelTile(const TensorSnapshot& latents, std::int64_t channel, int latentFrame,
                    const inspect::ChannelStats& stats, bool isKnown)
{
    MapTile tile;
    tile.title = words("ch %1").arg(channel);
    tile.line = QStringLiteral("%1 ± %2").arg(stats.mean, 0, 'f', 1).arg(stats.deviation, 0, 'f', 1);
    tile.isUnusual = stats.isUnusual || stats.nonFinite > 0;
    tile.tip = words("channel %1 · mean %2 · spread %3")
                   .arg(channel)
                   .arg(stats.mean, 0, 'f', 3)
                   .arg(stats.deviation, 0, 'f', 3);
    if (isKnown)
        tile.tip += words("\nautoencoder's own: mean %1 · spread %2\nthe mean is %3 σ away · %4 % of values beyond 2 σ")
                        .arg(stats.referenceMean, 0, 'f', 3)
                        .arg(stats.referenceDeviation, 0, 'f', 3)
                        .arg(stats.meanSigmas, 0, 'f', 2)
                        .arg(100 * stats.beyondTwoSigma, 0, 'f', 1);
    if (stats.nonFinite > 0)
        tile.tip += words("\n%1 values are no finite numbers").arg(stats.nonFinite);
    if (const auto map = inspect::latentMap(latents, channel, latentFrame))
        tile.image =
            blockImage(imageFromValues(map->values, static_cast<int>(map->rows), static_cast<int>(map->columns),
                                       -kShownSigmas, kShownSigmas, ColorScale::Signed),
                       kTilePixels);
    return tile;
}

}  // namespace

std::vector<ComparedPicture> picturesOf(const ShownRollout& rollout, int frame,
                                        const std::optional<FrameComparison>& comparison)
{
    const RolloutBranch* branch = rollout.current();
    if (branch == nullptr)
        return {};
    std::vector<ComparedPicture> out;
    out.push_back(
        {pictureOf(branch->shownFrame(frame), kMostPictureWidth), madeTitle(*branch, frame), missingWords(*branch), 0});
    if (!rollout.hasContinuation())
        return out;
    const Image real = rollout.realFrame(frame);
    ComparedPicture truth{{}, words("real frame"), words("The clip ends before this frame."), 0};
    ComparedPicture difference{{}, words("difference"), words("Nothing to compare yet."), 0};
    if (comparison) {
        truth.image = comparison->real;
        difference.image = comparison->difference;
        difference.legendHighest = std::max(1, comparison->distance.largestDifference);
    } else if (!real.empty()) {
        truth.image = pictureOf(real, kMostPictureWidth);
    }
    out.push_back(std::move(truth));
    out.push_back(std::move(difference));
    return out;
}

QString measureWords(const FrameComparison& comparison, bool isGiven)
{
    const inspect::ImageDistance& distance = comparison.distance;
    QStringList parts;
    parts << (std::isinf(distance.psnrDecibels) ? words("PSNR ∞ (equal)")
                                                : words("PSNR %1 dB").arg(distance.psnrDecibels, 0, 'f', 2));
    if (!std::isnan(distance.ssim))
        parts << words("SSIM %1").arg(distance.ssim, 0, 'f', 4);
    parts << words("largest difference %1 of 255").arg(distance.largestDifference);
    parts << (isGiven ? words("against the given frame") : words("against the clip's own frame"));
    return parts.join(QStringLiteral(" · "));
}

LatentPageContent latentTiles(const RolloutBranch& branch, std::optional<std::int64_t> step, int latentFrame)
{
    LatentPageContent out;
    const TensorSnapshot* latents = branch.latents(step);
    if (latents == nullptr) {
        out.note = branch.state == RunState::Running || branch.state == RunState::Empty
                       ? words("The latents appear here when the prediction has ended.")
                       : words("This run holds no latents.");
        return out;
    }
    if (latentFrame >= latents->shape[1]) {
        out.note = words("The prediction has no latent frame %1.").arg(latentFrame);
        return out;
    }
    bool isKnown = false;
    const std::int64_t channels = latents->shape[0];
    const inspect::LatentReference reference = referenceOf(branch, channels, isKnown);
    const auto stats = inspect::channelStats(*latents, true, reference, latentFrame);
    if (!stats) {
        out.note = QString::fromStdString(stats.error().message);
        return out;
    }
    int unusual = 0;
    for (std::int64_t channel = 0; channel < channels; ++channel) {
        out.tiles.push_back(
            channelTile(*latents, channel, latentFrame, (*stats)[static_cast<std::size_t>(channel)], isKnown));
        unusual += out.tiles.back().isUnusual ? 1 : 0;
    }
    out.aspect =
        static_cast<double>(latents->shape[3]) / static_cast<double>(std::max<std::int64_t>(1, latents->shape[2]));
    out.lowest = isKnown ? words("−3 σ of the autoencoder's own spread") : words("−3");
    out.highest = isKnown ? words("+3 σ") : words("+3");
    out.note = words("Latent frame %1").arg(latentFrame);
    if (!isKnown)
        out.note += words(" · without the autoencoder's own statistics, so nothing is flagged against them");
    else if (unusual == 0)
        out.note += words(" · every channel's mean within 2 σ of the autoencoder's own");
    else
        out.note += words(" · %1 of %2 channels beyond 2 σ of the autoencoder's own mean").arg(unusual).arg(channels);
    return out;
}

SeedPageContent seedTiles(const ShownRollout& rollout, int frame)
{
    SeedPageContent out;
    std::vector<const TensorSnapshot*> latents;
    for (std::size_t i = 0; i < rollout.branches().size(); ++i) {
        const RolloutBranch& branch = rollout.branches()[i];
        MapTile tile;
        tile.title = branch.request ? words("seed %1").arg(branch.request->seed) : words("branch %1").arg(i + 1);
        tile.line = stateWords(branch);
        tile.image = pictureOf(branch.shownFrame(frame), 2 * kTilePixels);
        tile.isChosen = static_cast<int>(i) == rollout.currentIndex();
        tile.tip = words("Click to look at this seed");
        out.tiles.push_back(std::move(tile));
        // A stopped prediction is not the same thing as a finished one.
        if (branch.state == RunState::Completed && branch.latents() != nullptr)
            latents.push_back(branch.latents());
    }
    if (rollout.branches().size() < 2) {
        out.note = words("One seed: give several, as 1, 2, 3, to see where predictions disagree.");
        return out;
    }
    if (latents.size() < 2) {
        out.note = words("The variance map appears when two seeds are complete.");
        return out;
    }
    const int latentFrame = latentFrameFromFrame(frame);
    const auto map = inspect::varianceMap(latents, latentFrame);
    if (!map) {
        out.note = QString::fromStdString(map.error().message);
        return out;
    }
    MapTile tile;
    tile.title = words("variance of t%1").arg(latentFrame);
    tile.line = words("over %1 seeds").arg(latents.size());
    tile.tip = words("Variance over seeds of each latent place, mean over channels\nlowest %1 · highest %2")
                   .arg(map->lowest, 0, 'g', 3)
                   .arg(map->highest, 0, 'g', 3);
    tile.image = blockImage(imageFromValues(map->values, static_cast<int>(map->rows), static_cast<int>(map->columns), 0,
                                            map->highest, ColorScale::Magnitude),
                            kTilePixels);
    out.tiles.push_back(std::move(tile));
    out.highestVariance = words("%1 (normalised latents squared)").arg(map->highest, 0, 'g', 3);
    out.note = words("Latent frame %1: bright places differ between the seeds.").arg(latentFrame);
    return out;
}

}  // namespace armillary::widgets
