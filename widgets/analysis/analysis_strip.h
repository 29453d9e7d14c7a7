// One thin row that says how an AnalysisView stands: "Not computed yet" with a button, the stage with a bar, the time left and Stop,
// the problem in one sentence, or what a reader must know about the result. Nothing to say: no row.
// Thread rule: GUI thread.
#pragma once

#include "widgets/analysis/analysis_view.h"

#include <QElapsedTimer>
#include <QString>
#include <QWidget>

#include <optional>

class QAction;
class QLabel;
class QProgressBar;
class QToolButton;

namespace armillary::widgets {

class AnalysisStrip : public QWidget {
    Q_OBJECT
public:
    // Both outlive the strip.
    AnalysisStrip(const PanelContext& context, AnalysisView& view, QWidget* parent = nullptr);

    // For analyses that a person starts: the view shows what is at hand, and computes only on startAction(). `buttonText` names
    // the work ("Verify this run"), `tip` says what it does and costs. Other arguments are set by the same call.
    void setRequest(const AnalysisRequest& request, const QString& buttonText, const QString& tip);

    // Without them the row is there for work and problems alone; the panel says what a reader must know itself.
    void setNotesShown(bool shown);

    // For the panel's addAction(); disabled while the analysis cannot be computed or is being computed.
    [[nodiscard]] QAction* startAction() const { return m_start; }
    [[nodiscard]] QAction* stopAction() const { return m_stop; }
    // The result was kept from before: nothing was computed for it since the wish was made.
    [[nodiscard]] bool isRecorded() const;
    // As shown.
    [[nodiscard]] QString text() const;

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void refresh();
    void showWork();
    void showRest();
    // Why the wish cannot be computed; empty when it can.
    [[nodiscard]] QString obstacle() const;
    // Sentences are shown in full; notes on one line, in full as a tooltip.
    void saySentence(const QString& text, const char* role);
    void sayNotes(const QStringList& notes);
    void elideNote();
    void setRole(const char* role);

    const ShownRun& m_run;
    const AnalysisDesk& m_desk;
    AnalysisView& m_view;
    std::optional<AnalysisRequest> m_request;  // of a person's start
    QAction* m_start = nullptr;
    QAction* m_stop = nullptr;
    QLabel* m_mark = nullptr;
    QLabel* m_text = nullptr;
    QProgressBar* m_bar = nullptr;
    QToolButton* m_startButton = nullptr;
    QToolButton* m_stopButton = nullptr;
    QElapsedTimer m_clock;  // of the work that is shown
    QString m_note;
    bool m_showsNotes = true;
    bool m_wasWorking = false;
    bool m_wasStopped = false;
    bool m_failedAtWork = false;
    std::shared_ptr<const AnalysisResult> m_computed;  // the last result that came out of work
};

}  // namespace armillary::widgets
