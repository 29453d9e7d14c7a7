// How long stages and layers of the shown run took, and over the runs of the same question that were shown before it: a table with
// medians and spread, the shown run as nested bars, and its trace for Perfetto.
// Thread rule: GUI thread; writes no file.
#pragma once

#include "inspect/run_timing.h"

#include <QWidget>

#include <memory>
#include <vector>

class QLabel;
class QPushButton;
class QSplitter;

namespace armillary::widgets {

class FigureTable;
class FlameChart;

class TimesView : public QWidget {
    Q_OBJECT
public:
    explicit TimesView(QWidget* parent = nullptr);

    // Another run is shown; null: none. Runs of the same question and settings join it, each once.
    void showRun(const std::shared_ptr<const RunRecord>& record);
    // Only the shown run counts from now on.
    void forgetEarlier();
    void setFilter(const QString& text);
    void setFocusedLayer(int layer);
    // Asks for a file and wants the trace written there.
    void exportTrace();
    // What came of it.
    void noteExport(const QString& sentence, bool isProblem);

    [[nodiscard]] const inspect::RunTiming& timing() const { return m_timing; }
    // Times, question and settings of the runs that count, without their tensors.
    [[nodiscard]] const std::vector<std::shared_ptr<const RunRecord>>& runs() const { return m_runs; }
    [[nodiscard]] FigureTable* table() const { return m_table; }
    [[nodiscard]] FlameChart* chart() const { return m_chart; }
    [[nodiscard]] QLabel* summary() const { return m_summary; }
    [[nodiscard]] QLabel* cautions() const { return m_cautions; }
    [[nodiscard]] QPushButton* exportButton() const { return m_export; }

Q_SIGNALS:
    void traceWanted(const QString& path);
    void layerChosen(int layer);

private:
    void refresh();

    QLabel* m_summary = nullptr;
    QLabel* m_cautions = nullptr;
    QLabel* m_note = nullptr;
    QPushButton* m_export = nullptr;
    QPushButton* m_forget = nullptr;
    QSplitter* m_splitter = nullptr;
    FlameChart* m_chart = nullptr;
    FigureTable* m_table = nullptr;
    std::vector<std::shared_ptr<const RunRecord>> m_runs;
    std::weak_ptr<const RunRecord> m_last;
    inspect::RunTiming m_timing;
};

}  // namespace armillary::widgets
