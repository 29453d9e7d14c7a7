#include "pipeline/world_pipeline.h"

#include "cosmos/cosmos_config.h"
#include "cosmos/frame_pixels.h"
#include "cosmos/t5_encoder.h"
#include "picture/resize.h"
#include "pipeline/device_memory.h"
#include "pipeline/hashing.h"
#include "pipeline/memory_plan.h"
#include "tensors/weights.h"
#include "text/t5_prompt.h"
#include "text/tokenizer.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

namespace armillary::pipeline {
namespace {

// Predictions at hand; one of 704x1280 and 93 frames is about 260 MB with its frames.
constexpr std::size_t kKeptPredictions = 4;

constexpr std::size_t kEncoderRow = 0, kTransformerRow = 1, kVaeRow = 2;

std::int64_t weightBytes(const io::ModelFolder& folder, at::ScalarType format)
{
    std::int64_t elements = 0;
    for (const auto& file : folder.files) {
        for (const io::TensorView& view : file->tensors())
            elements += static_cast<std::int64_t>(view.bytes.size()) / elementBytes(view.type);
    }
    return elements * static_cast<std::int64_t>(c10::elementSize(format));
}

// The measured size of one part: growth of the peak since the last call.
class MemoryMeter {
public:
    explicit MemoryMeter(at::Device device) : m_device(device)
    {
        resetPeak(device);
        m_before = peakBytes(device);
    }
    [[nodiscard]] std::int64_t growth() const { return std::max<std::int64_t>(0, peakBytes(m_device) - m_before); }

private:
    at::Device m_device;
    std::int64_t m_before = 0;
};

// Hands the steps of a rollout to the observer and keeps what the record wants.
class StepKeeper final : public cosmos::RolloutWatcher {
public:
    StepKeeper(WorldPrediction& into, const RolloutRequest& request, RunObserver& observer)
        : m_into(into), m_request(request), m_observer(observer)
    {}

    void onStep(const cosmos::RolloutStep& step) override
    {
        m_into.latentsAfterStep.push_back(step.latents.to(at::kCPU, at::kFloat, false, true));
        RolloutProgress progress{step.index, step.steps, step.sigma, step.seconds, nullptr};
        m_into.steps.push_back(progress);
        m_observer.onRolloutStep(progress);
    }

