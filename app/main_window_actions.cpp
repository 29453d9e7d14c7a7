// Menus, keys and dialogs of the main window.
#include "app/main_window.h"

#include "app/demo/folder_check.h"
#include "app/views/top_row.h"
#include "widgets/shell/fitting_label.h"
#include "widgets/shell/keys_dialog.h"
#include "widgets/shell/notice_strip.h"
#include "widgets/shell/pair_bar.h"

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QClipboard>
#include <QDialog>
#include <QDialogButtonBox>
#include <QDockWidget>
#include <QFileDialog>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QMimeData>
#include <QVBoxLayout>

namespace armillary::app {

QAction* MainWindow::addAction(QMenu* menu, const QString& name, const QKeySequence& key, const QString& tip,
                               void (MainWindow::*slot)())
{
    QAction* action = menu->addAction(name, this, slot);
    // Menus own their actions; the window must own them for keys to work in full screen too.
    action->setParent(this);
    QMainWindow::addAction(action);
    action->setShortcut(key);
    const QString keyText = key.toString(QKeySequence::NativeText);
    action->setToolTip(keyText.isEmpty() ? tip : QStringLiteral("%1 (%2)").arg(tip, keyText));
    action->setStatusTip({});
    return action;
}

void MainWindow::makeActions()
{
    auto* top = new QWidget;
    auto* column = new QVBoxLayout(top);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    auto* bar = new QMenuBar;
    m_notice = new widgets::NoticeStrip;
    auto* noticeRow = new QHBoxLayout;
    noticeRow->setContentsMargins(8, 0, 8, 6);
    noticeRow->addWidget(m_notice);
    auto* demoRow = new QHBoxLayout;
    demoRow->setContentsMargins(8, 0, 8, 4);
    demoRow->addWidget(m_demo->strip());
    m_plan = new widgets::FittingLabel;
    m_plan->setObjectName(QStringLiteral("runPlan"));
    m_plan->setProperty("role", "muted");
    m_plan->setAccessibleName(tr("What a run would use"));
    column->addWidget(new TopRow(bar, m_views->workspaceBar(), m_views->pairBar(), m_plan));
    column->addLayout(noticeRow);
    column->addLayout(demoRow);
    makeFileMenu(*bar);
    m_views->makeEditMenu(*bar);
    makeRunMenu(*bar);
    makeModelMenu(*bar);
    makeViewMenu(*bar);
    m_views->makeFocusMenu(*bar);
    makeHelpMenu(*bar);
    for (QMenu* menu : bar->findChildren<QMenu*>())
        menu->setToolTipsVisible(true);
    setMenuWidget(top);
}

void MainWindow::makeFileMenu(QMenuBar& bar)
{
    QMenu* menu = bar.addMenu(tr("&File"));
    makeSessionMenu(menu);
    addAction(menu, tr("&Open pictures or videos…"), QKeySequence::Open, tr("Add pictures and videos to the list"),
              &MainWindow::chooseMedia);
    addAction(menu, tr("Open a &folder of frames…"), Qt::CTRL | Qt::SHIFT | Qt::Key_O,
              tr("A folder whose pictures are numbered is taken as a video"), &MainWindow::chooseFrameFolder);
    m_recentMenu = menu->addMenu(tr("Open &recent"));
    connect(m_recentMenu, &QMenu::aboutToShow, this, &MainWindow::fillRecentMenu);
    addAction(menu, tr("&Paste a picture"), QKeySequence::Paste, tr("Add the picture or the files on the clipboard"),
              &MainWindow::paste);
    menu->addSeparator();
    m_views->fillFileMenu(*menu);
    menu->addSeparator();
    QAction* quit = menu->addAction(tr("&Quit"), this, &QWidget::close);
    quit->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Q));
    quit->setToolTip(tr("Stop what runs and close the window (Ctrl+Q)"));
}

void MainWindow::makeRunMenu(QMenuBar& bar)
{
    QMenu* menu = bar.addMenu(tr("&Run"));
    m_ask = addAction(menu, tr("&Ask"), Qt::CTRL | Qt::Key_Return,
                      tr("Ask the question; it continues the conversation"), &MainWindow::askQuestion);
    m_ask->setShortcuts({QKeySequence(Qt::CTRL | Qt::Key_Return), QKeySequence(Qt::CTRL | Qt::Key_Enter)});
    m_predict = addAction(menu, tr("&Predict"), Qt::CTRL | Qt::SHIFT | Qt::Key_Return,
                          tr("Let the world model go on from the current picture or clip"), &MainWindow::predict);
    m_stop = addAction(menu, tr("&Stop"), Qt::Key_Escape, tr("Stop what runs; what was made so far stays"),
                       &MainWindow::stopWork);
    m_new = addAction(menu, tr("&New conversation"), QKeySequence::New, tr("Forget the turns so far and start again"),
                      &MainWindow::newConversation);
    menu->addSeparator();
    m_demo->fillRunMenu(*menu);
}

void MainWindow::makeModelMenu(QMenuBar& bar)
{
    QMenu* menu = bar.addMenu(tr("&Model"));
    addAction(menu, tr("&Open model folders…"), Qt::CTRL | Qt::Key_M,
              tr("Choose Gemma, TheWorld and Cosmos folders, device and number format"), &MainWindow::showModelDialog);
    addAction(menu, tr("Use the embedded &demo"), Qt::CTRL | Qt::SHIFT | Qt::Key_M,
              tr("The tiny model that comes with the program"), &MainWindow::loadDemo);
}

