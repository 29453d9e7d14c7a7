#include "app/views/workspace_shapes.h"

#include <QCoreApplication>

#include <array>
#include <cassert>

namespace armillary::app {

using widgets::Workspace;

const WorkspaceShape& shapeOf(Workspace workspace)
{
    static const std::array<WorkspaceShape, 6> shapes = {{
        {Workspace::Ask,
         "ask",
         QT_TRANSLATE_NOOP("Workspaces", "Ask"),
         QT_TRANSLATE_NOOP("Workspaces", "Question, answer and what was seen"),
         {"media", "picture", "world", "answer", "timeline"},
         {},
         {},
         0.5,
         0.25},
        {Workspace::Layout,
         "layout",
         QT_TRANSLATE_NOOP("Workspaces", "Layout"),
         QT_TRANSLATE_NOOP("Workspaces", "Every position of the fused sequence and where it comes from"),
         {"media", "picture", "world", "inspector", "memory"},
         {},
         {},
         0.5,
         0.36},
        {Workspace::Embeddings,
         "embeddings",
         QT_TRANSLATE_NOOP("Workspaces", "Embeddings"),
         QT_TRANSLATE_NOOP("Workspaces", "World, image and text tokens in one map, and how far they agree"),
         {"layers", "map", "alignment", "inspector", "timeline"},
         {},
         {"picture", "world"},
         0.55,
         0.27},
        {Workspace::Attention,
         "attention",
         QT_TRANSLATE_NOOP("Workspaces", "Attention"),
         QT_TRANSLATE_NOOP("Workspaces", "What each word read: pictures, frames, layers and heads"),
         {"layers", "picture", "attention", "answer", "timeline"},
         {},
         {"matrix", "attention", "lens"},
         0.5,
         0.27},
        {Workspace::Rollout,
         "rollout",
         QT_TRANSLATE_NOOP("Workspaces", "Rollout"),
         QT_TRANSLATE_NOOP("Workspaces", "Predict what comes next, watch it and compare it"),
         {"media", "picture", "rollout", "answer", "memory"},
         {},
         {},
         0.32,
         0.2},
        {Workspace::Verify,
         "verify",
         QT_TRANSLATE_NOOP("Workspaces", "Verify"),
         QT_TRANSLATE_NOOP("Workspaces", "Checks, comparisons of runs and the anatomy of the models"),
         {"runs", "verification", "comparison", "inspector", "messages"},
         {},
         {"anatomy"},
         0.5,
         0.2},
    }};
    const WorkspaceShape& shape = shapes[static_cast<std::size_t>(workspace)];
    assert(shape.workspace == workspace);
    return shape;
}

QString workspaceName(Workspace workspace)
{
    return QCoreApplication::translate("Workspaces", shapeOf(workspace).name);
}

QString workspaceTip(Workspace workspace)
{
    return QCoreApplication::translate("Workspaces", shapeOf(workspace).tip);
}

QString workspaceKey(Workspace workspace)
{
    return QString::fromLatin1(shapeOf(workspace).key);
}

std::optional<Workspace> workspaceFromKey(const QString& key)
{
    for (const Workspace workspace : widgets::kWorkspaces) {
        if (workspaceKey(workspace) == key)
            return workspace;
    }
    return std::nullopt;
}

}  // namespace armillary::app
