#include "app/views/key_rules.h"

#include "widgets/panel.h"
#include "widgets/text/typing.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSlider>
#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QKeyEvent>
#include <QMainWindow>
#include <QShortcutEvent>
#include <QTabBar>

namespace armillary::app {
namespace {

using widgets::Panel;

Panel* panelOf(QWidget* widget)
{
    for (; widget != nullptr; widget = widget->parentWidget()) {
        if (auto* panel = qobject_cast<Panel*>(widget))
            return panel;
    }
    return nullptr;
}

QAction* actionIn(const QObject* owner, const QKeySequence& key)
{
    for (QAction* action : owner->findChildren<QAction*>()) {
        // Those of a single control are for whoever stands in it.
        if (action->isEnabled() && action->shortcutContext() != Qt::WidgetShortcut && action->shortcuts().contains(key))
            return action;
    }
    return nullptr;
}

}  // namespace

KeyRules::KeyRules(QMainWindow& window) : QObject(&window), m_window(window)
{
    qApp->installEventFilter(this);
}

Panel* KeyRules::focused() const
{
    return panelOf(QApplication::focusWidget());
}

Panel* KeyRules::attended() const
{
    if (Panel* panel = focused())
        return panel;
    return panelOf(QApplication::widgetAt(QCursor::pos()));
}

QAction* KeyRules::attendedAction(const QKeySequence& key) const
{
    const Panel* panel = attended();
    return panel == nullptr ? nullptr : actionIn(panel, key);
}

QAction* KeyRules::panelAction(const QKeySequence& key) const
{
    if (QAction* action = attendedAction(key))
        return action;
    for (const Panel* panel : m_window.findChildren<Panel*>()) {
        if (panel->visibleRegion().isEmpty())
            continue;
        if (QAction* action = actionIn(panel, key))
            return action;
    }
    return nullptr;
}

bool KeyRules::livesOn(const QWidget* widget, const QKeyEvent& key)
{
    const Qt::KeyboardModifiers held = key.modifiers() & ~(Qt::KeypadModifier | Qt::ShiftModifier);
    if (widgets::isTypingInto(widget))
        return held == 0 && key.key() != Qt::Key_Escape && (key.key() < Qt::Key_F1 || key.key() > Qt::Key_F35);
    if (held != 0)
        return false;
    const bool isSpace = key.key() == Qt::Key_Space;
    const bool isArrow = key.key() == Qt::Key_Left || key.key() == Qt::Key_Right;
    if (qobject_cast<const QAbstractButton*>(widget) != nullptr)
        return isSpace;
    if (qobject_cast<const QAbstractSlider*>(widget) != nullptr || qobject_cast<const QTabBar*>(widget) != nullptr)
        return isArrow;
    return (isSpace || isArrow) && (qobject_cast<const QAbstractItemView*>(widget) != nullptr ||
                                    qobject_cast<const QComboBox*>(widget) != nullptr);
}

QAction* KeyRules::nearest(const QKeySequence& key) const
{
    QWidget* from = QApplication::focusWidget();
    for (QWidget* at = from != nullptr ? from : &m_window; at != nullptr; at = at->parentWidget()) {
        for (QAction* action : at->actions()) {
            const bool isMeant = action->isEnabled() && action->shortcuts().contains(key) &&
                                 (action->shortcutContext() != Qt::WidgetShortcut || at == from);
            if (isMeant)
                return action;
        }
        if (at->isWindow())
            break;
    }
    return nullptr;
}

bool KeyRules::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::ShortcutOverride && watched->isWidgetType()) {
        const auto* widget = static_cast<QWidget*>(watched);
        if (widget->window() == &m_window && livesOn(widget, *static_cast<QKeyEvent*>(event))) {
            event->accept();
            return true;
        }
    } else if (event->type() == QEvent::Shortcut) {
        const auto* shortcut = static_cast<QShortcutEvent*>(event);
        if (shortcut->isAmbiguous() && QApplication::activeWindow() == &m_window) {
            if (QAction* action = nearest(shortcut->key())) {
                action->trigger();
                return true;
            }
        }
    }
    return QObject::eventFilter(watched, event);
}

}  // namespace armillary::app
