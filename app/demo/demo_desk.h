// A person's first minutes: what the program carries, one line that says so, the recorded sessions, fresh scenes and questions of
// them, and the guided tour. Joins its parts with the window.
// Thread rule: GUI thread; waits for nothing.
#pragma once

#include "app/demo/demo_things.h"
#include "app/demo/guided_tour.h"
#include "app/demo/recorded_shelf.h"
#include "app/demo/scene_desk.h"
#include "widgets/shell/demo_strip.h"
#include "widgets/shell/guide_dialog.h"

#include <QLabel>
#include <QObject>
#include <QPointer>

#include <memory>

class QAction;
class QMenu;

namespace armillary::app {

class DemoDesk : public QObject {
    Q_OBJECT
public:
    explicit DemoDesk(const DemoThings& things);
    ~DemoDesk() override;

    // The menus' parts; once.
    void fillSessionMenu(QMenu& menu);
    void fillRunMenu(QMenu& menu);
    void fillHelpMenu(QMenu& menu);
    // For the window: the line at its top, and the mark of recorded runs.
    [[nodiscard]] widgets::DemoStrip* strip() const { return m_strip; }
    [[nodiscard]] QLabel* recordedMark() const { return m_mark; }
    [[nodiscard]] GuidedTour& tour() { return *m_tour; }
    [[nodiscard]] SceneDesk& scenes() { return m_scenes; }
    [[nodiscard]] const RecordedShelf& shelf() const { return m_shelf; }
    [[nodiscard]] QAction* nextSceneAction() const { return m_nextScene; }
    [[nodiscard]] QAction* tourAction() const { return m_startTour; }
    [[nodiscard]] QAction* guideAction() const { return m_guide; }
    [[nodiscard]] const std::vector<QAction*>& sessionActions() const { return m_openRecorded; }

    // The first start: the first recorded session, at once.
    void openFirst();
    void openRecorded(std::size_t index);
    void nextScene();
    void showGuide();

    // Whether a question that is asked now is one of the scene; ask() then takes it.
    [[nodiscard]] bool takesQuestion() const;
    // False when it cannot be asked while another is being answered.
    bool ask(const Question& settings, const QString& text);

    // Every run of a recorded session that came with the program.
    [[nodiscard]] bool isRecorded(const QString& path) const { return m_shelf.indexOf(path) >= 0; }

Q_SIGNALS:
    void sessionWanted(const QString& path);
    // Model folders are to be chosen.
    void modelsWanted();

private:
    void makeActions();
    QAction* make(const QString& name, const QKeySequence& key, const QString& tip, void (DemoDesk::*slot)());
    void startTour();
    void previousStep();
    void nextStep();
    void showCard();
    void chooseWorldSource(WorldSource source);
    void mediumChanged();
    void showStrip();
    void showMark();
    void sessionOpened(const QString& path);
    void runShown();

    DemoThings m_things;
    RecordedShelf m_shelf;
    SceneDesk m_scenes;
    std::unique_ptr<GuidedTour> m_tour;
    QPointer<widgets::DemoStrip> m_strip;
    QPointer<QLabel> m_mark;
    QPointer<widgets::GuideDialog> m_guideDialog;
    QAction* m_nextScene = nullptr;
    QAction* m_startTour = nullptr;
    QAction* m_tourBack = nullptr;
    QAction* m_tourNext = nullptr;
    QAction* m_guide = nullptr;
    std::vector<QAction*> m_openRecorded;
    QString m_suggested;          // what was last put into the question field
    bool m_sceneWanted = false;   // of the recorded session that was opened
    bool m_choseRollout = false;  // for a scene, in place of a person
};

}  // namespace armillary::app
