// armillary-cli record-demo: makes the recorded sessions that the window opens first, from a model that knows the scenes.
//
// Scenes are tried in their order until one shows what its session is about; a model that never shows it is recorded with
// the first scene. The same model gives the same runs, but for times.

#include "cli_command.h"
#include "cli_engine.h"
#include "cli_options.h"
#include "io/safetensors_file.h"
#include "scenes/scene_show.h"
#include "session/session.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>

namespace armillary::cli {
namespace {

namespace fs = std::filesystem;
using scenes::QuestionKind;
using scenes::SceneQuestion;
using scenes::WorldGiven;

using RecordPtr = std::shared_ptr<const RunRecord>;

constexpr std::string_view kFuture = "1 What comes next";
constexpr std::string_view kEmbeddings = "2 World and SigLIP";
constexpr std::string_view kAttention = "3 Where a word looked";
constexpr std::string_view kBroken = "4 A broken checkpoint";
constexpr std::string_view kOptions = "5 Five ways in";

// What a session is about: a scene and a question, and what the model said with its own rollout as the world, and without one.
struct Telling {
    std::int64_t number = 0;
    SceneQuestion question;
};

class RecordDemoCommand final : public Command {
public:
    std::string_view name() const override { return "record-demo"; }
    std::string_view summary() const override { return "Make the recorded sessions of the embedded demo"; }
    void addTo(CLI::App& command) override;
    CommandResult<int> run() override;

private:
    [[nodiscard]] bool wants(std::string_view session) const { return m_only.empty() || m_only.contains(session[0]); }
    [[nodiscard]] Result<RecordPtr> ask(EngineDesk& desk, const Telling& telling, WorldGiven world,
                                        std::set<Capture> parts) const;
    // The first scene from `from` on whose question of one of `kinds` is answered right with the rollout and, without a world, wrong
    // from the first word on.
    [[nodiscard]] Result<Telling> find(EngineDesk& desk, std::int64_t from, const std::set<QuestionKind>& kinds) const;
    // `path` is empty afterwards, whatever lay there before.
    [[nodiscard]] Result<std::unique_ptr<session::Session>> start(std::string_view name) const;
    [[nodiscard]] Result<void> keep(EngineDesk& desk, session::Session& session, const std::string& id,
                                    const RecordPtr& record, const std::vector<AnalysisRequest>& analyses) const;
    [[nodiscard]] Result<void> record(EngineDesk& desk, std::string_view name, const Telling& telling,
                                      const std::set<Capture>& parts, const std::string& workspace,
                                      const std::vector<AnalysisRequest>& analyses, const std::string& notes,
                                      bool hasOther) const;
    // Loads a broken copy of the loaded checkpoint and records what it does.
    [[nodiscard]] CommandResult<int> recordBroken(EngineDesk& desk, const ModelReport& report,
                                                  const Telling& telling) const;
    [[nodiscard]] Result<std::string> writeBroken(const std::string& theWorld, const std::string& folder) const;

