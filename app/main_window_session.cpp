// Sessions in the main window: menu, opening, saving under a name, closing.
#include "app/main_window.h"

#include "widgets/shell/status_line.h"

#include <QAction>
#include <QDesktopServices>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QUrl>

namespace armillary::app {

using widgets::MessageKind;

void MainWindow::makeSessionMenu(QMenu* menu)
{
    addAction(menu, tr("&New session"), Qt::CTRL | Qt::SHIFT | Qt::Key_N,
              tr("Start an empty session; this one is on disk"), &MainWindow::newSession);
    addAction(menu, tr("Open a &session…"), Qt::CTRL | Qt::ALT | Qt::Key_O,
              tr("Show the runs of a session, with or without its models"), &MainWindow::chooseSession);
    m_recentSessions = menu->addMenu(tr("Recent s&essions"));
    connect(m_recentSessions, &QMenu::aboutToShow, this, &MainWindow::fillRecentSessions);
    m_demo->fillSessionMenu(*menu);
    addAction(menu, tr("Save the session &as…"), QKeySequence::Save,
              tr("Copy the session to a folder of your choice and go on there; every run is on disk already"),
              &MainWindow::saveSessionAs);
    menu->addSeparator();
}

void MainWindow::wireSession()
{
    connect(m_rollout.get(), &RolloutController::recordMade, this,
            [this](const std::shared_ptr<const RunRecord>& record) { m_session.addRecord(record, false); });
    connect(&m_controller, &RunController::modelsLoaded, this,
            [this] { m_desk.setModels(m_controller.sharedReport()); });
    connect(&m_desk, &AnalysisService::workChanged, this, &MainWindow::showControllerState);
    connect(m_demo.get(), &DemoDesk::sessionWanted, this, &MainWindow::openSession);
    connect(m_demo.get(), &DemoDesk::modelsWanted, this, &MainWindow::showModelDialog);
    connect(&m_demo->scenes(), &SceneDesk::shown, this, [this] { showControllerState(); });
    connect(&m_media, &widgets::MediaListModel::currentChanged, this, &MainWindow::showControllerState);
    const auto opened = [this](const QString& path) {
        setWindowTitle(path.isEmpty() ? tr("Armillary") : tr("%1 – Armillary").arg(QFileInfo(path).completeBaseName()));
        if (!path.isEmpty() && !m_demo->isRecorded(path))
            m_settings.addRecentSession(path);
    };
    connect(&m_session, &SessionController::sessionOpened, this, opened);
    connect(&m_session, &SessionController::sessionOpened, this, [this] { m_status->takeBack(m_openingNote); });
    connect(&m_session, &SessionController::sessionMoved, this, opened);
    connect(&m_session, &SessionController::revealWanted, this, [](const QString& path) {
        QDesktopServices::openUrl(QUrl::fromLocalFile(QFileInfo(path).absolutePath()));
    });
    // What still runs ends before the session does: it may leave a record.
    const auto worked = [this] {
        if (m_inference.isClosed() && m_desk.isClosed())
            m_session.finish();
    };
    connect(&m_inference, &InferenceService::closed, this, worked);
    connect(&m_desk, &AnalysisService::closed, this, worked);
    connect(&m_sessionFiles, &SessionService::closed, this, [this] {
        m_closing = true;
        close();
    });
}

void MainWindow::showFirstMinutes()
{
    m_demo->openFirst();
}

void MainWindow::newSession()
{
    m_sessionFiles.openNew();
}

void MainWindow::openSession(const QString& path)
{
    m_openingNote = tr("Opening %1 …").arg(QFileInfo(path).fileName());
    m_status->setMessage(MessageKind::Note, m_openingNote);
    m_sessionFiles.open(path);
}

void MainWindow::chooseSession()
{
    auto* dialog = new QFileDialog(this, tr("Open a session (a folder NAME.armillary)"), m_settings.sessionFolder());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::openSession);
    dialog->open();
}

void MainWindow::saveSessionAs()
{
    auto* dialog = new QFileDialog(this, tr("Save the session as"), m_settings.sessionFolder());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("armillary"));
    dialog->setNameFilters({tr("Sessions (*.armillary)")});
    connect(dialog, &QFileDialog::fileSelected, &m_sessionFiles, &SessionService::saveAs);
    dialog->open();
}

void MainWindow::fillRecentSessions()
{
    m_recentSessions->clear();
    for (const QString& path : m_settings.recentSessions())
        m_recentSessions->addAction(QFileInfo(path).completeBaseName(), this, [this, path] { openSession(path); })
            ->setToolTip(path);
    if (m_recentSessions->isEmpty())
        m_recentSessions->addAction(tr("nothing yet"))->setEnabled(false);
}

}  // namespace armillary::app
