// Whether folders that somebody chose are the models they should be, fit each other, and fit into memory: from their configurations
// and the headers of their weights, before anything is loaded.
// Thread rule: GUI thread; reading happens on a thread of its own.
#pragma once

#include "app/analysis/snapshot_service.h"
#include "widgets/shell/model_dialog.h"

#include <QObject>

#include <map>

namespace armillary::app {

// What the headers say about the three folders, null where none was chosen or none could be read (`problems`: why, by folder).
struct FolderFacts {
    std::shared_ptr<const SnapshotContents> model;
    std::shared_ptr<const SnapshotContents> theWorld;
    std::shared_ptr<const SnapshotContents> world;
    std::map<QString, QString> problems;
};

// One verdict a folder, then whether all fit together and into `freeBytes` (0: not known) of main memory, which counts for the CPU.
[[nodiscard]] std::vector<widgets::FolderVerdict> verdictsOn(const widgets::ModelChoice& choice,
                                                             const FolderFacts& facts, std::int64_t freeBytes);
// Main memory that can be had now; 0 where the system does not tell.
[[nodiscard]] std::int64_t availableBytes();

class FolderCheck : public QObject {
    Q_OBJECT
public:
    explicit FolderCheck(QObject* parent = nullptr);

    // checked() follows, never before this returns; a later check takes the place of an earlier one.
    void check(const widgets::ModelChoice& choice);

Q_SIGNALS:
    void checked(const std::vector<armillary::widgets::FolderVerdict>& verdicts);

private:
    void took(const QString& path, const std::shared_ptr<const SnapshotContents>& contents, const QString& problem);

    SnapshotService m_snapshots;
    widgets::ModelChoice m_choice;
    FolderFacts m_facts;
    QStringList m_wanted;  // folders that are still being read
};

}  // namespace armillary::app
