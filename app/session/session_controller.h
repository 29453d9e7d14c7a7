// What joins the open session to what the window shows: every finished run is appended, the run list shows them, a run that is
// wanted is read and shown as A or B, what is chosen stays chosen from one side to the other, results of model analyses are
// kept, notes and selection are saved.
//
// Which run is shown: a finished question that was looked at becomes A, and the A before it B unless a person chose B. A wish
// from the list shows a run at once, even while a question is being answered; the row of that one leads back to it.
// Thread rule: GUI thread; waits for nothing.
#pragma once

#include "app/analysis/analysis_service.h"
#include "app/inference/run_controller.h"
#include "app/session/session_service.h"
#include "widgets/models/message_list_model.h"
#include "widgets/models/run_list_model.h"
#include "widgets/run_pair.h"
#include "widgets/selection.h"
#include "widgets/shown_run.h"

#include <QJsonObject>
#include <QObject>
#include <QTimer>

#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace armillary::app {

// What the window shows and the controller changes.
struct SessionThings {
    widgets::ShownRun& run;
    widgets::Selection& selection;
    widgets::RunPair& pair;
    widgets::RunListModel& runs;
    widgets::MessageListModel& messages;
};

class SessionController : public QObject {
    Q_OBJECT
public:
    // The row of the question that is being answered.
    static constexpr auto kLiveId = "live";

    SessionController(const SessionThings& shown, SessionService& session, AnalysisService& desk,
                      RunController& questions, QObject* parent = nullptr);

    // A question or rollout left `record`; `shown`: it is what the window shows.
    void addRecord(const RecordPtr& record, bool shown);
    // The window's own layout, kept with the session as it is.
    void noteLayout(const QJsonObject& layout);
    // Notes what is selected and closes the service.
    void finish();

Q_SIGNALS:
    // Another session is open; its layout is empty when none was kept.
    void sessionOpened(const QString& path, const QJsonObject& layout);
    // The session got a folder: it can be opened again from there.
    void sessionMoved(const QString& path);
    void revealWanted(const QString& path);

private:
    enum class Side { A, B };
    // A run that is being read.
    struct Reading {
        quint64 ticket = 0;
        QString id;
        Side side = Side::A;
        RecordPtr part;  // what was shown of it already
    };
    struct Seen {
        std::weak_ptr<const RunRecord> record;
        QString id;
    };

    void connectSession();
    void opened(const OpenedSession& session);
    void appended(const QString& temporaryId, const session::RunSummary& run);
    void partRead(quint64 ticket, const QString& id, const RecordPtr& record, bool isWhole);
    void restRead(quint64 ticket, const QString& id, const RecordPtr& record);
    void readFailed(quint64 ticket, const QString& id, const QString& sentence);
    void placesFound(const std::vector<RunPlace>& places);

    void show(const QString& id);
    void compare(const QString& id);
    void startRead(const QString& id, Side side);
    void endReading(Side side, const QString& sentence);
    void putOn(Side side, const QString& id, const RecordPtr& record);
    void showLiveRow();
    void pairChanged();
    // Shows the record in every panel; what is chosen follows.
    void showRecord(const RecordPtr& record);
    void remember(const RecordPtr& record, const QString& id, bool isWhole);
    void keepResult(const RecordPtr& record, const std::shared_ptr<const AnalysisResult>& result);
    void report(widgets::MessageKind kind, const QString& sentence);
    void noteState();
    void restoreSelection(const RecordPtr& record);

    [[nodiscard]] QString idOf(const RunRecord* record) const;
    [[nodiscard]] QString titleOf(const QString& id) const;
    // Names the run for the desk: ids of two sessions may be the same.
    [[nodiscard]] QString deskName(const QString& id) const;
    [[nodiscard]] session::SessionState state() const;

    SessionThings m_shown;
    SessionService& m_session;
    AnalysisService& m_desk;
    RunController& m_questions;
    std::vector<Reading> m_readings;
    std::map<const RunRecord*, Seen> m_seen;
    std::map<QString, RecordPtr> m_unwritten;  // by temporary id
    std::vector<std::pair<QString, std::shared_ptr<const AnalysisResult>>>
        m_unkept;                            // of runs that are not written yet
    std::map<QString, QString> m_runsByEnd;  // TurnKeys::end -> id
    RecordPtr m_pairShown;                   // the pair's run that was shown last
    // What was chosen in the run that a flip of sides left, and what it became there.
    struct Left {
        std::weak_ptr<const RunRecord> record;
        widgets::Positions chosen;
        widgets::Positions carried;
    };
    std::optional<Left> m_left;
    QJsonObject m_restored;  // selection of a session that was opened, until its run is shown
    QJsonObject m_layout;
    QTimer m_stateTimer;
    quint64 m_sessionNumber = 0;
    bool m_isBChosen = false;  // by a person
};

}  // namespace armillary::app
