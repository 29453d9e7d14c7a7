#include "pipeline/question_run.h"

#include "language/generator.h"
#include "picture/grid_picture.h"
#include "pipeline/device_memory.h"
#include "pipeline/hashing.h"
#include "pipeline/input_keeping.h"
#include "records/setting_names.h"
#include "records/shown_media.h"
#include "text/tokenizer.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <span>
#include <tuple>
#include <utility>

namespace armillary::pipeline {
namespace {

// Where a prompt is refused even if the model was trained for less: the reference runs on past its trained length, and so do
// we, with a warning.
constexpr std::int64_t kMostPositions = 131072;
// Of kept logits so many of the best get names.
constexpr std::int64_t kNamedLogits = 50;

// "frames 0, 4, 8, 12 in cells of 240x160 by bicubic, within 896x896"
std::string gridWords(const Clip& clip)
{
    const TemporalGrid& grid = *clip.grid;
    std::vector<int> frames;
    for (const GridMoment& moment : grid.moments)
        frames.push_back(moment.sourceFrame);
    const Image& first = clip.frames[static_cast<std::size_t>(grid.moments[0].frame)];
    const GridSizes sizes = gridSizes(grid, first.height(), first.width());
    return fmt::format("frames {} in cells of {}x{} by {}{}", fmt::join(frames, ", "), sizes.cellWidth,
                       sizes.cellHeight, nameOf(grid.filter),
                       grid.letterboxSide > 0 ? fmt::format(", within {0}x{0}", grid.letterboxSide) : std::string());
}

}  // namespace

Result<void> QuestionRun::chooseSettings()
{
    if (!m_models.language)
        return fail(ErrorCode::InvalidInput,
                    "only a world model is loaded: load a Gemma 3 or nanoVLM snapshot to ask questions");
    const bool hasWorld = m_models.world && m_models.world->projector;
    m_fusion = m_question.world.fusion.value_or(hasWorld ? FusionOption::Brackets : FusionOption::None);
    if (m_fusion != FusionOption::None && !hasWorld)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("fusion {} needs a world model: load a TheWorld checkpoint with its Cosmos folder, or "
                                "choose fusion none",
                                nameOf(m_fusion)));
    if (m_fusion != FusionOption::None && !m_models.family->takesWorlds())
        return fail(ErrorCode::InvalidInput,
                    m_models.family->title() + " has no place for world tokens: choose fusion none, or load Gemma 3");
    if (m_question.turns.empty() && !m_question.rawPrompt)
        return fail(ErrorCode::InvalidInput, "nothing was asked");
    for (const ChatTurn& turn : m_question.turns) {
        for (const int media : turn.mediaIndices) {
            if (media < 0 || media >= static_cast<int>(m_question.media.size()))
                return fail(ErrorCode::InvalidInput,
                            fmt::format("a turn shows picture {}, but there are {}", media, m_question.media.size()));
        }
    }
    for (const Clip& clip : m_question.media) {
        if (clip.frames.empty() ||
            std::any_of(clip.frames.begin(), clip.frames.end(), [](const Image& frame) { return frame.empty(); }))
            return fail(ErrorCode::InvalidInput, "there is no picture in " + clip.path);
    }
    if (m_fusion != FusionOption::None && m_question.media.empty())
        return fail(ErrorCode::InvalidInput, "a world needs a picture: add one, or choose fusion none");
    m_imageAttention = m_question.imageAttention.value_or(m_models.family->usualAttention(m_fusion));
    auto& settings = m_record->settings;
    settings = m_models.settings;
    if (auto composed = composeGrids(); !composed)
        return composed;
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
    if (!m_question.answerPrefix.empty())
        settings["answer_prefix"] = fmt::format("{}", fmt::join(m_question.answerPrefix, ","));
    if (m_fusion == FusionOption::None)
        return {};
    const WorldSide& world = *m_models.world;
    const WorldOptions& options = m_question.world;
    const bool isRollout = options.source == WorldSource::Rollout;
    if (isRollout && !options.rollout)
        return fail(ErrorCode::InvalidInput, "a question about a predicted future needs the rollout's settings");
    m_pixelRange = isRollout ? PixelRange::MinusOneToOne : options.pixelRange.value_or(world.defaults.pixelRange);
    m_latentScale = options.latentScale.value_or(isRollout ? LatentScale::Normalised : LatentScale::Raw);
    m_worldHeight =
        isRollout ? options.rollout->heightPixels : options.heightPixels.value_or(world.defaults.heightPixels);
    m_worldWidth = isRollout ? options.rollout->widthPixels : options.widthPixels.value_or(world.defaults.widthPixels);
    settings["pixel_range"] = nameOf(m_pixelRange);
    settings["latent_scale"] = nameOf(m_latentScale);
    settings["world_size"] = fmt::format("{}x{}", m_worldHeight, m_worldWidth);
    settings["world_source"] = nameOf(options.source);
    settings["rollout_steps"] = "0";
    settings["bracket_tokens"] = world.names.start + " " + world.names.end;
    if (isRollout)
        addRolloutSettings(*rolloutOf(m_question), settings);
    return {};
}

