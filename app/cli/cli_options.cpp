#include "cli_options.h"

#include "io/media_reader.h"
#include "io/safetensors_file.h"
#include "picture/grid_picture.h"
#include "records/setting_names.h"
#include "session/record_archive.h"
#include "session/session.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <tuple>
#include <utility>

namespace armillary::cli {
namespace {

template <class Setting>
CLI::IsMember namesOf()
{
    return CLI::IsMember(settingNames<Setting>());
}

// "HxW" in pixels.
Result<std::pair<int, int>> parseSize(const std::string& text)
{
    int height = 0, width = 0;
    const char* const end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, height);
    if (first.ec == std::errc() && first.ptr != end && *first.ptr == 'x') {
        const auto second = std::from_chars(first.ptr + 1, end, width);
        if (second.ec == std::errc() && second.ptr == end && height > 0 && width > 0)
            return std::pair(height, width);
    }
    return fail(ErrorCode::InvalidInput,
                fmt::format("'{}' is no size: write height x width in pixels, such as 512x512", text));
}

}  // namespace

Result<Clip> openLastFrames(const std::string& path, std::optional<int> lastFrame,
                            const std::function<int(bool isVideo)>& count)
{
    std::string warning;
    auto reader = io::openMedia(path, &warning);
    if (!reader)
        return tl::unexpected(reader.error());
    if (!warning.empty())
        fmt::print(stderr, "{}\n", warning);
    const int frames = (*reader)->frameCount();
    const bool isVideo = (*reader)->isVideo();
    const int last = isVideo ? lastFrame.value_or(frames - 1) : 0;
    if (last < 0 || last >= frames)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("there is no frame {}, the last is {}: {}", last, frames - 1, path));
    const int wanted = count(isVideo);
    if (wanted > last + 1)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("the clip has {} frames up to frame {}, the condition needs {}: {}", last + 1, last,
                                wanted, path));
    return io::readClip(**reader, last + 1 - wanted, wanted);
}

void ModelArguments::addTo(CLI::App& command)
{
    command.add_option("--model", folders.model, "Gemma 3 or nanoVLM snapshot folder");
    command.add_option("--theworld", folders.theWorld, "TheWorld checkpoint folder");
    command.add_option("--world", folders.world, "Cosmos pipeline folder");
    command.add_option("--device", device, "auto, cpu or cuda:N")->capture_default_str();
    command.add_option("--dtype", format, "numbers of language model and vision encoder")
        ->check(namesOf<NumberFormat>())
        ->capture_default_str();
    command.add_option("--world-dtype", worldFormat, "numbers of the VAE and the projector")
        ->check(namesOf<NumberFormat>());
}

CommandResult<LoadOptions> ModelArguments::loadOptions() const
{
    if (folders.model.empty() && folders.theWorld.empty() && folders.world.empty())
        return failWrongArguments("no model given: name a Gemma 3 or nanoVLM snapshot with --model, or a TheWorld "
                                  "checkpoint with --theworld");
    LoadOptions options;
    options.device = device;
    options.format = settingFromName<NumberFormat>(format).value_or(NumberFormat::Auto);
    options.worldFormat = settingFromName<NumberFormat>(worldFormat).value_or(NumberFormat::Auto);
    return options;
}

void RolloutArguments::addTo(CLI::App& command)
{
    command.add_option("--frames", frames, "frames of the predicted clip, the given ones included (default 93)")
        ->check(CLI::PositiveNumber);
    command.add_option("--steps", steps, "denoise steps")->check(CLI::PositiveNumber)->capture_default_str();
    command.add_option("--height", height, "pixels of the predicted frames (default 704)")->check(CLI::PositiveNumber);
    command.add_option("--width", width, "pixels of the predicted frames (default 1280)")->check(CLI::PositiveNumber);
    command.add_option("--prompt", prompt, "what happens, for the world model");
    command.add_option("--negative", negative, "what should not happen (default: the pipeline's own text)");
    command.add_flag("--skip-text", skipText, "zero rows in place of both prompts: the text encoder is not needed");
    command.add_option("--guidance", guidance, "above 1 the negative prompt is used")->capture_default_str();
    command.add_option("--fps", framesPerSecond)->check(CLI::PositiveNumber)->capture_default_str();
    command.add_option("--noise", noisePath, "safetensors file with `noise` and optionally `vae_noise`, [C,T,h,w]");
    command
        .add_option("--condition-frames", conditionFrames,
                    "last frames of a video that are given to the model (default 5)")
        ->check(CLI::PositiveNumber);
    command.add_option("--preview-every", previewEvery, "decode the estimate of every so many steps")
        ->check(CLI::NonNegativeNumber);
}

