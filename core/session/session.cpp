#include "session/session.h"

#include "io/atomic_file.h"
#include "io/json_file.h"
#include "session/analysis_archive.h"
#include "session/folder_lock.h"
#include "session/json_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <random>
#include <utility>

namespace armillary::session {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::int64_t kFormat = 1;
constexpr const char* kFormatKey = "armillary.session";
constexpr const char* kIndexName = "session.json";
constexpr const char* kNotesName = "notes.json";
constexpr const char* kViewName = "view.json";
constexpr const char* kRecordSuffix = ".safetensors";
constexpr std::size_t kNumberDigits = 6;

// "000001-1a2b": a number, then digits that keep writers apart where locks do not work.
bool isRunId(const std::string& text)
{
    const std::size_t dash = text.find('-');
    return dash != std::string::npos && dash > 0 && dash <= 9 && text.size() == dash + 5 &&
           text.find_first_not_of("0123456789") == dash &&
           text.find_first_not_of("0123456789abcdef", dash + 1) == std::string::npos;
}

std::int64_t numberOf(const std::string& id)
{
    std::int64_t number = 0;
    std::from_chars(id.data(), id.data() + id.find('-'), number);
    return number;
}

bool comesBefore(const RunSummary& left, const RunSummary& right)
{
    return std::pair(numberOf(left.id), left.id) < std::pair(numberOf(right.id), right.id);
}

// At most 1000 bytes, cut between characters.
std::string cut(std::string text)
{
    constexpr std::size_t kMost = 1000;
    if (text.size() <= kMost)
        return text;
    std::size_t end = kMost;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
        --end;
    text.resize(end);
    return text + "…";
}

json summaryJson(const RunSummary& run)
{
    return {{"id", run.id},
            {"created", run.createdUtc},
            {"question", run.question},
            {"answer", run.answer},
            {"outcome", run.outcome},
            {"rollout", run.isRollout},
            {"prompt_positions", run.promptPositions},
            {"generated_tokens", run.generatedTokens},
            {"file_bytes", run.fileBytes},
            {"media", run.mediaPaths}};
}

RunSummary summaryFromJson(const json& row)
{
    RunSummary out;
    out.id = row.at("id");
    out.createdUtc = row.at("created");
    out.question = row.at("question");
    out.answer = row.at("answer");
    out.outcome = row.at("outcome");
    out.isRollout = row.at("rollout");
    out.promptPositions = row.at("prompt_positions");
    out.generatedTokens = row.at("generated_tokens");
    out.fileBytes = row.at("file_bytes");
    out.mediaPaths = row.at("media").get<std::vector<std::string>>();
    return out;
}

// From the head of the run's file. What cannot be read becomes the summary's problem.
RunSummary summaryFromFile(const std::string& id, const std::string& path, std::int64_t fileBytes)
{
    RunSummary out;
    out.id = id;
    out.fileBytes = fileBytes;
    const auto header = readRecordHeader(path);
    if (!header) {
        out.problem = header.error().message;
        return out;
    }
    try {
        const json run = json::parse(header->runJson);
        out.createdUtc = header->createdUtc;
        out.question = cut(run.value("question", ""));
        out.answer = cut(run.value("answer", ""));
        out.outcome = run.value("outcome", "");
        const bool isAsked = !run.value("turns", json::array()).empty() || !run.value("raw_prompt", json()).is_null();
        out.isRollout = !isAsked;
        out.promptPositions = static_cast<std::int64_t>(run.value("pieces", json::array()).size());
        out.generatedTokens = static_cast<std::int64_t>(run.value("generated", json::array()).size());
        for (const json& media : run.value("media", json::array()))
            out.mediaPaths.push_back(media.value("path", ""));
    } catch (const std::exception& broken) {
        out.problem = fmt::format("the record's description is broken ({}): {}", broken.what(), path);
    }
    return out;
}

std::string nowUtc()
{
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                       parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string randomDigits()
{
    static std::random_device device;
    return fmt::format("{:04x}", device() & 0xFFFFU);
}

// The ids of the runs whose files lie in the folder, with the files' sizes.
std::map<std::string, std::int64_t> runFiles(const std::string& folder)
{
    std::map<std::string, std::int64_t> out;
    std::error_code problem;
    for (fs::directory_iterator it(folder, problem), end; !problem && it != end; it.increment(problem)) {
        const std::string name = it->path().filename().string();
        const std::string id = it->path().stem().string();
        std::error_code ignored;
        if (name.ends_with(kRecordSuffix) && isRunId(id) && it->is_regular_file(ignored))
            out[id] = static_cast<std::int64_t>(it->file_size(ignored));
    }
    return out;
}

bool isSession(const std::string& path)
{
    std::error_code ignored;
    return fs::exists(path + "/" + kIndexName, ignored) || fs::is_directory(path + "/runs", ignored);
}

bool isJsonOrEmpty(const std::string& text)
{
    return text.empty() || json::accept(text);
}

// Before a file that could not be understood is written anew, it moves aside: somebody may repair it.
void keepBroken(const std::string& path)
{
    std::error_code ignored;
    if (fs::exists(path, ignored) && !io::readJsonFile(path))
        fs::rename(path, path + ".broken", ignored);
}

}  // namespace

Session::Session(std::string path) : m_path(std::move(path)), m_media(m_path + "/media") {}

Result<std::unique_ptr<Session>> Session::create(const std::string& path)
{
    std::error_code problem;
    if (fs::exists(path, problem) && !(fs::is_directory(path, problem) && fs::is_empty(path, problem)))
        return fail(ErrorCode::InvalidInput,
                    "a new session needs a new or empty folder, and something lies there: " + path);
    fs::create_directories(path + "/runs", problem);
    if (problem)
        return fail(ErrorCode::FileWrite,
                    fmt::format("cannot make the folder of a session ({}): {}", problem.message(), path));
    std::unique_ptr<Session> session(new Session(path));
    session->m_createdUtc = nowUtc();
    if (const auto written = session->writeIndex(); !written)
        return tl::unexpected(written.error());
    return session;
}

Result<std::unique_ptr<Session>> Session::open(const std::string& path)
{
    std::error_code problem;
    const fs::path given(path);
    const std::string folder = given.filename() == kIndexName ? given.parent_path().string() : path;
    if (!fs::exists(folder, problem))
        return fail(ErrorCode::FileRead, "there is no such session: " + path);
    if (!isSession(folder))
        return fail(ErrorCode::FileRead,
                    "this is no session of Armillary (a folder with session.json and runs): " + path);
    std::unique_ptr<Session> session(new Session(folder.empty() ? "." : folder));
    session->readFolder();
    return session;
}

Result<std::unique_ptr<Session>> Session::openOrCreate(const std::string& path)
{
    std::error_code problem;
    const bool isThere = fs::exists(path, problem) && !(fs::is_directory(path, problem) && fs::is_empty(path, problem));
    return isThere ? open(path) : create(path);
}

void Session::readFolder()
{
    std::map<std::string, RunSummary> known;
    readIndex(known);
    readRuns(known);
    for (const auto& [id, summary] : known) {
        if (find(id) == nullptr)
            m_problems.push_back(fmt::format("the file of run {} is missing: {}", id, runPath(id)));
    }
    readState();
}

void Session::readIndex(std::map<std::string, RunSummary>& known)
{
    const std::string path = m_path + "/" + kIndexName;
    const auto index = io::readJsonFile(path);
    if (!index) {
        m_problems.push_back("the index is made anew from the runs: " + index.error().message);
        return;
    }
    try {
        const std::int64_t format = index->at(kFormatKey);
        if (format != kFormat) {
            m_isWritable = false;
            m_problems.push_back(
                fmt::format("the session has format version {}, this program writes version {}; it is opened for "
                            "reading only: {}",
                            format, kFormat, path));
            return;
        }
        m_createdUtc = index->value("created", "");
        for (const json& row : index->at("runs")) {
            RunSummary summary = summaryFromJson(row);
            if (isRunId(summary.id))
                known[summary.id] = std::move(summary);
        }
    } catch (const std::exception& broken) {
        m_problems.push_back(
            fmt::format("the index is broken ({}) and made anew from the runs: {}", broken.what(), path));
    }
}

void Session::readRuns(const std::map<std::string, RunSummary>& known)
{
    std::map<std::string, RunSummary> held;
    for (RunSummary& run : m_runs)
        held[run.id] = std::move(run);
    m_runs.clear();
    for (const auto& [id, bytes] : runFiles(m_path + "/runs")) {
        const auto fromBefore = held.find(id);
        const auto fromIndex = known.find(id);
        if (fromBefore != held.end() && fromBefore->second.fileBytes == bytes) {
            m_runs.push_back(fromBefore->second);
        } else if (fromIndex != known.end() && fromIndex->second.fileBytes == bytes) {
            m_runs.push_back(fromIndex->second);
        } else {
            // Not in the index, or not the file that the index speaks of: it speaks for itself.
            RunSummary summary = summaryFromFile(id, runPath(id), bytes);
            if (!summary.problem.empty() && fromIndex != known.end()) {
                const std::string problem = summary.problem;
                summary = fromIndex->second;
                summary.problem = problem;
            }
            if (!summary.problem.empty())
                m_problems.push_back(fmt::format("run {} cannot be read: {}", id, summary.problem));
            m_runs.push_back(std::move(summary));
        }
    }
    std::sort(m_runs.begin(), m_runs.end(), comesBefore);
}

void Session::readState()
{
    std::error_code ignored;
    const auto read = [&](const char* name, const auto& take) {
        const std::string path = m_path + "/" + name;
        if (!fs::exists(path, ignored))
            return;
        const auto file = io::readJsonFile(path);
        if (!file) {
            m_problems.push_back(file.error().message);
            return;
        }
        try {
            take(*file);
        } catch (const std::exception& broken) {
            m_problems.push_back(fmt::format("{} is broken ({}): {}", name, broken.what(), path));
        }
    };
    read(kNotesName, [this](const json& notes) {
        m_state.notes = notes.at("session");
        m_state.runNotes = notes.at("runs").get<std::map<std::string, std::string>>();
    });
    read(kViewName, [this](const json& view) {
        const auto opaque = [&view](const char* key) {
            return view.at(key).is_null() ? std::string() : textOf(view[key]);
        };
        m_state.selection = opaque("selection");
        m_state.layout = opaque("layout");
    });
}

Result<void> Session::checkWritable() const
{
    if (!m_isWritable)
        return fail(ErrorCode::FileWrite,
                    "the session was written by a later version of this program and is left as it is: " + m_path);
    return {};
}

Result<void> Session::writeIndex() const
{
    json runs = json::array();
    for (const RunSummary& run : m_runs)
        runs.push_back(summaryJson(run));
    const json index = {{kFormatKey, kFormat},
                        {"created", m_createdUtc},
                        {"program_version", ARMILLARY_VERSION},
                        {"runs", std::move(runs)}};
    return io::writeFileAtomically(m_path + "/" + kIndexName, textOf(index, 1));
}

Result<std::string> Session::append(const RunRecord& record)
{
    if (const auto writable = checkWritable(); !writable)
        return tl::unexpected(writable.error());
    const auto lock = FolderLock::take(m_path);
    if (!lock)
        return tl::unexpected(lock.error());
    std::error_code problem;
    fs::create_directories(m_path + "/runs", problem);
    readRuns({});  // what other processes appended meanwhile
    const std::int64_t number = m_runs.empty() ? 1 : numberOf(m_runs.back().id) + 1;
    const std::string id = fmt::format("{:0{}}-{}", number, kNumberDigits, randomDigits());
    if (const auto written = writeRecord(runPath(id), record, &m_media); !written)
        return tl::unexpected(written.error());
    readRuns({});
    // The run is safe. An index that cannot be written is made anew from the runs when the session is opened.
    if (const auto written = writeIndex(); !written)
        m_problems.push_back(written.error().message);
    return id;
}

const RunSummary* Session::find(const std::string& id) const
{
    const auto found =
        std::find_if(m_runs.begin(), m_runs.end(), [&id](const RunSummary& run) { return run.id == id; });
    return found == m_runs.end() ? nullptr : &*found;
}

Result<std::string> Session::recordPath(const std::string& id) const
{
    if (find(id) == nullptr)
        return fail(ErrorCode::InvalidInput, fmt::format("there is no run '{}' in the session: {}", id, m_path));
    return runPath(id);
}

Result<std::shared_ptr<const RunRecord>> Session::record(const std::string& id, const TensorChoice& wanted) const
{
    const auto path = recordPath(id);
    if (!path)
        return tl::unexpected(path.error());
    return readRecord(*path, &m_media, wanted);
}

Result<std::vector<TensorEntry>> Session::tensors(const std::string& id) const
{
    const auto path = recordPath(id);
    if (!path)
        return tl::unexpected(path.error());
    auto header = readRecordHeader(*path);
    if (!header)
        return tl::unexpected(header.error());
    return std::move(header->tensors);
}

Result<TensorSnapshot> Session::tensor(const std::string& id, const std::string& name) const
{
    const auto path = recordPath(id);
    if (!path)
        return tl::unexpected(path.error());
    return readRecordTensor(*path, name);
}

Result<void> Session::setState(SessionState state)
{
    if (const auto writable = checkWritable(); !writable)
        return writable;
    if (!isJsonOrEmpty(state.selection) || !isJsonOrEmpty(state.layout))
        return fail(ErrorCode::InvalidInput, "selection and layout of a session must be JSON");
    const auto lock = FolderLock::take(m_path);
    if (!lock)
        return tl::unexpected(lock.error());
    const std::string notesPath = m_path + "/" + kNotesName;
    const std::string viewPath = m_path + "/" + kViewName;
    keepBroken(notesPath);
    keepBroken(viewPath);
    if (state.notes != m_state.notes || state.runNotes != m_state.runNotes) {
        const json notes = {{"session", state.notes}, {"runs", state.runNotes}};
        if (auto written = io::writeFileAtomically(notesPath, textOf(notes, 1)); !written)
            return written;
        m_state.notes = state.notes;
        m_state.runNotes = state.runNotes;
    }
    if (state.selection != m_state.selection || state.layout != m_state.layout) {
        const auto opaque = [](const std::string& text) { return text.empty() ? json() : json::parse(text); };
        const json view = {{"selection", opaque(state.selection)}, {"layout", opaque(state.layout)}};
        if (auto written = io::writeFileAtomically(viewPath, textOf(view, 1)); !written)
            return written;
    }
    m_state = std::move(state);
    return {};
}

Result<std::string> Session::keepAnalysis(const std::string& id, const AnalysisResult& result)
{
    if (const auto writable = checkWritable(); !writable)
        return tl::unexpected(writable.error());
    if (const auto path = recordPath(id); !path)
        return tl::unexpected(path.error());
    const auto lock = FolderLock::take(m_path);
    if (!lock)
        return tl::unexpected(lock.error());
    std::error_code problem;
    fs::create_directories(m_path + "/analyses", problem);
    const std::vector<std::string> before = analyses(id);
    const std::size_t last = before.empty() ? 0 : std::stoul(before.back().substr(before.back().find('.') + 1));
    const std::string name = fmt::format("{}.{:04}", id, last + 1);
    if (const auto written = writeAnalysis(m_path + "/analyses/" + name + kRecordSuffix, result); !written)
        return tl::unexpected(written.error());
    return name;
}

std::vector<std::string> Session::analyses(const std::string& id) const
{
    std::vector<std::string> out;
    std::error_code problem;
    for (fs::directory_iterator it(m_path + "/analyses", problem), end; !problem && it != end; it.increment(problem)) {
        const std::string file = it->path().filename().string();
        const std::string name = it->path().stem().string();
        const std::string digits = name.size() > id.size() ? name.substr(id.size() + 1) : std::string();
        if (file.ends_with(kRecordSuffix) && name.starts_with(id + ".") && digits.size() == 4 &&
            digits.find_first_not_of("0123456789") == std::string::npos)
            out.push_back(name);
    }
    std::sort(out.begin(), out.end());
    return out;
}

Result<AnalysisResult> Session::analysis(const std::string& name) const
{
    const std::string id = name.substr(0, name.find('.'));
    const std::vector<std::string> known = isRunId(id) ? analyses(id) : std::vector<std::string>();
    if (std::find(known.begin(), known.end(), name) == known.end())
        return fail(ErrorCode::InvalidInput, fmt::format("no result '{}' was kept in the session: {}", name, m_path));
    return readAnalysis(m_path + "/analyses/" + name + kRecordSuffix);
}

}  // namespace armillary::session
