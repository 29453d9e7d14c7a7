#include "app/views/view_files.h"

#include "app/views/workspace_shapes.h"

#include <QApplication>
#include <QClipboard>
#include <QDockWidget>
#include <QFileDialog>
#include <QFileInfo>
#include <QPointer>

namespace armillary::app {

using widgets::Panel;

ViewFiles::ViewFiles(QMainWindow& window, const Shown& shown) : QObject(&window), m_window(window), m_shown(shown)
{
    connect(&m_export, &ViewExport::saved, this, &ViewFiles::saved);
    connect(&m_export, &ViewExport::failed, this, &ViewFiles::failed);
}

ViewRecipe ViewFiles::commonRecipe() const
{
    ViewRecipe out;
    out.session = m_session;
    out.shownRun = m_shown.pair.shown().id;
    out.runA = m_shown.pair.a().id;
    out.runB = m_shown.pair.b().id;
    out.side = m_shown.pair.side();
    out.chosen = m_shown.selection.chosen();
    out.focus = m_shown.selection.focus();
    out.overlaysOn = m_shown.overlays.isOn();
    out.soloLayer = m_shown.overlays.solo();
    for (const widgets::OverlayStack::Entry& entry : m_shown.overlays.entries())
        out.layers.push_back({entry.id, entry.isVisible, entry.opacity});
    out.workspace = workspaceKey(m_shown.layout.workspace());
    return out;
}

ViewRecipe ViewFiles::recipeOfPanel(const Panel& panel) const
{
    ViewRecipe out = commonRecipe();
    out.panel = panel.id();
    out.views[panel.id()] = panel.saveView();
    return out;
}

ViewRecipe ViewFiles::recipeOfWindow() const
{
    ViewRecipe out = commonRecipe();
    for (const Panel* panel : m_window.findChildren<Panel*>())
        out.views[panel->id()] = panel->saveView();
    out.docks = m_shown.layout.state().docks;
    return out;
}

void ViewFiles::restore(const ViewRecipe& recipe)
{
    const std::optional<widgets::Workspace> workspace = workspaceFromKey(recipe.workspace);
    if (workspace && !recipe.docks.isEmpty())
        m_shown.layout.apply({*workspace, recipe.docks});
    else if (workspace)
        m_shown.layout.setWorkspace(*workspace);
    restorePanels(recipe.views);
    for (Panel* panel : m_window.findChildren<Panel*>()) {
        auto* dock = qobject_cast<QDockWidget*>(panel->parentWidget());
        if (panel->id() == recipe.panel && dock != nullptr) {
            dock->show();
            dock->raise();
            panel->setFocus(Qt::OtherFocusReason);
        }
    }
    m_shown.pair.setSide(recipe.side);
    m_shown.overlays.setOn(recipe.overlaysOn);
    for (const RecipeLayer& layer : recipe.layers) {
        m_shown.overlays.setVisible(layer.id, layer.isVisible);
        m_shown.overlays.setOpacity(layer.id, layer.opacity);
    }
    m_shown.overlays.setSolo(recipe.soloLayer);
    m_shown.selection.setFocus(recipe.focus);
    m_shown.selection.choose(recipe.chosen);
}

void ViewFiles::restorePanels(const QJsonObject& views)
{
    for (Panel* panel : m_window.findChildren<Panel*>()) {
        if (views.contains(panel->id()))
            panel->restoreView(views[panel->id()].toObject());
    }
}

void ViewFiles::savePanelPicture(Panel& panel, const QString& path)
{
    m_export.savePicture(path, panel, panel.caption(), jsonFromRecipe(recipeOfPanel(panel)));
}

void ViewFiles::saveWindowPicture(const QString& path)
{
    QString caption = tr("Armillary, workspace %1").arg(workspaceName(m_shown.layout.workspace()));
    if (!m_shown.pair.shown().title.isEmpty())
        caption += tr(", run “%1”").arg(m_shown.pair.shown().title);
    m_export.savePicture(path, m_window, caption, jsonFromRecipe(recipeOfWindow()));
}

void ViewFiles::savePanelData(const Panel& panel, const QString& path)
{
    std::optional<AnalysisResult> data = panel.viewData();
    if (data)
        m_export.saveData(path, std::move(*data));
    else
        Q_EMIT failed(tr("%1 shows no numbers that could be saved").arg(panel.title()));
}

template <class Save>
void ViewFiles::askName(const QString& title, const QString& name, const QStringList& filters, Save save)
{
    auto* dialog = new QFileDialog(&m_window, title, m_shown.settings.exportFolder());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setFileMode(QFileDialog::AnyFile);
    dialog->setNameFilters(filters);
    dialog->selectFile(name);
    // The ending says what is written: it follows the chosen kind.
    const auto endingOf = [](const QString& filter) {
        return filter.section(QLatin1String("*."), 1, 1).section(QLatin1Char(')'), 0, 0);
    };
    dialog->setDefaultSuffix(endingOf(filters.front()));
    connect(dialog, &QFileDialog::filterSelected, dialog,
            [dialog, endingOf](const QString& filter) { dialog->setDefaultSuffix(endingOf(filter)); });
    connect(dialog, &QFileDialog::fileSelected, this, [this, save](const QString& path) {
        m_shown.settings.setExportFolder(QFileInfo(path).absolutePath());
        save(path);
    });
    dialog->open();
}

void ViewFiles::askPanelPicture(Panel& panel, const QString& ending)
{
    QStringList filters{tr("PNG picture (*.png)"), tr("SVG drawing (*.svg)")};
    if (ending == QLatin1String("svg"))
        filters.swapItemsAt(0, 1);
    askName(tr("Save %1 as a picture").arg(panel.title()), panel.id(), filters,
            [this, panel = QPointer<Panel>(&panel)](const QString& path) {
                if (panel != nullptr)
                    savePanelPicture(*panel, path);
            });
}

void ViewFiles::askWindowPicture()
{
    askName(tr("Save the window as a picture"), QStringLiteral("armillary"),
            {tr("PNG picture (*.png)"), tr("SVG drawing (*.svg)")},
            [this](const QString& path) { saveWindowPicture(path); });
}

void ViewFiles::askPanelData(const Panel& panel)
{
    askName(tr("Save the data of %1").arg(panel.title()), panel.id(),
            {tr("Comma-separated text (*.csv)"), tr("NumPy archive (*.npz)"), tr("Safetensors (*.safetensors)")},
            [this, panel = QPointer<const Panel>(&panel)](const QString& path) {
                if (panel != nullptr)
                    savePanelData(*panel, path);
            });
}

void ViewFiles::copyPanelPicture(Panel& panel)
{
    QApplication::clipboard()->setImage(pictureOf(panel, panel.caption()));
}

}  // namespace armillary::app
