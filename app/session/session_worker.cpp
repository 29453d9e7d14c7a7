#include "app/session/session_worker.h"

#include "session/npz_file.h"
#include "session/record_archive.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace armillary::app {
namespace {

namespace fs = std::filesystem;
using session::AutoSave;
using session::Session;
using session::SessionState;

QString words(const std::string& text)
{
    return QString::fromStdString(text);
}

// What a view does not need to show a run: it is read after the rest has been shown.
bool isLarge(std::string_view name)
{
    constexpr std::array kPrefixes = {"query.",           "key.",  "value.", "hidden.", "attention_output.",
                                      "rollout.latents.", "logits"};
    if (std::any_of(kPrefixes.begin(), kPrefixes.end(),
                    [name](std::string_view prefix) { return name.starts_with(prefix); }))
        return true;
    constexpr std::string_view kAttention = "attention.";
    return name.starts_with(kAttention) && name.size() > kAttention.size() && name[kAttention.size()] >= '0' &&
           name[kAttention.size()] <= '9';
}

// A key of the turns up to here: length before text, so that no two conversations share one.
void addTurn(QString& key, bool isUser, const QString& text)
{
    key += QStringLiteral("%1%2:").arg(isUser ? QLatin1Char('u') : QLatin1Char('m')).arg(text.size()) + text;
}

// Whether nothing was ever put into the session.
bool isEmptySession(const QString& path)
{
    const bool hasRuns = !QDir(path + QStringLiteral("/runs")).isEmpty(QDir::Files);
    return !hasRuns && !QFileInfo::exists(path + QStringLiteral("/notes.json")) &&
           !QDir(path + QStringLiteral("/analyses")).exists();
}

RunPlace placeFrom(const QString& id, const std::string& runJson, TurnKeys& keys)
{
    RunPlace out;
    out.id = id;
    const QJsonObject run = QJsonDocument::fromJson(QByteArray::fromStdString(runJson)).object();
    const QJsonArray turns = run[QStringLiteral("turns")].toArray();
    for (qsizetype i = 0; i < turns.size(); ++i) {
        const QJsonObject turn = turns[i].toObject();
        if (i + 1 == turns.size())
            keys.start = keys.end;
        addTurn(keys.end, turn[QStringLiteral("role")].toString() == QLatin1String("user"),
                turn[QStringLiteral("text")].toString());
    }
    if (!turns.isEmpty())
        addTurn(keys.end, false, run[QStringLiteral("answer")].toString());
    for (const QJsonValue& stage : run[QStringLiteral("stages")].toArray())
        out.seconds = std::max(out.seconds, stage[QStringLiteral("start_seconds")].toDouble() +
                                                stage[QStringLiteral("seconds")].toDouble());
    return out;
}

}  // namespace

TurnKeys turnKeys(const Question& question, const std::string& answer)
{
    TurnKeys out;
    for (std::size_t i = 0; i < question.turns.size(); ++i) {
        if (i + 1 == question.turns.size())
            out.start = out.end;
        addTurn(out.end, question.turns[i].role == ChatRole::User, words(question.turns[i].text));
    }
    if (!question.turns.empty())
        addTurn(out.end, false, words(answer));
    return out;
}

SessionWorker::SessionWorker(QString ownFolder)
    : m_ownFolder(std::move(ownFolder)), m_stateTimer(this), m_retryTimer(this)
{
    m_stateTimer.setSingleShot(true);
    m_retryTimer.setSingleShot(true);
    connect(&m_stateTimer, &QTimer::timeout, this, &SessionWorker::saveState);
    connect(&m_retryTimer, &QTimer::timeout, this, &SessionWorker::retry);
}

void SessionWorker::sweep()
{
    constexpr int kOldEnoughSeconds = 24 * 3600;
    const QDir folder(m_ownFolder);
    for (const QFileInfo& entry :
         folder.entryInfoList({QStringLiteral("*.armillary")}, QDir::Dirs | QDir::NoDotAndDotDot)) {
        // A younger one may be another window's.
        if (entry.lastModified().secsTo(QDateTime::currentDateTime()) > kOldEnoughSeconds &&
            isEmptySession(entry.filePath()))
            QDir(entry.filePath()).removeRecursively();
    }
}

