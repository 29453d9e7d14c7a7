#include "pipeline/model_loader.h"

#include "cosmos/cosmos_config.h"
#include "gemma/weight_names.h"
#include "io/json_file.h"
#include "io/model_folder.h"
#include "pipeline/device_memory.h"
#include "records/setting_names.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <filesystem>
#include <numeric>

namespace armillary::pipeline {
namespace {

namespace fs = std::filesystem;

// All tensors of a folder of at most this size are searched for numbers that are not finite when it is loaded; larger ones
// only when a run shows such numbers, because reading 8 GB takes seconds.
constexpr std::int64_t kCheckAtLoadBytes = std::int64_t{512} << 20;

// A folder named in a checkpoint's config: relative to the checkpoint, absolute, or a hub name that only a person can resolve.
Result<std::string> namedFolder(const io::ModelFolder& checkpoint, const std::string& key, const std::string& given,
                                const std::string& option)
{
    if (!given.empty())
        return given;
    const auto found = checkpoint.config.find(key);
    const std::string name =
        found != checkpoint.config.end() && found->is_string() ? found->get<std::string>() : std::string();
    if (!name.empty()) {
        const fs::path path = fs::path(name).is_absolute() ? fs::path(name) : fs::path(checkpoint.path) / name;
        std::error_code ignored;
        if (fs::is_directory(path, ignored))
            return path.lexically_normal().string();
    }
    return fail(ErrorCode::InvalidInput,
                fmt::format("the checkpoint is built on '{}', which is no folder here: name it with {}: {}", name,
                            option, checkpoint.path));
}

at::ScalarType scalarFromFormat(NumberFormat format, at::ScalarType stored)
{
    switch (format) {
    case NumberFormat::Float32: return at::kFloat;
    case NumberFormat::BFloat16: return at::kBFloat16;
    case NumberFormat::Auto: return stored;
    }
    return stored;
}

std::string formatName(at::ScalarType type)
{
    return type == at::kBFloat16 ? "bfloat16" : type == at::kFloat ? "float32" : c10::toString(type);
}

std::pair<std::int64_t, std::int64_t> parametersAndBytes(const io::ModelFolder& folder)
{
    std::int64_t parameters = 0, bytes = 0;
    for (const auto& file : folder.files) {
        for (const io::TensorView& view : file->tensors()) {
            parameters += std::accumulate(view.shape.begin(), view.shape.end(), std::int64_t{1}, std::multiplies<>());
            bytes += static_cast<std::int64_t>(view.bytes.size());
        }
    }
    return {parameters, bytes};
}

std::string folderName(const std::string& path)
{
    const fs::path normal = fs::path(path).lexically_normal();
    return normal.has_filename() ? normal.filename().string() : normal.parent_path().filename().string();
}

class Loader {
public:
    Loader(ModelFolders folders, const LoadOptions& options, RunObserver& observer, const std::stop_token& stop)
        : m_folders(std::move(folders)), m_options(options), m_observer(observer), m_stop(stop)
    {}

    Result<std::unique_ptr<LoadedModels>> load()
    {
        for (const auto step :
             {&Loader::open, &Loader::loadText, &Loader::loadGemma, &Loader::loadWorld, &Loader::describe}) {
            if (m_stop.stop_requested())
                return failCancelled();
            if (auto done = (this->*step)(); !done)
                return tl::unexpected(done.error());
        }
        return std::move(m_models);
    }

private:
    Result<void> open()
    {
        m_observer.onStage("Open model folders", 0, 0);
        const auto device = deviceFromName(m_options.device);
        if (!device)
            return tl::unexpected(device.error());
        m_models->device = *device;
        if (!m_folders.theWorld.empty()) {
            auto checkpoint = io::openModelFolder(m_folders.theWorld, {"model", "world"});
            if (!checkpoint)
                return tl::unexpected(checkpoint.error());
            m_checkpoint = std::move(*checkpoint);
            auto model = namedFolder(*m_checkpoint, "gemma_model_name", m_folders.model, "--model");
            if (!model)
                return tl::unexpected(model.error());
            auto world = namedFolder(*m_checkpoint, "cosmos_model_name", m_folders.world, "--world");
            if (!world)
                return tl::unexpected(world.error());
            m_folders.model = std::move(*model);
            m_folders.world = std::move(*world);
        }
        if (m_folders.model.empty() && m_folders.world.empty())
            return fail(ErrorCode::InvalidInput, "no model folder was given");
        if (m_folders.model.empty())
            return {};
        auto base = io::openModelFolder(m_folders.model);
        if (!base)
            return tl::unexpected(base.error());
        m_base = std::move(*base);
        return {};
    }

