#include "engine/question_pipeline.h"

#include "base/stage_clock.h"
#include "cosmos/frame_pixels.h"
#include "engine/device_memory.h"
#include "engine/hashing.h"
#include "gemma/generator.h"
#include "nn/attention.h"
#include "records/setting_names.h"
#include "text/tokenizer.h"
#include "vision/resize.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace armillary::engine {
namespace {

// Where a prompt is refused even if the model was trained for less: the reference runs on past its trained length, and so do
// we, with a warning.
constexpr std::int64_t kMostPositions = 131072;

// The kinds of sequence keys; mixed in so that a token id never equals a pixel hash by chance of construction.
enum KeySalt : std::uint64_t { kTextSalt = 1, kImageSalt = 2, kWorldSalt = 3, kModeSalt = 4 };

// [3,F,h,w] in the range that the run uses.
Result<at::Tensor> vaeInputFromImages(const std::vector<Image>& images, int heightPixels, int widthPixels, PixelRange range)
{
    std::vector<Image> sized;
    for (const Image& image : images) {
        const bool fits = image.height() == heightPixels && image.width() == widthPixels;
        sized.push_back(fits ? image : vision::resize(image, heightPixels, widthPixels, vision::ResizeFilter::Bilinear));
    }
    return cosmos::framesFromImages(sized, range);
}

// What a prediction leaves in a record.
void addPrediction(const WorldPrediction& prediction, const cosmos::VideoVae& vae, double framesPerSecond, RecordTaps& taps, RunRecord& record)
{
    auto clip = std::make_shared<Clip>();
    clip->path = "rollout";
    clip->frames = cosmos::imagesFromPixels(prediction.frames);
    clip->framesPerSecond = framesPerSecond;
    record.rolloutFrames = std::move(clip);
    record.rolloutSteps = prediction.steps;
    record.memoryPlan = prediction.plan;
    taps.keep("rollout.frames", prediction.frames);
    taps.keep("vae.latents_mean", at::tensor(vae.config().latentsMean, at::kFloat));
    taps.keep("vae.latents_std", at::tensor(vae.config().latentsDeviation, at::kFloat));
    if (!taps.has(Capture::Rollout))
        return;
    taps.keep("rollout.noise", prediction.startNoise);
    for (std::size_t step = 0; step < prediction.latentsAfterStep.size(); ++step)
        taps.keep(fmt::format("rollout.latents.{}", step), prediction.latentsAfterStep[step]);
}

void addRolloutSettings(const RolloutRequest& request, std::map<std::string, std::string>& settings)
{
    settings["rollout_frames"] = std::to_string(request.frames);
    settings["rollout_steps"] = std::to_string(request.steps);
    settings["rollout_size"] = fmt::format("{}x{}", request.heightPixels, request.widthPixels);
    settings["rollout_prompt"] = request.prompt;
    settings["rollout_negative"] = request.negative.value_or(std::string(cosmos::defaultNegativePrompt()));
    settings["rollout_text"] = request.skipText ? "skipped" : "encoded";
    settings["rollout_guidance"] = fmt::format("{}", request.guidance);
    settings["rollout_fps"] = fmt::format("{}", request.framesPerSecond);
    settings["rollout_seed"] = request.noise ? "given noise" : std::to_string(request.seed);
    settings["condition_frames"] = std::to_string(request.condition.frames.size());
}

}  // namespace

const std::vector<at::Tensor>* FeatureCache::find(std::uint64_t key)
{
    const auto found = std::find_if(m_entries.begin(), m_entries.end(), [key](const auto& entry) { return entry.first == key; });
    if (found == m_entries.end())
        return nullptr;
    m_entries.splice(m_entries.begin(), m_entries, found);
    return &m_entries.front().second;
}

void FeatureCache::put(std::uint64_t key, std::vector<at::Tensor> tensors)
{
    m_entries.emplace_front(key, std::move(tensors));
    if (m_entries.size() > m_limit)
        m_entries.pop_back();
}

// One question on its way; its members are what the steps hand on.
class QuestionRun {
public:
    QuestionRun(QuestionPipeline& pipeline, const Question& question, RunObserver& observer, const std::stop_token& stop)
        : m_pipeline(pipeline), m_models(*pipeline.m_models), m_question(question), m_observer(observer), m_stop(stop)
    {
    }

