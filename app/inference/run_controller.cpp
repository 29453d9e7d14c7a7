#include "app/inference/run_controller.h"

#include "app/demo_model.h"

#include <QDir>
#include <QLocale>

#include <algorithm>

namespace armillary::app {
namespace {

using widgets::MessageKind;
using widgets::RunState;

std::string folderFrom(const QString& text)
{
    return text.isEmpty() ? std::string() : QDir::cleanPath(text).toStdString();
}

QString countWords(std::int64_t count)
{
    return QLocale().toString(static_cast<qlonglong>(count));
}

// The following question shows the pictures of the earlier turns again, so they must be there.
bool canContinue(const RunRecord& record)
{
    const Question& question = record.question;
    return !question.turns.empty() && !question.rawPrompt &&
           std::none_of(question.media.begin(), question.media.end(),
                        [](const Clip& clip) { return clip.frames.empty(); });
}

// What a person wrote: a raw prompt has no turns.
QString lastText(const Question& question)
{
    return question.turns.empty() ? QString() : QString::fromStdString(question.turns.back().text);
}

QString costSummary(const RunRecord& record)
{
    const RunCost& cost = record.cost;
    const auto tokens = static_cast<std::int64_t>(record.generated.size());
    QStringList parts{RunController::tr("%1 tokens").arg(countWords(tokens))};
    if (tokens > 1 && cost.decodeSeconds > 0)
        parts << RunController::tr("%1 tokens/s").arg(static_cast<double>(tokens - 1) / cost.decodeSeconds, 0, 'f', 1);
    parts << RunController::tr("prefill %1 new, %2 kept")
                 .arg(countWords(cost.prefillTokens), countWords(cost.reusedTokens));
    double seconds = 0;
    for (const StageTime& stage : cost.stages)
        seconds = std::max(seconds, stage.startSeconds + stage.durationSeconds);
    if (seconds > 0)
        parts << RunController::tr("%1 s").arg(seconds, 0, 'f', 1);
    if (cost.peakMemoryBytes > 0)
        parts << RunController::tr("peak %1").arg(QLocale().formattedDataSize(cost.peakMemoryBytes));
    return parts.join(QStringLiteral(" · "));
}

}  // namespace

RunController::RunController(const ShownThings& shown, InferenceService& inference, MediaService& mediaFiles,
                             QObject* parent)
    : QObject(parent), m_shown(shown), m_inference(inference), m_mediaFiles(mediaFiles)
{
    connect(&m_inference, &InferenceService::runStarted, this,
            [this](RunId id, const Request& request) { started(id, request); });
    connect(&m_inference, &InferenceService::runUpdated, this, &RunController::updated);
    connect(&m_inference, &InferenceService::runFinished, this, &RunController::finished);
    connect(&m_mediaFiles, &MediaService::failed, this,
            [this](const QString& sentence) { report(MessageKind::Error, sentence); });
    connect(&m_mediaFiles, &MediaService::warned, this,
            [this](const QString& sentence) { report(MessageKind::Warning, sentence); });
    connect(&m_mediaFiles, &MediaService::clipsRead, this, [this](quint64 ticket, const std::vector<Clip>& clips) {
        if (!m_collecting || m_collecting->ticket != ticket)
            return;
        const Draft draft = std::move(m_collecting->draft);
        m_collecting.reset();
        submit(draft, clips);
    });
    connect(&m_mediaFiles, &MediaService::clipsFailed, this, &RunController::collectFailed);
}

void RunController::report(MessageKind kind, const QString& text)
{
    m_shown.messages.add(kind, text);
}

bool RunController::isBusy() const
{
    return m_collecting || m_waiting || m_inference.isBusy(RequestKind::Load) ||
           m_inference.isBusy(RequestKind::Predict) || m_inference.isBusy(RequestKind::Ask);
}

void RunController::loadModels(const widgets::ModelChoice& choice)
{
    const ModelFolders folders{folderFrom(choice.model), folderFrom(choice.theWorld), folderFrom(choice.world)};
    if (!choice.demo && folders.model.empty() && folders.theWorld.empty() && folders.world.empty()) {
        Q_EMIT loadFailed(tr("Choose a Gemma 3 or nanoVLM folder, a TheWorld folder whose config.json names one, or a Cosmos "
                             "folder for rollouts alone."));
        return;
    }
    m_loadingChoice = choice;
    const LoadOptions options{choice.device.toStdString(), choice.format, choice.worldFormat};
    if (choice.demo)
        m_inference.loadFound(&unpackDemoModel, options);
    else
        m_inference.load(folders, options);
    Q_EMIT stateChanged();
}

void RunController::ask(const Question& settings, const QString& text, int clipFrames)
{
    Draft draft{settings, text, clipFrames};
    // The next question continues from the running answer, so it must wait for its end.
    if (m_collecting || m_inference.isBusy(RequestKind::Ask)) {
        if (m_waiting)
            Q_EMIT questionReturned(std::exchange(m_waiting, std::nullopt)->text);
        m_waiting = std::move(draft);
        Q_EMIT stateChanged();
        return;
    }
    collect(std::move(draft));
}

void RunController::askBranch(const Question& question)
{
    if (m_collecting || m_waiting || m_inference.isBusy(RequestKind::Ask)) {
        report(MessageKind::Warning, tr("An answer is on its way; stop it (Esc) or wait before asking again."));
        return;
    }
    if (!hasModel() && !isLoading()) {
        report(MessageKind::Warning, tr("No model is loaded to go on from here; choose one under Model."));
        return;
    }
    m_asked = std::make_shared<const Question>(question);
    m_inference.ask(m_asked);
    Q_EMIT stateChanged();
}

bool RunController::isNew(const widgets::MediaItem& item) const
{
    const std::string source = item.path.toStdString();
    return item.used && item.ready() &&
           !(item.grid ? m_conversation.hasShown(source, *item.grid)
                       : m_conversation.hasShown({source, item.wantedFrame}));
}

Question RunController::draftQuestion(const Question& settings, const QString& text, int clipFrames) const
{
    std::vector<Clip> clips;
    for (const widgets::MediaItem& item : m_shown.media.items()) {
        if (!isNew(item) || item.image.empty())
            continue;
        Clip clip;
        clip.path = item.path.toStdString();
        clip.framesPerSecond = item.framesPerSecond;
        // All frames of a video have one size, and tokens depend on nothing else of them.
        int frames = std::min(clipFrames, item.wantedFrame + 1);
        if (item.grid) {
            clip.grid = item.grid;
            const auto [first, last] = std::minmax_element(
                item.grid->moments.begin(), item.grid->moments.end(),
                [](const GridMoment& a, const GridMoment& b) { return a.sourceFrame < b.sourceFrame; });
            frames = clipFrames > 1 ? std::max(last->sourceFrame - first->sourceFrame + 1,
                                               std::min(clipFrames, last->sourceFrame + 1))
                                    : kGridCells;
        }
        clip.frames.assign(static_cast<std::size_t>(std::max(frames, 1)), item.image);
        clips.push_back(std::move(clip));
    }
    return m_conversation.nextQuestion(settings, text.toStdString(), clips);
}

void RunController::collect(Draft draft)
{
    std::vector<ClipRequest> wanted;
    for (const widgets::MediaItem& item : m_shown.media.items()) {
        if (isNew(item))
            wanted.push_back({item.id, item.wantedFrame, draft.clipFrames - 1, 0, {}, item.grid});
    }
    if (wanted.empty()) {
        submit(draft, {});
        return;
    }
    m_collecting = Collecting{m_mediaFiles.readClips(wanted), std::move(draft)};
    Q_EMIT stateChanged();
}

void RunController::submit(const Draft& draft, const std::vector<Clip>& clips)
{
    m_asked =
        std::make_shared<const Question>(m_conversation.nextQuestion(draft.settings, draft.text.toStdString(), clips));
    if (m_inference.ask(m_asked) == 0)
        Q_EMIT questionReturned(draft.text);
    Q_EMIT stateChanged();
}

void RunController::collectFailed(quint64 ticket, const QString& sentence)
{
    if (!m_collecting || m_collecting->ticket != ticket)
        return;
    const QString text = m_collecting->draft.text;
    m_collecting.reset();
    report(MessageKind::Error, sentence);
    Q_EMIT questionReturned(text);
    Q_EMIT stateChanged();
}

void RunController::stop()
{
    if (m_waiting)
        Q_EMIT questionReturned(std::exchange(m_waiting, std::nullopt)->text);
    if (m_collecting) {
        Q_EMIT questionReturned(m_collecting->draft.text);
        m_collecting.reset();
    }
    for (const RequestKind kind : {RequestKind::Load, RequestKind::Predict, RequestKind::Ask})
        m_inference.cancel(kind);
    Q_EMIT stateChanged();
}

void RunController::continueFrom(const std::shared_ptr<const RunRecord>& record)
{
    if (m_live)
        m_live->continues = false;
    if (record && canContinue(*record))
        m_conversation.addAnswered(record->question, record->answer);
    else
        m_conversation.clear();
    Q_EMIT stateChanged();
}

void RunController::showLive()
{
    if (!m_live || m_showsLive)
        return;
    m_live->continues = true;
    m_showsLive = true;
    m_shown.selection.clear();
    m_shown.run.begin(m_live->question);
    if (m_live->layout)
        m_shown.run.setLayout(m_live->layout);
    m_shown.run.appendTokens(m_live->tokens);
    Q_EMIT stateChanged();
}

void RunController::newConversation()
{
    stop();
    m_conversation.clear();
    m_showsLive = false;
    // A run that is still winding down must not come back as the first turn.
    m_asked.reset();
    m_shown.selection.clear();
    m_shown.run.clear();
    Q_EMIT stateChanged();
}

void RunController::started(RunId id, const Request& request)
{
    if (kindOf(request) == RequestKind::Predict || kindOf(request) == RequestKind::Analyse)
        return;
    if (kindOf(request) == RequestKind::Load) {
        Q_EMIT workStarted(m_loadingChoice.demo ? tr("Loading the demo model") : tr("Loading models"));
    } else {
        m_live = Live{id, std::get<AskRequest>(request).question, nullptr, {}, true};
        m_showsLive = true;
        m_shown.selection.clear();
        m_shown.run.begin(m_live->question);
        Q_EMIT workStarted(tr("Asking"));
    }
    Q_EMIT stateChanged();
}

void RunController::updated(const RunUpdate& update)
{
    for (const std::string& warning : update.warnings)
        report(MessageKind::Warning, QString::fromStdString(warning));
    // An analysis tells its stages to the panels that wait for it.
    if (m_inference.isRunning(RequestKind::Analyse))
        return;
    if (update.stage)
        Q_EMIT stageReached(QString::fromStdString(update.stage->name), update.stage->done, update.stage->total);
    if (!m_live || update.id != m_live->id)
        return;
    if (update.layout)
        m_live->layout = update.layout;
    m_live->tokens.insert(m_live->tokens.end(), update.tokens.begin(), update.tokens.end());
    // After "New conversation" the old run shows nothing any more, nor does one that another run is shown over.
    if (!m_showsLive)
        return;
    if (update.layout)
        m_shown.run.setLayout(update.layout);
    m_shown.run.appendTokens(update.tokens);
}

void RunController::finished(RunId, const RunResult& result)
{
    if (result.kind == RequestKind::Load)
        finishedLoad(result);
    else if (result.kind == RequestKind::Ask)
        finishedAsk(result);
    Q_EMIT stateChanged();
    askWaiting();
}

void RunController::finishedLoad(const RunResult& result)
{
    if (result.outcome == RunOutcome::Completed && result.report) {
        m_report = result.report;
        m_loadedChoice = m_loadingChoice;
        for (const std::string& warning : m_report->warnings)
            report(MessageKind::Warning, QString::fromStdString(warning));
        Q_EMIT workEnded(tr("Ready"));
        Q_EMIT modelsLoaded(m_loadedChoice);
        return;
    }
    if (result.outcome == RunOutcome::Cancelled) {
        Q_EMIT workEnded(tr("Loading stopped"));
        Q_EMIT loadFailed({});
        return;
    }
    const QString sentence = QString::fromStdString(result.error ? result.error->message : std::string());
    report(MessageKind::Error, sentence);
    Q_EMIT workEnded(tr("The models could not be loaded"));
    Q_EMIT loadFailed(sentence);
}

void RunController::finishedAsk(const RunResult& result)
{
    const std::shared_ptr<const Question> asked = std::exchange(m_asked, nullptr);
    const bool shown = std::exchange(m_showsLive, false);
    const bool continues = asked && m_live && m_live->continues;
    // A waiting question that was dropped is not the running one.
    m_live.reset();
    if (result.outcome == RunOutcome::Failed) {
        report(MessageKind::Error, QString::fromStdString(result.error ? result.error->message : std::string()));
        if (shown)
            m_shown.run.finish(RunState::Failed, nullptr);
        if (asked)
            Q_EMIT questionReturned(lastText(*asked));
        Q_EMIT workEnded(tr("The question could not be answered"));
        return;
    }
    if (result.record && asked) {
        if (continues)
            m_conversation.addAnswered(result.record->question, result.record->answer);
        if (shown)
            m_shown.run.finish(result.outcome == RunOutcome::Completed ? RunState::Completed : RunState::Cancelled,
                               result.record);
        Q_EMIT recordMade(result.record, shown);
        const QString cost = costSummary(*result.record);
        Q_EMIT workEnded(result.outcome == RunOutcome::Completed ? cost : tr("Stopped · %1").arg(cost));
        return;
    }
    if (shown)
        m_shown.run.finish(RunState::Cancelled, nullptr);
    // Of a run that "New conversation" left behind: what was made is not lost.
    if (result.record)
        Q_EMIT recordMade(result.record, false);
    if (asked)
        Q_EMIT questionReturned(lastText(*asked));
    Q_EMIT workEnded(tr("Stopped"));
}

void RunController::askWaiting()
{
    if (!m_waiting || m_collecting || m_inference.isBusy(RequestKind::Ask))
        return;
    Draft draft = std::move(*m_waiting);
    m_waiting.reset();
    collect(std::move(draft));
}

}  // namespace armillary::app