    Result<void> loadText()
    {
        if (m_folders.model.empty())
            return {};
        m_observer.onStage("Tokenizer", 0, 0);
        auto tokenizer = text::loadTokenizer(m_folders.model);
        if (!tokenizer)
            return tl::unexpected(tokenizer.error());
        m_models->tokenizer = std::move(*tokenizer);
        auto imageInput = vision::readImageInputConfig(m_folders.model);
        if (!imageInput)
            return tl::unexpected(imageInput.error());
        m_models->imageInput = std::move(*imageInput);
        return {};
    }

    Result<void> loadGemma()
    {
        if (m_folders.model.empty())
            return {};
        m_observer.onStage("Gemma weights", 0, 0);
        auto config = gemma::readGemmaConfig(m_base.config, m_base.file("config.json"), m_folders.model);
        if (!config)
            return tl::unexpected(config.error());
        auto siglipConfig = vision::readSiglipConfig(m_base.config["vision_config"], m_base.file("config.json"),
                                                     config->tokensPerImage);
        if (!siglipConfig)
            return tl::unexpected(siglipConfig.error());
        m_models->weights = std::make_unique<tensors::Weights>(m_base, gemma::canonicalGemmaName);
        tensors::Weights& weights = *m_models->weights;
        if (m_checkpoint) {
            weights.overlay(*m_checkpoint, [](const std::string& name) {
                return name.starts_with("world_") || name.starts_with("temporal_embedding")
                           ? std::string()
                           : gemma::canonicalGemmaName(name);
            });
            // A trained language model comes with the embedding table that its code shrank to the tokenizer's length.
            if (const auto rows = overlaidEmbeddingRows(); rows > 0)
                config->text.vocabularySize = rows;
        }
        const std::int64_t tokens = m_models->tokenizer->size();
        if (tokens > config->text.vocabularySize)
            return fail(ErrorCode::ModelMismatch, fmt::format("the tokenizer has {} tokens, the embedding table only "
                                                              "{} rows: they belong to different models: {}",
                                                              tokens, config->text.vocabularySize, m_folders.model));
        if (m_models->tokenizer->id("<image_soft_token>").value_or(config->imageTokenId) != config->imageTokenId)
            return fail(ErrorCode::ModelMismatch,
                        fmt::format("config.json says that image tokens have id {}, the tokenizer says {}: {}",
                                    config->imageTokenId, *m_models->tokenizer->id("<image_soft_token>"),
                                    m_folders.model));
        const at::ScalarType stored = weights.storedType();
        m_type = scalarFromFormat(m_options.format, stored);
        auto gemma = gemma::GemmaModel::load(weights, config->text, m_models->device, m_type);
        auto siglip = vision::SiglipEncoder::load(weights, *siglipConfig, m_models->device, m_type);
        auto softTokens = vision::SoftTokenProjector::load(weights, *siglipConfig, config->text.hiddenSize,
                                                           config->tokensPerImage, m_models->device, m_type);
        if (auto complete = weights.report(false); !complete)
            return complete;
        if (const auto surplus = weights.surplus(); !surplus.empty())
            m_models->report.warnings.push_back(fmt::format("{} tensors of the snapshot are not used, the first is {}",
                                                            surplus.size(), surplus.front()));
        if (parametersAndBytes(m_base).second <= kCheckAtLoadBytes) {
            if (const auto broken = weights.firstNonFinite(); !broken.empty())
                return fail(ErrorCode::ModelMismatch,
                            fmt::format("the tensor {} holds numbers that are not finite; the file is damaged: {}",
                                        broken, m_base.path));
        }
        m_models->config = std::move(*config);
        m_models->siglipConfig = *siglipConfig;
        m_models->gemma = std::move(gemma);
        m_models->siglip = std::move(siglip);
        m_models->softTokens = std::move(softTokens);
        return {};
    }

