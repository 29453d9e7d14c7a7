// The top of the window: menus, workspaces, A | B and what a run would use, in one line where they fit, else in two.
// Thread rule: GUI thread.
#pragma once

#include <QWidget>

class QMenuBar;

namespace armillary::widgets {
class FittingLabel;
class PairBar;
}  // namespace armillary::widgets

namespace armillary::app {

class WorkspaceBar;

class TopRow : public QWidget {
    Q_OBJECT
public:
    TopRow(QMenuBar* menus, WorkspaceBar* workspaces, widgets::PairBar* pair, widgets::FittingLabel* plan);

    [[nodiscard]] bool hasTwoLines() const { return m_hasTwoLines; }
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    bool event(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void arrange();
    [[nodiscard]] int lineHeight() const;
    // The pair and the plan at the right end of a line that is free from `left` on.
    void placeRight(int left, int top, bool withPair);

    QMenuBar* m_menus = nullptr;
    WorkspaceBar* m_workspaces = nullptr;
    widgets::PairBar* m_pair = nullptr;
    widgets::FittingLabel* m_plan = nullptr;
    bool m_hasTwoLines = false;
};

}  // namespace armillary::app
