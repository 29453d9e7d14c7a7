#include "app/views/layout_history.h"

#include <QUndoStack>

namespace armillary::app {

class LayoutStep : public QUndoCommand {
public:
    LayoutStep(LayoutHistory& history, WindowLayout::State before, WindowLayout::State after)
        : m_history(history), m_before(std::move(before)), m_after(std::move(after))
    {
        setText(m_before.workspace == m_after.workspace ? LayoutHistory::tr("layout") : LayoutHistory::tr("workspace"));
    }

    void undo() override { m_history.show(m_before); }
    void redo() override
    {
        // The stack redoes what it is given; it is there already.
        if (m_undone)
            m_history.show(m_after);
        m_undone = true;
    }

private:
    LayoutHistory& m_history;
    WindowLayout::State m_before;
    WindowLayout::State m_after;
    bool m_undone = false;
};

LayoutHistory::LayoutHistory(WindowLayout& layout, QUndoStack& stack, QObject* parent)
    : QObject(parent), m_layout(layout), m_stack(stack)
{
    connect(&m_layout, &WindowLayout::arranged, this, &LayoutHistory::note);
    connect(&m_layout, &WindowLayout::followed, this, [this] { m_expected = true; });
}

void LayoutHistory::note()
{
    if (m_layout.isPresenting())
        return;
    const WindowLayout::State next = m_layout.state();
    const bool isExpected = std::exchange(m_expected, false);
    if (!m_now || isExpected) {
        m_now = next;
        return;
    }
    if (next == *m_now)
        return;
    m_stack.push(new LayoutStep(*this, std::exchange(*m_now, next), next));
}

void LayoutHistory::show(const WindowLayout::State& state)
{
    m_expected = true;
    m_layout.apply(state);
}

}  // namespace armillary::app
