// Where the time of a run goes: its stages as bars, of two runs one above the other, and of a run that goes on as it goes, with the
// time that is probably left.
// Thread rule: GUI thread.
#pragma once

#include "widgets/cost/stage_timing.h"
#include "widgets/panel.h"

#include <QElapsedTimer>
#include <QTimer>

class QLabel;
class QStackedLayout;

namespace armillary::widgets {

class StageChart;

class TimelinePanel : public Panel {
    Q_OBJECT
public:
    explicit TimelinePanel(const PanelContext& context, QWidget* parent = nullptr);

    // What goes on now: a run, or the loading of models. `total` 0: unknown.
    void startStages();
    void noteStage(const QString& stage, qint64 done, qint64 total);
    void endStages();

    void showRun() override;
    void showNewTokens(qint64 first, qint64 count) override;
    void showState() override;
    void showSelection() override;
    void showPair() override;

    [[nodiscard]] QString caption() const override;
    [[nodiscard]] std::optional<AnalysisResult> viewData() const override;

    [[nodiscard]] StageChart* chart() const { return m_chart; }
    [[nodiscard]] QLabel* summary() const { return m_summary; }

private:
    void makeActions();
    void refresh();
    [[nodiscard]] bool isLive() const { return m_live.isRunning(); }
    [[nodiscard]] double now() const { return static_cast<double>(m_clock.nsecsElapsed()) * 1e-9; }
    [[nodiscard]] Positions positionsOf(const QString& stage) const;
    [[nodiscard]] QString liveText() const;

    QStackedLayout* m_pages = nullptr;
    StageChart* m_chart = nullptr;
    QLabel* m_summary = nullptr;
    QLabel* m_legend = nullptr;
    LiveStages m_live;
    std::vector<StageRow> m_earlier;  // of the last finished run: what a running one is measured by
    qint64 m_liveTokens = 0;
    double m_firstToken = 0;
    Positions m_ownHover;
    QElapsedTimer m_clock;
    QTimer m_tick;  // only while something goes on
};

}  // namespace armillary::widgets
