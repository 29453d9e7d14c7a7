// How fast one picture, one prompt and a few tokens run, beside what the machine itself can do.
//
// Each time is held against a rate measured in the same run: products against LibTorch's own matrix product, decoding against the
// speed of reading memory. The words that come out mean nothing: token ids and pixels are random.
#include "base/run_control.h"
#include "bench/machine_rates.h"
#include "gemma/gemma_config.h"
#include "gemma/weight_names.h"
#include "io/model_folder.h"
#include "language/generator.h"
#include "language/language_model.h"
#include "nn/cpu_kernels.h"
#include "tensors/tap.h"
#include "tensors/weights.h"
#include "vision/siglip_config.h"
#include "vision/siglip_encoder.h"
#include "vision/soft_token_projector.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <CLI/CLI.hpp>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <fstream>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace armillary::bench {
namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Settings {
    std::string model;
    std::string device = "cpu";
    std::string format = "auto";
    std::int64_t tokens = 256;
    std::int64_t decode = 16;
    int repeats = 1;
    int threads = 0;
    bool stops = false;
    bool json = false;
};

struct Models {
    gemma::GemmaConfig config;
    vision::SiglipConfig siglipConfig;
    std::unique_ptr<language::LanguageModel> gemma;
    std::unique_ptr<vision::SiglipEncoder> siglip;
    std::unique_ptr<vision::SoftTokenProjector> projector;
    at::ScalarType format = at::kFloat;
    std::int64_t weightBytes = 0;
};

Result<Models> load(const Settings& settings, at::Device device)
{
    auto folder = io::openModelFolder(settings.model);
    if (!folder)
        return tl::unexpected(folder.error());
    const std::string configPath = folder->file("config.json");
    auto config = gemma::readGemmaConfig(folder->config, configPath, folder->path);
    if (!config)
        return tl::unexpected(config.error());
    auto siglipConfig = vision::readSiglipConfig(folder->config["vision_config"], configPath, config->tokensPerImage);
    if (!siglipConfig)
        return tl::unexpected(siglipConfig.error());
    Models models;
    tensors::Weights weights(*folder, gemma::canonicalGemmaName);
    models.format = settings.format == "float32"    ? at::kFloat
                    : settings.format == "bfloat16" ? at::kBFloat16
                                                    : weights.storedType();
    models.gemma = language::LanguageModel::load(weights, config->text, device, models.format);
    models.siglip = vision::SiglipEncoder::load(weights, *siglipConfig, device, models.format);
    models.projector = vision::SoftTokenProjector::load(weights, *siglipConfig, config->text.hiddenSize,
                                                        config->tokensPerImage, device, models.format);
    if (auto complete = weights.report(false); !complete)
        return tl::unexpected(complete.error());
    for (const auto& file : folder->files)
        for (const io::TensorView& view : file->tensors())
            models.weightBytes += static_cast<std::int64_t>(view.bytes.size());
    models.config = std::move(*config);
    models.siglipConfig = *siglipConfig;
    return models;
}

// Operations, 2 per multiply-add, of the products alone.
double siglipOperations(const vision::SiglipConfig& config)
{
    const auto patches = static_cast<double>(config.patchesPerSide() * config.patchesPerSide());
    const auto width = static_cast<double>(config.hiddenSize);
    const double layer = 2 * patches * width * (4 * width + 2 * static_cast<double>(config.intermediateSize)) +
                         4 * patches * patches * width;
    const double embedding =
        2 * patches * width * static_cast<double>(config.channels * config.patchPixels * config.patchPixels);
    return embedding + layer * static_cast<double>(config.layerCount);
}

double layerWeights(const language::DecoderConfig& text)
{
    const std::int64_t attention = text.hiddenSize * text.headWidth * 2 * (text.queryHeads + text.keyValueHeads);
    return static_cast<double>(attention + 3 * text.hiddenSize * text.intermediateSize);
}