    Result<std::shared_ptr<const RunRecord>> run();

private:
    struct Picture {
        std::int32_t media = 0;
        vision::VisionInput input;
        std::uint64_t key = 0;
    };

    Result<void> chooseSettings();
    Result<void> preparePictures();
    Result<void> plan();
    Result<void> encodePictures();
    Result<void> encodeWorld();
    Result<void> predictWorld();
    [[nodiscard]] std::vector<Image> worldFrames() const;
    [[nodiscard]] std::int64_t worldFrameCount() const
    {
        return m_question.world.source == WorldSource::Rollout ? m_question.world.rollout->frames
                                                               : static_cast<std::int64_t>(worldFrames().size());
    }
    void fuse();
    void computeKeys();
    Result<at::Tensor> prefill();
    Result<void> generate(const at::Tensor& hidden);
    void recordAttention();
    std::shared_ptr<const RunRecord> finish();

    void keepWorld(const at::Tensor& latents, const at::Tensor& tokens)
    {
        m_worldRows = tokens;
        m_taps->keep("world.latents", latents);
        m_taps->keep("world.embeds", tokens);
    }

    void begin(const std::string& stage)
    {
        m_clock.begin(stage);
        m_observer.onStage(stage, 0, 0);
    }
    void warn(std::string text)
    {
        m_observer.onWarning(text);
        m_record->warnings.push_back(std::move(text));
    }
    [[nodiscard]] const Image& stillOf(std::int32_t media) const
    {
        const auto at = static_cast<std::size_t>(media);
        const Clip& clip = m_question.media[at];
        const int chosen = at < m_question.stillFrames.size() ? m_question.stillFrames[at] : -1;
        const bool inside = chosen >= 0 && chosen < static_cast<int>(clip.frames.size());
        return inside ? clip.frames[static_cast<std::size_t>(chosen)] : clip.frames.back();
    }

    // Positions that see each other both ways in this run.
    [[nodiscard]] gemma::ImageBlocks imageBlocks() const
    {
        gemma::ImageBlocks out;
        if (m_imageAttention == ImageAttention::Bidirectional) {
            for (const auto& [begin, end] : m_plan.imageBlocks)
                out.push_back({begin, end});
        }
        return out;
    }

    QuestionPipeline& m_pipeline;
    const LoadedModels& m_models;
    const Question& m_question;
    RunObserver& m_observer;
    const std::stop_token& m_stop;

    std::shared_ptr<RunRecord> m_record = std::make_shared<RunRecord>();
    StageClock m_clock;
    FusionOption m_fusion = FusionOption::None;
    ImageAttention m_imageAttention = ImageAttention::Bidirectional;
    PixelRange m_pixelRange = PixelRange::MinusOneToOne;
    LatentScale m_latentScale = LatentScale::Raw;
    int m_worldHeight = 0;
    int m_worldWidth = 0;
    std::vector<Picture> m_pictures;
    fusion::WorldGrid m_worldGrid;
    std::uint64_t m_worldKey = 0;
    fusion::PromptPlan m_plan;
    std::unique_ptr<RecordTaps> m_taps;
    at::Tensor m_imageRows;   // [Ni,D]
    at::Tensor m_worldRows;   // [Nw,D]
    at::Tensor m_embeds;      // [S,D]
    std::vector<std::uint64_t> m_keys;
};

