#include "widgets/panel.h"

#include "widgets/analysis/analysis_view.h"

#include <QFocusEvent>

namespace armillary::widgets {

Panel::Panel(const QString& id, const QString& title, const PanelContext& context, QWidget* parent)
    : QWidget(parent), m_context(context)
{
    setObjectName(id);
    setWindowTitle(title);
    setAccessibleName(title);
    // The style sheet draws its ground and frame; the margins keep canvases off the rounded corners.
    setAttribute(Qt::WA_StyledBackground);
    setContentsMargins(1, 0, 1, 5);
    connect(&context.run, &ShownRun::runChanged, this, [this] { unlessLocked([this] { showRun(); }); });
    connect(&context.run, &ShownRun::tokensAppended, this,
            [this](qint64 first, qint64 count) { unlessLocked([=, this] { showNewTokens(first, count); }); });
    connect(&context.run, &ShownRun::stateChanged, this, [this] { unlessLocked([this] { showState(); }); });
    const auto select = [this] { unlessLocked([this] { showSelection(); }); };
    connect(&context.selection, &Selection::hoverChanged, this, select);
    connect(&context.selection, &Selection::chosenChanged, this, select);
    connect(&context.selection, &Selection::focusChanged, this, [this] { unlessLocked([this] { showFocus(); }); });
    connect(&context.overlays, &OverlayStack::changed, this, [this] { unlessLocked([this] { showOverlays(); }); });
    connect(&context.pair, &RunPair::changed, this, [this] { unlessLocked([this] { showPair(); }); });
}

template <class Show>
void Panel::unlessLocked(Show show)
{
    if (!m_isLocked)
        show();
}

void Panel::setLocked(bool locked)
{
    if (m_isLocked == locked)
        return;
    m_isLocked = locked;
    for (AnalysisView* view : findChildren<AnalysisView*>())
        view->setFollowing(!locked);
    if (!locked) {
        showRun();
        showState();
        showFocus();
        showOverlays();
        showPair();
        showSelection();
    }
    Q_EMIT lockedChanged(locked);
}

void Panel::focusInEvent(QFocusEvent* event)
{
    if (m_keyboardPlace != nullptr)
        m_keyboardPlace->setFocus(event->reason());
    else
        QWidget::focusInEvent(event);
}

QString Panel::caption() const
{
    const Question* question = run().question();
    if (question == nullptr || question->turns.empty())
        return title();
    return tr("%1 of the run \u201c%2\u201d").arg(title(), QString::fromStdString(question->turns.back().text));
}

}  // namespace armillary::widgets