Result<std::unique_ptr<Session>> SessionWorker::createOwn() const
{
    std::error_code ignored;
    fs::create_directories(m_ownFolder.toStdString(), ignored);
    const QString name = QDateTime::currentDateTime().toString(QStringLiteral("yyyy-MM-dd HH.mm.ss"));
    for (int number = 1;; ++number) {
        const QString path = QStringLiteral("%1/%2%3.armillary")
                                 .arg(m_ownFolder, name, number == 1 ? QString() : QStringLiteral(" (%1)").arg(number));
        if (!QFileInfo::exists(path))
            return Session::create(path.toStdString());
    }
}

Result<void> SessionWorker::ensureSession()
{
    if (m_session)
        return {};
    auto created = createOwn();
    if (!created)
        return tl::unexpected(created.error());
    take(std::move(*created));
    Q_EMIT moved(words(m_session->path()));
    return {};
}

void SessionWorker::take(std::unique_ptr<Session> session)
{
    m_autoSave.reset();
    m_session = std::move(session);
    m_toldProblems = 0;
    if (!m_session)
        return;
    m_autoSave.emplace(*m_session);
}

void SessionWorker::tellProblems()
{
    const std::vector<std::string>& problems = m_session->problems();
    for (; m_toldProblems < problems.size(); ++m_toldProblems)
        Q_EMIT warned(words(problems[m_toldProblems]));
}

void SessionWorker::openNew()
{
    flush();
    take(nullptr);
    m_state = {};
    Q_EMIT opened({});
}

void SessionWorker::open(const QString& path)
{
    auto session = Session::open(QDir::cleanPath(path).toStdString());
    if (!session) {
        Q_EMIT openFailed(words(session.error().message));
        return;
    }
    flush();
    take(std::move(*session));
    m_state = m_session->state();
    OpenedSession out{words(m_session->path()), m_session->runs(), m_session->state(), {}};
    for (const std::string& problem : m_session->problems())
        out.problems << words(problem);
    m_toldProblems = m_session->problems().size();
    Q_EMIT opened(out);
}

void SessionWorker::append(const QString& temporaryId, const RecordPtr& record)
{
    retry();
    const Unsaved unsaved{temporaryId, record};
    if (appendNow(unsaved, true))
        return;
    m_unsaved.push_back(unsaved);
    m_retryTimer.start(kRetryMilliseconds);
}

bool SessionWorker::appendNow(const Unsaved& unsaved, bool tellFailure)
{
    const auto tell = [&](const Error& error) {
        if (tellFailure)
            Q_EMIT appendFailed(unsaved.temporaryId, words(error.message));
        return false;
    };
    if (const auto there = ensureSession(); !there)
        return tell(there.error());
    const auto id = m_session->append(*unsaved.record);
    if (!id)
        return tell(id.error());
    tellProblems();
    const auto& runs = m_session->runs();
    const auto run =
        std::find_if(runs.begin(), runs.end(), [&id](const session::RunSummary& each) { return each.id == *id; });
    Q_EMIT appended(unsaved.temporaryId, *run);
    // Notes of a session that had no folder until now.
    if (m_state != m_session->state())
        noteState(m_state);
    return true;
}

void SessionWorker::retry()
{
    std::vector<Unsaved> waiting = std::exchange(m_unsaved, {});
    for (Unsaved& unsaved : waiting) {
        if (!appendNow(unsaved, false))
            m_unsaved.push_back(std::move(unsaved));
    }
    if (!m_unsaved.empty())
        m_retryTimer.start(kRetryMilliseconds);
}

void SessionWorker::rescue()
{
    if (m_unsaved.empty())
        return;
    auto own = createOwn();
    if (!own) {
        Q_EMIT failed(
            tr("%1 runs could not be kept anywhere: %2").arg(m_unsaved.size()).arg(words(own.error().message)));
        return;
    }
    for (const Unsaved& unsaved : std::exchange(m_unsaved, {})) {
        if (const auto kept = (*own)->append(*unsaved.record); !kept)
            Q_EMIT failed(tr("A run could not be kept anywhere: %1").arg(words(kept.error().message)));
    }
    Q_EMIT warned(tr("Runs that could not be written to their session are kept in %1").arg(words((*own)->path())));
}