Result<void> QuestionRun::chooseSettings()
{
    if (!m_models.gemma)
        return fail(ErrorCode::InvalidInput, "only a world model is loaded: load a Gemma 3 snapshot to ask questions");
    const bool hasWorld = m_models.world && m_models.world->projector;
    m_fusion = m_question.world.fusion.value_or(hasWorld ? FusionOption::Brackets : FusionOption::None);
    if (m_fusion != FusionOption::None && !hasWorld)
        return fail(ErrorCode::InvalidInput, fmt::format("fusion {} needs a world model: load a TheWorld checkpoint with its Cosmos folder, or "
                                                         "choose fusion none",
                                                         nameOf(m_fusion)));
    if (m_question.turns.empty() && !m_question.rawPrompt)
        return fail(ErrorCode::InvalidInput, "nothing was asked");
    for (const ChatTurn& turn : m_question.turns) {
        for (const int media : turn.mediaIndices) {
            if (media < 0 || media >= static_cast<int>(m_question.media.size()))
                return fail(ErrorCode::InvalidInput, fmt::format("a turn shows picture {}, but there are {}", media, m_question.media.size()));
        }
    }
    for (const Clip& clip : m_question.media) {
        if (clip.frames.empty() || std::any_of(clip.frames.begin(), clip.frames.end(), [](const Image& frame) { return frame.empty(); }))
            return fail(ErrorCode::InvalidInput, "there is no picture in " + clip.path);
    }
    if (m_fusion != FusionOption::None && m_question.media.empty())
        return fail(ErrorCode::InvalidInput, "a world needs a picture: add one, or choose fusion none");
    m_imageAttention = m_question.imageAttention.value_or(m_fusion == FusionOption::None ? ImageAttention::Bidirectional
                                                                                         : ImageAttention::Causal);
    auto& settings = m_record->settings;
    settings = m_models.settings;
    settings["fusion"] = nameOf(m_fusion);
    settings["image_attention"] = nameOf(m_imageAttention);
    settings["pan_and_scan"] = m_question.panAndScan ? "on" : "off";
    const SamplingOptions& sampling = m_question.sampling;
    settings["max_new_tokens"] = std::to_string(sampling.maxNewTokens);
    settings["temperature"] = fmt::format("{}", sampling.temperature);
    settings["top_k"] = std::to_string(sampling.topK);
    settings["top_p"] = fmt::format("{}", sampling.topP);
    settings["min_p"] = fmt::format("{}", sampling.minP);
    settings["seed"] = std::to_string(sampling.seed);
    settings["ignore_eos"] = sampling.ignoreEos ? "on" : "off";
    if (m_fusion == FusionOption::None)
        return {};
    const WorldSide& world = *m_models.world;
    const WorldOptions& options = m_question.world;
    const bool isRollout = options.source == WorldSource::Rollout;
    if (isRollout && !options.rollout)
        return fail(ErrorCode::InvalidInput, "a question about a predicted future needs the rollout's settings");
    m_pixelRange = isRollout ? PixelRange::MinusOneToOne : options.pixelRange.value_or(world.defaults.pixelRange);
    m_latentScale = options.latentScale.value_or(isRollout ? LatentScale::Normalised : LatentScale::Raw);
    m_worldHeight = isRollout ? options.rollout->heightPixels : options.heightPixels.value_or(world.defaults.heightPixels);
    m_worldWidth = isRollout ? options.rollout->widthPixels : options.widthPixels.value_or(world.defaults.widthPixels);
    settings["pixel_range"] = nameOf(m_pixelRange);
    settings["latent_scale"] = nameOf(m_latentScale);
    settings["world_size"] = fmt::format("{}x{}", m_worldHeight, m_worldWidth);
    settings["world_source"] = nameOf(options.source);
    settings["rollout_steps"] = "0";
    settings["bracket_tokens"] = world.names.start + " " + world.names.end;
    if (isRollout)
        addRolloutSettings(*options.rollout, settings);
    return {};
}

// The frames that the world tokens of this run come from, before any prediction.
std::vector<Image> QuestionRun::worldFrames() const
{
    switch (m_question.world.source) {
    case WorldSource::Still: return {stillOf(0)};
    case WorldSource::Clip:
    case WorldSource::Rollout: return m_question.media[0].frames;
    }
    return {};
}

Result<void> QuestionRun::preparePictures()
{
    std::vector<std::int32_t> shown;
    if (m_question.rawPrompt) {
        for (std::size_t i = 0; i < m_question.media.size(); ++i)
            shown.push_back(static_cast<std::int32_t>(i));
    } else {
        for (const ChatTurn& turn : m_question.turns)
            shown.insert(shown.end(), turn.mediaIndices.begin(), turn.mediaIndices.end());
    }
    for (const std::int32_t media : shown) {
        const Image& image = stillOf(media);
        auto input = vision::imageInputFromImage(image, m_models.imageInput, m_question.panAndScan);
        if (!input)
            return tl::unexpected(input.error());
        const std::uint64_t key = mix(mix(contentHash(image), kImageSalt), input->crops.size());
        m_pictures.push_back({media, std::move(*input), key});
    }
    return {};
}

