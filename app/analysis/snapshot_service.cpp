#include "app/analysis/snapshot_service.h"

#include "io/snapshot_reader.h"

namespace armillary::app {

SnapshotService::SnapshotService(QObject* parent) : QObject(parent)
{
    m_pool.setMaxThreadCount(1);
}

SnapshotService::~SnapshotService()
{
    m_pool.clear();
    m_pool.waitForDone();
}

void SnapshotService::read(const QString& path)
{
    m_pool.start([this, path] {
        auto contents = io::readSnapshotContents(path.toStdString());
        // The destructor waits for this thread, so `this` is there; the event goes with it if it is not handled before.
        QMetaObject::invokeMethod(
            this,
            [this, path, contents = std::move(contents)] {
                if (contents)
                    Q_EMIT ready(*contents);
                else
                    Q_EMIT failed(path, QString::fromStdString(contents.error().message));
            },
            Qt::QueuedConnection);
    });
}

}  // namespace armillary::app