    Result<void> loadWorld()
    {
        if (m_folders.world.empty())
            return {};
        m_observer.onStage("World model", 0, 0);
        auto vaeFolder = io::openModelFolder(m_folders.world + "/vae");
        if (!vaeFolder)
            return failWhile("the world model", vaeFolder.error());
        WorldSide world;
        world.folder = m_folders.world;
        world.format = scalarFromFormat(m_options.worldFormat, at::kFloat);
        auto vae = cosmos::VideoVae::load(*vaeFolder, m_models->device, world.format);
        if (!vae)
            return tl::unexpected(vae.error());
        world.vae = std::move(*vae);
        if (m_checkpoint) {
            auto projector = fusion::WorldProjector::load(*m_checkpoint, m_models->config.text.hiddenSize,
                                                          m_models->device, world.format);
            if (!projector)
                return tl::unexpected(projector.error());
            world.projector = std::move(*projector);
            readWorldNames(world);
            if (auto read = readDemo(world); !read)
                return read;
        }
        if (cosmos::isUnderNvidiaLicence({m_folders.world}))
            m_models->report.warnings.emplace_back(
                "NVIDIA's Open Model License governs this world model; it asks for the safety checker (guardrail) that "
                "the reference "
                "pipeline runs and this program does not have: what it predicts is shown unchecked");
        m_vaeFolder = std::move(*vaeFolder);
        m_models->world = std::move(world);
        return {};
    }

    // Checkpoints of the design notes name their tokens; TheWorld's published ones have fixed names and a fixed size.
    void readWorldNames(WorldSide& world) const
    {
        const auto& config = m_checkpoint->config;
        const auto take = [&config](const char* key, std::string& into) {
            if (config.contains(key) && config[key].is_string())
                into = config[key].get<std::string>();
        };
        take("start_token", world.names.start);
        take("end_token", world.names.end);
        take("single_token", world.names.single);
        take("indexed_token", world.names.indexed);
        if (!config.contains("start_token"))
            return;
        world.names.bracketsInText = true;
        world.defaults = {224, 224, PixelRange::MinusOneToOne};
    }

    // demo.json beside a checkpoint: what its own training fed the VAE, and whether its words mean anything.
    Result<void> readDemo(WorldSide& world)
    {
        if (!m_checkpoint->hasFile("demo.json"))
            return {};
        const std::string path = m_checkpoint->file("demo.json");
        const auto demo = io::readJsonFile(path);
        if (!demo)
            return tl::unexpected(demo.error());
        io::ConfigReader reader(*demo, path);
        m_models->report.wordsAreMeaningless = reader.boolean("words_mean_nothing", false);
        const auto size = demo->value("picture_size", std::vector<int>());
        const auto range = demo->value("pixel_range", std::vector<double>());
        if (size.size() == 2 && size[0] > 0 && size[1] > 0) {
            world.defaults.heightPixels = size[0];
            world.defaults.widthPixels = size[1];
        }
        if (range.size() == 2)
            world.defaults.pixelRange = range[0] < 0 ? PixelRange::MinusOneToOne : PixelRange::ZeroTo255;
        return reader.check();
    }

    [[nodiscard]] std::int64_t overlaidEmbeddingRows() const
    {
        for (const auto& file : m_checkpoint->files) {
            for (const io::TensorView& view : file->tensors()) {
                if (gemma::canonicalGemmaName(view.name) == gemma::kEmbeddingName && view.shape.size() == 2)
                    return view.shape[0];
            }
        }
        return 0;
    }

