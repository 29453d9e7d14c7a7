// Two snapshot folders tensor by tensor: what only one has, what has another shape or format, and how far the numbers are apart.
// Thread rule: GUI thread; reads no file. Whoever reads gets comparisonWanted and answers with showDifference or showProblem.
#pragma once

#include "records/snapshot_difference.h"

#include <QStringList>
#include <QWidget>

#include <memory>

class QComboBox;
class QLabel;

namespace armillary::widgets {

class FigureTable;
class WorkRow;

class CompareView : public QWidget {
    Q_OBJECT
public:
    explicit CompareView(QWidget* parent = nullptr);

    // Folders that can be chosen as A and B; the choices stay.
    void setFolders(const QStringList& folders);
    void chooseB(const QString& folder);
    void showDifference(const std::shared_ptr<const SnapshotDifference>& difference);
    void setProgress(qint64 doneBytes, qint64 totalBytes);
    // The reading ended without a result; an empty sentence: it was stopped.
    void showProblem(const QString& sentence);
    void setFilter(const QString& text);
    void setFocusedLayer(int layer);
    void start();

    [[nodiscard]] std::shared_ptr<const SnapshotDifference> difference() const { return m_difference; }
    [[nodiscard]] FigureTable* table() const { return m_table; }
    [[nodiscard]] WorkRow* work() const { return m_work; }
    [[nodiscard]] QLabel* summary() const { return m_summary; }
    [[nodiscard]] QComboBox* boxA() const { return m_a; }
    [[nodiscard]] QComboBox* boxB() const { return m_b; }

Q_SIGNALS:
    void comparisonWanted(const QString& folderA, const QString& folderB);
    void stopWanted();
    // Another folder than the listed ones is wanted as B.
    void otherFolderWanted();
    void layerChosen(int layer);

private:
    void refresh();
    void noteChoice();

    QComboBox* m_a = nullptr;
    QComboBox* m_b = nullptr;
    WorkRow* m_work = nullptr;
    QLabel* m_summary = nullptr;
    FigureTable* m_table = nullptr;
    std::shared_ptr<const SnapshotDifference> m_difference;
};

}  // namespace armillary::widgets
