// Six buttons, one a workspace, with their keys 1 ... 6.
// Thread rule: GUI thread.
#pragma once

#include "widgets/panel_registry.h"

#include <QWidget>

#include <array>

class QAction;

namespace armillary::app {

class WorkspaceBar : public QWidget {
    Q_OBJECT
public:
    explicit WorkspaceBar(QWidget* parent = nullptr);

    // Checkable, with key and tooltip; in the order of kWorkspaces.
    [[nodiscard]] const std::array<QAction*, widgets::kWorkspaces.size()>& workspaceActions() const
    {
        return m_actions;
    }
    void setWorkspace(widgets::Workspace workspace);

Q_SIGNALS:
    void wanted(armillary::widgets::Workspace workspace);

private:
    std::array<QAction*, widgets::kWorkspaces.size()> m_actions{};
};

}  // namespace armillary::app
