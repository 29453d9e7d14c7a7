// The keys that act everywhere: layer, head, latent frame, how attention is read, overlays, playing. Each is an action of the
// window with name, key and tooltip; what they change is the shared selection and the overlay stack.
// Thread rule: GUI thread.
#pragma once

#include "app/views/film_player.h"
#include "app/views/key_rules.h"
#include "widgets/overlay/overlay_stack.h"
#include "widgets/selection.h"
#include "widgets/shown_run.h"

#include <QList>
#include <QMainWindow>
#include <QObject>

#include <functional>

class QAction;

namespace armillary::app {

class FocusActions : public QObject {
    Q_OBJECT
public:
    struct Shown {
        widgets::ShownRun& run;
        widgets::Selection& selection;
        widgets::OverlayStack& overlays;
        widgets::MediaListModel& media;
    };

    FocusActions(QMainWindow& window, const Shown& shown, const KeyRules& keys);

    // In the order of a menu; null stands for a line between.
    [[nodiscard]] const QList<QAction*>& menuActions() const { return m_actions; }

private:
    void add(const QString& name, const QString& objectName, const QList<QKeySequence>& keys, const QString& tip,
             std::function<void()> act);
    void line() { m_actions << nullptr; }
    void stepLayer(int step);
    void stepHead(int step);
    void stepLatentFrame(int step);
    void toggleMeanOfHeads();
    void cycleMethod();
    void toggleSinks();
    void play();
    void stepFrame(int step);
    void fit();
    template <class Change>
    void changeFocus(Change change);

    QMainWindow& m_window;
    Shown m_shown;
    const KeyRules& m_keys;
    FilmPlayer m_player;
    QList<QAction*> m_actions;
    int m_lastHead = 0;  // M goes back to it
};

// "layer 17 (local) · head 3 · raw attention · sinks removed", as far as it says something about the run.
[[nodiscard]] QString focusWords(const widgets::ShownRun& run, const widgets::Focus& focus);

}  // namespace armillary::app
