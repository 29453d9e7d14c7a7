// What a panel is: a titled widget that shows the current run and the shared selection. The main window puts panels into
// docks by the list in panel_registry.cpp; a new panel needs a class like this and one line there.
// Thread rule: GUI thread.
#pragma once

#include "records/analysis.h"
#include "widgets/analysis/analysis_desk.h"
#include "widgets/overlay/overlay_stack.h"
#include "widgets/run_pair.h"
#include "widgets/selection.h"
#include "widgets/shown_run.h"

#include <QJsonObject>
#include <QPointer>
#include <QString>
#include <QWidget>

#include <optional>

namespace armillary::widgets {

class MediaListModel;
class MessageListModel;
class RunListModel;

// What every panel may read and change. All of it outlives the panels.
struct PanelContext {
    Selection& selection;
    ShownRun& run;
    MediaListModel& media;
    MessageListModel& messages;
    AnalysisDesk& desk;
    RunPair& pair;
    OverlayStack& overlays;
    RunListModel& runs;
};

class Panel : public QWidget {
    Q_OBJECT
public:
    Panel(const QString& id, const QString& title, const PanelContext& context, QWidget* parent);

    // Stable name for saved layouts and tests.
    [[nodiscard]] QString id() const { return objectName(); }
    [[nodiscard]] QString title() const { return windowTitle(); }

    // A dock gives a panel its size. Asking every wrapped text in it for its height would make a workspace late.
    [[nodiscard]] bool hasHeightForWidth() const override { return false; }

    // Another question, layout or record is shown.
    virtual void showRun() {}
    // Generated tokens [first, first + count) came in.
    virtual void showNewTokens(qint64 /*first*/, qint64 /*count*/) {}
    // The run started or ended.
    virtual void showState() {}
    // Hovered or chosen positions changed. Called for every move of the pointer: repaint, do not rebuild.
    virtual void showSelection() {}
    // Layer, head, latent frame, query or method changed.
    virtual void showFocus() {}
    // Layers of values changed, or A | B | difference.
    virtual void showOverlays() {}
    virtual void showPair() {}

    // Where the keyboard goes in a panel that is gone to. A focus proxy would take Tab past the controls before it.
    void setKeyboardPlace(QWidget* place) { m_keyboardPlace = place; }
    [[nodiscard]] QWidget* keyboardPlace() const { return m_keyboardPlace; }

    // A locked panel keeps what it shows while runs, selection and focus move on.
    [[nodiscard]] bool isLocked() const { return m_isLocked; }
    void setLocked(bool locked);

    // The panel's own settings (zoom, chosen measure, columns ...), for saved layouts and exported views. Unknown or missing
    // keys are no fault.
    [[nodiscard]] virtual QJsonObject saveView() const { return {}; }
    virtual void restoreView(const QJsonObject& /*view*/) {}
    // What a reader of the exported picture must know: what, of which run, units; one or two sentences.
    [[nodiscard]] virtual QString caption() const;
    // The numbers behind the view; nothing where there are none.
    [[nodiscard]] virtual std::optional<AnalysisResult> viewData() const { return std::nullopt; }

Q_SIGNALS:
    void lockedChanged(bool locked);

protected:
    void focusInEvent(QFocusEvent* event) override;
    [[nodiscard]] Selection& selection() const { return m_context.selection; }
    [[nodiscard]] ShownRun& run() const { return m_context.run; }
    [[nodiscard]] MediaListModel& media() const { return m_context.media; }
    [[nodiscard]] MessageListModel& messages() const { return m_context.messages; }
    [[nodiscard]] AnalysisDesk& desk() const { return m_context.desk; }
    [[nodiscard]] RunPair& pair() const { return m_context.pair; }
    [[nodiscard]] OverlayStack& overlays() const { return m_context.overlays; }
    [[nodiscard]] RunListModel& runs() const { return m_context.runs; }
    // For AnalysisView and canvases.
    [[nodiscard]] const PanelContext& context() const { return m_context; }

private:
    // Calls `show` now, or, while locked, everything when the lock opens.
    template <class Show>
    void unlessLocked(Show show);

    PanelContext m_context;
    QPointer<QWidget> m_keyboardPlace;
    bool m_isLocked = false;
};

}  // namespace armillary::widgets