void MainWindow::makeViewMenu(QMenuBar& bar)
{
    QMenu* menu = bar.addMenu(tr("&View"));
    m_views->fillViewMenu(*menu);
    menu->addSeparator();
    QMenu* theme = menu->addMenu(tr("&Theme"));
    auto* group = new QActionGroup(this);
    const std::pair<QString, widgets::ThemeChoice> themes[] = {{tr("As the &system"), widgets::ThemeChoice::System},
                                                               {tr("&Light"), widgets::ThemeChoice::Light},
                                                               {tr("&Dark"), widgets::ThemeChoice::Dark}};
    for (const auto& [name, choice] : themes) {
        QAction* action = theme->addAction(name, this, [this, choice = choice] { setTheme(choice); });
        action->setCheckable(true);
        action->setChecked(m_settings.theme() == choice);
        action->setToolTip(tr("Colours of the window"));
        action->setProperty("wholeName", tr("Theme: %1").arg(QString(name).remove(QLatin1Char('&'))));
        group->addAction(action);
    }
}

void MainWindow::makeHelpMenu(QMenuBar& bar)
{
    QMenu* menu = bar.addMenu(tr("&Help"));
    addAction(menu, tr("All &keys"), Qt::Key_Question, tr("Every action with its key"), &MainWindow::showKeys)
        ->setShortcuts(
            {QKeySequence(Qt::Key_Question), QKeySequence(Qt::SHIFT | Qt::Key_Question), QKeySequence(Qt::Key_F1)});
    m_demo->fillHelpMenu(*menu);
    addAction(menu, tr("&About Armillary"), {}, tr("Version and licence"), &MainWindow::showAbout);
}

void MainWindow::chooseMedia()
{
    auto* dialog = new QFileDialog(this, tr("Open pictures or videos"), m_settings.mediaFolder());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFiles);
    dialog->setNameFilters(
        {tr("Pictures and videos (*.png *.jpg *.jpeg *.webp *.bmp *.tif *.tiff *.ppm *.mp4 *.m4v *.mov *.avi "
            "*.mkv *.webm)"),
         tr("All files (*)")});
    connect(dialog, &QFileDialog::filesSelected, this, &MainWindow::openMedia);
    dialog->open();
}

void MainWindow::chooseFrameFolder()
{
    auto* dialog = new QFileDialog(this, tr("Open a folder of numbered frames"), m_settings.mediaFolder());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::filesSelected, this, &MainWindow::openMedia);
    dialog->open();
}

void MainWindow::paste()
{
    const QMimeData* data = QApplication::clipboard()->mimeData();
    if (data != nullptr)
        takeMime(data);
}

void MainWindow::fillRecentMenu()
{
    m_recentMenu->clear();
    for (const QString& path : m_settings.recentMedia())
        m_recentMenu->addAction(QFileInfo(path).fileName(), this, [this, path] { openMedia({path}); })
            ->setToolTip(path);
    if (m_recentMenu->isEmpty())
        m_recentMenu->addAction(tr("nothing yet"))->setEnabled(false);
}

void MainWindow::showModelDialog()
{
    if (m_modelDialog == nullptr) {
        m_modelDialog = new widgets::ModelDialog(this);
        m_modelDialog->setChoice(m_settings.models());
        auto* check = new FolderCheck(m_modelDialog);
        connect(m_modelDialog, &widgets::ModelDialog::checkRequested, check, &FolderCheck::check);
        connect(check, &FolderCheck::checked, m_modelDialog, &widgets::ModelDialog::setVerdicts);
        connect(m_modelDialog, &widgets::ModelDialog::guideRequested, m_demo.get(), &DemoDesk::showGuide);
        connect(m_modelDialog, &widgets::ModelDialog::loadRequested, this, [this](const widgets::ModelChoice& choice) {
            m_loadProblem.clear();
            showModelState();
            loadModels(choice);
        });
    }
    showModelState();
    showControllerState();
    m_modelDialog->show();
    m_modelDialog->raise();
    m_modelDialog->activateWindow();
}

void MainWindow::loadDemo()
{
    widgets::ModelChoice choice = m_settings.models();
    choice.demo = true;
    loadModels(choice);
}

void MainWindow::setTheme(widgets::ThemeChoice choice)
{
    m_settings.setTheme(choice);
    widgets::applyTheme(choice, m_systemTheme.isDark());
}

void MainWindow::showKeys()
{
    (new widgets::KeysDialog(this))->show();
}

void MainWindow::showAbout()
{
    auto* dialog = new QDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("About Armillary"));
    auto* words = new QLabel(tr("Armillary %1\n\nAn instrument for vision-language models that carry a world model.\n"
                                "Licence: Apache-2.0. Nothing is downloaded and nothing is sent.")
                                 .arg(QApplication::applicationVersion()));
    words->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    auto* column = new QVBoxLayout(dialog);
    column->setContentsMargins(22, 20, 22, 16);
    column->setSpacing(16);
    column->addWidget(words);
    column->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    dialog->show();
}

void MainWindow::showMessages()
{
    QDockWidget* dock = m_docks[QStringLiteral("messages")];
    dock->show();
    dock->raise();
}

}  // namespace armillary::app