Result<void> QuestionRun::plan()
{
    std::vector<fusion::PicturePlan> pictures;
    for (const Picture& picture : m_pictures) {
        const Image& image = stillOf(picture.media);
        fusion::PicturePlan planned;
        planned.media = picture.media;
        for (const vision::CropBox& crop : picture.input.crops) {
            const double height = image.height(), width = image.width();
            planned.crops.push_back({crop.top / height, crop.left / width, (crop.top + crop.height) / height,
                                     (crop.left + crop.width) / width});
        }
        pictures.push_back(std::move(planned));
    }
    fusion::WorldTokenNames names;
    if (m_fusion != FusionOption::None) {
        const WorldSide& world = *m_models.world;
        names = world.names;
        const cosmos::VaeConfig& vae = world.vae->config();
        const std::int64_t step = vae.pixelsPerLatent();
        if (m_worldHeight < step || m_worldWidth < step)
            return fail(ErrorCode::InvalidInput, fmt::format("a world size of {}x{} pixels holds no latent: give at least {}x{}",
                                                             m_worldHeight, m_worldWidth, step, step));
        auto grid = world.projector->tokenGrid(vae.latentChannels, vae.latentFrames(worldFrameCount()), m_worldHeight / step, m_worldWidth / step);
        if (!grid)
            return tl::unexpected(grid.error());
        m_worldGrid = *grid;
    }
    auto planned = fusion::planPrompt(m_question, m_fusion, m_models.tokenizer, pictures, m_worldGrid, names,
                                      {m_models.config.imageTokenId, static_cast<int>(m_models.config.tokensPerImage),
                                       std::max(m_models.config.text.maxPositions, kMostPositions)});
    if (!planned)
        return tl::unexpected(planned.error());
    m_plan = std::move(*planned);
    if (const std::int64_t most = m_plan.layout->size() + m_question.sampling.maxNewTokens; most > m_models.config.text.maxPositions)
        warn(fmt::format("the sequence may reach {} positions, the model was trained for {}: answers may degrade", most,
                         m_models.config.text.maxPositions));
    m_record->layout = m_plan.layout;
    m_record->renderedPrompt = m_plan.rendered;
    m_observer.onLayout(m_plan.layout);
    for (const std::string& piece : m_plan.droppedPieces)
        warn("the fusion drops the token '" + piece + "' between the world brackets");

    const gemma::TextConfig& text = m_models.config.text;
    const std::int64_t prefill = m_plan.layout->size();
    const std::int64_t rows = m_plan.vocabularyRows > 0 ? m_plan.vocabularyRows : text.vocabularySize;
    CapturePlan capture =
        planCapture(m_question.capture, {prefill + m_question.sampling.maxNewTokens, text.layerCount, text.hiddenSize,
                                         text.queryHeads, text.keyValueHeads, text.headWidth, rows, prefill,
                                         m_question.sampling.maxNewTokens, m_models.gemma->elementBytes()});
    for (std::string& warning : capture.warnings)
        warn(std::move(warning));
    m_taps = std::make_unique<RecordTaps>(std::move(capture.parts));
    return {};
}

Result<void> QuestionRun::encodePictures()
{
    if (m_pictures.empty())
        return {};
    begin("SigLIP");
    std::vector<at::Tensor> features;
    for (const Picture& picture : m_pictures) {
        m_taps->setMedia(picture.media);
        if (m_taps->has(Capture::Pixels))
            m_taps->keep(fmt::format("media.{}.pixel_values", picture.media), picture.input.pixelValues);
        const auto* cached = m_taps->has(Capture::Vision) ? nullptr : m_pipeline.m_pictures.find(picture.key);
        if (cached != nullptr) {
            features.push_back(cached->front());
            continue;
        }
        auto encoded = m_models.siglip->encode(picture.input.pixelValues, *m_taps, m_observer, m_stop);
        if (!encoded)
            return tl::unexpected(encoded.error());
        at::Tensor rows = m_models.softTokens->project(*encoded, *m_taps).flatten(0, 1);  // [crops*M,D]
        m_pipeline.m_pictures.put(picture.key, {rows});
        features.push_back(std::move(rows));
    }
    m_imageRows = at::cat(features);
    m_taps->keep("image.embeds", m_imageRows);
    return {};
}

