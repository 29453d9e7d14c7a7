// Undo and redo of what is chosen and focused: listens to the selection and keeps its states on a stack that others (the layout)
// share. Changes that follow each other quickly are one step.
// Thread rule: GUI thread.
#pragma once

#include "widgets/selection.h"

#include <QObject>

class QUndoStack;

namespace armillary::widgets {

class SelectionHistory : public QObject {
    Q_OBJECT
public:
    static constexpr int kBurstMilliseconds = 400;

    SelectionHistory(Selection& selection, QUndoStack& stack, QObject* parent = nullptr);

    // The state that is there now was not made by a person (another run is shown): nothing to go back to from it.
    void rebase();

private:
    friend class SelectionStep;
    struct Moment {
        Positions chosen;
        Focus focus;

        bool operator==(const Moment&) const = default;
    };

    void note();
    void show(const Moment& moment);

    Selection& m_selection;
    QUndoStack& m_stack;
    Moment m_now;
    bool m_showing = false;
};

}  // namespace armillary::widgets
