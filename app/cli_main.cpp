// armillary-cli: everything the window asks of the engine, without a window. Results go to standard output, progress and
// messages to standard error; exit codes stand in cli_options.h.

#include "cli_options.h"
#include "io/json_file.h"
#include "io/video_writer.h"
#include "session/record_archive.h"
#include "text/chat_prompt.h"
#include "text/tokenizer.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <thread>

namespace armillary::cli {
namespace {

using nlohmann::json;

int complain(const Error& error)
{
    fmt::print(stderr, "armillary-cli: {}\n", error.message);
    return exitCodeFrom(error.code);
}

// Ctrl+C and SIGTERM ask for a stop; the second one ends the program the usual way.
std::atomic<bool> g_interrupted{false};

void onSignal(int signal)
{
    g_interrupted = true;
    std::signal(signal, SIG_DFL);
}

// A signal handler may not touch a stop_source, so a thread hands the request on.
class InterruptWatch {
public:
    InterruptWatch()
    {
        std::signal(SIGINT, onSignal);
        std::signal(SIGTERM, onSignal);
        m_thread = std::jthread([this](const std::stop_token& done) {
            while (!done.stop_requested()) {
                if (g_interrupted)
                    m_source.request_stop();
                std::this_thread::sleep_for(std::chrono::milliseconds(20));
            }
        });
    }
    [[nodiscard]] std::stop_token token() const { return m_source.get_token(); }

private:
    std::stop_source m_source;
    std::jthread m_thread;
};

// Before a run what is planned, after it what was measured.
void printMemoryPlan(const MemoryPlan& plan)
{
    constexpr double kMebibyte = 1 << 20;
    fmt::print(stderr, "{:.0f} MiB free\n{:<24}{:>12}  {:<28}{:<14}{:>12}\n", double(plan.freeBytes) / kMebibyte, "part", "weights MiB",
               "place", "afterwards", "measured MiB");
    for (const MemoryPlanRow& row : plan.rows)
        fmt::print(stderr, "{:<24}{:>12.1f}  {:<28}{:<14}{:>12}\n", row.part, double(row.weightBytes) / kMebibyte, row.place, row.after,
                   row.measuredBytes < 0 ? std::string("-") : fmt::format("{:.1f}", double(row.measuredBytes) / kMebibyte));
}

// Stages to standard error; on a terminal the line is rewritten, elsewhere a line a stage. Tokens to standard output as
// they come, unless JSON is wanted.
class TerminalObserver final : public RunObserver {
public:
    explicit TerminalObserver(bool streamTokens) : m_streamTokens(streamTokens), m_isTerminal(isatty(STDERR_FILENO) == 1) {}

    void onStage(std::string_view name, std::int64_t done, std::int64_t total) override
    {
        const bool isNew = name != m_stage;
        m_stage = name;
        if (m_isTerminal && !m_answering) {
            fmt::print(stderr, "\r\033[K{}{}", name, total > 0 ? fmt::format(" {}/{}", done, total) : std::string());
            std::fflush(stderr);
        } else if (isNew && !m_isTerminal) {
            fmt::print(stderr, "{:8.2f} s  {}\n", secondsSinceStart(), name);
        }
    }
    void onToken(const TokenPiece& token) override
    {
        if (!m_streamTokens)
            return;
        if (m_isTerminal && !m_answering)
            fmt::print(stderr, "\r\033[K");
        m_answering = true;
        fmt::print("{}", token.text);
        std::fflush(stdout);
    }
    void onMemoryPlan(const MemoryPlan& plan) override { printMemoryPlan(plan); }
    void onRolloutStep(const RolloutProgress& progress) override
    {
        if (progress.preview)
            return;
        const double left = progress.stepSeconds * double(progress.steps - progress.step - 1);
        fmt::print(stderr, "{}step {} of {}: sigma {:.3f}, {:.2f} s, about {:.0f} s left\n", m_isTerminal ? "\r\033[K" : "", progress.step + 1,
                   progress.steps, progress.sigma, progress.stepSeconds, left);
    }
    void onWarning(std::string_view text) override { fmt::print(stderr, "{}warning: {}\n", m_isTerminal ? "\r\033[K" : "", text); }

    void finish() const
    {
        if (m_isTerminal && !m_answering)
            fmt::print(stderr, "\r\033[K");
        if (m_answering)
            fmt::print("\n");
    }

private:
    [[nodiscard]] double secondsSinceStart() const
    {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - m_start).count();
    }

