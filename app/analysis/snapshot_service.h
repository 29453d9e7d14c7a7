// Reads snapshot folders beside the interface thread, for whoever shows what models are made of: headers at once, and on a thread of its
// own what takes reading gigabytes. Writes traces of runs, too.
// Thread rule: made and used on the GUI thread; signals come on it.
#pragma once

#include "records/run_record.h"
#include "records/snapshot_contents.h"
#include "records/snapshot_difference.h"
#include "records/weight_health.h"

#include <QObject>
#include <QString>
#include <QThreadPool>

#include <memory>
#include <stop_token>
#include <vector>

namespace armillary::app {

class SnapshotService : public QObject {
    Q_OBJECT
public:
    explicit SnapshotService(QObject* parent = nullptr);
    // Stops what is being read, and waits for it: a block of 8 MiB at most.
    ~SnapshotService() override;

    // One of ready and failed follows, never before this returns.
    void read(const QString& path);
    // One of healthReady and healthFailed follows; a second wish stops the first. Stopped ones end in healthFailed without a sentence.
    void readHealth(const QString& path);
    void stopHealth();
    // The same with differenceReady and differenceFailed.
    void compare(const QString& pathA, const QString& pathB);
    void stopComparison();
    // One of traceWritten and traceFailed follows.
    void writeTrace(const QString& path, const std::vector<std::shared_ptr<const armillary::RunRecord>>& runs);

Q_SIGNALS:
    void ready(const std::shared_ptr<const armillary::SnapshotContents>& contents);
    void failed(const QString& path, const QString& sentence);
    void healthProgressed(qint64 doneBytes, qint64 totalBytes);
    void healthReady(const std::shared_ptr<const armillary::SnapshotHealth>& health);
    void healthFailed(const QString& sentence);
    void comparisonProgressed(qint64 doneBytes, qint64 totalBytes);
    void differenceReady(const std::shared_ptr<const armillary::SnapshotDifference>& difference);
    void differenceFailed(const QString& sentence);
    void traceWritten(const QString& path);
    void traceFailed(const QString& sentence);

private:
    // Runs `done` on this object's thread, later.
    template <class Done>
    void later(Done done);

    QThreadPool m_pool;
    QThreadPool m_heavy;
    std::stop_source m_healthStop;
    std::stop_source m_comparisonStop;
};

}  // namespace armillary::app