    void onPreview(std::int64_t index, const at::Tensor& pixels) override
    {
        auto clip = std::make_shared<Clip>();
        clip->frames = cosmos::imagesFromPixels(pixels);
        clip->framesPerSecond = m_request.framesPerSecond;
        RolloutProgress progress = m_into.steps.empty() ? RolloutProgress{} : m_into.steps.back();
        progress.step = index;
        progress.preview = std::move(clip);
        m_observer.onRolloutStep(progress);
    }

private:
    WorldPrediction& m_into;
    const RolloutRequest& m_request;
    RunObserver& m_observer;
};

}  // namespace

WorldPipeline::WorldPipeline(std::string folder, const cosmos::VideoVae& vae, at::Device device, at::ScalarType format,
                             std::int64_t bytesOfOtherModels)
    : m_folder(std::move(folder)),
      m_vae(vae),
      m_device(device),
      m_format(format),
      m_bytesOfOtherModels(bytesOfOtherModels)
{}

std::uint64_t WorldPipeline::keyOf(const RolloutRequest& request)
{
    std::uint64_t key = 5;
    for (const Image& frame : request.condition.frames)
        key = mix(key, contentHash(frame));
    for (const int number :
         {request.frames, request.steps, request.heightPixels, request.widthPixels, int{request.skipText}})
        key = mix(key, static_cast<std::uint64_t>(number));
    key = mixText(mixText(key, request.prompt), request.negative.value_or("\x01"));
    key = mixText(key, fmt::format("{} {} {}", request.guidance, request.framesPerSecond, request.seed));
    for (const auto* noise : {&request.noise, &request.vaeNoise}) {
        if (*noise)
            key = mixText(key, {reinterpret_cast<const char*>((*noise)->bytes->data()), (*noise)->bytes->size()});
        else
            key = mix(key, 0);
    }
    return key;
}

bool WorldPipeline::isUnderNvidiaLicence() const
{
    return cosmos::isUnderNvidiaLicence({m_folder});
}

std::vector<std::string> WorldPipeline::textsOf(const RolloutRequest& request) const
{
    std::vector<std::string> texts{request.prompt};
    if (request.guidance > 1)
        texts.push_back(request.negative.value_or(std::string(cosmos::defaultNegativePrompt())));
    return texts;
}

Result<void> WorldPipeline::openParts()
{
    if (m_isOpen)
        return {};
    const auto pipeline = cosmos::openPipelineFolder(m_folder, {"vae", "transformer", "scheduler"});
    if (!pipeline)
        return tl::unexpected(pipeline.error());
    if (auto known = cosmos::checkSchedulerConfig(pipeline->part("scheduler") + "/scheduler_config.json"); !known)
        return known;
    auto transformer = cosmos::openPart(*pipeline, "transformer");
    if (!transformer)
        return tl::unexpected(transformer.error());
    const auto transformerConfig = cosmos::readTransformerConfig(transformer->config, transformer->file("config.json"));
    if (!transformerConfig)
        return tl::unexpected(transformerConfig.error());
    cosmos::T5Config encoderConfig;
    encoderConfig.width = transformerConfig->textWidth;
    if (auto encoder = cosmos::openPart(*pipeline, "text_encoder")) {
        const auto read = cosmos::readT5Config(encoder->config, encoder->file("config.json"));
        if (!read)
            return tl::unexpected(read.error());
        encoderConfig = *read;
        m_encoderHash = io::contentHash(*encoder);
        m_encoderFolder = std::move(*encoder);
    }
    if (auto fit = cosmos::checkPartsFit(m_vae.config(), *transformerConfig, encoderConfig, m_folder); !fit)
        return fit;
    const auto vae = cosmos::openPart(*pipeline, "vae");
    if (!vae)
        return tl::unexpected(vae.error());
    m_vaeBytes = weightBytes(*vae, m_format);
    m_transformerConfig = *transformerConfig;
    m_transformerFolder = std::move(*transformer);
    m_isOpen = true;
    return {};
}

MemoryPlan WorldPipeline::planFor(const RolloutRequest& request, bool needsEncoder) const
{
    const std::int64_t step = m_vae.config().pixelsPerLatent();
    const std::int64_t transformerWork =
        cosmos::transformerWorkBytes(m_transformerConfig, m_device.is_cpu() ? at::kFloat : m_format,
                                     m_vae.config().latentFrames(request.frames), request.heightPixels / step,
                                     request.widthPixels / step, text::kT5PromptLength);
    const std::int64_t vaeWork = m_vae.workBytes(request.frames, request.heightPixels, request.widthPixels);
    const std::vector<PlannedPart> parts{{"T5 text encoder",
                                          m_encoderFolder ? weightBytes(*m_encoderFolder, m_format) : 0, 64 << 20,
                                          false, needsEncoder},
                                         {"Diffusion transformer", weightBytes(m_transformerFolder, m_format),
                                          transformerWork, true, true},
                                         {"Cosmos VAE", m_vaeBytes, vaeWork, true, true},
                                         {"Gemma and SigLIP", m_bytesOfOtherModels, 1 << 30, true,
                                          m_bytesOfOtherModels > 0}};
    return planMemory(parts, m_device, freeBytes(m_device));
}

Result<WorldPipeline::TextRows> WorldPipeline::textRows(const RolloutRequest& request, std::vector<at::Tensor> rows,
                                                        RunObserver& observer, const std::stop_token& stop,
                                                        MemoryPlan& plan)
{
    const std::vector<std::string> texts = textsOf(request);
    if (request.skipText) {
        for (at::Tensor& each : rows)
            each = at::zeros({text::kT5PromptLength, m_transformerConfig.textWidth});
    } else {
        std::unique_ptr<cosmos::T5Encoder> encoder;
        std::shared_ptr<const text::Tokenizer> tokenizer;
        std::optional<MemoryMeter> meter;
        for (std::size_t i = 0; i < texts.size(); ++i) {
            if (rows[i].defined())
                continue;
            if (!encoder) {
                observer.onStage("Load text encoder", 0, 0);
                meter.emplace(m_device);
                if (!m_encoderFolder)
                    return fail(ErrorCode::FileRead,
                                "the prompt was not encoded before and the text encoder is missing: add the folder "
                                "text_encoder, or ask without text: " +
                                    m_folder);
                const bool isOnDevice = plan.rows[kEncoderRow].place == m_device.str();
                auto loaded =
                    cosmos::T5Encoder::load(*m_encoderFolder, isOnDevice ? m_device : at::Device(at::kCPU), m_format);
                if (!loaded)
                    return tl::unexpected(loaded.error());
                encoder = std::move(*loaded);
                auto read = text::loadTokenizer(m_folder + "/tokenizer");
                if (!read)
                    return tl::unexpected(read.error());
                tokenizer = std::move(*read);
            }
            const auto prompt = text::encodeT5Prompt(*tokenizer, texts[i]);
            if (!prompt)
                return tl::unexpected(prompt.error());
            auto encoded = encoder->encodePrompt(*prompt, observer, stop);
            if (!encoded)
                return tl::unexpected(encoded.error());
            rows[i] = std::move(*encoded);
            m_prompts.keep(m_encoderHash, texts[i], rows[i], prompt->count);
        }
        if (meter)
            plan.rows[kEncoderRow].measuredBytes = meter->growth();
    }
    TextRows out{rows[0].to(m_device, at::kFloat), {}};
    if (rows.size() > 1)
        out.negative = rows[1].to(m_device, at::kFloat);
    return out;
}

Result<void> WorldPipeline::loadTransformer(MemoryPlan& plan, RunObserver& observer)
{
    if (m_transformer)
        return {};
    observer.onStage("Load diffusion transformer", 0, 0);
    const bool isOnDevice = plan.rows[kTransformerRow].place == m_device.str();
    auto loaded =
        cosmos::WorldTransformer::load(m_transformerFolder, isOnDevice ? m_device : at::Device(at::kCPU), m_format);
    if (!loaded)
        return tl::unexpected(loaded.error());
    m_transformer = std::move(*loaded);
    return {};
}

Result<std::shared_ptr<const WorldPrediction>> WorldPipeline::predict(const RolloutRequest& request,
                                                                      RunObserver& observer,
                                                                      const std::stop_token& stop)
{
    const std::uint64_t key = keyOf(request);
    const auto kept =
        std::find_if(m_kept.begin(), m_kept.end(), [key](const auto& entry) { return entry.first == key; });
    if (kept != m_kept.end()) {
        m_kept.splice(m_kept.begin(), m_kept, kept);
        return m_kept.front().second;
    }
    if (request.takeStopped && m_stopped && m_stopped->first == key)
        return m_stopped->second;
    if (request.condition.frames.empty())
        return fail(ErrorCode::InvalidInput, "a rollout needs a picture or a clip to start from");
    if (auto opened = openParts(); !opened)
        return tl::unexpected(opened.error());

    auto prediction = std::make_shared<WorldPrediction>();
    const std::vector<std::string> texts = textsOf(request);
    std::vector<at::Tensor> known(texts.size());  // [512,D] each; undefined where the encoder has to run
    if (!request.skipText)
        std::transform(texts.begin(), texts.end(), known.begin(),
                       [this](const std::string& text) { return m_prompts.find(m_encoderHash, text); });
    const bool needsEncoder = !request.skipText && std::any_of(known.begin(), known.end(),
                                                               [](const at::Tensor& rows) { return !rows.defined(); });
    prediction->plan = planFor(request, needsEncoder);
    observer.onMemoryPlan(prediction->plan);

    std::vector<Image> sized;
    for (const Image& frame : request.condition.frames) {
        const bool fits = frame.height() == request.heightPixels && frame.width() == request.widthPixels;
        sized.push_back(
            fits ? frame
                 : picture::resize(frame, request.heightPixels, request.widthPixels, picture::ResizeFilter::Lanczos));
    }
    const auto frames = cosmos::framesFromImages(sized, PixelRange::MinusOneToOne);  // [3,Fc,h,w]
    if (!frames)
        return tl::unexpected(frames.error());
    const auto rows = textRows(request, std::move(known), observer, stop, prediction->plan);
    if (!rows)
        return tl::unexpected(rows.error());
    const MemoryMeter meter(m_device);
    if (auto loaded = loadTransformer(prediction->plan, observer); !loaded)
        return tl::unexpected(loaded.error());

    const auto condition = cosmos::conditionRollout(m_vae, *m_transformer, *frames, request.frames, observer, stop);
    if (!condition)
        return tl::unexpected(condition.error());
    prediction->conditionInput = condition->encodedFrames;
    const std::int64_t step = m_vae.config().pixelsPerLatent();
    const std::vector<std::int64_t> shape{m_vae.config().latentChannels, condition->latentFrames,
                                          request.heightPixels / step, request.widthPixels / step};
    const cosmos::RolloutNoise seeded = cosmos::noiseFromSeed(request.seed, shape);
    cosmos::RolloutOptions options;
    options.frames = request.frames;
    options.steps = request.steps;
    options.guidance = request.guidance;
    options.framesPerSecond = request.framesPerSecond;
    options.seed = request.seed;
    options.noise = request.noise ? tensors::tensorFromSnapshot(*request.noise) : seeded.start;
    options.vaeNoise = request.vaeNoise ? tensors::tensorFromSnapshot(*request.vaeNoise) : seeded.vae;
    options.previewEvery = request.previewEvery;
    prediction->startNoise = options.noise;

    StepKeeper keeper(*prediction, request, observer);
    const auto rollout =
        cosmos::runRollout(m_vae, *m_transformer, options, *condition, m_transformer->prepareText(rows->prompt),
                           options.isGuided() ? m_transformer->prepareText(rows->negative) : cosmos::TextKeys(), keeper,
                           observer, stop);
    if (!rollout)
        return tl::unexpected(rollout.error());
    prediction->plan.rows[kTransformerRow].measuredBytes = meter.growth();
    if (prediction->plan.rows[kTransformerRow].after == "freed")
        m_transformer.reset();
    prediction->isStopped = rollout->isStopped;
    prediction->latents = (rollout->isStopped ? rollout->estimate : rollout->latents).to(at::kCPU, at::kFloat);
    // What was denoised so far is decoded even after a stop, so that it can be looked at.
    const MemoryMeter decoding(m_device);
    const auto decoded =
        cosmos::decodeRollout(m_vae, prediction->latents, observer, rollout->isStopped ? std::stop_token() : stop);
    if (!decoded)
        return tl::unexpected(decoded.error());
    prediction->plan.rows[kVaeRow].measuredBytes = decoding.growth();
    prediction->frames = decoded->pixels;
    prediction->isStopped = prediction->isStopped || decoded->isStopped;
    if (prediction->isStopped) {
        m_stopped.emplace(key, prediction);
    } else {
        m_kept.emplace_front(key, prediction);
        if (m_kept.size() > kKeptPredictions)
            m_kept.pop_back();
    }
    return prediction;
}

}  // namespace armillary::pipeline