void SessionWorker::read(quint64 ticket, const QString& id, const std::stop_token& stop)
{
    if (!m_session) {
        Q_EMIT readFailed(ticket, id, tr("There is no such run in the session."));
        return;
    }
    const std::string name = id.toStdString();
    const auto tensors = m_session->tensors(name);
    if (!tensors) {
        Q_EMIT readFailed(ticket, id, words(tensors.error().message));
        return;
    }
    std::int64_t bytes = 0;
    for (const session::TensorEntry& tensor : *tensors)
        bytes += tensor.byteCount;
    const bool atOnce =
        bytes <= kSmallBytes || std::none_of(tensors->begin(), tensors->end(),
                                             [](const session::TensorEntry& tensor) { return isLarge(tensor.name); });
    const auto record = m_session->record(name, [&](const std::string& tensor) {
        return !stop.stop_requested() && (atOnce || !isLarge(tensor));
    });
    if (stop.stop_requested())
        Q_EMIT readFailed(ticket, id, {});
    else if (record)
        Q_EMIT partRead(ticket, id, *record, atOnce);
    else
        Q_EMIT readFailed(ticket, id, words(record.error().message));
}

void SessionWorker::readRest(quint64 ticket, const QString& id, const RecordPtr& part, const std::stop_token& stop)
{
    const auto path = m_session ? m_session->recordPath(id.toStdString())
                                : Result<std::string>(fail(ErrorCode::InvalidInput, "the session was closed"));
    if (!path) {
        Q_EMIT readFailed(ticket, id, words(path.error().message));
        return;
    }
    // Without the media: their frames are there already.
    const auto rest = session::readRecord(*path, nullptr, [&](const std::string& tensor) {
        return !stop.stop_requested() && isLarge(tensor);
    });
    if (stop.stop_requested()) {
        Q_EMIT readFailed(ticket, id, {});
    } else if (rest) {
        auto whole = std::make_shared<RunRecord>(*part);
        whole->tensors.insert((*rest)->tensors.begin(), (*rest)->tensors.end());
        Q_EMIT restRead(ticket, id, whole);
    } else {
        Q_EMIT readFailed(ticket, id, words(rest.error().message));
    }
}

void SessionWorker::readKept(const QString& id)
{
    if (!m_session)
        return;
    ResultList out;
    for (const std::string& name : m_session->analyses(id.toStdString())) {
        if (auto result = m_session->analysis(name))
            out.push_back(std::make_shared<const AnalysisResult>(std::move(*result)));
        else
            Q_EMIT warned(words(result.error().message));
    }
    Q_EMIT keptRead(id, out);
}

void SessionWorker::keepAnalysis(const QString& id, const std::shared_ptr<const AnalysisResult>& result)
{
    if (!m_session)
        return;
    if (const auto kept = m_session->keepAnalysis(id.toStdString(), *result); !kept)
        Q_EMIT failed(words(kept.error().message));
}

void SessionWorker::noteState(const SessionState& state)
{
    m_state = state;
    // What is selected alone is not worth a folder.
    if (!m_session && state.notes.empty() && state.runNotes.empty())
        return;
    if (const auto there = ensureSession(); !there) {
        Q_EMIT failed(words(there.error().message));
        return;
    }
    if (!m_session->isWritable() || state == m_session->state())
        return;
    m_autoSave->note(state, AutoSave::Time::clock::now());
    saveState();
}

void SessionWorker::saveState()
{
    if (!m_autoSave)
        return;
    const auto now = AutoSave::Time::clock::now();
    if (const auto saved = m_autoSave->saveIfDue(now); !saved)
        Q_EMIT failed(words(saved.error().message));
    if (const auto due = m_autoSave->dueAt())
        m_stateTimer.start(
            std::chrono::ceil<std::chrono::milliseconds>(std::max(*due - now, AutoSave::Time::duration(0))));
}

void SessionWorker::flush()
{
    retry();
    rescue();
    m_retryTimer.stop();
    if (!m_autoSave)
        return;
    if (const auto saved = m_autoSave->save(); !saved)
        Q_EMIT failed(words(saved.error().message));
    m_stateTimer.stop();
}

