// What happens between a question in the window and a run in the engine: collects the pictures, keeps the conversation,
// lets a question wait while another is answered, and puts what comes back into the objects that panels show.
// Thread rule: GUI thread; waits for nothing.
#pragma once

#include "app/inference/conversation.h"
#include "app/inference/inference_service.h"
#include "app/media_service.h"
#include "records/model_report.h"
#include "widgets/models/media_list_model.h"
#include "widgets/models/message_list_model.h"
#include "widgets/selection.h"
#include "widgets/shell/model_dialog.h"
#include "widgets/shown_run.h"

#include <QObject>
#include <QString>

#include <memory>
#include <optional>

namespace armillary::app {

// What the window shows and the controller changes.
struct ShownThings {
    widgets::ShownRun& run;
    widgets::Selection& selection;
    widgets::MediaListModel& media;
    widgets::MessageListModel& messages;
};

class RunController : public QObject {
    Q_OBJECT
public:
    RunController(const ShownThings& shown, InferenceService& inference, MediaService& mediaFiles,
                  QObject* parent = nullptr);

    void loadModels(const widgets::ModelChoice& choice);
    // Asks `text` about the ticked media with these settings; while an answer is on its way the question waits. Of a video
    // the `clipFrames` frames up to the one on the slider are shown.
    void ask(const Question& settings, const QString& text, int clipFrames = 1);
    // The question that ask() would put now, its pictures as the screen has them: for an account of it, not for asking.
    [[nodiscard]] Question draftQuestion(const Question& settings, const QString& text, int clipFrames) const;
    // Asks a whole question as it stands, perhaps with a given beginning of its answer; the conversation goes on from it.
    // Refused with a message while an answer is on its way or when no model is loaded.
    void askBranch(const Question& question);
    // Stops what runs and drops what waits.
    void stop();
    void newConversation();
    // The next question goes on from `record`, where its pictures are there; otherwise, and with null, it starts anew. The
    // running question then belongs to no conversation any more, until showLive().
    void continueFrom(const std::shared_ptr<const RunRecord>& record);

    // A question is being answered, whether or not it is shown.
    [[nodiscard]] bool hasLive() const { return m_live.has_value(); }
    [[nodiscard]] bool showsLive() const { return m_showsLive; }
    // What it asks; empty without one.
    [[nodiscard]] std::string liveQuestion() const
    {
        return m_live && !m_live->question->turns.empty() ? m_live->question->turns.back().text : std::string();
    }
    // Another run is shown from now on; what streams in is kept.
    void leaveLive() { m_showsLive = false; }
    // Shows the running question again.
    void showLive();

    [[nodiscard]] bool isBusy() const;
    [[nodiscard]] bool isLoading() const { return m_inference.isBusy(RequestKind::Load); }
    [[nodiscard]] bool hasModel() const { return m_report != nullptr; }
    [[nodiscard]] bool isDemo() const { return m_loadedChoice.demo; }
    [[nodiscard]] const ModelReport* report() const { return m_report.get(); }
    [[nodiscard]] const std::shared_ptr<const ModelReport>& sharedReport() const { return m_report; }
    [[nodiscard]] const Conversation& conversation() const { return m_conversation; }
    // The question that waits for the running answer; empty if none.
    [[nodiscard]] QString waitingText() const { return m_waiting ? m_waiting->text : QString(); }

Q_SIGNALS:
    void stateChanged();  // busy, waiting, model
    void workStarted(const QString& what);
    void stageReached(const QString& stage, qint64 done, qint64 total);
    void workEnded(const QString& summary);
    void modelsLoaded(const armillary::widgets::ModelChoice& choice);
    void loadFailed(const QString& sentence);
    // A question that did not come to be answered; the window puts its text back.
    void questionReturned(const QString& text);
    // A question left a record; `shown`: it was looked at till its end.
    void recordMade(const std::shared_ptr<const armillary::RunRecord>& record, bool shown);

private:
    // The running question and what came of it so far.
    struct Live {
        RunId id = 0;
        std::shared_ptr<const Question> question;
        std::shared_ptr<const TokenLayout> layout;
        std::vector<TokenPiece> tokens;
        bool continues = true;  // its answer belongs to the conversation
    };

    // Whether an item of the media list would be shown anew with the next question.
    [[nodiscard]] bool isNew(const widgets::MediaItem& item) const;

    struct Draft {
        Question settings;
        QString text;
        int clipFrames = 1;
    };
    struct Collecting {
        quint64 ticket = 0;
        Draft draft;
    };

    void collect(Draft draft);
    void submit(const Draft& draft, const std::vector<Clip>& clips);
    void collectFailed(quint64 ticket, const QString& sentence);
    void started(RunId id, const Request& request);
    void updated(const RunUpdate& update);
    void finished(RunId id, const RunResult& result);
    void finishedLoad(const RunResult& result);
    void finishedAsk(const RunResult& result);
    void askWaiting();
    void report(widgets::MessageKind kind, const QString& text);

    ShownThings m_shown;
    InferenceService& m_inference;
    MediaService& m_mediaFiles;
    Conversation m_conversation;
    std::optional<Collecting> m_collecting;
    std::optional<Draft> m_waiting;
    std::shared_ptr<const Question> m_asked;  // by the running question
    std::optional<Live> m_live;
    bool m_showsLive = false;
    std::shared_ptr<const ModelReport> m_report;
    widgets::ModelChoice m_loadedChoice;
    widgets::ModelChoice m_loadingChoice;
};

}  // namespace armillary::app
