#include "app/demo/demo_desk.h"

#include "app/demo_model.h"
#include "app/session/session_controller.h"
#include "records/setting_names.h"
#include "scenes/scene_show.h"
#include "widgets/panels/question_panel.h"

#include <QAction>
#include <QMenu>

namespace armillary::app {
namespace {

using widgets::MessageKind;

QString plainLine()
{
    return DemoDesk::tr(
        "Embedded: a small model that has learned one world of moving shapes. Real models (Gemma 3, Cosmos, TheWorld) "
        "bring the real one.");
}

QString ownPictureLine()
{
    return DemoDesk::tr(
        "The small model knows only its own world of moving shapes and will speak of shapes here too. Real "
        "models see what is there.");
}

}  // namespace

DemoDesk::DemoDesk(const DemoThings& things) : m_things(things), m_scenes(things.media, things.mediaFiles)
{
    m_things.shelf = &m_shelf;
    m_strip = new widgets::DemoStrip;
    m_mark = new QLabel(tr("recorded"));
    m_mark->setObjectName(QStringLiteral("recordedMark"));
    m_mark->setToolTip(tr("This run came with the program; nothing was computed now"));
    m_mark->hide();
    m_tour = std::make_unique<GuidedTour>(m_things);
    makeActions();

    connect(&m_shelf, &RecordedShelf::unpacked, this,
            [this](std::size_t, const QString& path) { Q_EMIT sessionWanted(path); });
    const auto complain = [this](const QString& sentence) { m_things.messages.add(MessageKind::Error, sentence); };
    connect(&m_shelf, &RecordedShelf::failed, this, complain);
    connect(&m_scenes, &SceneDesk::failed, this, complain);
    connect(&m_scenes, &SceneDesk::shown, this, [this] { showStrip(); });
    connect(m_tour.get(), &GuidedTour::sessionWanted, this, &DemoDesk::openRecorded);
    connect(m_tour.get(), &GuidedTour::runningChanged, this, [this](bool running) {
        m_startTour->setChecked(running);
        m_tourBack->setEnabled(running);
        m_tourNext->setEnabled(running);
        showStrip();
    });
    connect(m_tour.get(), &GuidedTour::leftBehind, this, [this] {
        m_things.messages.add(MessageKind::Note,
                              tr("The guided tour ended: another session was opened. %1 starts it again.")
                                  .arg(m_startTour->shortcut().toString(QKeySequence::NativeText)));
    });
    connect(&m_things.session, &SessionController::sessionOpened, this, &DemoDesk::sessionOpened);
    connect(&m_things.run, &widgets::ShownRun::stateChanged, this, &DemoDesk::runShown);
    connect(&m_things.pair, &widgets::RunPair::changed, this, &DemoDesk::showMark);
    connect(&m_things.media, &widgets::MediaListModel::currentChanged, this, &DemoDesk::mediumChanged);
    connect(&m_things.questions, &RunController::modelsLoaded, this, &DemoDesk::showStrip);
    connect(m_strip, &widgets::DemoStrip::dismissed, this, [this] { m_things.settings.setDemoStripClosed(true); });
}

DemoDesk::~DemoDesk() = default;

QAction* DemoDesk::make(const QString& name, const QKeySequence& key, const QString& tip, void (DemoDesk::*slot)())
{
    auto* action = new QAction(name, &m_things.window);
    action->setShortcut(key);
    const QString keyText = key.toString(QKeySequence::NativeText);
    action->setToolTip(keyText.isEmpty() ? tip : QStringLiteral("%1 (%2)").arg(tip, keyText));
    connect(action, &QAction::triggered, this, slot);
    m_things.window.addAction(action);
    return action;
}

void DemoDesk::makeActions()
{
    m_nextScene = make(tr("Next &scene"), Qt::Key_F7,
                       tr("Draw another scene of moving shapes, and ask the model about it"), &DemoDesk::nextScene);
    m_startTour = make(tr("&Guided tour"), Qt::Key_F8,
                       tr("Six steps: what the world tokens change, and how one sees it"), &DemoDesk::startTour);
    m_startTour->setCheckable(true);
    m_tourBack =
        make(tr("Tour: the step before"), Qt::Key_PageUp, tr("Back in the guided tour"), &DemoDesk::previousStep);
    m_tourNext = make(tr("Tour: the next step"), Qt::Key_PageDown, tr("On in the guided tour"), &DemoDesk::nextStep);
    for (QAction* action : {m_tourBack, m_tourNext}) {
        action->setEnabled(false);
        action->setProperty("obstacle", tr("the guided tour is not running"));
    }
    m_guide =
        make(tr("&Real models…"), {}, tr("How to get Gemma 3, Cosmos and a TheWorld checkpoint, and what they need"),
             &DemoDesk::showGuide);
    for (std::size_t i = 0; i < m_shelf.sessions().size(); ++i) {
        const RecordedSession& session = m_shelf.sessions()[i];
        auto* action = new QAction(QStringLiteral("&%1 %2").arg(i + 1).arg(session.title), &m_things.window);
        action->setToolTip(session.tip);
        action->setProperty("wholeName", tr("Recorded session: %1").arg(session.title));
        connect(action, &QAction::triggered, this, [this, i] { openRecorded(i); });
        m_things.window.addAction(action);
        m_openRecorded.push_back(action);
    }
    for (QAction* action : {m_nextScene, m_startTour, m_guide})
        m_strip->offer(action);
}

void DemoDesk::fillSessionMenu(QMenu& menu)
{
    QMenu* recorded = menu.addMenu(tr("Recor&ded sessions"));
    recorded->setToolTipsVisible(true);
    for (QAction* action : m_openRecorded)
        recorded->addAction(action);
    recorded->setEnabled(!m_openRecorded.empty());
}

void DemoDesk::fillRunMenu(QMenu& menu)
{
    menu.addAction(m_nextScene);
}

void DemoDesk::fillHelpMenu(QMenu& menu)
{
    menu.addActions({m_startTour, m_tourBack, m_tourNext, m_guide,
                     make(tr("About the embedded &demo"), {},
                          tr("What the program carries, and how well it was measured to do"), &DemoDesk::showCard)});
}

void DemoDesk::openFirst()
{
    showStrip();
    if (!m_shelf.sessions().empty())
        openRecorded(0);
}

void DemoDesk::openRecorded(std::size_t index)
{
    if (index < m_shelf.sessions().size())
        m_shelf.unpack(index);
}

void DemoDesk::sessionOpened(const QString& path)
{
    m_sceneWanted = m_shelf.indexOf(path) >= 0;
    m_tour->sessionOpened(path);
    showMark();
}

void DemoDesk::runShown()
{
    showMark();
    if (!m_sceneWanted || !m_things.run.record())
        return;
    m_sceneWanted = false;
    const std::vector<Clip>& media = m_things.run.record()->question.media;
    const auto number = media.empty() ? std::nullopt : scenes::sceneNumber(media.front().path);
    if (!number)
        return;
    chooseWorldSource(WorldSource::Rollout);
    m_scenes.take(*number);
}

void DemoDesk::nextScene()
{
    const std::int64_t number = m_scenes.number() + 1;
    m_things.questions.newConversation();
    chooseWorldSource(WorldSource::Rollout);
    m_scenes.show(number);
    const QString written = m_things.question.questionText();
    if (written.isEmpty() || written == m_suggested) {
        m_suggested = QString::fromStdString(scenes::tellingQuestion(scenes::shownScene(number)).text);
        m_things.question.setQuestionText(m_suggested);
    }
}

bool DemoDesk::takesQuestion() const
{
    return m_scenes.isCurrent() && m_things.questions.isDemo();
}

bool DemoDesk::ask(const Question& settings, const QString& text)
{
    if (m_things.questions.isBusy() && !m_things.questions.isLoading())
        return false;
    m_things.questions.askBranch(m_scenes.question(settings, text));
    return true;
}

void DemoDesk::startTour()
{
    if (m_tour->isRunning())
        m_tour->end();
    else
        m_tour->start();
}

void DemoDesk::previousStep()
{
    m_tour->back();
}

void DemoDesk::nextStep()
{
    m_tour->next();
}

void DemoDesk::showCard()
{
    m_things.settings.setDemoStripClosed(false);
    m_strip->setLine(plainLine());
    m_strip->show();
    auto* dialog = new widgets::GuideDialog(tr("The embedded demo"), demoCard(), &m_things.window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &widgets::GuideDialog::foldersWanted, this, &DemoDesk::modelsWanted);
    dialog->show();
}

void DemoDesk::chooseWorldSource(WorldSource source)
{
    m_choseRollout = source == WorldSource::Rollout;
    const QString name = QString::fromStdString(std::string(nameOf(source)));
    m_things.question.restoreSettings({{QStringLiteral("worldSource"), name}});
}

void DemoDesk::mediumChanged()
{
    const widgets::MediaItem* item = m_things.media.current();
    if (item != nullptr && !scenes::sceneNumber(item->name.toStdString()) && m_choseRollout) {
        // A picture has no prediction yet, and does not go on from a scene.
        chooseWorldSource(WorldSource::Still);
        m_things.questions.continueFrom(nullptr);
    }
    showStrip();
}

void DemoDesk::showStrip()
{
    const widgets::MediaItem* item = m_things.media.current();
    const bool isOwn = item != nullptr && !scenes::sceneNumber(item->name.toStdString());
    m_strip->setLine(isOwn ? ownPictureLine() : plainLine());
    const bool isDemo = m_things.questions.hasModel() ? m_things.questions.isDemo() : m_things.settings.models().demo;
    // The tour needs the room, and says more.
    m_strip->setVisible(!m_tour->isRunning() && isDemo && (isOwn || !m_things.settings.isDemoStripClosed()));
}

void DemoDesk::showMark()
{
    const QString id = m_things.pair.shown().id;
    m_mark->setVisible(!id.isEmpty() && m_things.run.record() && m_shelf.isRecorded(m_things.sessionFiles.path(), id));
}

void DemoDesk::showGuide()
{
    if (m_guideDialog == nullptr) {
        m_guideDialog =
            new widgets::GuideDialog(tr("Real models"), QStringLiteral(":/guide/real-models.md"), &m_things.window);
        connect(m_guideDialog, &widgets::GuideDialog::foldersWanted, this, &DemoDesk::modelsWanted);
    }
    m_guideDialog->show();
    m_guideDialog->raise();
    m_guideDialog->activateWindow();
}

}  // namespace armillary::app