// Of query-key pairs only those that are seen count.
double prefillOperations(const language::DecoderConfig& text, std::int64_t length)
{
    double total = 0;
    for (std::int64_t layer = 0; layer < text.layerCount; ++layer) {
        const std::int64_t window = text.isGlobal(layer) ? length : std::min(length, text.slidingWindow);
        const double pairs = static_cast<double>(window) * static_cast<double>(2 * length - window + 1) / 2;
        total += 2 * static_cast<double>(length) * layerWeights(text) +
                 4 * pairs * static_cast<double>(text.queryHeads * text.headWidth);
    }
    return total;
}

// Weights, keys and values that one token reads.
double decodeBytes(const Models& models, std::int64_t position)
{
    const language::DecoderConfig& text = models.config.text;
    const double weights = layerWeights(text) * static_cast<double>(text.layerCount) +
                           static_cast<double>(text.vocabularySize * text.hiddenSize);
    double cached = 0;
    for (std::int64_t layer = 0; layer < text.layerCount; ++layer)
        cached += static_cast<double>(2 * text.keyValueHeads * text.headWidth *
                                      (text.isGlobal(layer) ? position : std::min(position, text.slidingWindow)));
    return weights * static_cast<double>(c10::elementSize(models.format)) +
           cached * static_cast<double>(models.gemma->elementBytes());
}

std::int64_t peakResidentBytes()
{
    std::ifstream status("/proc/self/status");
    std::string word;
    while (status >> word)
        if (word == "VmHWM:") {
            std::int64_t kilobytes = 0;
            status >> kilobytes;
            return kilobytes * 1024;
        }
    return 0;
}

// Starts `work`, asks it to stop after `delaySeconds`, and gives the seconds from asking to its end.
double stopSeconds(double delaySeconds, const std::function<void(const std::stop_token&)>& work)
{
    std::stop_source source;
    Clock::time_point asked;
    std::jthread asking([&] {
        std::this_thread::sleep_for(std::chrono::duration<double>(delaySeconds));
        asked = Clock::now();
        source.request_stop();
    });
    work(source.get_token());
    const Clock::time_point ended = Clock::now();
    asking.join();
    return std::chrono::duration<double>(ended - asked).count();
}

class Bench {
public:
    Bench(const Settings& settings, at::Device device, Models models)
        : m_settings(settings), m_device(device), m_models(std::move(models))
    {
        at::manual_seed(0);
        const std::int64_t side = m_models.siglipConfig.imagePixels;
        m_pixels = at::rand({1, m_models.siglipConfig.channels, side, side}) * 2 - 1;
        const at::Tensor ids = at::randint(0, m_models.config.text.vocabularySize, {settings.tokens}, at::kLong);
        m_ids.assign(ids.const_data_ptr<std::int64_t>(), ids.const_data_ptr<std::int64_t>() + ids.numel());
    }

    nlohmann::json run()
    {
        nlohmann::json out;
        out["first_computation_seconds"] = timed([&] { static_cast<void>(m_models.gemma->embed({m_ids.front()})); });
        out["threads"] = at::get_num_threads();
        out["kernels"] = std::string(nn::cpu::instructionSetName());
        out["weight_format"] = c10::toString(m_models.format);
        out["weight_bytes"] = m_models.weightBytes;
        // First without counting: pages of the weights are mapped, code is loaded.
        static_cast<void>(prefill(std::min<std::int64_t>(2, m_settings.tokens)));
        measureMachine(out);
        for (int repeat = 0; repeat < m_settings.repeats; ++repeat)
            out["runs"].push_back(measureModels());
        if (m_settings.stops)
            measureStops(out);
        out["peak_resident_bytes"] = peakResidentBytes();
        return out;
    }

private:
    template <class Work>
    double timed(const Work& work) const
    {
        const Clock::time_point start = Clock::now();
        work();
        finish(m_device);
        return secondsSince(start);
    }

    static void must(const std::string& what, const Result<at::Tensor>& result)
    {
        TORCH_CHECK(result.has_value(), what, ": ", result ? "" : result.error().message);
    }

    void measureMachine(nlohmann::json& out)
    {
        m_product = matrixProductRate(m_device, at::kFloat);
        m_read = memoryReadRate(m_device);
        out["machine"] = {{"float32_product_gflops", m_product / 1e9},
                          {"bfloat16_product_gflops", matrixProductRate(m_device, at::kBFloat16) / 1e9},
                          {"memory_read_gb_per_second", m_read / 1e9}};
    }

