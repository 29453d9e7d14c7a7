#include "training/snapshot_export.h"

#include "io/atomic_file.h"
#include "io/json_file.h"
#include "scenes/scene_questions.h"
#include "training/checkpoint.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string_view>
#include <vector>

namespace armillary::training {
namespace {

namespace fs = std::filesystem;

TensorMap startingWith(const TensorMap& all, const std::vector<std::string>& prefixes)
{
    TensorMap out;
    for (const auto& [name, tensor] : all) {
        for (const std::string& prefix : prefixes) {
            if (name.starts_with(prefix))
                out[name] = tensor;
        }
    }
    return out;
}

// A text encoder of random numbers: the transformer does not listen to it.
TensorMap textEncoder(std::uint64_t seed, const cosmos::T5Config& config)
{
    Parameters made(seedOf(seed, "text encoder"));
    const auto matrix = [&made](const std::string& name, std::int64_t out, std::int64_t in) {
        made.normal(name + ".weight", {out, in}, 1 / std::sqrt(static_cast<double>(in)));
    };
    const std::int64_t inner = config.heads * config.headWidth;
    made.normal("shared.weight", {config.vocabulary, config.width}, 1);
    for (std::int64_t i = 0; i < config.layers; ++i) {
        const std::string block = fmt::format("encoder.block.{}.layer.", i);
        for (const char* part : {"q", "k", "v"})
            matrix(fmt::format("{}0.SelfAttention.{}", block, part), inner, config.width);
        matrix(block + "0.SelfAttention.o", config.width, inner);
        if (i == 0)
            matrix(block + "0.SelfAttention.relative_attention_bias", config.buckets, config.heads);
        made.constant(block + "0.layer_norm.weight", {config.width}, 1);
        matrix(block + "1.DenseReluDense.wi", config.mlpWidth, config.width);
        matrix(block + "1.DenseReluDense.wo", config.width, config.mlpWidth);
        made.constant(block + "1.layer_norm.weight", {config.width}, 1);
    }
    made.constant("encoder.final_layer_norm.weight", {config.width}, 1);
    return made.values();
}

Result<void> writeJson(const std::string& path, const nlohmann::json& json)
{
    return io::writeFileAtomically(path, json.dump(1) + "\n");
}

// Latents need no normalising: their statistics are folded into the autoencoder (foldLatentStatistics).
Result<void> writeVaeConfig(const std::string& path, std::int64_t channels)
{
    auto config = io::readJsonFile(path);
    if (!config)
        return tl::unexpected(config.error());
    (*config)["latents_mean"] = std::vector<double>(static_cast<std::size_t>(channels), 0.0);
    (*config)["latents_std"] = std::vector<double>(static_cast<std::size_t>(channels), 1.0);
    return writeJson(path, *config);
}

nlohmann::json demoJson()
{
    return {{"about", "How the world tokens of this demo were made; TheWorld's own code encodes one 512x512 picture of "
                      "0...255 instead."},
            {"picture_size", {scenes::kBoardPixels, scenes::kBoardPixels}},
            {"pixel_range", {-1, 1}},
            {"frames", scenes::kFrames},
            {"seen_frames", scenes::kSeenFrames},
            {"still_frame", scenes::kNow},
            {"latent_frames", kLatentFrames},
            {"latent_cells", {kLatentSide, kLatentSide}},
            {"latent_scale", "raw and normalised latents are the same: latents_mean is 0, latents_std 1"},
            {"rollout_steps", kRolloutSteps},
            {"guidance", 1.0},
            {"fps", kRolloutFramesPerSecond},
            {"image_attention", "causal with world tokens, both ways without"}};
}

std::string percent(const nlohmann::json& value)
{
    return value.is_number() ? fmt::format("{:.1f}", 100 * value.get<double>()) : std::string("-");
}

std::string tableOf(const nlohmann::json& measured)
{
    std::string out =
        "| question | asked | chance | best from the still | true clip | own rollout | no world | another "
        "scene's |\n|---|---|---|---|---|---|---|---|\n";
    for (const nlohmann::json& row : measured.at("questions")) {
        const nlohmann::json& accuracy = row.at("accuracy");
        out += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} |\n", row.at("kind").get<std::string>(),
                           row.at("asked").get<std::int64_t>(), percent(row.at("chance")),
                           percent(row.at("best_from_still")), percent(accuracy.at("true")),
                           percent(accuracy.at("rollout")), percent(accuracy.at("absent")),
                           percent(accuracy.at("foreign")));
    }
    return out;
}

