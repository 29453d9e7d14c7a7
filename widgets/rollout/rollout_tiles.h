// What the pages of the rollout view say: pictures beside the real ones, tiles of latent channels, tiles of seeds.
// Thread rule: GUI thread; each call stays within a few milliseconds a latent frame.
#pragma once

#include "widgets/canvas/frame_compare_canvas.h"
#include "widgets/canvas/latent_maps_canvas.h"
#include "widgets/rollout/rollout_work.h"
#include "widgets/rollout/shown_rollout.h"

#include <QString>

#include <cstdint>
#include <optional>
#include <vector>

namespace armillary::widgets {

// The frame alone, or beside the real one and the difference where the source goes on after the condition.
[[nodiscard]] std::vector<ComparedPicture> picturesOf(const ShownRollout& rollout, int frame,
                                                      const std::optional<FrameComparison>& comparison);
// "PSNR 31.20 dB · SSIM 0.9124 · largest difference 40 of 255".
[[nodiscard]] QString measureWords(const FrameComparison& comparison, bool isGiven);

struct LatentPageContent {
    std::vector<MapTile> tiles;  // one a channel
    double aspect = 1;
    QString lowest;  // what the ends of the colour scale stand for
    QString highest;
    QString note;
};
[[nodiscard]] LatentPageContent latentTiles(const RolloutBranch& branch, std::optional<std::int64_t> step,
                                            int latentFrame);

struct SeedPageContent {
    std::vector<MapTile> tiles;  // one a branch, then the variance map when two branches have ended
    QString highestVariance;     // empty without the map
    QString note;
};
[[nodiscard]] SeedPageContent seedTiles(const ShownRollout& rollout, int frame);

}  // namespace armillary::widgets