Result<void> QuestionRun::encodeWorld()
{
    if (m_fusion == FusionOption::None)
        return {};
    begin("World");
    if (m_question.world.source == WorldSource::Rollout)
        return predictWorld();
    const WorldSide& world = *m_models.world;
    const std::vector<Image> images = worldFrames();
    m_worldKey = kWorldSalt;
    for (const Image& image : images)
        m_worldKey = mix(m_worldKey, contentHash(image));
    for (const int number : {m_worldHeight, m_worldWidth, static_cast<int>(m_pixelRange), static_cast<int>(m_latentScale)})
        m_worldKey = mix(m_worldKey, static_cast<std::uint64_t>(number));
    const auto input = vaeInputFromImages(images, m_worldHeight, m_worldWidth, m_pixelRange);
    if (!input)
        return tl::unexpected(input.error());
    if (m_taps->has(Capture::Pixels))
        m_taps->keep("media.0.vae_input", *input);
    const auto* cached = m_pipeline.m_worlds.find(m_worldKey);
    if (cached == nullptr) {
        const auto posterior = world.vae->encode(*input, m_observer, m_stop);
        if (!posterior)
            return tl::unexpected(posterior.error());
        at::Tensor latents = posterior->mean;  // [Z,T,h,w]; the mode of a Gaussian is its mean
        if (m_latentScale == LatentScale::Normalised)
            latents = world.vae->normalised(latents);
        const auto tokens = world.projector->project(latents);
        if (!tokens)
            return tl::unexpected(tokens.error());
        m_pipeline.m_worlds.put(m_worldKey, {latents, *tokens});
        cached = m_pipeline.m_worlds.find(m_worldKey);
    }
    keepWorld((*cached)[0], (*cached)[1]);
    return {};
}

Result<void> QuestionRun::predictWorld()
{
    RolloutRequest request = *m_question.world.rollout;
    if (request.condition.frames.empty())
        request.condition = m_question.media[0];
    const auto prediction = m_pipeline.m_world->predict(request, m_observer, m_stop);
    if (!prediction)
        return tl::unexpected(prediction.error());
    if ((*prediction)->isStopped)
        return failCancelled();
    addPrediction(**prediction, *m_models.world->vae, request.framesPerSecond, *m_taps, *m_record);
    m_worldKey = mix(mix(WorldPipeline::keyOf(request), kWorldSalt), static_cast<std::uint64_t>(m_latentScale));
    const at::Tensor latents = m_latentScale == LatentScale::Raw ? m_models.world->vae->raw((*prediction)->latents)
                                                                 : (*prediction)->latents;
    const auto tokens = m_models.world->projector->project(latents);
    if (!tokens)
        return tl::unexpected(tokens.error());
    keepWorld(latents, *tokens);
    return {};
}

void QuestionRun::fuse()
{
    begin("Fuse");
    std::vector<std::int64_t> ids = m_plan.layout->ids;
    std::replace_if(ids.begin(), ids.end(), [](std::int64_t id) { return id < 0; }, std::int64_t{0});
    m_embeds = m_models.gemma->embed(ids);  // [S,D]
    const auto place = [this](const std::vector<std::int64_t>& rows, const at::Tensor& values) {
        if (rows.empty())
            return;
        const at::Tensor index = at::tensor(rows, at::kLong).to(m_embeds.device());
        m_embeds.index_copy_(0, index, values.to(m_embeds.device(), m_embeds.scalar_type()));
    };
    if (m_imageRows.defined())
        place(m_plan.imageRows, m_imageRows);
    if (m_worldRows.defined())
        place(m_plan.worldRows, m_fusion == FusionOption::Pooled ? m_worldRows.mean(0, true) : m_worldRows);
    if (m_taps->has(Capture::Embeds))
        m_taps->keep("inputs.embeds", m_embeds);
}

