// One thing that a panel wants to know about the shown run: it asks the desk, keeps the last result while the next is computed,
// asks again when another run is shown, and subtracts when the difference of two runs is shown.
// Thread rule: GUI thread.
#pragma once

#include "widgets/analysis/analysis_desk.h"
#include "widgets/run_pair.h"
#include "widgets/shown_run.h"

#include <QObject>
#include <QString>

#include <array>
#include <memory>
#include <optional>

namespace armillary::widgets {

struct PanelContext;

class AnalysisView : public QObject {
    Q_OBJECT
public:
    // How much a wish may cost: AtHand shows what was computed or kept and starts nothing, for analyses that a person starts.
    enum class Effort { Compute, AtHand };
    enum class State { Idle, Working, Done, Failed };

    AnalysisView(const PanelContext& context, QObject* parent);
    ~AnalysisView() override;

    // Replaces the last wish; the same wish again costs nothing. A result at hand is there when this returns.
    void want(const AnalysisRequest& request, Effort effort = Effort::Compute);
    // Computes the wish for the runs that are shown now, once: its effort stays, so other runs start nothing.
    void compute();
    // Nothing is wanted; the result goes.
    void clear();
    // Stops a computation; the last result stays.
    void stop();
    // A locked panel's view keeps its result while other runs are shown.
    void setFollowing(bool following);

    [[nodiscard]] State state() const { return m_state; }
    // The last result, perhaps of an earlier wish while state() is Working; null before the first.
    [[nodiscard]] const AnalysisResult* result() const { return m_result.get(); }
    [[nodiscard]] std::shared_ptr<const AnalysisResult> sharedResult() const { return m_result; }
    // The record that result() is of, for its tokens and pictures.
    [[nodiscard]] std::shared_ptr<const RunRecord> record() const { return m_resultRecord; }
    // result() is run A minus run B.
    [[nodiscard]] bool isDifference() const { return m_isDifference; }
    // Of Failed, or why an AtHand wish has nothing: one sentence.
    [[nodiscard]] const QString& problem() const { return m_problem; }
    // Of Working: what is done now; `total` 0: unknown.
    [[nodiscard]] const QString& stage() const { return m_stage; }
    [[nodiscard]] qint64 stepsDone() const { return m_stepsDone; }
    [[nodiscard]] qint64 stepsTotal() const { return m_stepsTotal; }

Q_SIGNALS:
    // State, result or progress.
    void changed();

private:
    // One side of a difference, or the only one.
    struct Part {
        std::shared_ptr<const RunRecord> record;
        std::optional<AnalysisTicket> ticket;
        std::shared_ptr<const AnalysisResult> result;
    };

    void follow();
    void start() { start(m_effort); }
    void start(Effort effort);
    void dropTickets();
    [[nodiscard]] Part* partOf(AnalysisTicket ticket);
    void combine();
    void failWith(const QString& sentence);

    const ShownRun& m_run;
    const RunPair& m_pair;
    AnalysisDesk& m_desk;
    std::optional<AnalysisRequest> m_wish;
    Effort m_effort = Effort::Compute;
    bool m_following = true;
    std::array<Part, 2> m_parts;  // the shown run, and in a difference the one that is subtracted
    State m_state = State::Idle;
    std::shared_ptr<const AnalysisResult> m_result;
    std::shared_ptr<const RunRecord> m_resultRecord;
    bool m_isDifference = false;
    QString m_problem;
    QString m_stage;
    qint64 m_stepsDone = 0;
    qint64 m_stepsTotal = 0;
};

}  // namespace armillary::widgets
