#include "pipeline/model_loader.h"

#include "cosmos/cosmos_config.h"
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
        for (const auto step : {&Loader::open, &Loader::loadLanguage, &Loader::loadWorld, &Loader::describe}) {
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

    Result<void> loadLanguage()
    {
        if (m_folders.model.empty())
            return {};
        m_observer.onStage("Model weights", 0, 0);
        auto loaded = familyOf(m_base.config)
                          .load({m_base, m_checkpoint ? &*m_checkpoint : nullptr, m_models->device, m_options.format});
        if (!loaded)
            return tl::unexpected(loaded.error());
        const tensors::Weights& weights = *loaded->weights;
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
        m_models->tokenizer = std::move(loaded->tokenizer);
        m_models->family = std::move(loaded->family);
        m_models->language = std::move(loaded->language);
        m_models->siglip = std::move(loaded->siglip);
        m_models->weights = std::move(loaded->weights);
        m_type = loaded->format;
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
            auto projector = fusion::WorldProjector::load(*m_checkpoint, m_models->language->config().hiddenSize,
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

    Result<void> describe()
    {
        ModelReport& report = m_models->report;
        report.modelFolder = m_folders.model;
        report.theWorldFolder = m_folders.theWorld;
        report.worldFolder = m_folders.world;
        auto& settings = m_models->settings;
        settings["device"] = m_models->device.str();
        if (m_models->language)
            describeLanguage();
        if (m_models->world)
            describeWorld();
        return {};
    }

    void describeLanguage()
    {
        auto& settings = m_models->settings;
        const language::DecoderConfig& config = m_models->language->config();
        const auto [parameters, bytes] = parametersAndBytes(m_base);
        m_models->languageBytes = bytes;
        settings["model"] = folderName(m_folders.model);
        settings["model_hash"] = io::contentHash(m_base);
        settings["dtype"] = formatName(m_type);
        ModelPart text{m_models->family->title(), m_models->device.str(), formatName(m_type), parameters, bytes, {}};
        text.facts = {{"layers", std::to_string(config.layerCount)},
                      {"hidden size", std::to_string(config.hiddenSize)},
                      {"query heads", std::to_string(config.queryHeads)},
                      {"key/value heads", std::to_string(config.keyValueHeads)},
                      {"head width", std::to_string(config.headWidth)},
                      {"vocabulary", std::to_string(config.vocabularySize)}};
        for (auto& fact : m_models->family->facts())
            text.facts.push_back(std::move(fact));
        text.facts.emplace_back("content hash", settings["model_hash"]);
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