    bool m_streamTokens;
    bool m_isTerminal;
    bool m_answering = false;
    std::string m_stage;
    std::chrono::steady_clock::time_point m_start = std::chrono::steady_clock::now();
};

int ask(const AskArguments& arguments)
{
    const auto options = arguments.model.loadOptions();
    if (!options)
        return complain(options.error()), kWrongArguments;
    const auto question = arguments.makeQuestion();
    if (!question)
        return complain(question.error());

    const InterruptWatch watch;
    TerminalObserver observer(!arguments.json);
    const auto engine = makeEngine();
    const auto report = engine->load(arguments.model.folders, *options, observer, watch.token());
    if (!report) {
        observer.finish();
        return complain(report.error());
    }
    for (const std::string& warning : report->warnings)
        observer.onWarning(warning);
    const auto record = engine->ask(*question, observer, watch.token());
    observer.finish();
    if (!record)
        return complain(record.error());
    if (!arguments.recordPath.empty()) {
        if (const auto written = session::writeRecord(arguments.recordPath, **record); !written)
            return complain(written.error());
    }
    if (arguments.json)
        fmt::print("{}\n", session::runJson(**record));
    const RunCost& cost = (*record)->cost;
    fmt::print(stderr, "{} positions prefilled in {:.2f} s ({} reused), {} tokens decoded in {:.2f} s, peak memory {:.2f} GiB\n",
               cost.prefillTokens, cost.prefillSeconds, cost.reusedTokens, (*record)->generated.size(), cost.decodeSeconds,
               double(cost.peakMemoryBytes) / double(std::int64_t{1} << 30));
    return (*record)->outcome == RunOutcome::Cancelled ? kCancelled : kDone;
}

int rollout(const RolloutCommand& arguments)
{
    const auto options = arguments.model.loadOptions();
    if (!options)
        return complain(options.error()), kWrongArguments;
    const auto request = arguments.makeRequest();
    if (!request)
        return complain(request.error());
    const InterruptWatch watch;
    TerminalObserver observer(false);
    const auto engine = makeEngine();
    const auto report = engine->load(arguments.model.folders, *options, observer, watch.token());
    if (!report) {
        observer.finish();
        return complain(report.error());
    }
    for (const std::string& warning : report->warnings)
        observer.onWarning(warning);
    CaptureRequest capture;
    if (arguments.captureSteps)
        capture.parts.insert(Capture::Rollout);
    const auto record = engine->rollout(*request, capture, observer, watch.token());
    observer.finish();
    if (!record)
        return complain(record.error());
    printMemoryPlan((*record)->memoryPlan);
    if (!arguments.recordPath.empty()) {
        if (const auto written = session::writeRecord(arguments.recordPath, **record); !written)
            return complain(written.error());
    }
    if (!arguments.videoPath.empty()) {
        if (const auto written = io::writeVideo(arguments.videoPath, *(*record)->rolloutFrames); !written)
            return complain(written.error());
    }
    if (arguments.json)
        fmt::print("{}\n", session::runJson(**record));
    return (*record)->outcome == RunOutcome::Cancelled ? kCancelled : kDone;
}

// The content of a chat message: a string, or a list of {"type": "text"|"image", ...}.
Result<std::vector<text::ChatMessage>> chatFromJson(const json& chat, const std::string& path)
{
    const json& list = chat.is_object() && chat.contains("messages") ? chat["messages"] : chat;
    if (!list.is_array())
        return fail(ErrorCode::InvalidInput, "a chat is a list of messages with role and content: " + path);
    std::vector<text::ChatMessage> out;
    for (const json& entry : list) {
        if (!entry.is_object() || !entry.contains("role") || !entry["role"].is_string() || !entry.contains("content"))
            return fail(ErrorCode::InvalidInput, "a chat message needs a role and a content: " + path);
        text::ChatMessage message;
        message.role = entry["role"];
        const json& content = entry["content"];
        if (content.is_string()) {
            message.isPlainString = true;
            message.parts.push_back({false, content});
        } else if (content.is_array()) {
            for (const json& part : content) {
                const bool isImage = part.is_object() && part.value("type", json()) == "image";
                if (!isImage && !(part.is_object() && part.contains("text") && part["text"].is_string()))
                    return fail(ErrorCode::InvalidInput, "a part of a chat message is neither a text nor an image: " + path);
                message.parts.push_back({isImage, isImage ? std::string() : part["text"].get<std::string>()});
            }
        } else {
            return fail(ErrorCode::InvalidInput, "the content of a chat message is neither a string nor a list: " + path);
        }
        out.push_back(std::move(message));
    }
    return out;
}

struct TokenizeArguments {
    std::string model;
    std::string chatPath;
    std::optional<std::string> text;
    bool addGenerationPrompt = true;
    bool json = false;
};

int tokenize(const TokenizeArguments& arguments)
{
    const auto tokenizer = text::loadTokenizer(arguments.model);
    if (!tokenizer)
        return complain(tokenizer.error());
    std::string rendered;
    if (!arguments.chatPath.empty()) {
        const auto file = io::readJsonFile(arguments.chatPath);
        if (!file)
            return complain(file.error());
        const auto chat = chatFromJson(*file, arguments.chatPath);
        if (!chat)
            return complain(chat.error());
        auto prompt = text::renderChat(*chat, arguments.addGenerationPrompt);
        if (!prompt)
            return complain(prompt.error());
        rendered = std::move(*prompt);
    } else if (arguments.text) {
        rendered = *arguments.text;
    } else {
        rendered.assign(std::istreambuf_iterator<char>(std::cin), {});
    }
    const std::vector<std::int64_t> ids = (*tokenizer)->encode(rendered);
    std::vector<std::string> pieces;
    for (const std::int64_t id : ids)
        pieces.push_back((*tokenizer)->piece(id));
    if (arguments.json) {
        const json out{{"text", rendered}, {"ids", ids}, {"pieces", pieces}};
        fmt::print("{}\n", out.dump(-1, ' ', false, json::error_handler_t::replace));
        return kDone;
    }
    for (std::size_t i = 0; i < ids.size(); ++i)
        fmt::print("{:>6}  {}\n", ids[i], json(pieces[i]).dump(-1, ' ', false, json::error_handler_t::replace));
    return kDone;
}

json reportJson(const ModelReport& report)
{
    json parts = json::array();
    for (const ModelPart& part : report.parts) {
        json facts = json::object();
        for (const auto& [label, value] : part.facts)
            facts[label] = value;
        parts.push_back({{"name", part.name},
                         {"device", part.device},
                         {"weight_format", part.weightFormat},
                         {"parameters", part.parameterCount},
                         {"weight_bytes", part.weightBytes},
                         {"facts", std::move(facts)}});
    }
    return {{"model", report.modelFolder}, {"theworld", report.theWorldFolder}, {"world", report.worldFolder},
            {"parts", std::move(parts)},   {"warnings", report.warnings},       {"words_are_meaningless", report.wordsAreMeaningless}};
}

int inspectModel(const ModelArguments& arguments, bool asJson)
{
    const auto options = arguments.loadOptions();
    if (!options)
        return complain(options.error()), kWrongArguments;
    const InterruptWatch watch;
    TerminalObserver observer(false);
    const auto engine = makeEngine();
    const auto report = engine->load(arguments.folders, *options, observer, watch.token());
    observer.finish();
    if (!report)
        return complain(report.error());
    if (asJson) {
        fmt::print("{}\n", reportJson(*report).dump(-1, ' ', false, json::error_handler_t::replace));
        return kDone;
    }
    for (const ModelPart& part : report->parts) {
        fmt::print("{}  ({}, {})\n", part.name, part.device, part.weightFormat);
        fmt::print("  {:<28}{}\n", "parameters", part.parameterCount);
        fmt::print("  {:<28}{:.3f} GiB\n", "weights", double(part.weightBytes) / double(std::int64_t{1} << 30));
        for (const auto& [label, value] : part.facts)
            fmt::print("  {:<28}{}\n", label, value);
    }
    for (const std::string& warning : report->warnings)
        fmt::print("warning: {}\n", warning);
    return kDone;
}

int run(int count, char** words)
{
    CLI::App app{"Armillary without a window: ask vision-language models that carry a world model, and record what they did."};
    app.set_version_flag("--version", ARMILLARY_VERSION);
    app.require_subcommand(1);

    AskArguments askArguments;
    CLI::App* const askCommand = app.add_subcommand("ask", "Ask about pictures or videos");
    askArguments.addTo(*askCommand);

    RolloutCommand rolloutArguments;
    CLI::App* const rolloutCommand = app.add_subcommand("rollout", "Let the world model predict how a picture or a clip goes on");
    rolloutArguments.addTo(*rolloutCommand);

    TokenizeArguments tokenizeArguments;
    CLI::App* const tokenizeCommand = app.add_subcommand("tokenize", "Show the ids of a text or a chat");
    tokenizeCommand->add_option("--model", tokenizeArguments.model, "snapshot folder")->required();
    auto* const chat = tokenizeCommand->add_option("--chat", tokenizeArguments.chatPath, "a JSON list of messages");
    tokenizeCommand->add_option("TEXT", tokenizeArguments.text, "default: standard input")->excludes(chat);
    tokenizeCommand->add_flag("!--no-generation-prompt", tokenizeArguments.addGenerationPrompt,
                              "do not open the model's turn after a chat");
    tokenizeCommand->add_flag("--json", tokenizeArguments.json, "print one JSON object");

    ModelArguments inspectArguments;
    bool inspectJson = false;
    CLI::App* const inspectCommand = app.add_subcommand("inspect", "Show what a model folder holds");
    inspectArguments.addTo(*inspectCommand);
    inspectCommand->add_flag("--json", inspectJson, "print one JSON object");

    try {
        app.parse(count, words);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? kDone : kWrongArguments;
    }
    if (askCommand->parsed())
        return ask(askArguments);
    if (rolloutCommand->parsed())
        return rollout(rolloutArguments);
    if (tokenizeCommand->parsed())
        return tokenize(tokenizeArguments);
    return inspectModel(inspectArguments, inspectJson);
}

}  // namespace
}  // namespace armillary::cli

int main(int count, char** words)
{
    return armillary::cli::run(count, words);
}