    ModelArguments m_model;
    std::string m_out;
    std::int64_t m_tries = 40;
    std::string m_onlyText;
    std::set<char> m_only;
};

void RecordDemoCommand::addTo(CLI::App& command)
{
    m_model.addTo(command);
    command.add_option("--out", m_out, "folder of the sessions")->required();
    command.add_option("--tries", m_tries, "scenes that are tried for each session")
        ->capture_default_str()
        ->check(CLI::Range(1, 100000));
    command.add_option("--only", m_onlyText, "numbers of sessions, such as 14; default: all");
}

Result<RecordPtr> RecordDemoCommand::ask(EngineDesk& desk, const Telling& telling, WorldGiven world,
                                         std::set<Capture> parts) const
{
    Question question = scenes::shownQuestion(telling.number, telling.question.text, world);
    question.capture.parts = std::move(parts);
    auto out = desk.engine().ask(question, desk.observer(), desk.stop());
    if (out && (*out)->outcome == RunOutcome::Cancelled)
        return failCancelled();
    return out;
}

std::string firstWord(const std::string& text)
{
    return text.substr(0, text.find(' '));
}

Result<Telling> RecordDemoCommand::find(EngineDesk& desk, std::int64_t from, const std::set<QuestionKind>& kinds) const
{
    std::optional<Telling> first;
    for (std::int64_t number = from; number < from + m_tries; ++number) {
        Telling telling{number, {}};
        for (const SceneQuestion& question : scenes::shownScene(number).questions) {
            if (!kinds.contains(question.kind))
                continue;
            telling.question = question;
            if (!first)
                first = telling;
            const auto answerWith = [&](WorldGiven world) -> Result<std::string> {
                const auto said = ask(desk, telling, world, {});
                if (!said)
                    return tl::unexpected(said.error());
                return scenes::plainAnswer((*said)->answer);
            };
            const auto without = answerWith(WorldGiven::Absent);
            if (!without)
                return tl::unexpected(without.error());
            if (firstWord(*without) == firstWord(question.answer))
                continue;
            const auto with = answerWith(WorldGiven::Rollout);
            if (!with)
                return tl::unexpected(with.error());
            if (*with == question.answer)
                return telling;
        }
    }
    if (!first)
        return fail(ErrorCode::InvalidInput, "no scene has such a question; try more of them (--tries)");
    fmt::print(stderr, "note: no scene of {} shows what it should; the first one is taken\n", m_tries);
    return *first;
}

Result<std::unique_ptr<session::Session>> RecordDemoCommand::start(std::string_view name) const
{
    const std::string path = fmt::format("{}/{}.armillary", m_out, name);
    std::error_code problem;
    fs::remove_all(path, problem);
    if (problem)
        return fail(ErrorCode::FileWrite,
                    fmt::format("cannot take the old session away ({}): {}", problem.message(), path));
    return session::Session::create(path);
}

Result<void> RecordDemoCommand::keep(EngineDesk& desk, session::Session& session, const std::string& id,
                                     const RecordPtr& record, const std::vector<AnalysisRequest>& analyses) const
{
    for (const AnalysisRequest& analysis : analyses) {
        const auto result = desk.engine().analyse(*record, analysis, desk.observer(), desk.stop());
        if (!result)
            return tl::unexpected(result.error());
        if (const auto kept = session.keepAnalysis(id, **result); !kept)
            return tl::unexpected(kept.error());
    }
    return {};
}

Result<void> RecordDemoCommand::record(EngineDesk& desk, std::string_view name, const Telling& telling,
                                       const std::set<Capture>& parts, const std::string& workspace,
                                       const std::vector<AnalysisRequest>& analyses, const std::string& notes,
                                       bool hasOther) const
{
    auto session = start(name);
    if (!session)
        return tl::unexpected(session.error());
    nlohmann::json selection = nlohmann::json::object();
    session::SessionState state;
    state.notes = fmt::format("{} The right answer: {}.", notes, telling.question.answer);
    const auto add = [&](WorldGiven world, const char* side, const char* note,
                         const std::set<Capture>& captured) -> Result<std::pair<std::string, RecordPtr>> {
        auto made = ask(desk, telling, world, captured);
        if (!made)
            return tl::unexpected(made.error());
        auto id = (*session)->append(**made);
        if (!id)
            return tl::unexpected(id.error());
        selection[side] = *id;
        state.runNotes[*id] = note;
        return std::pair(*id, *made);
    };
    if (hasOther) {
        if (const auto other = add(WorldGiven::Absent, "b", "without world tokens", {}); !other)
            return tl::unexpected(other.error());
    }
    const auto made = add(WorldGiven::Rollout, "a", "world tokens of the model's own prediction", parts);
    if (!made)
        return tl::unexpected(made.error());
    const auto& [id, run] = *made;
    if (const auto kept = keep(desk, **session, id, run, analyses); !kept)
        return kept;
    state.selection = selection.dump();
    state.layout = nlohmann::json{{"workspace", workspace}}.dump();
    fmt::print("{}: scene {}, {} -> {}\n", name, telling.number, telling.question.text, run->answer);
    return (*session)->setState(std::move(state));
}

// Every number of a matrix 2^-15 as large, exactly; nothing for number formats that a projector is not stored in.
std::optional<std::vector<std::uint8_t>> turnedDown(const io::TensorView& view)
{
    constexpr float kFactor = 0x1p-15F;
    std::vector<std::uint8_t> out(view.bytes.begin(), view.bytes.end());
    // bfloat16 is the upper half of a float.
    const std::size_t width = view.type == ElementType::Float32 ? 4 : view.type == ElementType::BFloat16 ? 2 : 0;
    if (width == 0)
        return std::nullopt;
    for (std::size_t at = 0; at + width <= out.size(); at += width) {
        std::uint32_t bits = 0;
        std::memcpy(reinterpret_cast<std::uint8_t*>(&bits) + 4 - width, out.data() + at, width);
        const auto small = std::bit_cast<std::uint32_t>(std::bit_cast<float>(bits) * kFactor);
        std::memcpy(out.data() + at, reinterpret_cast<const std::uint8_t*>(&small) + 4 - width, width);
    }
    return out;
}

// A copy of the checkpoint whose projector hardly listens: the weights of its last layer are turned down to almost nothing, so world
// tokens are there, all but the same whatever the picture.
Result<std::string> RecordDemoCommand::writeBroken(const std::string& theWorld, const std::string& folder) const
{
    std::error_code problem;
    fs::create_directories(fs::path(folder).parent_path(), problem);
    if (!problem)
        fs::copy(theWorld, folder, fs::copy_options::recursive, problem);
    if (problem)
        return fail(ErrorCode::FileWrite,
                    fmt::format("cannot copy the checkpoint ({}): {}", problem.message(), folder));
    const std::string path = folder + "/model.safetensors";
    const auto file = io::SafetensorsFile::open(path);
    if (!file)
        return tl::unexpected(file.error());
    std::map<std::string, TensorSnapshot> tensors;
    std::string last;
    for (const io::TensorView& view : (*file)->tensors()) {
        tensors[view.name] = {view.type, view.shape,
                              std::make_shared<const std::vector<std::uint8_t>>(view.bytes.begin(), view.bytes.end())};
        if (view.name.starts_with("world_projector.") && view.shape.size() == 2)
            last = std::max(last, view.name);
    }
    for (const io::TensorView& view : (*file)->tensors()) {
        if (view.name != last)
            continue;
        auto small = turnedDown(view);
        if (!small)
            return fail(ErrorCode::InvalidInput,
                        "the projector's number format is neither float32 nor bfloat16: " + path);
        tensors[last].bytes = std::make_shared<const std::vector<std::uint8_t>>(std::move(*small));
    }
    if (last.empty())
        return fail(ErrorCode::ModelMismatch, "no world projector is in the checkpoint: " + path);
    if (const auto written = io::writeSafetensors(path, tensors, (*file)->metadata()); !written)
        return tl::unexpected(written.error());
    return folder;
}

CommandResult<int> RecordDemoCommand::recordBroken(EngineDesk& desk, const ModelReport& report,
                                                   const Telling& telling) const
{
    const std::string folder = m_out + "/theworld-broken";
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    const auto broken = writeBroken(report.theWorldFolder, folder);
    if (!broken)
        return tl::unexpected<Failure>(broken.error());
    ModelArguments arguments = m_model;
    arguments.folders = {report.modelFolder, folder, report.worldFolder};
    const auto loaded = desk.load(arguments);
    Result<void> made;
    if (loaded)
        made = record(desk, kBroken, telling, {}, "verify",
                      {{"verify", {}}, {"knock-out", {}}, {"compare", {{"rows", "options"}}}},
                      "The projector's last layer was turned down to almost nothing on purpose. The model answers all "
                      "the same; one check finds out.",
                      false);
    fs::remove_all(folder, ignored);
    if (!loaded)
        return tl::unexpected(loaded.error());
    if (!made)
        return tl::unexpected<Failure>(made.error());
    return kDone;
}

CommandResult<int> RecordDemoCommand::run()
{
    if (const auto options = m_model.loadOptions(); !options)
        return tl::unexpected(options.error());
    m_only = {m_onlyText.begin(), m_onlyText.end()};
    EngineDesk desk(false);
    const auto report = desk.load(m_model);
    if (!report)
        return tl::unexpected(report.error());

    const auto future = find(desk, 1, {QuestionKind::EndCell, QuestionKind::FirstWall});
    if (!future)
        return tl::unexpected<Failure>(future.error());
    const auto moving = find(desk, future->number + 1, {QuestionKind::Direction});
    if (!moving)
        return tl::unexpected<Failure>(moving.error());

    const AnalysisRequest bits{"surprisal-change", {}};
    const AnalysisRequest knockOut{"knock-out", {}};
    const AnalysisRequest changed{"interventions", {}};
    const AnalysisRequest checks{"verify", {}};
    const AnalysisRequest lens{"logit-lens", {}};
    const AnalysisRequest near{"nearest-words", {{"tokens", "world"}}};
    const AnalysisRequest ways{"compare", {{"rows", "options"}}};
    // So that every panel of every session has something to show.
    const std::vector<AnalysisRequest> common = {bits, knockOut, changed, checks, lens, ways};
    std::vector<AnalysisRequest> withNear = common;
    withNear.push_back(near);
    struct Wanted {
        std::string_view name;
        const Telling& telling;
        std::set<Capture> parts;
        std::string workspace;
        std::vector<AnalysisRequest> analyses;
        std::string notes;
        bool hasOther = false;
    };
    const std::vector<Wanted> all =
        {{kFuture,
          *future,
          {},
          "ask",
          withNear,
          "A question about what has not happened yet. Run A saw the world model's prediction, run B the still alone; "
          "the "
          "knock-out takes the world tokens from A.",
          true},
         {kEmbeddings,
          *moving,
          {Capture::Vision, Capture::Embeds},
          "embeddings",
          common,
          "The same scene as the world model and as SigLIP have it: tokens of every latent frame beside those of the "
          "still.",
          false},
         {kAttention,
          *moving,
          {},
          "attention",
          common,
          "Where the answer's word looked: picture and latent frames on one scale, layer by layer, head by head.",
          true},
         {kOptions,
          *future,
          {},
          "verify",
          common,
          "One question in the five ways in which world tokens can come into the sequence.",
          false}};
    for (const Wanted& each : all) {
        if (!wants(each.name))
            continue;
        if (const auto made = record(desk, each.name, each.telling, each.parts, each.workspace, each.analyses,
                                     each.notes, each.hasOther);
            !made)
            return tl::unexpected<Failure>(made.error());
    }
    if (wants(kBroken)) {
        if (const auto made = recordBroken(desk, *report, *future); !made)
            return tl::unexpected(made.error());
    }
    desk.observer().finish();
    return kDone;
}

}  // namespace

std::unique_ptr<Command> makeRecordDemoCommand()
{
    return std::make_unique<RecordDemoCommand>();
}

}  // namespace armillary::cli
