#include "app/main_window.h"

#include "app/detail_feeds.h"
#include "app/inference/budget_feed.h"
#include "scenes/scene_exam.h"
#include "widgets/cost/run_progress.h"
#include "widgets/overlay/attention_overlay.h"
#include "widgets/panel_registry.h"
#include "widgets/panels/anatomy_panel.h"
#include "widgets/panels/answer_panel.h"
#include "widgets/panels/budget_panel.h"
#include "widgets/panels/media_panel.h"
#include "widgets/panels/memory_panel.h"
#include "widgets/panels/picture_panel.h"
#include "widgets/panels/question_panel.h"
#include "widgets/panels/rollout_panel.h"
#include "widgets/panels/tiles_panel.h"
#include "widgets/panels/timeline_panel.h"
#include "widgets/rollout/rollout_form.h"
#include "widgets/shell/fitting_label.h"
#include "widgets/shell/notice_strip.h"
#include "widgets/shell/status_line.h"
#include "widgets/token_description.h"

#include <QApplication>
#include <QClipboard>
#include <QCloseEvent>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QMenuBar>
#include <QMimeData>
#include <QPushButton>
#include <QStatusBar>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

namespace armillary::app {
namespace {

using widgets::MessageKind;

constexpr QSize kLeastPanel(150, 64);

// The media a drop or the clipboard brings, as local paths.
QStringList localPaths(const QMimeData* data)
{
    QStringList paths;
    for (const QUrl& url : data->urls()) {
        if (url.isLocalFile())
            paths << url.toLocalFile();
    }
    return paths;
}

}  // namespace

MainWindow::MainWindow(EngineFactory factory, const std::vector<AnalysisEntry>& modelAnalyses)
    : m_inference(std::move(factory)),
      m_desk(m_inference, modelAnalyses),
      m_mediaFiles(m_media),
      m_controller({m_run, m_selection, m_media, m_messages}, m_inference, m_mediaFiles),
      m_session({m_run, m_selection, m_pair, m_runs, m_messages}, m_sessionFiles, m_desk, m_controller)
{
    setObjectName(QStringLiteral("mainWindow"));
    setWindowTitle(tr("Armillary"));
    setWindowIcon(QIcon(QStringLiteral(":/icons/armillary.png")));
    setAcceptDrops(true);
    setDockNestingEnabled(true);
    setContentsMargins(8, 0, 8, 0);
    widgets::applyTheme(m_settings.theme(), m_systemTheme.isDark());
    connect(&m_systemTheme, &SystemTheme::changed, this,
            [this] { widgets::applyTheme(m_settings.theme(), m_systemTheme.isDark()); });

    makeDocks();
    makeStatusBar();
    makeActions();
    wire();

    resize(1280, 800);
    restoreGeometry(m_settings.windowGeometry());
    m_views->start();
    m_question->restoreSettings(m_settings.question());
    m_rolloutPanel->restoreSettings(m_settings.rollout());
    showControllerState();
    showModelState();
    m_question->textEdit()->setFocus();
}

MainWindow::~MainWindow()
{
    // Panels that go drop what they waited for, and nothing here listens any more.
    disconnect(&m_desk, nullptr, this, nullptr);
    // Panels read the run and the models below; they go first, and before them what writes into one of them.
    m_rollout.reset();
    m_demo.reset();
    m_viewReturn.reset();
    m_views.reset();
    for (const auto& [id, dock] : m_docks)
        delete dock;
}

QDockWidget* MainWindow::dock(const QString& panelId) const
{
    const auto found = m_docks.find(panelId);
    return found == m_docks.end() ? nullptr : found->second;
}

void MainWindow::makeDocks()
{
    const widgets::PanelContext context{m_selection, m_run, m_media, m_messages, m_desk, m_pair, m_overlays, m_runs};
    for (const widgets::PanelKind& kind : widgets::panelKinds()) {
        auto* dock = new QDockWidget(kind.title, this);
        dock->setObjectName(QStringLiteral("dock.") + kind.id);
        dock->setWidget(kind.make(context, dock));
        // However much a panel would like, the window stays as large as a person made it.
        dock->widget()->setMinimumSize(kLeastPanel);
        dock->setAccessibleName(kind.title);
        dock->setAccessibleDescription(kind.tip);
        m_docks[kind.id] = dock;
    }
    // Shows nothing itself; it goes with the panels, before the models that it reads.
    new widgets::AttentionOverlay(context, dock(QStringLiteral("picture")));
    m_question = panel<widgets::QuestionPanel>();
    m_rolloutPanel = panel<widgets::RolloutPanel>();
    m_rollout = std::make_unique<RolloutController>(m_rolloutPanel->rollout(), m_messages, m_inference, m_mediaFiles);
    m_views = std::make_unique<ViewShell>(*this, m_docks,
                                          ViewShell::Shown{m_run, m_selection, m_overlays, m_media, m_pair, m_runs,
                                                           m_settings});
    m_demo = std::make_unique<DemoDesk>(DemoThings{*this, *m_views, m_docks, m_controller, m_session, m_sessionFiles,
                                                   m_mediaFiles, m_media, m_messages, m_run, m_selection, m_pair,
                                                   m_runs, *m_question, m_settings});
    polishPanels();
}

void MainWindow::polishPanels()
{
    // Widgets take their looks when they are shown for the first time. Done before, a panel in a turn, a workspace opens at once.
    auto* timer = new QTimer(this);
    connect(timer, &QTimer::timeout, this, [this, timer, next = m_docks.cbegin()]() mutable {
        if (next == m_docks.cend()) {
            timer->deleteLater();
            return;
        }
        QWidget* panel = next->second->widget();
        ++next;
        panel->ensurePolished();
        for (QWidget* child : panel->findChildren<QWidget*>())
            child->ensurePolished();
    });
    timer->start(0);
}

void MainWindow::makeStatusBar()
{
    m_status = new widgets::StatusLine;
    m_progress = new widgets::RunProgress;
    m_messagesButton = new QToolButton;
    m_messagesButton->setAutoRaise(true);
    m_messagesButton->setToolTip(tr("Errors and warnings of this session (Alt+6)"));
    statusBar()->setSizeGripEnabled(false);
    statusBar()->addWidget(m_status, 1);
    statusBar()->addPermanentWidget(m_demo->recordedMark());
    statusBar()->addPermanentWidget(m_views->focusLine());
    statusBar()->addPermanentWidget(m_progress);
    statusBar()->addPermanentWidget(m_messagesButton);
    connect(m_messagesButton, &QToolButton::clicked, this, &MainWindow::showMessages);
    connect(m_status, &widgets::StatusLine::opened, this, [this] {
        if (m_messages.rowCount() > 0)
            showMessages();
    });
    showUnreadMessages();
}

void MainWindow::wire()
{
    connect(panel<widgets::MediaPanel>(), &widgets::MediaPanel::openRequested, this, &MainWindow::chooseMedia);
    connect(panel<widgets::PicturePanel>(), &widgets::PicturePanel::openRequested, this, &MainWindow::chooseMedia);
    connect(panel<widgets::TilesPanel>(), &widgets::TilesPanel::openRequested, this, &MainWindow::chooseMedia);
    connect(m_question, &widgets::QuestionPanel::mediaInserted, this, &MainWindow::takeMime);
    connect(m_question->textEdit(), &QPlainTextEdit::textChanged, this, &MainWindow::showControllerState);
    m_question->setActions(m_ask, m_stop, m_new);
    connect(m_question, &widgets::QuestionPanel::worldSourceChanged, this, &MainWindow::showControllerState);
    auto* answer = panel<widgets::AnswerPanel>();
    connect(answer, &widgets::AnswerPanel::branchRequested, &m_controller, &RunController::askBranch);
    connect(answer, &widgets::AnswerPanel::editRequested, m_question, &widgets::QuestionPanel::setQuestionText);
    wireRollout();
    wireSession();
    wireViews();
    // Goes with a panel that it feeds, before what it listens to.
    new DetailFeeds({m_controller, *m_rollout, m_rolloutPanel->rollout(), panel<widgets::AnatomyPanel>(),
                     panel<widgets::TimelinePanel>(), panel<widgets::MemoryPanel>()},
                    panel<widgets::AnatomyPanel>());
    new BudgetFeed(
        {m_inference, m_controller, m_media, *m_question, m_rolloutPanel, panel<widgets::BudgetPanel>()},
        [this] {
            Question settings = m_question->settings();
            const auto rollout = m_rolloutPanel->requestForQuestion();
            if (settings.world.source == WorldSource::Rollout && rollout)
                settings.world.rollout = *rollout;
            return m_controller.draftQuestion(settings, m_question->questionText().trimmed(), m_question->clipFrames());
        },
        m_question);

    connect(&m_messages, &widgets::MessageListModel::added, this, [this](const widgets::Message& message) {
        m_status->setMessage(message.kind, message.text);
        if (message.kind != MessageKind::Note && !m_views->layout().isInSight(dock(QStringLiteral("messages"))))
            ++m_unread;
        showUnreadMessages();
    });
    connect(&m_messages, &QAbstractItemModel::modelReset, this, [this] {
        m_unread = 0;
        m_status->setMessage(MessageKind::Note, {});
        showUnreadMessages();
    });
    connect(dock(QStringLiteral("messages")), &QDockWidget::visibilityChanged, this, [this](bool visible) {
        if (visible)
            m_unread = 0;
        showUnreadMessages();
    });
    connect(&m_selection, &widgets::Selection::hoverChanged, this, &MainWindow::showPointed);
    connect(&m_selection, &widgets::Selection::chosenChanged, this, &MainWindow::showPointed);

    connect(&m_controller, &RunController::stateChanged, this, &MainWindow::showControllerState);
    connect(&m_controller, &RunController::workStarted, this, [this](const QString& what) {
        m_status->setMessage(MessageKind::Note, {});
        m_progress->start(what);
    });
    connect(&m_controller, &RunController::stageReached, m_progress, &widgets::RunProgress::setStage);
    connect(&m_run, &widgets::ShownRun::tokensAppended, this,
            [this] { m_progress->setTokens(static_cast<qint64>(m_run.generated().size())); });
    connect(&m_controller, &RunController::workEnded, m_progress, &widgets::RunProgress::finish);
    connect(&m_controller, &RunController::questionReturned, this, [this](const QString& text) {
        if (m_question->questionText().isEmpty())
            m_question->setQuestionText(text);
    });
    connect(&m_controller, &RunController::modelsLoaded, this, [this](const widgets::ModelChoice& choice) {
        m_loadProblem.clear();
        m_settings.setModels(choice);
        showModelState();
    });
    connect(&m_controller, &RunController::loadFailed, this, [this](const QString& sentence) {
        m_loadProblem = sentence;
        showModelState();
    });
    connect(m_notice->button(), &QPushButton::clicked, this, &MainWindow::showModelDialog);
}

void MainWindow::wireRollout()
{
    m_rolloutPanel->setActions(m_predict, m_stop);
    connect(m_rolloutPanel, &widgets::RolloutPanel::readinessChanged, this, &MainWindow::showControllerState);
    connect(m_rollout.get(), &RolloutController::stateChanged, this, &MainWindow::showControllerState);
    connect(m_rollout.get(), &RolloutController::workStarted, this, [this](const QString& what) {
        m_status->setMessage(MessageKind::Note, {});
        m_progress->start(what);
    });
    connect(m_rollout.get(), &RolloutController::workEnded, m_progress, &widgets::RunProgress::finish);
    connect(&m_controller, &RunController::modelsLoaded, this, [this](const widgets::ModelChoice& choice) {
        // Settings for a real model would keep a laptop busy for hours with the tiny one.
        if (choice.demo && m_settings.rollout().isEmpty()) {
            RolloutRequest trained = scenes::trainedRollout();
            trained.previewEvery = 1;
            m_rolloutPanel->form()->setSettings(trained);
        }
    });
}

void MainWindow::predict()
{
    if (!m_rolloutPanel->obstacle().isEmpty())
        return;
    dock(QStringLiteral("rollout"))->show();
    dock(QStringLiteral("rollout"))->raise();
    m_rollout->predict(m_rolloutPanel->wish());
}

QString MainWindow::worldObstacle() const
{
    // A question of the demo's scene brings its own prediction.
    if (m_demo->takesQuestion() || m_question->settings().world.source != WorldSource::Rollout ||
        m_rolloutPanel->requestForQuestion())
        return {};
    return tr("The world tokens shall come from the predicted future, and there is none yet; press Predict under "
              "Rollout first.");
}

void MainWindow::loadModels(const widgets::ModelChoice& choice)
{
    m_controller.loadModels(choice);
}

void MainWindow::openMedia(const QStringList& paths)
{
    if (paths.isEmpty())
        return;
    m_settings.setMediaFolder(QFileInfo(paths.front()).absolutePath());
    m_settings.addRecentMedia(paths);
    m_mediaFiles.open(paths);
}

void MainWindow::askQuestion()
{
    const QString text = m_question->questionText().trimmed();
    if (text.isEmpty() || (!m_controller.hasModel() && !m_controller.isLoading()))
        return;
    if (!worldObstacle().isEmpty())
        return;
    Question settings = m_question->settings();
    if (m_demo->takesQuestion()) {
        if (m_demo->ask(settings, text))
            m_question->setQuestionText({});
        return;
    }
    if (settings.world.source == WorldSource::Rollout)
        settings.world.rollout = *m_rolloutPanel->requestForQuestion();
    m_question->setQuestionText({});
    m_controller.ask(settings, text, m_question->clipFrames());
}

void MainWindow::stopWork()
{
    if (!m_rollout->isBusy() && !m_controller.isBusy()) {
        m_desk.stopAll();
        return;
    }
    m_rollout->stop();
    m_controller.stop();
}

void MainWindow::newConversation()
{
    m_controller.newConversation();
    m_question->textEdit()->setFocus();
}

void MainWindow::showControllerState()
{
    const bool ready = m_controller.hasModel() || m_controller.isLoading();
    const QString worldProblem = worldObstacle();
    m_ask->setEnabled(ready && worldProblem.isEmpty() && !m_question->questionText().trimmed().isEmpty());
    m_stop->setEnabled(m_controller.isBusy() || m_rollout->isBusy() || m_desk.isModelBusy());
    m_rolloutPanel->setModelObstacle(ready ? QString() : tr("No model is loaded; choose one under Model."));
    m_predict->setEnabled(m_rolloutPanel->obstacle().isEmpty());
    m_new->setEnabled(!m_controller.conversation().empty() || m_run.question() != nullptr);
    if (!m_controller.waitingText().isEmpty())
        m_question->setObstacle(tr("Waits for the end of this answer: %1").arg(m_controller.waitingText()));
    else if (ready && !worldProblem.isEmpty())
        m_question->setObstacle(worldProblem);
    else if (!ready)
        m_question->setObstacle(tr("No model is loaded; choose one under Model."));
    else
        m_question->setObstacle({});
    if (m_modelDialog != nullptr)
        m_modelDialog->setBusy(m_controller.isLoading());
}

void MainWindow::showModelState()
{
    const ModelReport* report = m_controller.report();
    if (report != nullptr && report->wordsAreMeaningless) {
        m_notice->setNotice(tr("A model with random weights: everything works, but its words mean nothing."),
                            tr("Choose models…"));
    } else if (report == nullptr && !m_loadProblem.isEmpty()) {
        m_notice->setNotice(tr("No model is loaded. %1").arg(m_loadProblem), tr("Choose models…"));
    } else {
        m_notice->setNotice({}, {});
    }
    if (m_modelDialog == nullptr)
        return;
    m_modelDialog->setProblem(m_loadProblem);
    if (report != nullptr)
        m_modelDialog->setReport(*report);
}

void MainWindow::showPointed()
{
    const std::optional<std::int64_t> position = m_selection.described();
    m_status->setPointed(position ? widgets::describeToken(m_run, *position).oneLine() : QString());
}

void MainWindow::showUnreadMessages()
{
    m_messagesButton->setText(m_unread == 0 ? tr("Messages") : tr("Messages (%1)").arg(m_unread));
}

void MainWindow::takeMime(const QMimeData* data)
{
    QStringList media;
    for (const QString& path : localPaths(data)) {
        if (SessionService::isSession(path))
            openSession(path);
        else if (!takeViewPicture(path) && !takeModelFolder(path))
            media << path;
    }
    if (!media.isEmpty())
        openMedia(media);
    else if (data->hasImage())
        m_mediaFiles.addPicture(qvariant_cast<QImage>(data->imageData()));
}

bool MainWindow::takeModelFolder(const QString& path)
{
    if (!QFileInfo(path).isDir())
        return false;
    QFile config(path + QStringLiteral("/config.json"));
    const bool pipeline = QFileInfo::exists(path + QStringLiteral("/model_index.json"));
    if (!pipeline && !config.open(QIODevice::ReadOnly))
        return false;
    showModelDialog();
    widgets::ModelChoice choice = m_modelDialog->choice();
    choice.demo = false;
    const QString type =
        QJsonDocument::fromJson(config.isOpen() ? config.readAll() : QByteArray()).object()["model_type"].toString();
    if (pipeline)
        choice.world = path;
    else if (type == QLatin1String("the_world"))
        choice.theWorld = path;
    else
        choice.model = path;
    m_modelDialog->setChoice(choice);
    return true;
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event)
{
    if (event->mimeData()->hasUrls() || event->mimeData()->hasImage())
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event)
{
    takeMime(event->mimeData());
    event->acceptProposedAction();
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    m_settings.setQuestion(m_question->saveSettings());
    m_settings.setRollout(m_rolloutPanel->saveSettings());
    m_views->keep();
    m_settings.setWindowGeometry(saveGeometry());
    if (m_closing || m_sessionFiles.isClosed()) {
        event->accept();
        return;
    }
    // The run is asked to stop and the window goes when it has; until then it stays alive and says so.
    m_status->setMessage(MessageKind::Note, tr("Stopping, then closing …"));
    m_ask->setEnabled(false);
    m_inference.close();
    m_desk.close();
    event->ignore();
}

}  // namespace armillary::app