    Result<void> describe()
    {
        ModelReport& report = m_models->report;
        report.modelFolder = m_folders.model;
        report.theWorldFolder = m_folders.theWorld;
        report.worldFolder = m_folders.world;
        auto& settings = m_models->settings;
        settings["device"] = m_models->device.str();
        if (m_models->gemma)
            describeGemma();
        if (m_models->world)
            describeWorld();
        return {};
    }

    void describeGemma()
    {
        auto& settings = m_models->settings;
        const gemma::GemmaConfig& config = m_models->config;
        const auto [parameters, bytes] = parametersAndBytes(m_base);
        m_models->gemmaBytes = bytes;
        settings["model"] = folderName(m_folders.model);
        settings["model_hash"] = io::contentHash(m_base);
        settings["dtype"] = formatName(m_type);
        ModelPart text{"Gemma 3", m_models->device.str(), formatName(m_type), parameters, bytes, {}};
        text.facts = {{"layers", std::to_string(config.text.layerCount)},
                      {"hidden size", std::to_string(config.text.hiddenSize)},
                      {"query heads", std::to_string(config.text.queryHeads)},
                      {"key/value heads", std::to_string(config.text.keyValueHeads)},
                      {"head width", std::to_string(config.text.headWidth)},
                      {"vocabulary", std::to_string(config.text.vocabularySize)},
                      {"sliding window", std::to_string(config.text.slidingWindow)},
                      {"longest sequence", std::to_string(config.text.maxPositions)},
                      {"image tokens a picture", std::to_string(config.tokensPerImage)},
                      {"SigLIP layers", std::to_string(m_models->siglipConfig.layerCount)},
                      {"SigLIP picture", fmt::format("{0}x{0} pixels", m_models->siglipConfig.imagePixels)},
                      {"content hash", settings["model_hash"]}};
        m_models->report.parts.push_back(std::move(text));
    }

    void describeWorld()
    {
        auto& settings = m_models->settings;
        const WorldSide& world = *m_models->world;
        settings["world"] = folderName(m_folders.world);
        settings["world_hash"] = io::contentHash(m_vaeFolder);
        settings["world_dtype"] = formatName(world.format);
        const auto [parameters, bytes] = parametersAndBytes(m_vaeFolder);
        m_models->report.parts.push_back({"Cosmos VAE",
                                          m_models->device.str(),
                                          formatName(world.format),
                                          parameters,
                                          bytes,
                                          {{"latent channels", std::to_string(world.vae->config().latentChannels)},
                                           {"content hash", settings["world_hash"]}}});
        if (!m_checkpoint)
            return;
        settings["theworld"] = folderName(m_folders.theWorld);
        settings["theworld_hash"] = io::contentHash(*m_checkpoint);
        settings["projection"] = world.projector->name();
        const auto [projectorParameters, projectorBytes] = parametersAndBytes(*m_checkpoint);
        m_models->report.parts.push_back({"TheWorld checkpoint",
                                          m_models->device.str(),
                                          formatName(world.format),
                                          projectorParameters,
                                          projectorBytes,
                                          {{"projection", world.projector->name()},
                                           {"brackets", world.names.start + " " + world.names.end},
                                           {"content hash", settings["theworld_hash"]}}});
    }

    ModelFolders m_folders;
    const LoadOptions& m_options;
    RunObserver& m_observer;
    const std::stop_token& m_stop;
    std::unique_ptr<LoadedModels> m_models = std::make_unique<LoadedModels>();
    io::ModelFolder m_base;
    io::ModelFolder m_vaeFolder;
    std::optional<io::ModelFolder> m_checkpoint;
    at::ScalarType m_type = at::kFloat;
};

}  // namespace

Result<std::unique_ptr<LoadedModels>> loadModels(const ModelFolders& folders, const LoadOptions& options,
                                                 RunObserver& observer, const std::stop_token& stop)
{
    return Loader(folders, options, observer, stop).load();
}

}  // namespace armillary::pipeline
