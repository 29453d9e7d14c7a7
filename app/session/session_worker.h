// The session thread's side: owns the open session and does all work on its files, one job at a time.
//
// A new session has no folder before its first run or note, so that starting the program leaves nothing behind. A run that
// cannot be written is held and tried again with the next one and when the session is left; at the latest then it goes into a
// session in the user's own folder, so that nothing is lost.
// Thread rule: lives in the session thread after moveToThread; its functions run there.
#pragma once

#include "session/auto_save.h"
#include "session/session.h"

#include <QObject>
#include <QString>
#include <QStringList>
#include <QTimer>

#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

namespace armillary::app {

// The session that is open from now on.
struct OpenedSession {
    QString path;  // empty: a new one without a folder yet
    std::vector<session::RunSummary> runs;
    session::SessionState state;
    QStringList problems;
};

// What the head of a record says about its place among the others.
struct RunPlace {
    QString id;
    QString parentId;  // the run whose conversation it continues; empty: none
    double seconds = 0;
};

using RecordPtr = std::shared_ptr<const RunRecord>;
using ResultList = std::vector<std::shared_ptr<const AnalysisResult>>;

// The turns that a run started from and those that it ended with, as keys: a run continues the one whose end is its start.
struct TurnKeys {
    QString start;  // empty: the first turn of a conversation
    QString end;
};
[[nodiscard]] TurnKeys turnKeys(const Question& question, const std::string& answer);

class SessionWorker : public QObject {
    Q_OBJECT
public:
    // Records whose tensors take less are read at once, others without their large tensors first.
    static constexpr std::int64_t kSmallBytes = std::int64_t{64} << 20;
    static constexpr int kRetryMilliseconds = 15'000;

    // `ownFolder` holds the sessions that nobody gave a name.
    explicit SessionWorker(QString ownFolder);

    void sweep();
    void openNew();
    void open(const QString& path);
    void append(const QString& temporaryId, const RecordPtr& record);
    // Everything, or, of a large record, everything but what readRest() brings.
    void read(quint64 ticket, const QString& id, const std::stop_token& stop);
    void readRest(quint64 ticket, const QString& id, const RecordPtr& part, const std::stop_token& stop);
    void readKept(const QString& id);
    void keepAnalysis(const QString& id, const std::shared_ptr<const AnalysisResult>& result);
    void noteState(const session::SessionState& state);
    // Copies the session to `path` and goes on there.
    void saveAs(const QString& path, const std::stop_token& stop);
    void exportRun(const QString& id, const QString& path);
    // Parents of the runs, by the heads of their files.
    void findPlaces(const std::stop_token& stop);
    // Writes what waits; nothing of the session is held in memory alone after this.
    void flush();

Q_SIGNALS:
    void opened(const armillary::app::OpenedSession& session);
    void openFailed(const QString& sentence);
    // The session got a folder, or another one.
    void moved(const QString& path);
    void appended(const QString& temporaryId, const armillary::session::RunSummary& run);
    void appendFailed(const QString& temporaryId, const QString& sentence);
    void partRead(quint64 ticket, const QString& id, const armillary::app::RecordPtr& record, bool isWhole);
    void restRead(quint64 ticket, const QString& id, const armillary::app::RecordPtr& record);
    void readFailed(quint64 ticket, const QString& id, const QString& sentence);
    void keptRead(const QString& id, const armillary::app::ResultList& results);
    void placesFound(const std::vector<armillary::app::RunPlace>& places);
    void exported(const QString& path);
    // The service's: the job that it gave last is done, after whatever that told.
    void jobEnded();
    void warned(const QString& sentence);
    void failed(const QString& sentence);

private:
    struct Unsaved {
        QString temporaryId;
        RecordPtr record;
    };

    [[nodiscard]] Result<void> ensureSession();
    [[nodiscard]] Result<std::unique_ptr<session::Session>> createOwn() const;
    void take(std::unique_ptr<session::Session> session);
    // Of the session, and not told yet.
    void tellProblems();
    [[nodiscard]] bool appendNow(const Unsaved& unsaved, bool tellFailure);
    void retry();
    void rescue();
    void saveState();
    [[nodiscard]] Result<void> copyTo(const QString& path, const std::stop_token& stop) const;
    [[nodiscard]] Result<void> exportNpz(const std::string& id, const QString& path) const;

    QString m_ownFolder;
    std::unique_ptr<session::Session> m_session;  // null: a new one without a folder
    std::optional<session::AutoSave> m_autoSave;
    session::SessionState m_state;  // as last noted, for a session that has no folder yet
    std::vector<Unsaved> m_unsaved;
    std::size_t m_toldProblems = 0;
    QTimer m_stateTimer;
    QTimer m_retryTimer;
};

}  // namespace armillary::app

Q_DECLARE_METATYPE(armillary::app::OpenedSession)
Q_DECLARE_METATYPE(armillary::session::RunSummary)
