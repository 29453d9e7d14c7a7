#include "app/session/session_controller.h"

#include "app/session/carried_positions.h"

#include <QJsonDocument>

#include <algorithm>
#include <array>
#include <utility>

namespace armillary::app {
namespace {

using widgets::MessageKind;
using widgets::PairedRun;
using widgets::PairSide;
using widgets::RunRow;

constexpr std::chrono::milliseconds kStatePause{400};

QString words(const std::string& text)
{
    return QString::fromStdString(text);
}

QString outcomeWord(RunOutcome outcome)
{
    switch (outcome) {
    case RunOutcome::Completed: return QStringLiteral("completed");
    case RunOutcome::Cancelled: return QStringLiteral("cancelled");
    case RunOutcome::Failed: return QStringLiteral("failed");
    }
    return {};
}

RunRow rowFrom(const session::RunSummary& run)
{
    RunRow row;
    row.id = words(run.id);
    row.question = words(run.question);
    row.answer = words(run.answer);
    row.createdUtc = words(run.createdUtc);
    row.outcome = words(run.outcome);
    row.isRollout = run.isRollout;
    row.promptPositions = run.promptPositions;
    row.generatedTokens = run.generatedTokens;
    row.fileBytes = run.fileBytes;
    row.problem = words(run.problem);
    return row;
}

RunRow rowFrom(const RunRecord& record)
{
    RunRow row;
    const Question& question = record.question;
    if (!question.turns.empty())
        row.question = words(question.turns.back().text);
    else if (question.rawPrompt)
        row.question = words(*question.rawPrompt);
    row.isRollout = question.turns.empty() && !question.rawPrompt;
    row.answer = words(record.answer);
    row.outcome = outcomeWord(record.outcome);
    row.promptPositions = record.layout ? record.layout->size() : 0;
    row.generatedTokens = static_cast<qint64>(record.generated.size());
    for (const StageTime& stage : record.cost.stages)
        row.seconds = std::max(row.seconds, stage.startSeconds + stage.durationSeconds);
    row.isPending = true;
    return row;
}

}  // namespace

SessionController::SessionController(const SessionThings& shown, SessionService& session, AnalysisService& desk,
                                     RunController& questions, QObject* parent)
    : QObject(parent), m_shown(shown), m_session(session), m_desk(desk), m_questions(questions)
{
    connectSession();
    connect(&m_questions, &RunController::recordMade, this, &SessionController::addRecord);
    connect(&m_questions, &RunController::stateChanged, this, &SessionController::showLiveRow);
    connect(&m_desk, &AnalysisService::modelResultMade, this, &SessionController::keepResult);
    connect(&m_shown.runs, &widgets::RunListModel::showWanted, this, &SessionController::show);
    connect(&m_shown.runs, &widgets::RunListModel::compareWanted, this, &SessionController::compare);
    connect(&m_shown.runs, &widgets::RunListModel::exportWanted, this, [this](const QString& id, const QString& path) {
        const RunRow* row = m_shown.runs.find(id);
        if (row == nullptr || row->isPending)
            report(MessageKind::Warning, tr("The run is still being written; export it in a moment."));
        else
            m_session.exportRun(id, path);
    });
    connect(&m_shown.runs, &widgets::RunListModel::revealWanted, this, [this](const QString& id) {
        if (!m_session.path().isEmpty())
            Q_EMIT revealWanted(m_session.path() + QStringLiteral("/runs/%1.safetensors").arg(id));
    });
    connect(&m_shown.pair, &widgets::RunPair::changed, this, &SessionController::pairChanged);

    m_stateTimer.setSingleShot(true);
    m_stateTimer.setInterval(kStatePause);
    connect(&m_stateTimer, &QTimer::timeout, this, [this] { m_session.noteState(state()); });
    connect(&m_shown.runs, &widgets::RunListModel::noteChanged, this, &SessionController::noteState);
    connect(&m_shown.runs, &widgets::RunListModel::sessionNotesChanged, this, &SessionController::noteState);
    connect(&m_shown.selection, &widgets::Selection::chosenChanged, this, &SessionController::noteState);
    connect(&m_shown.selection, &widgets::Selection::focusChanged, this, &SessionController::noteState);
}

void SessionController::connectSession()
{
    connect(&m_session, &SessionService::opened, this, &SessionController::opened);
    connect(&m_session, &SessionService::appended, this, &SessionController::appended);
    connect(&m_session, &SessionService::appendFailed, this, [this](const QString& id, const QString& sentence) {
        report(MessageKind::Error, tr("The run is not on disk yet and is tried again: %1").arg(sentence));
        if (const RunRow* row = m_shown.runs.find(id)) {
            RunRow changed = *row;
            changed.problem = sentence;
            m_shown.runs.replace(id, std::move(changed));
        }
    });
    connect(&m_session, &SessionService::partRead, this, &SessionController::partRead);
    connect(&m_session, &SessionService::restRead, this, &SessionController::restRead);
    connect(&m_session, &SessionService::readFailed, this, &SessionController::readFailed);
    connect(&m_session, &SessionService::placesFound, this, &SessionController::placesFound);
    connect(&m_session, &SessionService::keptRead, this,
            [this](const QString& id, const ResultList& results) { m_desk.keepOfSession(deskName(id), results); });
    connect(&m_session, &SessionService::moved, this, [this](const QString& path) {
        m_shown.runs.setSessionName(path);
        Q_EMIT sessionMoved(path);
    });
    connect(&m_session, &SessionService::exported, this,
            [this](const QString& path) { report(MessageKind::Note, tr("The record is written to %1").arg(path)); });
    connect(&m_session, &SessionService::warned, this,
            [this](const QString& sentence) { report(MessageKind::Warning, sentence); });
    connect(&m_session, &SessionService::failed, this,
            [this](const QString& sentence) { report(MessageKind::Error, sentence); });
}

void SessionController::report(MessageKind kind, const QString& sentence)
{
    m_shown.messages.add(kind, sentence);
}

QString SessionController::deskName(const QString& id) const
{
    return QStringLiteral("%1/%2").arg(m_sessionNumber).arg(id);
}

QString SessionController::titleOf(const QString& id) const
{
    const int row = m_shown.runs.indexOf(id);
    return row < 0 ? QString() : m_shown.runs.index(row).data().toString();
}

QString SessionController::idOf(const RunRecord* record) const
{
    const auto found = m_seen.find(record);
    return found == m_seen.end() || found->second.record.expired() ? QString() : found->second.id;
}

void SessionController::remember(const RecordPtr& record, const QString& id, bool isWhole)
{
    std::erase_if(m_seen, [](const auto& seen) { return seen.second.record.expired(); });
    m_seen[record.get()] = {record, id};
    if (const TurnKeys keys = turnKeys(record->question, record->answer); !keys.end.isEmpty())
        m_runsByEnd[keys.end] = id;
    m_desk.nameRun(record, deskName(id), isWhole);
}

// What was just made

void SessionController::addRecord(const RecordPtr& record, bool shown)
{
    const QString id = m_session.append(record);
    RunRow row = rowFrom(*record);
    row.id = id;
    const TurnKeys keys = turnKeys(record->question, record->answer);
    if (const auto parent = m_runsByEnd.find(keys.start); !keys.start.isEmpty() && parent != m_runsByEnd.end())
        row.parentId = parent->second;
    m_unwritten[id] = record;
    remember(record, id, true);
    m_shown.runs.remove(QString::fromLatin1(kLiveId));
    m_shown.runs.append(std::move(row));
    if (!shown)
        return;
    const PairedRun before = m_shown.pair.a();
    endReading(Side::A, tr("Another run is shown."));
    // It is shown already.
    m_pairShown = record;
    m_shown.pair.setSide(PairSide::A);
    m_shown.pair.setA({record, id, titleOf(id)});
    if (before.record && !m_isBChosen)
        m_shown.pair.setB(before);
}

void SessionController::appended(const QString& temporaryId, const session::RunSummary& run)
{
    RunRow row = rowFrom(run);
    const QString id = row.id;
    if (const RunRow* before = m_shown.runs.find(temporaryId)) {
        row.parentId = before->parentId;
        row.seconds = before->seconds;
        row.note = before->note;
    }
    m_shown.runs.replace(temporaryId, std::move(row));
    for (auto& [key, other] : m_runsByEnd) {
        if (other == temporaryId)
            other = id;
    }
    if (const auto found = m_unwritten.find(temporaryId); found != m_unwritten.end()) {
        RecordPtr record = std::move(found->second);
        m_unwritten.erase(found);
        remember(record, id, true);
        if (m_shown.pair.a().id == temporaryId)
            m_shown.pair.setA({m_shown.pair.a().record, id, m_shown.pair.a().title});
        if (m_shown.pair.b().id == temporaryId)
            m_shown.pair.setB({m_shown.pair.b().record, id, m_shown.pair.b().title});
        m_session.release(std::move(record));
    }
    std::erase_if(m_unkept, [&](const auto& unkept) {
        if (unkept.first != temporaryId)
            return false;
        m_session.keepAnalysis(id, unkept.second);
        return true;
    });
    noteState();
}

void SessionController::keepResult(const RecordPtr& record, const std::shared_ptr<const AnalysisResult>& result)
{
    const QString id = idOf(record.get());
    if (id.isEmpty())
        return;
    if (m_unwritten.contains(id))
        m_unkept.emplace_back(id, result);
    else
        m_session.keepAnalysis(id, result);
}

void SessionController::showLiveRow()
{
    const QString id = QString::fromLatin1(kLiveId);
    const bool isListed = m_shown.runs.find(id) != nullptr;
    if (m_questions.hasLive() == isListed)
        return;
    if (isListed) {
        m_shown.runs.remove(id);
        return;
    }
    RunRow row;
    row.id = id;
    row.question = words(m_questions.liveQuestion());
    row.answer = tr("is being answered");
    row.isPending = true;
    m_shown.runs.append(std::move(row));
}

// Another session

void SessionController::opened(const OpenedSession& session)
{
    endReading(Side::A, tr("The session was closed."));
    endReading(Side::B, tr("The session was closed."));
    ++m_sessionNumber;
    m_desk.forgetSession();
    m_seen.clear();
    m_unwritten.clear();
    m_unkept.clear();
    m_runsByEnd.clear();
    m_isBChosen = false;
    m_left.reset();
    m_pairShown.reset();
    std::array<RecordPtr, 2> before = {m_shown.pair.a().record, m_shown.pair.b().record};
    m_shown.pair.clear();
    if (!m_questions.showsLive()) {
        m_shown.selection.clear();
        m_shown.run.clear();
    }
    m_questions.continueFrom(nullptr);
    for (RecordPtr& record : before) {
        if (record)
            m_session.release(std::move(record));
    }

    std::vector<RunRow> rows;
    for (const session::RunSummary& run : session.runs) {
        rows.push_back(rowFrom(run));
        if (const auto note = session.state.runNotes.find(run.id); note != session.state.runNotes.end())
            rows.back().note = words(note->second);
    }
    m_shown.runs.setRows(std::move(rows));
    m_shown.runs.setSessionName(session.path);
    m_shown.runs.setSessionNotes(words(session.state.notes));
    for (const QString& problem : session.problems)
        report(MessageKind::Warning, problem);
    m_restored = QJsonDocument::fromJson(QByteArray::fromStdString(session.state.selection)).object();
    m_layout = QJsonDocument::fromJson(QByteArray::fromStdString(session.state.layout)).object();
    Q_EMIT sessionOpened(session.path, m_layout);
    showLiveRow();

    const auto& all = m_shown.runs.rows();
    const auto isReadable = [this](const QString& id) {
        const RunRow* row = m_shown.runs.find(id);
        return row != nullptr && row->problem.isEmpty() && !row->isPending;
    };
    QString a = m_restored[QStringLiteral("a")].toString();
    if (!isReadable(a)) {
        const auto last = std::find_if(all.rbegin(), all.rend(), [&](const RunRow& row) { return isReadable(row.id); });
        a = last == all.rend() ? QString() : last->id;
    }
    const QString b = m_restored[QStringLiteral("b")].toString();
    const bool isBChosen = m_restored[QStringLiteral("bChosen")].toBool();
    if (!a.isEmpty())
        startRead(a, Side::A);
    else
        m_restored = {};
    if (isReadable(b) && b != a) {
        m_isBChosen = isBChosen;
        startRead(b, Side::B);
    }
}

void SessionController::placesFound(const std::vector<RunPlace>& places)
{
    for (const RunPlace& place : places) {
        const RunRow* row = m_shown.runs.find(place.id);
        if (row == nullptr || (row->parentId == place.parentId && row->seconds == place.seconds))
            continue;
        RunRow changed = *row;
        changed.parentId = place.parentId;
        changed.seconds = place.seconds;
        m_shown.runs.replace(place.id, std::move(changed));
    }
}

// Showing

void SessionController::show(const QString& id)
{
    if (id == QLatin1String(kLiveId)) {
        m_questions.showLive();
        return;
    }
    if (id == m_shown.pair.a().id && m_shown.pair.a().record) {
        m_shown.pair.setSide(PairSide::A);
        showRecord(m_shown.pair.a().record);
        m_questions.continueFrom(m_shown.pair.a().record);
        return;
    }
    if (id == m_shown.pair.b().id && m_shown.pair.b().record) {
        // The two change places.
        const PairedRun a = m_shown.pair.a();
        for (Reading& reading : m_readings)
            reading.side = reading.side == Side::A ? Side::B : Side::A;
        putOn(Side::A, id, m_shown.pair.b().record);
        m_shown.pair.setB(a);
        return;
    }
    if (const auto found = m_unwritten.find(id); found != m_unwritten.end()) {
        endReading(Side::A, tr("Another run is shown."));
        putOn(Side::A, id, RecordPtr(found->second));
        return;
    }
    startRead(id, Side::A);
}

void SessionController::compare(const QString& id)
{
    if (id == QLatin1String(kLiveId))
        return;
    // Nothing to compare with.
    const bool isAComing = std::any_of(m_readings.begin(), m_readings.end(),
                                       [](const Reading& reading) { return reading.side == Side::A; });
    if (!m_shown.pair.a().record && !isAComing) {
        show(id);
        return;
    }
    if (id == m_shown.pair.a().id && !isAComing)
        return;
    m_isBChosen = true;
    if (id == m_shown.pair.b().id && m_shown.pair.b().record) {
        noteState();
        return;
    }
    if (const auto found = m_unwritten.find(id); found != m_unwritten.end()) {
        endReading(Side::B, tr("Another run is compared."));
        putOn(Side::B, id, RecordPtr(found->second));
        return;
    }
    // It may be the run that A leaves.
    if (id == m_shown.pair.a().id) {
        putOn(Side::B, id, m_shown.pair.a().record);
        return;
    }
    startRead(id, Side::B);
}

void SessionController::startRead(const QString& id, Side side)
{
    endReading(side, tr("Another run is shown."));
    m_readings.push_back({m_session.read(id), id, side, nullptr});
}

void SessionController::endReading(Side side, const QString& sentence)
{
    std::vector<Reading> over;
    std::erase_if(m_readings, [&](const Reading& reading) {
        if (reading.side != side)
            return false;
        over.push_back(reading);
        return true;
    });
    for (const Reading& reading : over) {
        m_session.cancelRead(reading.ticket);
        if (reading.part)
            m_desk.setUnreadable(reading.part, sentence);
    }
}

void SessionController::partRead(quint64 ticket, const QString& id, const RecordPtr& record, bool isWhole)
{
    const auto reading = std::find_if(m_readings.begin(), m_readings.end(),
                                      [ticket](const Reading& each) { return each.ticket == ticket; });
    if (reading == m_readings.end()) {
        m_session.cancelRead(ticket);
        m_session.release(record);
        return;
    }
    const Side side = reading->side;
    if (isWhole)
        m_readings.erase(reading);
    else
        reading->part = record;
    remember(record, id, isWhole);
    putOn(side, id, record);
    if (side == Side::A)
        restoreSelection(record);
}

void SessionController::restRead(quint64 ticket, const QString& id, const RecordPtr& record)
{
    const auto reading = std::find_if(m_readings.begin(), m_readings.end(),
                                      [ticket](const Reading& each) { return each.ticket == ticket; });
    if (reading == m_readings.end()) {
        m_session.release(record);
        return;
    }
    const RecordPtr part = reading->part;
    m_readings.erase(reading);
    remember(record, id, true);
    if (m_pairShown == part)
        m_pairShown = record;
    m_shown.pair.replaceRecord(id, record);
    if (m_shown.run.record() == part)
        m_shown.run.replaceRecord(record);
    m_desk.setWhole(part, record);
}

void SessionController::readFailed(quint64 ticket, const QString&, const QString& sentence)
{
    const auto reading = std::find_if(m_readings.begin(), m_readings.end(),
                                      [ticket](const Reading& each) { return each.ticket == ticket; });
    if (reading == m_readings.end())
        return;
    const RecordPtr part = reading->part;
    const QString id = reading->id;
    if (reading->side == Side::A)
        m_restored = {};
    m_readings.erase(reading);
    if (part)
        m_desk.setUnreadable(part, sentence.isEmpty() ? tr("Its tensors were not read.") : sentence);
    if (sentence.isEmpty())
        return;
    report(MessageKind::Error, sentence);
    if (const RunRow* row = m_shown.runs.find(id)) {
        RunRow changed = *row;
        changed.problem = sentence;
        m_shown.runs.replace(id, std::move(changed));
    }
}

void SessionController::putOn(Side side, const QString& id, const RecordPtr& record)
{
    const PairedRun run{record, id, titleOf(id)};
    RecordPtr before = side == Side::A ? m_shown.pair.a().record : m_shown.pair.b().record;
    if (side == Side::A) {
        m_shown.pair.setSide(PairSide::A);
        m_shown.pair.setA(run);
        if (m_shown.run.record() != record)
            showRecord(record);
        m_questions.continueFrom(record);
    } else {
        m_shown.pair.setB(run);
    }
    if (before)
        m_session.release(std::move(before));
}

void SessionController::pairChanged()
{
    m_shown.runs.setSides(m_shown.pair.a().record ? m_shown.pair.a().id : QString(),
                          m_shown.pair.b().record ? m_shown.pair.b().id : QString());
    noteState();
    const RecordPtr record = m_shown.pair.shown().record;
    if (record == m_pairShown)
        return;
    m_pairShown = record;
    if (record)
        showRecord(record);
}

void SessionController::showRecord(const RecordPtr& record)
{
    const RecordPtr before = m_shown.run.record();
    const widgets::Positions chosen = m_shown.selection.chosen();
    widgets::Positions carried;
    if (m_left && m_left->record.lock() == record && m_left->carried == chosen)
        carried = m_left->chosen;
    else if (m_shown.run.layout() != nullptr && record->layout)
        carried = carriedPositions(chosen, *m_shown.run.layout(), *record->layout,
                                   static_cast<std::int64_t>(record->generated.size()));
    m_left = before ? std::optional(Left{before, chosen, carried}) : std::nullopt;
    m_pairShown = record;
    m_questions.leaveLive();
    m_shown.selection.clear();
    m_shown.run.showRecord(record);
    m_shown.selection.choose(carried);
}

}  // namespace armillary::app
