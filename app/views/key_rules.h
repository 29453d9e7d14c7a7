// Who gets a key that several things want: a field that is being written in keeps its letters, arrows and Space stay with the
// control that lives on them, and of several actions with one key the one nearest to the keyboard's place is done.
// Thread rule: GUI thread.
#pragma once

#include <QObject>

class QAction;
class QKeyEvent;
class QKeySequence;
class QMainWindow;
class QWidget;

namespace armillary::widgets {
class Panel;
}

namespace armillary::app {

class KeyRules : public QObject {
    Q_OBJECT
public:
    explicit KeyRules(QMainWindow& window);

    // The panel with the keyboard; null without one.
    [[nodiscard]] widgets::Panel* focused() const;
    // The panel with the keyboard, else the one under the pointer; null for neither.
    [[nodiscard]] widgets::Panel* attended() const;
    // Its enabled action with this key; null without one.
    [[nodiscard]] QAction* attendedAction(const QKeySequence& key) const;
    // The same of any panel in sight, if the attended one has none.
    [[nodiscard]] QAction* panelAction(const QKeySequence& key) const;

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    [[nodiscard]] static bool livesOn(const QWidget* widget, const QKeyEvent& key);
    // Of the actions that `key` means from where the keyboard is.
    [[nodiscard]] QAction* nearest(const QKeySequence& key) const;

    QMainWindow& m_window;
};

}  // namespace armillary::app
