// The window's door to the session thread, which does all work on the files of the open session.
//
// Rules:
// - One session is open at any time; at the start it is a new one in the user's own folder, so that nothing is ever lost.
// - Jobs run one at a time, urgent ones first: opening, appending and saving in the order of asking, then reading what is to be
//   shown, then the rest. Another session is opened after everything of this one is on disk.
// - Of runs that are to be read, only those asked for last on each side matter: cancelRead() takes the others out.
// - close(): no new work, write what waits, end the thread; closed() comes when it has ended or after kCloseLimit, with a log
//   line.
// Thread rule: GUI thread; nothing here waits.
#pragma once

#include "app/session/session_worker.h"

#include <QObject>
#include <QThread>
#include <QTimer>

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <set>

namespace armillary::app {

class SessionService : public QObject {
    Q_OBJECT
public:
    static constexpr std::chrono::milliseconds kCloseLimit{10000};

    // Sessions that nobody named lie in `ownFolder`.
    explicit SessionService(const QString& ownFolder = defaultFolder(), QObject* parent = nullptr);
    // Closes with a bounded wait if close() has not ended yet.
    ~SessionService() override;

    // In the user's data folder.
    [[nodiscard]] static QString defaultFolder();
    // Whether a path given on the command line, dropped or chosen is a session: NAME.armillary, or its session.json.
    [[nodiscard]] static bool isSession(const QString& path);

    // Empty before the session has a folder.
    [[nodiscard]] const QString& path() const { return m_path; }

    void openNew();
    void open(const QString& path);
    void saveAs(const QString& path);
    // The name it has until it is written.
    QString append(const RecordPtr& record);
    // The answer is partRead and, for large records, restRead, or readFailed.
    quint64 read(const QString& id);
    void cancelRead(quint64 ticket);
    void keepAnalysis(const QString& id, const std::shared_ptr<const AnalysisResult>& result);
    void noteState(const session::SessionState& state);
    void exportRun(const QString& id, const QString& path);
    // Lets go of a record in the session's thread: giving back a gigabyte takes longer than a frame. After close() it goes at once:
    // the thread may have ended.
    void release(RecordPtr record);

    void close();
    [[nodiscard]] bool isClosed() const { return m_closed; }
    [[nodiscard]] bool hasThreadEnded() const { return m_thread->isFinished(); }
    // Nothing runs and nothing waits.
    [[nodiscard]] bool isIdle() const { return !m_running && m_waiting.empty(); }

Q_SIGNALS:
    void opened(const armillary::app::OpenedSession& session);
    void moved(const QString& path);
    void appended(const QString& temporaryId, const armillary::session::RunSummary& run);
    void appendFailed(const QString& temporaryId, const QString& sentence);
    void partRead(quint64 ticket, const QString& id, const armillary::app::RecordPtr& record, bool isWhole);
    void restRead(quint64 ticket, const QString& id, const armillary::app::RecordPtr& record);
    // An empty sentence: it was taken back.
    void readFailed(quint64 ticket, const QString& id, const QString& sentence);
    void keptRead(const QString& id, const armillary::app::ResultList& results);
    void placesFound(const std::vector<armillary::app::RunPlace>& places);
    void exported(const QString& path);
    void warned(const QString& sentence);
    void failed(const QString& sentence);
    void closed();

private:
    // Those named first go first.
    enum class Urgency { InOrder, Show, State, Keep, Rest, Places };
    using Work = std::function<void(SessionWorker&, const std::stop_token&)>;
    struct Job {
        Urgency urgency = Urgency::InOrder;
        quint64 ticket = 0;  // of a read
        QString runId;       // of a read
        Work work;
    };

    void post(Urgency urgency, Work work, quint64 ticket = 0, const QString& runId = {});
    void startNext();
    void ended();
    // Before another session: what belongs to this one is done first, reading it is over.
    void finishJobs();
    // The running read was taken back; whatever it tells is over. True once a ticket.
    [[nodiscard]] bool wasTakenBack(quint64 ticket, const QString& id);
    void threadEnded();

    QThread* m_thread = nullptr;        // left behind, running, if it does not end in time
    SessionWorker* m_worker = nullptr;  // deleted by its thread
    std::deque<Job> m_waiting;
    std::optional<Job> m_running;
    std::stop_source m_stop;
    std::set<quint64> m_takenBack;
    QString m_path;
    QTimer m_closeTimer;
    quint64 m_lastTicket = 0;
    quint64 m_lastName = 0;
    bool m_refusing = false;
    bool m_ended = false;  // the thread
    bool m_closed = false;
};

}  // namespace armillary::app
