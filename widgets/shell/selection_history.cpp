#include "widgets/shell/selection_history.h"

#include <QScopedValueRollback>
#include <QUndoStack>

#include <chrono>

namespace armillary::widgets {
namespace {

constexpr int kCommandId = 1;

}  // namespace

class SelectionStep : public QUndoCommand {
public:
    using Moment = SelectionHistory::Moment;

    SelectionStep(SelectionHistory& history, Moment before, Moment after)
        : m_history(history), m_before(std::move(before)), m_after(std::move(after))
    {
        const bool chosen = m_before.chosen != m_after.chosen;
        setText(chosen ? SelectionHistory::tr("selection") : SelectionHistory::tr("layer, head or frame"));
    }

    void undo() override { m_history.show(m_before); }
    void redo() override { m_history.show(m_after); }
    [[nodiscard]] int id() const override { return kCommandId; }
    bool mergeWith(const QUndoCommand* command) override
    {
        const auto* next = static_cast<const SelectionStep*>(command);
        if (next->m_at - m_at > std::chrono::milliseconds(SelectionHistory::kBurstMilliseconds))
            return false;
        m_after = next->m_after;
        m_at = next->m_at;
        setObsolete(m_before == m_after);
        return true;
    }

private:
    SelectionHistory& m_history;
    Moment m_before;
    Moment m_after;
    std::chrono::steady_clock::time_point m_at = std::chrono::steady_clock::now();
};

SelectionHistory::SelectionHistory(Selection& selection, QUndoStack& stack, QObject* parent)
    : QObject(parent), m_selection(selection), m_stack(stack), m_now{selection.chosen(), selection.focus()}
{
    connect(&m_selection, &Selection::chosenChanged, this, &SelectionHistory::note);
    connect(&m_selection, &Selection::focusChanged, this, &SelectionHistory::note);
}

void SelectionHistory::rebase()
{
    m_now = {m_selection.chosen(), m_selection.focus()};
}

void SelectionHistory::note()
{
    Moment next{m_selection.chosen(), m_selection.focus()};
    if (m_showing || next == m_now)
        return;
    Moment before = std::exchange(m_now, next);
    m_stack.push(new SelectionStep(*this, std::move(before), std::move(next)));
}

void SelectionHistory::show(const Moment& moment)
{
    const QScopedValueRollback<bool> own(m_showing, true);
    m_now = moment;
    m_selection.choose(moment.chosen);
    m_selection.setFocus(moment.focus);
}

}  // namespace armillary::widgets