Result<RolloutRequest> RolloutArguments::makeRequest(std::uint64_t seed) const
{
    RolloutRequest request;
    request.frames = frames > 0 ? frames : request.frames;
    request.steps = steps;
    request.heightPixels = height > 0 ? height : request.heightPixels;
    request.widthPixels = width > 0 ? width : request.widthPixels;
    request.prompt = prompt;
    request.negative = negative;
    request.skipText = skipText;
    request.guidance = guidance;
    request.framesPerSecond = framesPerSecond;
    request.seed = seed;
    request.previewEvery = previewEvery;
    if (noisePath.empty())
        return request;
    const auto file = io::SafetensorsFile::open(noisePath);
    if (!file)
        return tl::unexpected(file.error());
    const auto take = [&](const char* name) -> std::optional<TensorSnapshot> {
        const io::TensorView* view = (*file)->find(name);
        if (view == nullptr)
            return std::nullopt;
        TensorSnapshot noise{view->type, view->shape,
                             std::make_shared<const std::vector<std::uint8_t>>(view->bytes.begin(), view->bytes.end())};
        // A batch axis of one, as the reference pipeline's own latents have, is no difference.
        if (noise.shape.size() == 5 && noise.shape[0] == 1)
            noise.shape.erase(noise.shape.begin());
        return noise;
    };
    request.noise = take("noise");
    request.vaeNoise = take("vae_noise");
    if (!request.noise || request.noise->shape.size() != 4)
        return fail(ErrorCode::InvalidInput, "there is no tensor `noise` of shape [C,T,h,w] in " + noisePath);
    return request;
}

void QuestionArguments::addTo(CLI::App& command)
{
    rollout.addTo(command);
    grid.addTo(command);
    command
        .add_option("--world-source", worldSource,
                    "world tokens from the still, from the clip's own last --frames frames, or from "
                    "a rollout")
        ->check(namesOf<WorldSource>())
        ->capture_default_str();
    command.add_option("--media", mediaPaths,
                       "pictures, folders of numbered frames or videos, in the order they are shown");
    auto* const text = command.add_option("--question", question, "what to ask");
    auto* const raw =
        command.add_option("--raw-prompt", rawPrompt,
                           "the rendered prompt, control tokens and <bos> included, one <start_of_image> a picture");
    text->excludes(raw);
    command.add_option("--system", system, "system prompt")->excludes(raw);
    command.add_option("--max-new-tokens", maxNewTokens)->check(CLI::Range(0, 1 << 20))->capture_default_str();
    command.add_option("--temperature", temperature, "0 = greedy")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    command.add_option("--top-k", topK, "0 = off")->check(CLI::NonNegativeNumber)->capture_default_str();
    command.add_option("--top-p", topP)->check(CLI::Range(0.0, 1.0))->capture_default_str();
    command.add_option("--min-p", minP)->check(CLI::Range(0.0, 1.0))->capture_default_str();
    command.add_option("--seed", seed)->capture_default_str();
    command
        .add_option("--answer-prefix-ids", answerPrefixIds,
                    "vocabulary ids that the answer starts with, such as 1,2,3; they count among the new tokens")
        ->delimiter(',');
    command.add_flag("--ignore-eos", ignoreEos, "decode all --max-new-tokens");
    command.add_flag("--pan-and-scan", panAndScan, "show SigLIP crops of wide and tall pictures too");
    command.add_option("--image-attention", imageAttention, "bidirectional (default without a world) or causal")
        ->check(namesOf<ImageAttention>());
    command.add_option("--fusion", fusion, "how world tokens come in; none is plain Gemma")
        ->check(namesOf<FusionOption>());
    command.add_option("--world-size", worldSize, "HxW, the pixels the VAE sees");
    command.add_option("--pixel-range", pixelRange, "0..255 or -1..1")->check(namesOf<PixelRange>());
    command.add_option("--latent-scale", latentScale, "raw or normalised")->check(namesOf<LatentScale>());
    command.add_option("--frame", frame, "which frame of a video SigLIP sees; default the last");
    command
        .add_option("--capture", captures,
                    "what the record keeps beside the usual: pixels, vision, embeds, hidden, qkv, "
                    "attention, logits, prompt-logits, rollout, or all")
        ->delimiter(',');
    command.add_option("--capture-budget", captureBudgetGib, "GiB that captures may take")->capture_default_str();
}

