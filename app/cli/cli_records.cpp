#include "cli_records.h"

#include "io/media_reader.h"
#include "session/record_archive.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>

namespace armillary::cli {
namespace {

using nlohmann::json;

// Reads the frames that the record's clips name from the files they came from.
RunRecord withMediaFromFiles(RunRecord record, const std::string& recordPath)
{
    const auto header = session::readRecordHeader(recordPath);
    const json media =
        header ? json::parse(header->runJson, nullptr, false).value("media", json::array()) : json::array();
    for (std::size_t i = 0; i < record.question.media.size() && i < media.size(); ++i) {
        Clip& clip = record.question.media[i];
        const int count = media[i].value("frames", 0);
        auto reader = io::openMedia(clip.path);
        auto frames = reader ? io::readClip(**reader, clip.firstFrameIndex, count) : tl::unexpected(reader.error());
        if (!frames) {
            fmt::print(stderr, "warning: the pictures of the run are not at hand: {}\n", frames.error().message);
            continue;
        }
        clip.frames = std::move(frames->frames);
    }
    if (auto& rollout = record.question.world.rollout) {
        for (const Clip& clip : record.question.media) {
            if (clip.path == rollout->condition.path && clip.firstFrameIndex == rollout->condition.firstFrameIndex)
                rollout->condition.frames = clip.frames;
        }
    }
    return record;
}

}  // namespace

Result<std::string> runIdFromName(const session::Session& session, const std::string& name)
{
    const auto& runs = session.runs();
    if (runs.empty())
        return fail(ErrorCode::InvalidInput, "there is no run in the session: " + session.path());
    if (name == "last")
        return runs.back().id;
    std::size_t number = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
    if (parsed.ec == std::errc() && parsed.ptr == name.data() + name.size()) {
        if (number >= 1 && number <= runs.size())
            return runs[number - 1].id;
        return fail(ErrorCode::InvalidInput, fmt::format("there is no run {}, the session has runs 1 to {}: {}", name,
                                                         runs.size(), session.path()));
    }
    for (const session::RunSummary& run : runs) {
        if (run.id == name)
            return name;
    }
    return fail(ErrorCode::InvalidInput, fmt::format("there is no run '{}' in the session: {}", name, session.path()));
}

void RecordArguments::addTo(CLI::App& command)
{
    auto* const inSession = command.add_option("--session", sessionPath, "a session");
    command.add_option("--run", run, "which run of the session: its number from 1, its id, or last")
        ->capture_default_str();
    command.add_option("--record", recordPath, "the safetensors file of a run, in place of a session")
        ->excludes(inSession);
}

CommandResult<ChosenRecord> RecordArguments::load(bool withMedia) const
{
    if (!recordPath.empty()) {
        auto record = session::readRecord(recordPath);
        if (!record)
            return tl::unexpected<Failure>(record.error());
        if (withMedia)
            record = std::make_shared<const RunRecord>(withMediaFromFiles(**record, recordPath));
        return ChosenRecord{std::move(*record), nullptr, {}};
    }
    if (sessionPath.empty())
        return failWrongArguments("no run given: name a session with --session, or a record's file with --record");
    auto session = session::Session::open(sessionPath);
    if (!session)
        return tl::unexpected<Failure>(session.error());
    for (const std::string& problem : (*session)->problems())
        fmt::print(stderr, "warning: {}\n", problem);
    auto id = runIdFromName(**session, run);
    if (!id)
        return tl::unexpected<Failure>(id.error());
    auto record = (*session)->record(*id);
    if (!record)
        return tl::unexpected<Failure>(record.error());
    return ChosenRecord{std::move(*record), std::move(*session), std::move(*id)};
}

}  // namespace armillary::cli
