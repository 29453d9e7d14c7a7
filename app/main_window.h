// The window: docks for every registered panel, menus and keys, status bar, and the wiring between panels, services and the
// run controller. Holds no logic of a run.
// Thread rule: GUI thread.
#pragma once

#include "app/analysis/analysis_service.h"
#include "app/demo/demo_desk.h"
#include "app/inference/inference_service.h"
#include "app/inference/rollout_controller.h"
#include "app/inference/run_controller.h"
#include "app/media_service.h"
#include "app/session/session_controller.h"
#include "app/session/session_service.h"
#include "app/settings.h"
#include "app/system_theme.h"
#include "app/views/view_return.h"
#include "app/views/view_shell.h"
#include "widgets/models/media_list_model.h"
#include "widgets/models/message_list_model.h"
#include "widgets/models/run_list_model.h"
#include "widgets/overlay/overlay_stack.h"
#include "widgets/panel.h"
#include "widgets/run_pair.h"
#include "widgets/selection.h"
#include "widgets/shell/model_dialog.h"
#include "widgets/shown_run.h"

#include <QMainWindow>

#include <map>
#include <memory>

class QAction;
class QDockWidget;
class QMenu;
class QMimeData;
class QToolButton;

namespace armillary::widgets {
class FittingLabel;
class NoticeStrip;
class QuestionPanel;
class RolloutPanel;
class RunProgress;
class StatusLine;
}  // namespace armillary::widgets

namespace armillary::app {

class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    // `modelAnalyses`: those that the engine can run (engine.h).
    explicit MainWindow(EngineFactory factory, const std::vector<AnalysisEntry>& modelAnalyses = {});
    ~MainWindow() override;

    // Loads what the settings say, or what was given on the command line.
    void loadModels(const widgets::ModelChoice& choice);
    void openMedia(const QStringList& paths);
    // A session's folder or its session.json.
    void openSession(const QString& path);
    // What a person sees who starts the program for the first time.
    void showFirstMinutes();

    // False if a thread did not end in time; then the program must not wait for it.
    [[nodiscard]] bool hasInferenceEnded() const
    {
        return m_inference.hasThreadEnded() && m_desk.haveThreadsEnded() && m_sessionFiles.hasThreadEnded();
    }

    [[nodiscard]] widgets::ShownRun& run() { return m_run; }
    [[nodiscard]] widgets::Selection& selection() { return m_selection; }
    [[nodiscard]] widgets::MediaListModel& media() { return m_media; }
    [[nodiscard]] widgets::MessageListModel& messages() { return m_messages; }
    [[nodiscard]] RunController& controller() { return m_controller; }
    [[nodiscard]] AnalysisService& desk() { return m_desk; }
    [[nodiscard]] SessionService& sessionFiles() { return m_sessionFiles; }
    [[nodiscard]] SessionController& session() { return m_session; }
    [[nodiscard]] RolloutController& rolloutController() { return *m_rollout; }
    [[nodiscard]] QDockWidget* dock(const QString& panelId) const;
    [[nodiscard]] ViewShell& views() { return *m_views; }
    [[nodiscard]] DemoDesk& demo() { return *m_demo; }
    [[nodiscard]] widgets::RunPair& pair() { return m_pair; }
    [[nodiscard]] widgets::RunListModel& runs() { return m_runs; }
    [[nodiscard]] widgets::OverlayStack& overlays() { return m_overlays; }
    template <class P>
    [[nodiscard]] P* panel() const
    {
        return findChild<P*>();
    }

protected:
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    void makeDocks();
    void polishPanels();
    void makeActions();
    void makeFileMenu(QMenuBar& bar);
    void makeSessionMenu(QMenu* menu);
    void makeRunMenu(QMenuBar& bar);
    void makeModelMenu(QMenuBar& bar);
    void makeViewMenu(QMenuBar& bar);
    void makeHelpMenu(QMenuBar& bar);
    void makeStatusBar();
    void wire();
    QAction* addAction(QMenu* menu, const QString& name, const QKeySequence& key, const QString& tip,
                       void (MainWindow::*slot)());

    void wireRollout();
    void wireSession();

    void askQuestion();
    void predict();
    // What a question about the chosen world tokens lacks; empty = nothing.
    [[nodiscard]] QString worldObstacle() const;
    void stopWork();
    void newConversation();
    void newSession();
    void chooseSession();
    void saveSessionAs();
    void fillRecentSessions();
    void chooseMedia();
    void chooseFrameFolder();
    void paste();
    void showModelDialog();
    void loadDemo();
    void showPlan();
    void wireViews();
    // A dropped picture that was exported brings its view back; false if it is none.
    bool takeViewPicture(const QString& path);
    void showKeys();
    void showAbout();
    void showMessages();
    void takeMime(const QMimeData* data);
    // A dropped model folder goes into the model dialog; false if it is none.
    bool takeModelFolder(const QString& path);
    void fillRecentMenu();
    void setTheme(widgets::ThemeChoice choice);
    void showControllerState();
    void showModelState();
    void showPointed();
    void showUnreadMessages();

    Settings m_settings;
    SystemTheme m_systemTheme;
    widgets::ShownRun m_run;
    widgets::Selection m_selection;
    widgets::MediaListModel m_media;
    widgets::MessageListModel m_messages;
    widgets::RunPair m_pair;
    widgets::OverlayStack m_overlays;
    widgets::RunListModel m_runs;
    InferenceService m_inference;
    AnalysisService m_desk;
    MediaService m_mediaFiles;
    SessionService m_sessionFiles;
    RunController m_controller;
    SessionController m_session;

    widgets::NoticeStrip* m_notice = nullptr;
    widgets::StatusLine* m_status = nullptr;
    widgets::RunProgress* m_progress = nullptr;
    widgets::FittingLabel* m_plan = nullptr;
    widgets::ModelDialog* m_modelDialog = nullptr;
    widgets::QuestionPanel* m_question = nullptr;
    widgets::RolloutPanel* m_rolloutPanel = nullptr;
    std::unique_ptr<RolloutController> m_rollout;
    QToolButton* m_messagesButton = nullptr;
    QMenu* m_recentMenu = nullptr;
    QMenu* m_recentSessions = nullptr;
    QAction* m_ask = nullptr;
    QAction* m_predict = nullptr;
    QAction* m_stop = nullptr;
    QAction* m_new = nullptr;
    std::map<QString, QDockWidget*> m_docks;
    std::unique_ptr<ViewShell> m_views;
    std::unique_ptr<ViewReturn> m_viewReturn;
    std::unique_ptr<DemoDesk> m_demo;
    QString m_loadProblem;
    QString m_openingNote;
    int m_unread = 0;
    bool m_closing = false;
};

}  // namespace armillary::app
