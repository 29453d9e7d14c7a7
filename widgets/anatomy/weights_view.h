// What the weights of a folder are like: the whole, its parts and its tensors as rows, the chosen one's histogram beside them.
// Thread rule: GUI thread; reads no file. Whoever reads gets healthWanted and answers with showHealth or showProblem.
#pragma once

#include "records/weight_health.h"

#include <QStringList>
#include <QWidget>

#include <map>
#include <memory>

class QComboBox;
class QLabel;
class QSplitter;

namespace armillary::widgets {

class FigureTable;
class HistogramPlot;
class WorkRow;

class WeightsView : public QWidget {
    Q_OBJECT
public:
    explicit WeightsView(QWidget* parent = nullptr);

    // Folders whose weights can be read; the chosen one stays.
    void setFolders(const QStringList& folders);
    void choose(const QString& folder);
    void showHealth(const std::shared_ptr<const SnapshotHealth>& health);
    void setProgress(qint64 doneBytes, qint64 totalBytes);
    // The reading ended without a result; an empty sentence: it was stopped.
    void showProblem(const QString& sentence);
    void setFilter(const QString& text);
    void setFocusedLayer(int layer);
    void start();
    void setByMagnitude(bool byMagnitude);

    // Of the shown folder; null: not read yet.
    [[nodiscard]] std::shared_ptr<const SnapshotHealth> health() const;
    [[nodiscard]] QString folder() const;
    [[nodiscard]] FigureTable* table() const { return m_table; }
    [[nodiscard]] HistogramPlot* plot() const { return m_plot; }
    [[nodiscard]] WorkRow* work() const { return m_work; }
    [[nodiscard]] QLabel* summary() const { return m_summary; }

Q_SIGNALS:
    void healthWanted(const QString& folder);
    void stopWanted();
    void layerChosen(int layer);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void refresh();
    void showChosen();

    QComboBox* m_folder = nullptr;
    WorkRow* m_work = nullptr;
    QLabel* m_summary = nullptr;
    QSplitter* m_splitter = nullptr;
    FigureTable* m_table = nullptr;
    HistogramPlot* m_plot = nullptr;
    std::map<QString, std::shared_ptr<const SnapshotHealth>> m_healths;  // by folder
};

// The language model's layer that a tensor of this name belongs to; -1: none.
[[nodiscard]] int layerOfTensor(const std::string& name);

}  // namespace armillary::widgets