    at::Tensor prefill(std::int64_t tokens)
    {
        m_cache = m_models.gemma->makeCache();
        const std::vector<std::int64_t> ids(m_ids.begin(), m_ids.begin() + tokens);
        const auto hidden = m_models.gemma->forward(m_models.gemma->embed(ids), m_cache, {}, m_taps, m_observer, {});
        must("prefill", hidden);
        return *hidden;
    }

    nlohmann::json measureModels()
    {
        nlohmann::json out;
        const auto rated = [&out](const std::string& name, double seconds, double amount, double machine) {
            out[name] = {{"seconds", seconds},
                         {"rate", amount / seconds / 1e9},
                         {"of_machine", amount / seconds / machine}};
        };
        at::Tensor patches;
        const double siglip = timed([&] {
            const auto encoded = m_models.siglip->encode(m_pixels, m_taps, m_observer, {});
            must("SigLIP", encoded);
            patches = *encoded;
        });
        rated("siglip", siglip, siglipOperations(m_models.siglipConfig), m_product);
        out["projector_seconds"] = timed([&] { static_cast<void>(m_models.projector->project(patches, m_taps)); });

        at::Tensor hidden;
        const double filled = timed([&] { hidden = prefill(m_settings.tokens); });
        rated("prefill", filled, prefillOperations(m_models.config.text, m_settings.tokens), m_product);
        out["prefill"]["tokens_per_second"] = static_cast<double>(m_settings.tokens) / filled;

        if (m_settings.decode > 0) {
            language::GeneratorInput input{m_models.gemma.get(), &m_cache, hidden.slice(0, -1), {}, {}, {}, 0, &m_taps};
            input.sampling.maxNewTokens = static_cast<int>(m_settings.decode) + 1;
            // The first token only reads the head; time starts when it is there.
            Clock::time_point start;
            bool first = true;
            const auto onToken = [&](const language::ChosenToken&) {
                if (first)
                    start = Clock::now();
                first = false;
            };
            TORCH_CHECK(language::generate(input, onToken, {}).has_value(), "decode failed");
            const double perToken = secondsSince(start) / static_cast<double>(m_settings.decode);
            rated("decode", perToken, decodeBytes(m_models, m_settings.tokens + m_settings.decode / 2), m_read);
            out["decode"]["tokens_per_second"] = 1 / perToken;
        }
        out["kv_cache_bytes"] = m_cache.bytes();
        return out;
    }

    void measureStops(nlohmann::json& out)
    {
        const auto encode = [&](const std::stop_token& stop) {
            static_cast<void>(m_models.siglip->encode(m_pixels, m_taps, m_observer, stop));
        };
        const at::Tensor embeds = m_models.gemma->embed(m_ids);
        const auto fill = [&](const std::stop_token& stop) {
            language::KvCache cache = m_models.gemma->makeCache();
            static_cast<void>(m_models.gemma->forward(embeds, cache, {}, m_taps, m_observer, stop));
        };
        double slowestSiglip = 0;
        double slowestPrefill = 0;
        for (int i = 0; i < 12; ++i) {
            const double delay = 0.2 + 0.13 * i;
            slowestSiglip = std::max(slowestSiglip, stopSeconds(delay, encode));
            slowestPrefill = std::max(slowestPrefill, stopSeconds(delay, fill));
        }
        out["slowest_stop_seconds"] = {{"siglip", slowestSiglip}, {"prefill", slowestPrefill}};
    }

    Settings m_settings;
    at::Device m_device;
    Models m_models;
    at::Tensor m_pixels;
    std::vector<std::int64_t> m_ids;
    language::KvCache m_cache;
    tensors::NoTaps m_taps;
    SilentObserver m_observer;
    double m_product = 0;
    double m_read = 0;
};

