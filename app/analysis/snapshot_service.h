// Reads the headers of snapshot folders beside the interface thread, for whoever shows what models are made of.
// Thread rule: made and used on the GUI thread; signals come on it.
#pragma once

#include "records/snapshot_contents.h"

#include <QObject>
#include <QString>
#include <QThreadPool>

#include <memory>

namespace armillary::app {

class SnapshotService : public QObject {
    Q_OBJECT
public:
    explicit SnapshotService(QObject* parent = nullptr);
    // Waits for the folder that is being read.
    ~SnapshotService() override;

    // One of ready and failed follows, never before this returns.
    void read(const QString& path);

Q_SIGNALS:
    void ready(const std::shared_ptr<const armillary::SnapshotContents>& contents);
    void failed(const QString& path, const QString& sentence);

private:
    QThreadPool m_pool;
};

}  // namespace armillary::app