struct Goal {
    std::string_view world;
    double bound = 0;
    bool isLeast = true;  // else at most
};

// What was aimed at for each kind, beside what was measured: an answer about the still always right; of motion and future right
// with the world and, without one, no better than whoever sees the still alone.
nlohmann::json goalsOf(const nlohmann::json& measured)
{
    constexpr double kStill = 0.97, kTrue = 0.95, kRollout = 0.9, kMargin = 0.05;
    nlohmann::json out = nlohmann::json::array();
    for (const scenes::QuestionKind kind : scenes::kQuestionKinds) {
        for (const nlohmann::json& row : measured.at("questions")) {
            if (row.at("kind") != scenes::kindName(kind))
                continue;
            const double alone =
                std::max(row.at("chance").get<double>(), row.at("best_from_still").get<double>()) + kMargin;
            const std::vector<Goal> goals =
                scenes::isAboutStill(kind)
                    ? std::vector<Goal>{{"true", kStill}, {"rollout", kStill}, {"absent", kStill}}
                    : std::vector<Goal>{{"true", kTrue}, {"rollout", kRollout}, {"absent", alone, false}};
            for (const Goal& goal : goals) {
                const double reached = row.at("accuracy").at(std::string(goal.world)).get<double>();
                out.push_back({{"kind", row.at("kind")},
                               {"world", goal.world},
                               {goal.isLeast ? "at_least" : "at_most", goal.bound},
                               {"measured", reached},
                               {"met", goal.isLeast ? reached >= goal.bound : reached <= goal.bound}});
            }
        }
    }
    return out;
}

// One line a goal that was missed.
std::string missedGoals(const nlohmann::json& goals)
{
    std::string out;
    for (const nlohmann::json& goal : goals) {
        const bool isLeast = goal.contains("at_least");
        if (!goal.at("met").get<bool>())
            out += fmt::format("- {}, world tokens {}: {} instead of at {} {}.\n", goal.at("kind").get<std::string>(),
                               goal.at("world").get<std::string>(), percent(goal.at("measured")),
                               isLeast ? "least" : "most", percent(goal.at(isLeast ? "at_least" : "at_most")));
    }
    return out.empty() ? "All of them were reached.\n" : "Missed, all others were reached:\n\n" + out;
}

}  // namespace

Result<void> exportSnapshot(const DemoTemplate& form, const TrainingPlan& plan, const std::string& languageStage,
                            const std::string& folder)
{
    const auto vae = readTensors(resultPath(plan.folder, "vae"));
    const auto transformer = readTensors(resultPath(plan.folder, "transformer"));
    const auto language = readTensors(resultPath(plan.folder, languageStage));
    for (const auto* part : {&vae, &transformer, &language}) {
        if (!*part)
            return tl::unexpected(part->error());
    }
    std::error_code error;
    fs::create_directories(folder, error);
    for (const char* part : {"gemma", "cosmos", "theworld"})
        fs::copy(form.folder + "/" + part, folder + "/" + part,
                 fs::copy_options::recursive | fs::copy_options::overwrite_existing, error);
    if (error)
        return fail(ErrorCode::FileWrite, fmt::format("the snapshot's folders cannot be written: {}", folder));
    const std::string t5Path = folder + "/cosmos/text_encoder/config.json";
    const auto t5Json = io::readJsonFile(t5Path);
    if (!t5Json)
        return tl::unexpected(t5Json.error());
    const auto t5 = cosmos::readT5Config(*t5Json, t5Path);
    if (!t5)
        return tl::unexpected(t5.error());
    const std::string diffusers = "/diffusion_pytorch_model.safetensors";
    for (const auto& done :
         {writeSnapshotTensors(folder + "/gemma/model.safetensors",
                               startingWith(*language, {"language_model.", "vision_tower.", "multi_modal_projector."})),
          writeSnapshotTensors(folder + "/theworld/model.safetensors", startingWith(*language, {"world_projector."})),
          writeSnapshotTensors(folder + "/cosmos/vae" + diffusers, *vae),
          writeSnapshotTensors(folder + "/cosmos/transformer" + diffusers, *transformer),
          writeSnapshotTensors(folder + "/cosmos/text_encoder/model.safetensors", textEncoder(plan.seed, *t5)),
          writeVaeConfig(folder + "/cosmos/vae/config.json", form.vae.latentChannels),
          writeJson(folder + "/theworld/demo.json", demoJson())}) {
        if (!done)
            return done;
    }
    return {};
}

