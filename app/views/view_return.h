// The way back from an exported picture to its view: opens its session if another is open, asks for its runs, and restores the
// view when they are shown. What is missing is said in a sentence; the rest comes back all the same.
// Thread rule: GUI thread.
#pragma once

#include "app/views/view_files.h"
#include "widgets/models/message_list_model.h"
#include "widgets/models/run_list_model.h"
#include "widgets/run_pair.h"

#include <QObject>

#include <optional>

namespace armillary::app {

class ViewReturn : public QObject {
    Q_OBJECT
public:
    ViewReturn(ViewFiles& files, widgets::RunListModel& runs, widgets::RunPair& pair, QObject* parent = nullptr);

    void bringBack(const ViewRecipe& recipe);
    // Another session is open, or it got a folder.
    void setSession(const QString& path);
    // A session or a run of the recipe is still being read.
    [[nodiscard]] bool isWaiting() const { return m_recipe.has_value(); }

Q_SIGNALS:
    void sessionWanted(const QString& path);
    void said(armillary::widgets::MessageKind kind, const QString& sentence);

private:
    void wantRuns();
    void restoreWhenShown();
    [[nodiscard]] bool isSame(const QString& one, const QString& other) const;

    ViewFiles& m_files;
    widgets::RunListModel& m_runs;
    widgets::RunPair& m_pair;
    QString m_session;
    std::optional<ViewRecipe> m_recipe;
    bool m_runsWanted = false;
};

}  // namespace armillary::app
