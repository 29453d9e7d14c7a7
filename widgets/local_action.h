// An action of one panel: it has a name, a tip and keys that hold while the panel or a widget in it has the keyboard.
// Thread rule: GUI thread.
#pragma once

#include <QAction>
#include <QKeySequence>
#include <QList>
#include <QWidget>

#include <utility>

namespace armillary::widgets {

// The action belongs to `panel` and is among its actions, where the command palette finds it; `change` is called when it is triggered.
template <typename Change>
QAction* addLocalAction(QWidget* panel, const QString& name, const QList<QKeySequence>& keys, const QString& tip,
                        Change change)
{
    auto* action = new QAction(name, panel);
    action->setShortcuts(keys);
    action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    action->setToolTip(tip);
    QObject::connect(action, &QAction::triggered, panel, std::move(change));
    panel->addAction(action);
    return action;
}

}  // namespace armillary::widgets