// From the frames and never taken over: a study asks about changed frames with the recipe of the run.
Result<void> QuestionRun::composeGrids()
{
    for (const Clip& clip : m_question.media) {
        auto composed = picture::withGridPicture(clip);
        if (!composed)
            return tl::unexpected(composed.error());
        m_media.push_back(std::move(*composed));
        if (m_media.back().grid)
            m_record->settings[fmt::format("grid.{}", m_media.size() - 1)] = gridWords(m_media.back());
    }
    return {};
}

Result<void> QuestionRun::checkAnswerPrefix() const
{
    const std::vector<std::int64_t>& prefix = m_question.answerPrefix;
    if (static_cast<std::int64_t>(prefix.size()) > m_question.sampling.maxNewTokens)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("the answer shall start with {} given tokens, but may have {} new ones: allow more",
                                prefix.size(), m_question.sampling.maxNewTokens));
    for (const std::int64_t id : prefix) {
        if (id < 0 || id >= vocabularyRows())
            return fail(ErrorCode::InvalidInput,
                        fmt::format("the answer shall start with token {}, but the model's ids end at {}", id,
                                    vocabularyRows() - 1));
    }
    return {};
}

Result<void> QuestionRun::preparePictures()
{
    for (const std::int32_t media : shownMedia(m_question)) {
        const Image& image = stillOf(media);
        auto input = m_models.family->pictureInput(image, m_question.panAndScan);
        if (!input)
            return tl::unexpected(input.error());
        const std::uint64_t key = mix(mix(contentHash(image), kImageSalt), input->crops.size());
        m_pictures.push_back({media, std::move(*input), key});
    }
    if (m_question.panAndScan && !m_pictures.empty() && m_pictures.front().input.tiles)
        warn(m_models.family->title() + " splits pictures into tiles by its own rule: pan and scan changes nothing");
    return {};
}

// What became of each picture that was split, for whoever reads the record.
void QuestionRun::recordTiles()
{
    for (const Picture& picture : m_pictures) {
        if (!picture.input.tiles)
            continue;
        const inspect::TilePlan& plan = *picture.input.tiles;
        m_record->settings[fmt::format("tiles.{}", picture.media)] =
            fmt::format("{}x{} of {} pixels, {}x{} resized to {}x{}", plan.rows, plan.columns, plan.rules.tilePixels,
                        plan.source.width, plan.source.height, plan.resized.width, plan.resized.height);
    }
}

