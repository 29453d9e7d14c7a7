// Undo and redo of arrangements: a step for every change of docks that a person makes, on the stack that the selection uses too.
// Thread rule: GUI thread.
#pragma once

#include "app/views/window_layout.h"

#include <QObject>

#include <optional>

class QUndoStack;

namespace armillary::app {

class LayoutHistory : public QObject {
    Q_OBJECT
public:
    LayoutHistory(WindowLayout& layout, QUndoStack& stack, QObject* parent = nullptr);

private:
    friend class LayoutStep;

    void note();
    void show(const WindowLayout::State& state);

    WindowLayout& m_layout;
    QUndoStack& m_stack;
    std::optional<WindowLayout::State> m_now;  // nothing before the first arrangement has settled
    bool m_expected = false;                   // the next change is our own
};

}  // namespace armillary::app