void GridArguments::addTo(CLI::App& command)
{
    command
        .add_option("--grid", moments,
                    "show SigLIP four frames of a video as one picture: four numbers such as 0,4,8,12, row by row, or "
                    "even for an even spacing up to --frame");
    command.add_option("--grid-filter", filter, "how frames are brought to the size of a cell")
        ->check(namesOf<PictureFilter>())
        ->capture_default_str();
    command.add_option("--grid-cell", cellSize, "HxW of a cell in pixels; default the frames' own");
    command
        .add_option("--grid-letterbox", letterboxSide,
                    "keep the grid's shape within a black square of this side; 0: Gemma's processor stretches it")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
}

Result<TemporalGrid> GridArguments::recipe(int frameCount, std::optional<int> lastFrame) const
{
    TemporalGrid out;
    if (moments == "even") {
        const auto even = evenMoments(lastFrame.value_or(frameCount - 1) + 1);
        for (std::size_t cell = 0; cell < even.size(); ++cell)
            out.moments[cell].sourceFrame = even[cell];
    } else {
        const char* at = moments.data();
        const char* const end = at + moments.size();
        for (std::size_t cell = 0; cell < out.moments.size(); ++cell) {
            const auto read = std::from_chars(at, end, out.moments[cell].sourceFrame);
            const bool isLast = cell + 1 == out.moments.size();
            if (read.ec != std::errc() || (isLast ? read.ptr != end : read.ptr == end || *read.ptr != ','))
                return fail(ErrorCode::InvalidInput,
                            fmt::format("'{}' are no moments: write even, or four frames such as 0,4,8,12", moments));
            at = read.ptr + 1;
        }
    }
    out.filter = settingFromName<PictureFilter>(filter).value_or(PictureFilter::Bicubic);
    out.letterboxSide = letterboxSide;
    if (cellSize.empty())
        return out;
    const auto size = parseSize(cellSize);
    if (!size)
        return tl::unexpected(size.error());
    std::tie(out.cellHeight, out.cellWidth) = *size;
    return out;
}

Result<Clip> QuestionArguments::openMedia(const std::string& path, bool isWorld) const
{
    const auto source = *settingFromName<WorldSource>(worldSource);
    const auto framesFor = [&](bool isVideo) {
        if (!isWorld || !isVideo)
            return 1;
        return source == WorldSource::Clip ? std::max(rollout.frames, 1) : rollout.conditionFramesOf(true);
    };
    if (!grid.isWanted())
        return openLastFrames(path, frame, framesFor);
    std::string warning;
    const auto reader = io::openMedia(path, &warning);
    if (!reader)
        return tl::unexpected(reader.error());
    if (!warning.empty())
        fmt::print(stderr, "{}\n", warning);
    const auto recipe = grid.recipe((*reader)->frameCount(), frame);
    if (!recipe)
        return tl::unexpected(recipe.error());
    auto clip = io::readGridClip(**reader, *recipe, framesFor(true));
    if (!clip)
        return clip;
    return picture::withGridPicture(std::move(*clip));
}

