#include "app/analysis/snapshot_service.h"

#include "anatomy/snapshot_comparison.h"
#include "anatomy/snapshot_health.h"
#include "io/snapshot_reader.h"
#include "session/run_trace.h"

#include <utility>

namespace armillary::app {
namespace {

// Empty when it was stopped: nobody needs to be told.
QString sentenceOf(const Error& error)
{
    return error.code == ErrorCode::Cancelled ? QString() : QString::fromStdString(error.message);
}

}  // namespace

SnapshotService::SnapshotService(QObject* parent) : QObject(parent)
{
    m_pool.setMaxThreadCount(1);
    m_heavy.setMaxThreadCount(1);
}

SnapshotService::~SnapshotService()
{
    m_healthStop.request_stop();
    m_comparisonStop.request_stop();
    for (QThreadPool* pool : {&m_pool, &m_heavy}) {
        pool->clear();
        pool->waitForDone();
    }
}

template <class Done>
void SnapshotService::later(Done done)
{
    // The destructor waits for the threads, so `this` is there; the event goes with it if it is not handled before.
    QMetaObject::invokeMethod(this, std::move(done), Qt::QueuedConnection);
}

void SnapshotService::read(const QString& path)
{
    m_pool.start([this, path] {
        auto contents = io::readSnapshotContents(path.toStdString());
        later([this, path, contents = std::move(contents)] {
            if (contents)
                Q_EMIT ready(*contents);
            else
                Q_EMIT failed(path, QString::fromStdString(contents.error().message));
        });
    });
}

void SnapshotService::readHealth(const QString& path)
{
    m_healthStop.request_stop();
    m_healthStop = std::stop_source();
    m_heavy.start([this, path, stop = m_healthStop.get_token()] {
        const auto progress = [this](std::int64_t done, std::int64_t total) {
            later([this, done, total] { Q_EMIT healthProgressed(done, total); });
        };
        auto health = anatomy::readSnapshotHealth(path.toStdString(), progress, stop);
        later([this, health = std::move(health)] {
            if (health)
                Q_EMIT healthReady(*health);
            else
                Q_EMIT healthFailed(sentenceOf(health.error()));
        });
    });
}

void SnapshotService::stopHealth()
{
    m_healthStop.request_stop();
}

void SnapshotService::compare(const QString& pathA, const QString& pathB)
{
    m_comparisonStop.request_stop();
    m_comparisonStop = std::stop_source();
    m_heavy.start([this, pathA, pathB, stop = m_comparisonStop.get_token()] {
        const auto progress = [this](std::int64_t done, std::int64_t total) {
            later([this, done, total] { Q_EMIT comparisonProgressed(done, total); });
        };
        auto difference = anatomy::compareSnapshots(pathA.toStdString(), pathB.toStdString(), progress, stop);
        later([this, difference = std::move(difference)] {
            if (difference)
                Q_EMIT differenceReady(*difference);
            else
                Q_EMIT differenceFailed(sentenceOf(difference.error()));
        });
    });
}

void SnapshotService::stopComparison()
{
    m_comparisonStop.request_stop();
}

void SnapshotService::writeTrace(const QString& path, const std::vector<std::shared_ptr<const RunRecord>>& runs)
{
    m_pool.start([this, path, runs] {
        auto written = session::writeTrace(path.toStdString(), runs);
        later([this, path, written = std::move(written)] {
            if (written)
                Q_EMIT traceWritten(path);
            else
                Q_EMIT traceFailed(QString::fromStdString(written.error().message));
        });
    });
}

}  // namespace armillary::app
