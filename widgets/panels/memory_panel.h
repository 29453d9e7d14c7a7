// Where memory goes: the process over the session with what a plan forecast, weights by part, keys and values of the sequence,
// tensors of the record by group, and the plan of a rollout with what was measured.
// Thread rule: GUI thread.
#pragma once

#include "records/model_report.h"
#include "widgets/panel.h"

#include <QElapsedTimer>
#include <QTimer>

#include <memory>

class QLabel;
class QBoxLayout;
class QStackedLayout;
class QTableView;
class QTreeView;

namespace armillary::widgets {

class MeasuredLabel;
class MemoryCurve;
class MemoryPlanModel;
class ModelTreeModel;

class MemoryPanel : public Panel {
    Q_OBJECT
public:
    explicit MemoryPanel(const PanelContext& context, QWidget* parent = nullptr);

    // What is loaded; null: nothing.
    void setReport(std::shared_ptr<const ModelReport> report);
    // Of a rollout that has just been planned; a record brings its own.
    void setPlan(const MemoryPlan& plan);
    // Measures the process every half second until stopSampling: a run or the loading of models goes on.
    void startSampling();
    void stopSampling();

    void showRun() override { refresh(); }
    void showState() override;
    void showSelection() override;
    void showPair() override { refresh(); }

    [[nodiscard]] QString caption() const override;
    [[nodiscard]] std::optional<AnalysisResult> viewData() const override;

    [[nodiscard]] MemoryCurve* curve() const { return m_curve; }
    [[nodiscard]] ModelTreeModel* model() const { return m_model; }
    [[nodiscard]] QTreeView* tree() const { return m_tree; }
    [[nodiscard]] MemoryPlanModel* plan() const { return m_plan; }
    [[nodiscard]] QLabel* summary() const { return m_summary; }

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void makeActions();
    void showPlanTable();
    void arrangeParts();
    // Rows and columns for letters of this size.
    void fitText();
    void refresh();
    void sample();
    void choose(const QModelIndex& index);
    [[nodiscard]] QString summaryText() const;

    QStackedLayout* m_pages = nullptr;
    QBoxLayout* m_parts = nullptr;  // curve and rows
    MemoryCurve* m_curve = nullptr;
    QLabel* m_summary = nullptr;
    MeasuredLabel* m_chosen = nullptr;
    QLabel* m_planTitle = nullptr;
    QTreeView* m_tree = nullptr;
    QTableView* m_planTable = nullptr;
    ModelTreeModel* m_model = nullptr;
    MemoryPlanModel* m_plan = nullptr;
    std::shared_ptr<const ModelReport> m_report;
    std::int64_t m_bytesBefore = -1;  // of the process when the running work began
    QElapsedTimer m_clock;
    QTimer m_tick;
};

}  // namespace armillary::widgets