Result<Question> QuestionArguments::makeQuestion() const
{
    if (question.empty() && !rawPrompt)
        return fail(ErrorCode::InvalidInput, "nothing asked: give --question or --raw-prompt");
    Question out;
    ChatTurn turn;
    const auto source = *settingFromName<WorldSource>(worldSource);
    for (const std::string& path : mediaPaths) {
        // The first media is what the world is made of.
        const bool isWorld = out.media.empty() && source != WorldSource::Still;
        auto clip = openMedia(path, isWorld);
        if (!clip)
            return tl::unexpected(clip.error());
        turn.mediaIndices.push_back(static_cast<int>(out.media.size()));
        out.media.push_back(std::move(*clip));
    }
    out.world.source = source;
    if (source == WorldSource::Rollout) {
        auto request = rollout.makeRequest(seed);
        if (!request)
            return tl::unexpected(request.error());
        request->condition = out.media.empty() ? Clip() : out.media.front();
        if (Clip& condition = request->condition; condition.grid) {
            // A grid may begin earlier than what the prediction goes on from.
            const auto extra = static_cast<int>(condition.frames.size()) - rollout.conditionFramesOf(true);
            condition.frames.erase(condition.frames.begin(), condition.frames.begin() + std::max(extra, 0));
            condition.firstFrameIndex += std::max(extra, 0);
            condition.grid = nullptr;
        }
        out.world.rollout = std::move(*request);
    }
    turn.text = question;
    out.turns.push_back(std::move(turn));
    out.systemPrompt = system;
    out.rawPrompt = rawPrompt;
    out.panAndScan = panAndScan;
    out.imageAttention = settingFromName<ImageAttention>(imageAttention);
    out.world.fusion = settingFromName<FusionOption>(fusion);
    out.world.pixelRange = settingFromName<PixelRange>(pixelRange);
    out.world.latentScale = settingFromName<LatentScale>(latentScale);
    if (!worldSize.empty()) {
        auto size = parseSize(worldSize);
        if (!size)
            return tl::unexpected(size.error());
        out.world.heightPixels = size->first;
        out.world.widthPixels = size->second;
    }
    out.sampling = {maxNewTokens, temperature, topK, topP, minP, seed, ignoreEos};
    out.answerPrefix = answerPrefixIds;
    for (const std::string& name : captures) {
        if (name == "all") {
            for (const std::string& known : settingNames<Capture>())
                out.capture.parts.insert(*settingFromName<Capture>(known));
            continue;
        }
        const std::optional<Capture> part = settingFromName<Capture>(name);
        if (!part)
            return fail(ErrorCode::InvalidInput,
                        "there is nothing called '" + name + "' to capture; see armillary-cli ask --help");
        out.capture.parts.insert(*part);
    }
    out.capture.budgetBytes = static_cast<std::int64_t>(captureBudgetGib * double(std::int64_t{1} << 30));
    return out;
}

void RunOutputArguments::addTo(CLI::App& command)
{
    command.add_option("--record", recordPath, "write the run to this safetensors file");
    command.add_option("--session", sessionPath,
                       "append the run to this session (a folder, made when it is not there)");
    command.add_flag("--json", json, "print one JSON object");
}

Result<void> RunOutputArguments::check() const
{
    if (sessionPath.empty())
        return {};
    const auto session = session::Session::openOrCreate(sessionPath);
    if (!session)
        return tl::unexpected(session.error());
    for (const std::string& problem : (*session)->problems())
        fmt::print(stderr, "warning: {}\n", problem);
    if (!(*session)->isWritable())
        return fail(ErrorCode::FileWrite,
                    "the session was written by a later version and cannot be added to: " + sessionPath);
    return {};
}

Result<void> RunOutputArguments::store(const RunRecord& record) const
{
    if (!recordPath.empty()) {
        if (auto written = session::writeRecord(recordPath, record); !written)
            return written;
    }
    if (!sessionPath.empty()) {
        const auto session = session::Session::openOrCreate(sessionPath);
        if (!session)
            return tl::unexpected(session.error());
        const auto id = (*session)->append(record);
        if (!id)
            return tl::unexpected(id.error());
        fmt::print(stderr, "run {} is kept in {}\n", *id, sessionPath);
    }
    return {};
}

Result<void> RunOutputArguments::keep(const RunRecord& record) const
{
    auto stored = store(record);
    if (stored && json)
        fmt::print("{}\n", session::runJson(record));
    return stored;
}

}  // namespace armillary::cli