Result<void> writeModelCard(const std::string& folder, const nlohmann::json& measured, const nlohmann::json& training)
{
    const nlohmann::json& rollout = measured.at("rollout");
    const nlohmann::json goals = goalsOf(measured);
    const std::string text = fmt::format(
        "# Armillary's embedded demo model\n\n"
        "A small TheWorld model in the published snapshot layouts (`gemma`, `cosmos`, `theworld`), trained by "
        "`armillary-train-demo` from one seed on scenes of coloured shapes whose truth is known (`core/scenes`). It "
        "knows "
        "this one little world and nothing else; any other picture gets an answer about shapes that are not there.\n\n"
        "SigLIP sees one still, the middle frame of nine. World tokens are the latents of the clip: two latent frames "
        "that were seen and a third that is true or rolled out by the world model from the first two.\n\n"
        "## Measured\n\nOn {} held-out scenes of seed {}, greedy answers, an answer is right when every token is; in "
        "percent. *Chance* is the share of the commonest right answer; *best from the still* is the best that anyone "
        "could "
        "do who sees the still alone. Cases too close to call are not asked (`core/scenes/scene_questions.h`): a place "
        "near a line of the board, a direction near the next one, two walls met nearly at once, motion within half a "
        "frame of a wall. Whether two shapes will touch is not asked at all: an earlier model answered that no better "
        "than the still allows.\n\n{}\n"
        "- Video autoencoder: {:.1f} dB PSNR over whole clips; {:.1f} % of the shapes in the last frame within 4 "
        "pixels of "
        "the truth, median {:.2f} pixels.\n"
        "- Rollout in {} steps: {:.1f} % within 4 pixels in the last frame, median {:.2f} pixels.\n\n"
        "## Goals\n\nAbout the still 97 % with and without a world; about motion and future 95 % with the true clip, "
        "90 % with the own rollout, and without a world at most 5 points more than chance or the best from the "
        "still.\n\n{}\n"
        "## Training\n\n`armillary-train-demo all --out FOLDER --seed {}` trains, measures and writes all of this. At "
        "the "
        "end of each stage, on the first held-out scenes:\n\n```json\n{}\n```\n\nLicence: Apache-2.0, as Armillary.\n",
        measured.at("scenes").get<std::int64_t>(), measured.at("seed").get<std::uint64_t>(), tableOf(measured),
        measured.at("vae").at("psnr_db").get<double>(), measured.at("vae").at("within_4px").get<double>() * 100,
        measured.at("vae").at("median_px").get<double>(), kRolloutSteps, rollout.at("within_4px").get<double>() * 100,
        rollout.at("median_px").get<double>(), missedGoals(goals), training.at("seed").get<std::uint64_t>(),
        training.dump(1));
    const nlohmann::json card{{"measured", measured}, {"goals", goals}, {"training", training}};
    if (const auto done = writeJson(folder + "/card.json", card); !done)
        return done;
    return io::writeFileAtomically(folder + "/README.md", text);
}

}  // namespace armillary::training
