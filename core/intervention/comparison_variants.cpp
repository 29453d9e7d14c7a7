#include "intervention/comparison_variants.h"

#include "intervention/intervention.h"
#include "records/setting_names.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace armillary::intervention {
namespace {

constexpr const char* kImageMark = "<start_of_image>";

struct OptionName {
    FusionOption fusion;
    const char* option;
    const char* title;
};

constexpr OptionName kOptions[] = {{FusionOption::Prepend, "1", "world tokens before everything"},
                                   {FusionOption::Scatter, "2", "the same, embeddings scattered by hand"},
                                   {FusionOption::None, "3", "plain Gemma, the reference without a world"},
                                   {FusionOption::Repeated, "4a", "one <the_world> a world token"},
                                   {FusionOption::Pooled, "4b", "one <the_world> for their mean"},
                                   {FusionOption::Indexed, "4c", "one numbered token a world token"},
                                   {FusionOption::Brackets, "5", "world tokens between brackets"}};

Variant fusedBy(const Question& question, FusionOption fusion)
{
    const auto found = std::find_if(std::begin(kOptions), std::end(kOptions),
                                    [fusion](const auto& each) { return each.fusion == fusion; });
    Variant variant{found->option, found->option, found->title, question, Variant::Edit::None, {}};
    variant.question.world.fusion = fusion;
    return variant;
}

Variant changed(Variant variant, const std::string& suffix, std::string title)
{
    variant.name += "-" + suffix;
    variant.title = std::move(title);
    return variant;
}

// The rendered question of option 3 with the brackets behind its last picture. Raw prompts show the media in order, each once.
Variant worldAfterImage(const pipeline::LoadedModels& models, const Question& question)
{
    Variant variant =
        changed(fusedBy(question, FusionOption::Brackets), "world-after-image", "world tokens behind the picture");
    std::vector<int> shown;
    for (const ChatTurn& turn : question.turns)
        shown.insert(shown.end(), turn.mediaIndices.begin(), turn.mediaIndices.end());
    std::vector<int> inOrder(question.media.size());
    for (std::size_t i = 0; i < inOrder.size(); ++i)
        inOrder[i] = static_cast<int>(i);
    if (question.rawPrompt)
        variant.reason = "the prompt is raw: write the brackets where they shall stand";
    else if (shown.empty())
        variant.reason = "the question shows no picture";
    else if (shown != inOrder)
        variant.reason = "its pictures are not shown once each and in order";
    if (!variant.reason.empty() || !models.world)
        return variant;
    Question plain = question;
    plain.world.fusion = FusionOption::None;
    std::vector<fusion::PicturePlan> pictures;
    for (const int media : shown)
        pictures.push_back({media, {PixelBox{0, 0, 1, 1}}});
    const auto planned =
        fusion::planPrompt(plain, FusionOption::None, models.tokenizer, pictures, {}, models.world->names,
                           {models.family->imageTokenId(), static_cast<int>(models.family->tokensPerCrop()), 1 << 30});
    if (!planned) {
        variant.reason = planned.error().message;
        return variant;
    }
    std::string rendered = planned->rendered;
    const std::string& start = models.world->names.start;
    rendered.insert(rendered.rfind(kImageMark) + std::string(kImageMark).size(),
                    models.world->names.bracketsInText ? start + " " + models.world->names.end
                                                       : start + models.world->names.end);
    variant.question.rawPrompt = std::move(rendered);
    return variant;
}

}  // namespace

