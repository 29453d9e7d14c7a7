#include "widgets/panel.h"

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
    connect(&context.run, &ShownRun::runChanged, this, [this] { showRun(); });
    connect(&context.run, &ShownRun::tokensAppended, this,
            [this](qint64 first, qint64 count) { showNewTokens(first, count); });
    connect(&context.run, &ShownRun::stateChanged, this, [this] { showState(); });
    connect(&context.selection, &Selection::hoverChanged, this, [this] { showSelection(); });
    connect(&context.selection, &Selection::chosenChanged, this, [this] { showSelection(); });
}

}  // namespace armillary::widgets