void print(const nlohmann::json& out)
{
    const auto& machine = out["machine"];
    fmt::print("weights          {} ({:.2f} GB), {} threads, {} kernels\n", out["weight_format"].get<std::string>(),
               out["weight_bytes"].get<double>() / 1e9, out["threads"].get<int>(), out["kernels"].get<std::string>());
    fmt::print("load             {:.2f} s, then first computation after {:.3f} s\n", out["load_seconds"].get<double>(),
               out["first_computation_seconds"].get<double>());
    fmt::print("machine          {:.0f} GFLOP/s float32, {:.0f} GFLOP/s bfloat16, reads {:.1f} GB/s\n",
               machine["float32_product_gflops"].get<double>(), machine["bfloat16_product_gflops"].get<double>(),
               machine["memory_read_gb_per_second"].get<double>());
    for (const auto& run : out["runs"]) {
        fmt::print("SigLIP           {:.2f} s a picture, {:.0f} GFLOP/s, {:.0f} % of the machine's float32 products\n",
                   run["siglip"]["seconds"].get<double>(), run["siglip"]["rate"].get<double>(),
                   100 * run["siglip"]["of_machine"].get<double>());
        fmt::print(
            "prefill          {:.2f} s, {:.1f} tokens/s, {:.0f} GFLOP/s, {:.0f} % of the machine's float32 products\n",
            run["prefill"]["seconds"].get<double>(), run["prefill"]["tokens_per_second"].get<double>(),
            run["prefill"]["rate"].get<double>(), 100 * run["prefill"]["of_machine"].get<double>());
        if (run.contains("decode"))
            fmt::print(
                "decode           {:.3f} s a token, {:.2f} tokens/s, {:.1f} GB/s, {:.0f} % of the machine's reading\n",
                run["decode"]["seconds"].get<double>(), run["decode"]["tokens_per_second"].get<double>(),
                run["decode"]["rate"].get<double>(), 100 * run["decode"]["of_machine"].get<double>());
    }
    if (out.contains("slowest_stop_seconds"))
        fmt::print("slowest stop     {:.2f} s in SigLIP, {:.2f} s in the prefill\n",
                   out["slowest_stop_seconds"]["siglip"].get<double>(),
                   out["slowest_stop_seconds"]["prefill"].get<double>());
    fmt::print("peak memory      {:.2f} GB resident\n", out["peak_resident_bytes"].get<double>() / 1e9);
}

int run(int argc, char** argv)
{
    Settings settings;
    CLI::App app("Times SigLIP, prefill and decoding of a Gemma 3 snapshot beside the machine's own rates.");
    app.add_option("--model", settings.model, "Snapshot folder")->required();
    app.add_option("--device", settings.device, "cpu or cuda:N");
    app.add_option("--dtype", settings.format, "auto (as stored), float32 or bfloat16")
        ->check(CLI::IsMember({"auto", "float32", "bfloat16"}));
    app.add_option("--tokens", settings.tokens, "Prompt tokens")->check(CLI::Range(1, 1 << 20));
    app.add_option("--decode", settings.decode, "Generated tokens that are timed")->check(CLI::Range(0, 1 << 20));
    app.add_option("--repeats", settings.repeats, "Runs to print")->check(CLI::Range(1, 1000));
    app.add_option("--threads", settings.threads, "Threads (default: LibTorch's choice)")->check(CLI::Range(1, 1024));
    app.add_flag("--stops", settings.stops, "Also time how soon a stop is seen");
    app.add_flag("--json", settings.json, "One JSON object instead of text");
    CLI11_PARSE(app, argc, argv);
    if (settings.threads > 0)
        at::set_num_threads(settings.threads);

    const c10::InferenceMode inference;
    const at::Device device(settings.device);
    const Clock::time_point start = Clock::now();
    auto models = load(settings, device);
    if (!models) {
        fmt::print(stderr, "forward_bench: {}\n", models.error().message);
        return 3;
    }
    finish(device);
    const double loadSeconds = secondsSince(start);
    nlohmann::json out = Bench(settings, device, std::move(*models)).run();
    out["load_seconds"] = loadSeconds;
    if (settings.json)
        fmt::print("{}\n", out.dump(1));
    else
        print(out);
    return 0;
}

}  // namespace
}  // namespace armillary::bench

int main(int argc, char** argv)
{
    return armillary::bench::run(argc, argv);
}