std::vector<Variant> variantsOf(const pipeline::LoadedModels& models, const Question& question)
{
    std::vector<Variant> out;
    for (const OptionName& each : kOptions)
        out.push_back(fusedBy(question, each.fusion));

    // What is not given is the loaded checkpoint's default, so the other value is the variant.
    const Variant five = fusedBy(question, FusionOption::Brackets), three = fusedBy(question, FusionOption::None);
    const WorldOptions& world = question.world;
    const bool isRollout = world.source == WorldSource::Rollout;
    const auto otherAttention = [&question](ImageAttention standard) {
        return question.imageAttention.value_or(standard) == ImageAttention::Causal ? ImageAttention::Bidirectional
                                                                                    : ImageAttention::Causal;
    };
    for (const auto& [base, standard] :
         {std::pair(five, ImageAttention::Causal), std::pair(three, ImageAttention::Bidirectional)}) {
        const ImageAttention other = otherAttention(standard);
        Variant variant =
            changed(base, fmt::format("image-{}", nameOf(other)),
                    fmt::format("image tokens attend {}", other == ImageAttention::Causal ? "causally" : "both ways"));
        variant.question.imageAttention = other;
        out.push_back(std::move(variant));
    }
    const LatentScale scale = world.latentScale.value_or(isRollout ? LatentScale::Normalised : LatentScale::Raw);
    const LatentScale otherScale = scale == LatentScale::Raw ? LatentScale::Normalised : LatentScale::Raw;
    out.push_back(
        changed(five, fmt::format("latents-{}", nameOf(otherScale)), fmt::format("{} latents", nameOf(otherScale))));
    out.back().question.world.latentScale = otherScale;

    const PixelRange range =
        world.pixelRange.value_or(models.world ? models.world->defaults.pixelRange : PixelRange::ZeroTo255);
    const PixelRange otherRange = range == PixelRange::ZeroTo255 ? PixelRange::MinusOneToOne : PixelRange::ZeroTo255;
    out.push_back(changed(five, fmt::format("pixels-{}", nameOf(otherRange)),
                          fmt::format("the VAE sees pixels in {}", nameOf(otherRange))));
    out.back().question.world.pixelRange = otherRange;
    if (isRollout)
        out.back().reason = "a rollout's pixel range is the pipeline's own, -1..1";

    for (const WorldSource source : {WorldSource::Still, WorldSource::Clip}) {
        if (source == world.source)
            continue;
        out.push_back(
            changed(five, fmt::format("world-{}", nameOf(source)),
                    source == WorldSource::Still ? "the world of one picture" : "the world of the clip's own frames"));
        Question& asked = out.back().question;
        asked.world.source = source;
        if (isRollout && !world.latentScale)
            asked.world.latentScale = scale;
        if (source == WorldSource::Clip && (question.media.empty() || question.media[0].frames.size() < 5))
            out.back().reason =
                "the first of its media has fewer than 5 frames: they give one latent frame, as a still picture does";
    }
    if (!isRollout)
        out.push_back(changed(five, "world-rollout", "the world that the world model predicts")),
            out.back().reason =
                "a prediction needs its own settings: ask with --world-source rollout and compare with 5-world-still";
    out.push_back(worldAfterImage(models, question));
    out.push_back(changed(five, "random-projection", "a random projection of the same latents, at the same mean norm"));
    out.back().edit = Variant::Edit::RandomProjection;
    out.push_back(changed(five, "no-world", "the brackets alone"));
    out.back().edit = Variant::Edit::NoWorld;
    return out;
}

Result<std::vector<Variant>> chosenVariants(const std::vector<Variant>& all, const std::string& words)
{
    std::vector<bool> isChosen(all.size(), false);
    for (std::size_t begin = 0; begin <= words.size();) {
        const std::size_t end = std::min(words.find(',', begin), words.size());
        const std::string word = words.substr(begin, end - begin);
        begin = end + 1;
        if (word.empty())
            continue;
        bool isKnown = false;
        for (std::size_t i = 0; i < all.size(); ++i) {
            const bool isOption = all[i].name == all[i].option;
            if (word == "all" || (word == "options" && isOption) || (word == "settings" && !isOption) ||
                word == all[i].name) {
                isChosen[i] = true;
                isKnown = true;
            }
        }
        if (!isKnown) {
            std::string known = "all, options, settings";
            for (const Variant& each : all)
                known += ", " + each.name;
            return fail(ErrorCode::InvalidInput, fmt::format("there is no variant '{}'; there are {}", word, known));
        }
    }
    std::vector<Variant> out;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (isChosen[i])
            out.push_back(all[i]);
    }
    if (out.empty())
        return fail(ErrorCode::InvalidInput, "no variant is named: give all, options, settings or names");
    return out;
}

