// What a panel is: a titled widget that shows the current run and the shared selection. The main window puts panels into
// docks by the list in panel_registry.cpp; a new panel needs a class like this and one line there.
// Thread rule: GUI thread.
#pragma once

#include "widgets/selection.h"
#include "widgets/shown_run.h"

#include <QString>
#include <QWidget>

namespace armillary::widgets {

class MediaListModel;
class MessageListModel;

// What every panel may read and change. All of it outlives the panels.
struct PanelContext {
    Selection& selection;
    ShownRun& run;
    MediaListModel& media;
    MessageListModel& messages;
};

class Panel : public QWidget {
    Q_OBJECT
public:
    Panel(const QString& id, const QString& title, const PanelContext& context, QWidget* parent);

    // Stable name for saved layouts and tests.
    [[nodiscard]] QString id() const { return objectName(); }
    [[nodiscard]] QString title() const { return windowTitle(); }

    // Another question, layout or record is shown.
    virtual void showRun() {}
    // Generated tokens [first, first + count) came in.
    virtual void showNewTokens(qint64 /*first*/, qint64 /*count*/) {}
    // The run started or ended.
    virtual void showState() {}
    // Hovered or chosen positions changed. Called for every move of the pointer: repaint, do not rebuild.
    virtual void showSelection() {}

protected:
    [[nodiscard]] Selection& selection() const { return m_context.selection; }
    [[nodiscard]] ShownRun& run() const { return m_context.run; }
    [[nodiscard]] MediaListModel& media() const { return m_context.media; }
    [[nodiscard]] MessageListModel& messages() const { return m_context.messages; }

private:
    PanelContext m_context;
};

}  // namespace armillary::widgets