Result<void> QuestionRun::plan()
{
    std::vector<ShownPicture> pictures;
    for (const Picture& picture : m_pictures)
        pictures.push_back({picture.media, &picture.input});
    fusion::WorldTokenNames names;
    if (m_fusion != FusionOption::None) {
        const WorldSide& world = *m_models.world;
        names = world.names;
        const cosmos::VaeConfig& vae = world.vae->config();
        const std::int64_t step = vae.pixelsPerLatent();
        if (m_worldHeight < step || m_worldWidth < step)
            return fail(ErrorCode::InvalidInput,
                        fmt::format("a world size of {}x{} pixels holds no latent: give at least {}x{}", m_worldHeight,
                                    m_worldWidth, step, step));
        auto grid = world.projector->tokenGrid(vae.latentChannels, vae.latentFrames(worldFrameCount()),
                                               m_worldHeight / step, m_worldWidth / step);
        if (!grid)
            return tl::unexpected(grid.error());
        m_worldGrid = *grid;
    }
    auto planned =
        m_models.family->planner()->planPrompt(m_question, m_fusion, pictures, m_worldGrid, names,
                                               std::max(m_models.language->config().maxPositions, kMostPositions));
    if (!planned)
        return tl::unexpected(planned.error());
    m_plan = std::move(*planned);
    if (auto checked = checkAnswerPrefix(); !checked)
        return checked;
    if (const std::int64_t most = m_plan.layout->size() + m_question.sampling.maxNewTokens;
        most > m_models.language->config().maxPositions)
        warn(fmt::format("the sequence may reach {} positions, the model was trained for {}: answers may degrade", most,
                         m_models.language->config().maxPositions));
    recordTiles();
    m_record->layout = m_plan.layout;
    m_record->renderedPrompt = m_plan.rendered;
    m_observer.onLayout(m_plan.layout);
    for (const std::string& piece : m_plan.droppedPieces)
        warn("the fusion drops the token '" + piece + "' between the world brackets");

    const language::DecoderConfig& text = m_models.language->config();
    const std::int64_t prefill = m_plan.layout->size();
    CapturePlan capture =
        planCapture(m_question.capture, {prefill + m_question.sampling.maxNewTokens, text.layerCount, text.hiddenSize,
                                         text.queryHeads, text.keyValueHeads, text.headWidth, vocabularyRows(), prefill,
                                         m_question.sampling.maxNewTokens, m_models.language->elementBytes()});
    for (std::string& warning : capture.warnings)
        warn(std::move(warning));
    m_taps = std::make_unique<RecordTaps>(std::move(capture.parts));
    if (m_models.device.is_cpu() || m_question.capture.layerTimes)
        m_taps->timeLayers(m_clock, m_models.device);
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
        keepVisionInput(*m_record, picture.media, picture.input.pixelValues, m_models.family->pixelScale());
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
        at::Tensor rows = m_models.family->imageTokens(*encoded, *m_taps).flatten(0, 1);  // [crops*M,D]
        m_pipeline.m_pictures.put(picture.key, {rows});
        features.push_back(std::move(rows));
    }
    m_imageRows = at::cat(features);
    m_taps->keep("image.embeds", m_imageRows);
    return {};
}

