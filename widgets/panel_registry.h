// The one list of panels: the main window makes a dock for each entry, in this order.
// Thread rule: GUI thread.
#pragma once

#include "widgets/panel.h"

#include <QKeySequence>
#include <QString>

#include <array>
#include <set>
#include <vector>

namespace armillary::widgets {

enum class PanelPlace { Left, Centre, CentreRight, CentreBottom, RightTop, RightBottom, Bottom };

// What a person is doing, and so which panels stand open: keys 1 ... 6.
enum class Workspace { Ask, Layout, Embeddings, Attention, Rollout, Verify };
inline constexpr std::array kWorkspaces = {Workspace::Ask,       Workspace::Layout,  Workspace::Embeddings,
                                           Workspace::Attention, Workspace::Rollout, Workspace::Verify};

struct PanelKind {
    QString id;
    QString title;
    QString tip;  // of its entry in the View menu
    PanelPlace place = PanelPlace::Centre;
    std::set<Workspace> workspaces;  // that it stands open in unless a person closed it there
    QKeySequence focusKey;           // shows the panel and puts the keyboard into it
    Panel* (*make)(const PanelContext& context, QWidget* parent) = nullptr;
};

[[nodiscard]] const std::vector<PanelKind>& panelKinds();

}  // namespace armillary::widgets
