#include "app/views/workspace_bar.h"

#include "app/views/workspace_shapes.h"

#include <QAction>
#include <QActionGroup>
#include <QHBoxLayout>
#include <QToolButton>

namespace armillary::app {

WorkspaceBar::WorkspaceBar(QWidget* parent) : QWidget(parent)
{
    setObjectName(QStringLiteral("workspaceBar"));
    setAccessibleName(tr("Workspaces"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(2);
    row->setSizeConstraint(QLayout::SetFixedSize);
    auto* group = new QActionGroup(this);
    for (std::size_t i = 0; i < m_actions.size(); ++i) {
        const widgets::Workspace workspace = widgets::kWorkspaces[i];
        const auto number = static_cast<int>(i) + 1;
        auto* action = new QAction(workspaceName(workspace), this);
        action->setObjectName(QStringLiteral("workspace.") + workspaceKey(workspace));
        action->setProperty("wholeName", tr("Workspace: %1").arg(action->text()));
        action->setCheckable(true);
        action->setShortcut(QKeySequence(Qt::Key_0 + number));
        action->setToolTip(QStringLiteral("%1 (%2)").arg(workspaceTip(workspace)).arg(number));
        group->addAction(action);
        connect(action, &QAction::triggered, this, [this, workspace] { Q_EMIT wanted(workspace); });
        m_actions[i] = action;
        auto* button = new QToolButton;
        button->setDefaultAction(action);
        button->setProperty("role", "workspace");
        button->setAccessibleName(tr("Workspace %1").arg(action->text()));
        button->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
        row->addWidget(button);
    }
}

void WorkspaceBar::setWorkspace(widgets::Workspace workspace)
{
    m_actions[static_cast<std::size_t>(workspace)]->setChecked(true);
}

}  // namespace armillary::app