Result<void> SessionWorker::copyTo(const QString& path, const std::stop_token& stop) const
{
    const fs::path from(m_session->path());
    const fs::path to(path.toStdString());
    const fs::path half(path.toStdString() + ".part");
    std::error_code problem;
    if (fs::exists(to, problem) && !(fs::is_directory(to, problem) && fs::is_empty(to, problem)))
        return fail(ErrorCode::InvalidInput,
                    "the session needs a new or empty folder, and something lies there: " + to.string());
    fs::remove_all(half, problem);
    fs::create_directories(half, problem);
    const auto failWith = [&](const fs::path& at) {
        std::error_code ignored;
        fs::remove_all(half, ignored);
        return fail(ErrorCode::FileWrite, "cannot copy the session (" + problem.message() + "): " + at.string());
    };
    if (problem)
        return failWith(half);
    for (fs::recursive_directory_iterator it(from, problem), end; !problem && it != end; it.increment(problem)) {
        const fs::path target = half / fs::relative(it->path(), from);
        const std::string name = it->path().filename().string();
        if (it->is_directory())
            fs::create_directories(target, problem);
        else if (name != ".lock" && !name.ends_with(".part"))
            fs::copy_file(it->path(), target, problem);
        if (problem)
            return failWith(target);
        if (stop.stop_requested()) {
            problem = std::make_error_code(std::errc::operation_canceled);
            return failWith(target);
        }
    }
    if (problem)
        return failWith(from);
    fs::remove(to, problem);  // an empty folder
    fs::rename(half, to, problem);
    if (problem)
        return failWith(to);
    return {};
}

void SessionWorker::saveAs(const QString& path, const std::stop_token& stop)
{
    retry();
    if (m_autoSave)
        (void)m_autoSave->save();
    Result<std::unique_ptr<Session>> copy(nullptr);
    if (m_session) {
        if (const auto copied = copyTo(path, stop); !copied) {
            Q_EMIT failed(words(copied.error().message));
            return;
        }
        copy = Session::open(path.toStdString());
    } else {
        copy = Session::create(path.toStdString());
    }
    if (!copy) {
        Q_EMIT failed(words(copy.error().message));
        return;
    }
    take(std::move(*copy));
    tellProblems();
    Q_EMIT moved(words(m_session->path()));
    retry();
}

Result<void> SessionWorker::exportNpz(const std::string& id, const QString& path) const
{
    const auto record = m_session->recordPath(id);
    if (!record)
        return tl::unexpected(record.error());
    const auto header = session::readRecordHeader(*record);
    if (!header)
        return tl::unexpected(header.error());
    std::map<std::string, std::vector<std::uint8_t>> files;
    files["armillary.run.npy"] = session::npyFromTexts({header->runJson});
    for (const session::TensorEntry& entry : header->tensors) {
        const auto tensor = session::readRecordTensor(*record, entry.name);
        if (!tensor)
            return tl::unexpected(tensor.error());
        auto npy = session::npyFromTensor(*tensor);
        if (!npy)
            return tl::unexpected(npy.error());
        files[entry.name + ".npy"] = std::move(*npy);
    }
    return session::writeZip(path.toStdString(), files);
}

void SessionWorker::exportRun(const QString& id, const QString& path)
{
    if (!m_session) {
        Q_EMIT failed(tr("There is no such run in the session."));
        return;
    }
    Result<void> done;
    if (path.endsWith(QLatin1String(".npz"), Qt::CaseInsensitive)) {
        done = exportNpz(id.toStdString(), path);
    } else {
        const auto from = m_session->recordPath(id.toStdString());
        std::error_code problem;
        if (!from)
            done = tl::unexpected(from.error());
        else if (!fs::copy_file(*from, path.toStdString(), fs::copy_options::overwrite_existing, problem))
            done = fail(ErrorCode::FileWrite,
                        "cannot write the record (" + problem.message() + "): " + path.toStdString());
    }
    if (done)
        Q_EMIT exported(path);
    else
        Q_EMIT failed(words(done.error().message));
}

void SessionWorker::findPlaces(const std::stop_token& stop)
{
    if (!m_session)
        return;
    std::map<QString, QString> byEnd;
    std::vector<RunPlace> out;
    for (const session::RunSummary& run : m_session->runs()) {
        if (stop.stop_requested())
            return;
        const auto path = m_session->recordPath(run.id);
        const auto header = path && run.problem.empty() ? session::readRecordHeader(*path)
                                                        : Result<session::RecordHeader>(session::RecordHeader{});
        if (!header || header->runJson.empty())
            continue;
        TurnKeys keys;
        RunPlace place = placeFrom(words(run.id), header->runJson, keys);
        if (const auto parent = byEnd.find(keys.start); !keys.start.isEmpty() && parent != byEnd.end())
            place.parentId = parent->second;
        byEnd[keys.end] = place.id;
        out.push_back(std::move(place));
    }
    Q_EMIT placesFound(out);
}

}  // namespace armillary::app