void QuestionRun::fuse()
{
    begin("Fuse");
    std::vector<std::int64_t> ids = m_plan.layout->ids;
    std::replace_if(
        ids.begin(), ids.end(), [](std::int64_t id) { return id < 0; }, std::int64_t{0});
    m_embeds = m_models.language->embed(ids);  // [S,D]
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
            const auto cell = static_cast<std::uint64_t>(origin.crop) << 40 |
                              static_cast<std::uint64_t>(origin.row) << 20 | static_cast<std::uint64_t>(origin.column);
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
    language::KvCache& cache = m_pipeline.m_cache;
    std::vector<std::uint64_t>& cachedKeys = m_pipeline.m_cachedKeys;
    const auto length = static_cast<std::int64_t>(m_keys.size());
    std::int64_t reused = 0;
    // Captures of hidden states, queries and prompt logits hold every position, so these runs compute every position.
    const bool needsAll = m_taps->has(Capture::Hidden) || m_taps->has(Capture::Qkv) ||
                          m_taps->has(Capture::Attention) || m_taps->has(Capture::PromptLogits);
    // Beyond the longest sequence the turns of a whole pass depend on its length, so what another pass kept does not fit.
    const language::DecoderConfig& text = m_models.language->config();
    const bool isStretched = text.stretchesRotary && std::max(length, std::ssize(cachedKeys)) > text.maxPositions;
    if (!needsAll && !isStretched) {
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
    const language::ImageBlocks blocks = imageBlocks();
    auto hidden = m_models.language->forward(m_embeds.slice(0, reused), cache, blocks, *m_taps, m_observer, m_stop);
    if (!hidden) {
        cache.truncate(reused);  // a stopped pass leaves layers of different length behind
        return hidden;
    }
    cachedKeys = m_keys;
    m_record->cost.prefillSeconds = m_clock.elapsedSeconds() - start;
    if (m_taps->has(Capture::PromptLogits))
        m_taps->keep("logits.prompt", m_models.language->logits(*hidden, m_plan.vocabularyRows));
    return hidden;
}

void QuestionRun::recordVocabulary(const language::ChosenToken& chosen, bool keepLogits)
{
    const auto name = [this](std::int64_t id) {
        if (!m_record->vocabulary.contains(id))
            m_record->vocabulary.emplace(id, m_models.tokenizer->piece(id));
    };
    for (const auto& [id, probability] : chosen.alternatives)
        name(id);
    if (!keepLogits)
        return;
    const at::Tensor best =
        std::get<1>(chosen.logits[0].topk(std::min(kNamedLogits, chosen.logits.size(1)))).contiguous();
    for (const std::int64_t id : std::span(best.const_data_ptr<std::int64_t>(), static_cast<std::size_t>(best.numel())))
        name(id);
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

    language::GeneratorInput input;
    input.model = m_models.language.get();
    input.cache = &m_pipeline.m_cache;
    input.lastHidden = hidden.slice(0, hidden.size(0) - 1);
    input.sampling = m_question.sampling;
    input.forcedIds = m_question.answerPrefix;
    input.stopIds = m_models.family->stopIds();
    input.vocabularyRows = m_plan.vocabularyRows;
    input.taps = m_taps.get();
    const auto onToken = [&](const language::ChosenToken& chosen) {
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
        recordVocabulary(chosen, keepLogits);
        if (m_record->generated.empty())
            firstToken = m_clock.elapsedSeconds();
        m_record->answer += piece.text;
        m_observer.onToken(piece);
        m_record->generated.push_back(std::move(piece));
    };
    auto stopped = language::generate(input, onToken, m_stop);
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

Result<void> QuestionRun::assemble()
{
    if (auto done = chooseSettings(); !done)
        return done;
    begin("Preprocess");
    if (auto done = preparePictures(); !done)
        return done;
    if (auto done = plan(); !done)
        return done;
    if (auto done = encodePictures(); !done)
        return done;
    if (auto done = encodeWorld(); !done)
        return done;
    fuse();
    return {};
}

Result<PreparedPrompt> QuestionRun::prepare()
{
    if (auto done = assemble(); !done)
        return tl::unexpected(done.error());
    return PreparedPrompt{m_plan,      m_embeds,      m_imageRows, m_worldRows,        m_worldLatents,
                          m_worldGrid, imageBlocks(), m_fusion,    m_record->settings, m_record->warnings};
}

Result<std::shared_ptr<const RunRecord>> QuestionRun::run()
{
    resetPeak(m_models.device);
    if (auto done = assemble(); !done)
        return tl::unexpected(done.error());
    computeKeys();
    const auto hidden = prefill();
    if (!hidden)
        return tl::unexpected(hidden.error());
    if (auto done = generate(*hidden); !done)
        return tl::unexpected(done.error());
    return finish();
}

}  // namespace armillary::pipeline
