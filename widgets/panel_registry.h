// The one list of panels: the main window makes a dock for each entry, in this order.
// Thread rule: GUI thread.
#pragma once

#include "widgets/panel.h"

#include <QKeySequence>
#include <QString>

#include <vector>

namespace armillary::widgets {

enum class PanelPlace { Left, Centre, RightTop, RightBottom, Bottom };

struct PanelKind {
    QString id;
    QString title;
    QString tip;  // of its entry in the View menu
    PanelPlace place = PanelPlace::Centre;
    QKeySequence focusKey;  // shows the panel and puts the keyboard into it
    Panel* (*make)(const PanelContext& context, QWidget* parent) = nullptr;
};

[[nodiscard]] const std::vector<PanelKind>& panelKinds();

}  // namespace armillary::widgets
