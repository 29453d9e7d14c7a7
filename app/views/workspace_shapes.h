// The workspaces as they come: their names, and which panels stand where in them. Written against panel ids; an id that is not
// registered is passed over.
// Thread rule: plain values and pure functions.
#pragma once

#include "widgets/panel_registry.h"

#include <QString>

#include <optional>
#include <vector>

namespace armillary::app {

struct WorkspaceShape {
    widgets::Workspace workspace;
    const char* key;
    const char* name;
    const char* tip;
    std::vector<const char*> onTop;        // of their tabs
    std::vector<const char*> below;        // under the others of their column
    std::vector<const char*> belowIfTall;  // the same in a high window, tabs in a low one
    double leftCentre;                     // share of the left one of the two centre columns
    double bottom;                         // share of the window's height
};

[[nodiscard]] const WorkspaceShape& shapeOf(widgets::Workspace workspace);

[[nodiscard]] QString workspaceName(widgets::Workspace workspace);
[[nodiscard]] QString workspaceTip(widgets::Workspace workspace);
// For files: "ask" ... "verify".
[[nodiscard]] QString workspaceKey(widgets::Workspace workspace);
[[nodiscard]] std::optional<widgets::Workspace> workspaceFromKey(const QString& key);

}  // namespace armillary::app
