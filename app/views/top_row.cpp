#include "app/views/top_row.h"

#include "app/views/workspace_bar.h"
#include "widgets/shell/fitting_label.h"
#include "widgets/shell/pair_bar.h"

#include <QEvent>
#include <QMenuBar>

#include <algorithm>
#include <initializer_list>

namespace armillary::app {
namespace {

constexpr int kAbove = 2;
constexpr int kRight = 12;
constexpr int kGap = 14;

}  // namespace

TopRow::TopRow(QMenuBar* menus, WorkspaceBar* workspaces, widgets::PairBar* pair, widgets::FittingLabel* plan)
    : m_menus(menus), m_workspaces(workspaces), m_pair(pair), m_plan(plan)
{
    for (QWidget* each : std::initializer_list<QWidget*>{menus, workspaces, pair, plan}) {
        const bool wasHidden = each->testAttribute(Qt::WA_WState_ExplicitShowHide) && each->isHidden();
        each->setParent(this);
        each->setVisible(!wasHidden);
    }
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

int TopRow::lineHeight() const
{
    int high = 0;
    for (const QWidget* each : std::initializer_list<const QWidget*>{m_menus, m_workspaces, m_pair, m_plan})
        high = std::max(high, each->sizeHint().height());
    return high;
}

QSize TopRow::sizeHint() const
{
    return {640, kAbove + (m_hasTwoLines ? 2 : 1) * lineHeight()};
}

QSize TopRow::minimumSizeHint() const
{
    return {0, sizeHint().height()};
}

void TopRow::arrange()
{
    const int menus = m_menus->sizeHint().width();
    const int workspaces = m_workspaces->sizeHint().width();
    const bool isPair = !m_pair->isHidden();
    const int plan = m_plan->minimumSizeHint().width();
    const int needed =
        menus + kGap + workspaces + (isPair ? kGap + m_pair->minimumSizeHint().width() : 0) + kGap + plan + kRight;
    const int high = lineHeight();
    m_hasTwoLines = needed > width();
    if (height() != sizeHint().height())
        updateGeometry();
    const int second = kAbove + high;
    if (m_hasTwoLines) {
        // Menus that do not fit go into the bar's own extension.
        m_menus->setGeometry(0, kAbove, std::clamp(width() - plan - kGap - kRight, 0, menus), high);
        m_workspaces->setGeometry(0, second, workspaces, high);
        if (isPair) {
            const int wide = std::min(m_pair->sizeHint().width(), width() - workspaces - kGap - kRight);
            m_pair->setGeometry(width() - kRight - wide, second, wide, high);
        }
        placeRight(m_menus->width() + kGap, kAbove, false);
        return;
    }
    m_menus->setGeometry(0, kAbove, menus, high);
    m_workspaces->setGeometry(menus + kGap, kAbove, workspaces, high);
    placeRight(menus + kGap + workspaces + kGap, kAbove, isPair);
}

void TopRow::placeRight(int left, int top, bool withPair)
{
    const int room = std::max(0, width() - kRight - left);
    const int forPlan = room - (withPair ? m_pair->minimumSizeHint().width() + kGap : 0);
    const int plan = std::min(m_plan->widthWithin(forPlan), std::max(0, forPlan));
    m_plan->setGeometry(left + room - plan, top, plan, lineHeight());
    if (!withPair)
        return;
    const int pair = std::min(m_pair->sizeHint().width(), room - plan - kGap);
    m_pair->setGeometry(left + room - plan - kGap - pair, top, pair, lineHeight());
}

bool TopRow::event(QEvent* event)
{
    if (event->type() == QEvent::LayoutRequest)
        arrange();
    return QWidget::event(event);
}

void TopRow::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    arrange();
}

}  // namespace armillary::app