pipeline::PreparedPrompt withoutWorldTokens(const pipeline::PreparedPrompt& prompt)
{
    pipeline::PreparedPrompt out = prompt;
    const auto changed =
        intervene(prompt, {InterventionKind::Removed, TokenKind::World, 0, NoiseSpread::Covariance, {}});
    if (!changed)
        return out;
    out.embeds = changed->rows.embeds;
    out.blocks = changed->rows.blocks;
    out.worldRows = at::Tensor();
    out.worldLatents = at::Tensor();
    const TokenLayout& from = *prompt.plan.layout;
    auto layout = std::make_shared<TokenLayout>();
    out.plan.worldRows.clear();
    out.plan.imageRows.clear();
    for (std::size_t i = 0; i < from.ids.size(); ++i) {
        if (from.kinds[i] == TokenKind::World)
            continue;
        if (from.kinds[i] == TokenKind::Image)
            out.plan.imageRows.push_back(layout->size());
        layout->ids.push_back(from.ids[i]);
        layout->kinds.push_back(from.kinds[i]);
        layout->origins.push_back(from.origins[i]);
        layout->pieces.push_back(from.pieces[i]);
    }
    for (const TokenGrid& grid : from.grids) {
        if (grid.kind != TokenKind::World)
            layout->grids.push_back(grid);
    }
    const auto removed = static_cast<std::int64_t>(prompt.plan.worldRows.size());
    for (nn::PositionRange& block : out.plan.imageBlocks) {
        if (block.begin > prompt.plan.worldRows.front())
            block = {block.begin - removed, block.end - removed};
    }
    out.plan.layout = std::move(layout);
    return out;
}

at::Tensor randomProjection(const at::Tensor& latents, const at::Tensor& like, std::uint64_t seed)
{
    const at::Tensor cells = latents.to(at::kFloat).flatten(1).t();  // [T*h*w,Z], frame, row, column
    auto random = at::make_generator<at::CPUGeneratorImpl>(seed);
    const at::Tensor weights = at::randn({cells.size(1), like.size(1)}, random, at::kFloat).to(cells.device());
    const at::Tensor tokens = at::matmul(cells, weights);
    const at::Tensor scale = like.to(at::kFloat).norm(2, 1).mean() / tokens.norm(2, 1).mean();
    return (tokens * scale).to(like.scalar_type());
}

Result<pipeline::PreparedPrompt> prepareVariant(pipeline::QuestionPipeline& pipeline, const Variant& variant,
                                                std::uint64_t seed, RunObserver& observer, const std::stop_token& stop)
{
    if (!variant.reason.empty())
        return fail(ErrorCode::InvalidInput, variant.reason);
    auto prompt = pipeline.prepare(variant.question, observer, stop);
    if (!prompt || variant.edit == Variant::Edit::None)
        return prompt;
    if (variant.edit == Variant::Edit::NoWorld)
        return withoutWorldTokens(*prompt);
    if (prompt->worldGrid.channels > 0)
        return fail(
            ErrorCode::InvalidInput,
            "the checkpoint's world tokens are latent channels: a random projection of cells says nothing about them");
    prompt->worldRows = randomProjection(prompt->worldLatents, prompt->worldRows, seed);
    const at::Tensor index = at::tensor(prompt->plan.worldRows, at::kLong).to(prompt->embeds.device());
    prompt->embeds = prompt->embeds.index_copy(0, index, prompt->worldRows.to(prompt->embeds.options()));
    return prompt;
}

}  // namespace armillary::intervention