void QuestionRun::computeKeys()
{
    const TokenLayout& layout = *m_plan.layout;
    // Bidirectional image blocks change the keys and values of image tokens, and of what comes after them.
    std::uint64_t mode = mix(kModeSalt, static_cast<std::uint64_t>(m_imageAttention));
    std::uint64_t worldIndex = 0;
    for (std::int64_t i = 0; i < layout.size(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        const TokenOrigin& origin = layout.origins[at];
        switch (layout.kinds[at]) {
        case TokenKind::Image: {
            const auto picture = std::find_if(m_pictures.begin(), m_pictures.end(),
                                              [&](const Picture& each) { return each.media == origin.media; });
            const auto cell = static_cast<std::uint64_t>(origin.crop) << 40 | static_cast<std::uint64_t>(origin.row) << 20 |
                              static_cast<std::uint64_t>(origin.column);
            m_keys.push_back(mix(mix(mode, picture->key), cell));
            break;
        }
        case TokenKind::World:
            m_keys.push_back(mix(mix(mix(mode, m_worldKey), static_cast<std::uint64_t>(m_fusion)), worldIndex++));
            break;
        default: m_keys.push_back(mix(kTextSalt, static_cast<std::uint64_t>(layout.ids[at])));
        }
    }
}

Result<at::Tensor> QuestionRun::prefill()
{
    begin("Prefill");
    gemma::KvCache& cache = m_pipeline.m_cache;
    std::vector<std::uint64_t>& cachedKeys = m_pipeline.m_cachedKeys;
    const auto length = static_cast<std::int64_t>(m_keys.size());
    std::int64_t reused = 0;
    // Captures of hidden states, queries and prompt logits hold every position, so these runs compute every position.
    const bool needsAll = m_taps->has(Capture::Hidden) || m_taps->has(Capture::Qkv) || m_taps->has(Capture::Attention) ||
                          m_taps->has(Capture::PromptLogits);
    if (!needsAll) {
        const auto common = std::mismatch(m_keys.begin(), m_keys.end(), cachedKeys.begin(), cachedKeys.end());
        // The last position is always computed: its hidden state gives the first answer token.
        reused = std::min<std::int64_t>(common.first - m_keys.begin(), length - 1);
        for (const auto& [begin, end] : m_plan.imageBlocks) {
            if (reused > begin && reused < end)
                reused = begin;
        }
    }
    cache.truncate(reused);
    cachedKeys.resize(static_cast<std::size_t>(reused));
    m_record->cost.reusedTokens = reused;
    m_record->cost.prefillTokens = length - reused;
    const double start = m_clock.elapsedSeconds();
    const gemma::ImageBlocks blocks = imageBlocks();
    auto hidden = m_models.gemma->forward(m_embeds.slice(0, reused), cache, blocks, *m_taps, m_observer, m_stop);
    if (!hidden) {
        cache.truncate(reused);  // a stopped pass leaves layers of different length behind
        return hidden;
    }
    cachedKeys = m_keys;
    m_record->cost.prefillSeconds = m_clock.elapsedSeconds() - start;
    if (m_taps->has(Capture::PromptLogits))
        m_taps->keep("logits.prompt", m_models.gemma->logits(*hidden, m_plan.vocabularyRows));
    return hidden;
}

Result<void> QuestionRun::generate(const at::Tensor& hidden)
{
    begin("Answer");
    const double start = m_clock.elapsedSeconds();
    double firstToken = start;
    text::Utf8Stream utf8;
    const auto& tokenizer = *m_models.tokenizer;
    const std::int64_t length = m_plan.layout->size();
    const bool keepLogits = m_taps->has(Capture::Logits);

    gemma::GeneratorInput input;
    input.model = m_models.gemma.get();
    input.cache = &m_pipeline.m_cache;
    input.lastHidden = hidden.slice(0, hidden.size(0) - 1);
    input.sampling = m_question.sampling;
    input.stopIds = m_models.config.eosIds;
    input.vocabularyRows = m_plan.vocabularyRows;
    input.taps = m_taps.get();
    const auto onToken = [&](const gemma::ChosenToken& chosen) {
        TokenPiece piece;
        piece.position = length + static_cast<std::int64_t>(m_record->generated.size());
        piece.id = chosen.id;
        piece.piece = tokenizer.piece(chosen.id);
        if (!tokenizer.isControl(chosen.id))
            piece.text = utf8.add(tokenizer.bytes(chosen.id));
        piece.probability = chosen.probability;
        piece.alternatives = chosen.alternatives;
        if (keepLogits)
            m_taps->append("logits", chosen.logits);
        if (m_record->generated.empty())
            firstToken = m_clock.elapsedSeconds();
        m_record->answer += piece.text;
        m_observer.onToken(piece);
        m_record->generated.push_back(std::move(piece));
    };
    auto stopped = gemma::generate(input, onToken, m_stop);
    if (!stopped)
        return tl::unexpected(stopped.error());
    m_record->stopReason = *stopped;
    if (*stopped == StopReason::Cancelled)
        m_record->outcome = RunOutcome::Cancelled;
    if (const std::string rest = utf8.finish(); !rest.empty() && !m_record->generated.empty()) {
        m_record->generated.back().text += rest;
        m_record->answer += rest;
    }
    m_record->cost.decodeSeconds = m_clock.elapsedSeconds() - firstToken;
    // Generated tokens that went through the model are in the cache too.
    for (const TokenPiece& token : m_record->generated) {
        if (static_cast<std::int64_t>(m_pipeline.m_cachedKeys.size()) == m_pipeline.m_cache.length())
            break;
        m_pipeline.m_cachedKeys.push_back(mix(kTextSalt, static_cast<std::uint64_t>(token.id)));
    }
    return {};
}

void QuestionRun::recordAttention()
{
    if (!m_taps->has(Capture::Attention))
        return;
    begin("Attention maps");
    const gemma::TextConfig& text = m_models.config.text;
    for (std::int64_t layer = 0; layer < text.layerCount; ++layer) {
        nn::AttentionMask mask;
        mask.window = text.isGlobal(layer) ? 0 : text.slidingWindow;
        mask.bidirectional = imageBlocks();
        m_taps->keep(fmt::format("attention.{}", layer),
                     nn::attentionProbabilities(m_taps->joined(fmt::format("query.{}", layer)),
                                                m_taps->joined(fmt::format("key.{}", layer)), text.scoreScale(), mask, 0));
    }
}

std::shared_ptr<const RunRecord> QuestionRun::finish()
{
    begin("Record");
    recordAttention();
    m_record->tensors = m_taps->finish();
    m_clock.end();
    m_record->question = m_question;
    m_record->cost.stages = m_clock.stages();
    m_record->cost.peakMemoryBytes = peakBytes(m_models.device);
    return m_record;
}

Result<std::shared_ptr<const RunRecord>> QuestionRun::run()
{
    resetPeak(m_models.device);
    if (auto done = chooseSettings(); !done)
        return tl::unexpected(done.error());
    begin("Preprocess");
    if (auto done = preparePictures(); !done)
        return tl::unexpected(done.error());
    if (auto done = plan(); !done)
        return tl::unexpected(done.error());
    if (auto done = encodePictures(); !done)
        return tl::unexpected(done.error());
    if (auto done = encodeWorld(); !done)
        return tl::unexpected(done.error());
    fuse();
    computeKeys();
    const auto hidden = prefill();
    if (!hidden)
        return tl::unexpected(hidden.error());
    if (auto done = generate(*hidden); !done)
        return tl::unexpected(done.error());
    return finish();
}

QuestionPipeline::QuestionPipeline(std::shared_ptr<const LoadedModels> models) : m_models(std::move(models))
{
    if (m_models->gemma)
        m_cache = m_models->gemma->makeCache();
    if (m_models->world)
        m_world = std::make_unique<WorldPipeline>(m_models->world->folder, *m_models->world->vae, m_models->device,
                                                  m_models->world->format, m_models->gemmaBytes);
}

Result<std::shared_ptr<const RunRecord>> QuestionPipeline::ask(const Question& question, RunObserver& observer,
                                                               const std::stop_token& stop)
{
    return QuestionRun(*this, question, observer, stop).run();
}

Result<std::shared_ptr<const RunRecord>> QuestionPipeline::rollout(const RolloutRequest& request, const CaptureRequest& capture,
                                                                   RunObserver& observer, const std::stop_token& stop)
{
    if (!m_world)
        return fail(ErrorCode::InvalidInput, "no world model is loaded: open a Cosmos pipeline folder first");
    resetPeak(m_models->device);
    StageClock clock;
    clock.begin("Rollout");
    const auto prediction = m_world->predict(request, observer, stop);
    if (!prediction)
        return tl::unexpected(prediction.error());
    clock.end();
    auto record = std::make_shared<RunRecord>();
    RecordTaps taps(capture.parts);
    addPrediction(**prediction, *m_models->world->vae, request.framesPerSecond, taps, *record);
    taps.keep("world.latents", (*prediction)->latents);
    record->tensors = taps.finish();
    record->settings = m_models->settings;
    addRolloutSettings(request, record->settings);
    record->settings["latent_scale"] = nameOf(LatentScale::Normalised);
    record->layout = std::make_shared<TokenLayout>();
    record->question.media.push_back(request.condition);
    record->question.world.source = WorldSource::Rollout;
    record->question.world.rollout = request;
    record->outcome = (*prediction)->isStopped ? RunOutcome::Cancelled : RunOutcome::Completed;
    record->stopReason = (*prediction)->isStopped ? StopReason::Cancelled : StopReason::EndOfTurn;
    record->cost.stages = clock.stages();
    record->cost.peakMemoryBytes = peakBytes(m_models->device);
    return record;
}

}  // namespace armillary::engine
