// Saving what is seen and bringing it back: asks for names, makes recipes of the window's state, and restores a state from the recipe
// in a picture. Opening sessions and runs is not done here.
// Thread rule: GUI thread.
#pragma once

#include "app/views/view_export.h"
#include "app/views/view_recipe.h"
#include "app/views/window_layout.h"
#include "widgets/overlay/overlay_stack.h"
#include "widgets/panel.h"
#include "widgets/run_pair.h"
#include "widgets/selection.h"

#include <QObject>
#include <QString>

namespace armillary::app {

class ViewFiles : public QObject {
    Q_OBJECT
public:
    struct Shown {
        widgets::Selection& selection;
        widgets::OverlayStack& overlays;
        widgets::RunPair& pair;
        WindowLayout& layout;
        Settings& settings;
    };

    ViewFiles(QMainWindow& window, const Shown& shown);

    // The folder of the open session; empty while it has none.
    void setSession(const QString& path) { m_session = path; }

    [[nodiscard]] ViewRecipe recipeOfPanel(const widgets::Panel& panel) const;
    [[nodiscard]] ViewRecipe recipeOfWindow() const;
    // Everything but session and runs. Panels not named in the recipe stay as they are.
    void restore(const ViewRecipe& recipe);
    // Panel::restoreView of those that are named.
    void restorePanels(const QJsonObject& views);

    void savePanelPicture(widgets::Panel& panel, const QString& path);
    void saveWindowPicture(const QString& path);
    void savePanelData(const widgets::Panel& panel, const QString& path);
    // With a dialog for the name.
    void askPanelPicture(widgets::Panel& panel, const QString& ending);
    void askWindowPicture();
    void askPanelData(const widgets::Panel& panel);
    void copyPanelPicture(widgets::Panel& panel);

Q_SIGNALS:
    void saved(const QString& path);
    void failed(const QString& sentence);

private:
    [[nodiscard]] ViewRecipe commonRecipe() const;
    template <class Save>
    void askName(const QString& title, const QString& name, const QStringList& filters, Save save);

    QMainWindow& m_window;
    Shown m_shown;
    ViewExport m_export;
    QString m_session;
};

}  // namespace armillary::app
