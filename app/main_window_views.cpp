// What joins the view shell with runs and files: messages of saving, dropped pictures that bring a view back, the run plan.
#include "app/main_window.h"

#include "widgets/cost/memory_figures.h"
#include "widgets/panels/rollout_panel.h"
#include "widgets/panels/verification_panel.h"
#include "widgets/shell/fitting_label.h"
#include "widgets/shell/status_line.h"

#include <QDockWidget>
#include <QFileInfo>
#include <QJsonObject>
#include <QLabel>
#include <QLocale>

#include <algorithm>

namespace armillary::app {

using widgets::MessageKind;

void MainWindow::wireViews()
{
    connect(m_views.get(), &ViewShell::textScaleChanged, this,
            [this] { widgets::applyTheme(m_settings.theme(), m_systemTheme.isDark()); });
    connect(&m_views->files(), &ViewFiles::saved, this,
            [this](const QString& path) { m_status->setMessage(MessageKind::Note, tr("Saved %1").arg(path)); });
    connect(&m_views->files(), &ViewFiles::failed, this,
            [this](const QString& sentence) { m_messages.add(MessageKind::Error, sentence); });
    connect(&m_controller, &RunController::stateChanged, this, &MainWindow::showPlan);
    connect(&m_controller, &RunController::modelsLoaded, this, &MainWindow::showPlan);
    connect(&m_controller, &RunController::loadFailed, this, &MainWindow::showPlan);
    connect(&m_run, &widgets::ShownRun::stateChanged, this, &MainWindow::showPlan);
    showPlan();
    connect(panel<widgets::VerificationPanel>(), &widgets::VerificationPanel::showMe, this, [this](const QString& id) {
        if (QDockWidget* place = dock(id)) {
            place->show();
            place->raise();
        }
    });

    m_viewReturn = std::make_unique<ViewReturn>(m_views->files(), m_runs, m_pair);
    connect(m_viewReturn.get(), &ViewReturn::sessionWanted, this, &MainWindow::openSession);
    connect(m_viewReturn.get(), &ViewReturn::said, this,
            [this](MessageKind kind, const QString& sentence) { m_messages.add(kind, sentence); });
    const auto inSession = [this](const QString& path) {
        m_views->files().setSession(path);
        m_viewReturn->setSession(path);
    };
    connect(&m_session, &SessionController::sessionOpened, this,
            [this, inSession](const QString& path, const QJsonObject& layout) {
                inSession(path);
                // A picture that was dropped says more than the session does.
                if (!m_viewReturn->isWaiting())
                    m_views->restoreLayout(layout);
            });
    connect(&m_session, &SessionController::sessionMoved, this, inSession);
    connect(&m_views->layout(), &WindowLayout::arranged, this, [this] { m_session.noteLayout(m_views->saveLayout()); });
}

bool MainWindow::takeViewPicture(const QString& path)
{
    const std::optional<ViewRecipe> recipe = recipeInPicture(path);
    if (recipe)
        m_viewReturn->bringBack(*recipe);
    return recipe.has_value();
}

void MainWindow::showPlan()
{
    const ModelReport* report = m_controller.report();
    if (report == nullptr) {
        m_plan->setWordings({m_controller.isLoading() ? tr("loading models …") : tr("no model")});
        m_plan->setToolTip(tr("A question needs a model; choose one under Model"));
        return;
    }
    std::int64_t bytes = 0;
    QStringList parts;
    bool hasWorld = false;
    for (const ModelPart& part : report->parts) {
        bytes += part.weightBytes;
        const QString name = QString::fromStdString(part.name);
        hasWorld = hasWorld || name.contains(QLatin1String("Cosmos"));
        parts << tr("%1 on %2: %3")
                     .arg(name, QString::fromStdString(part.device), QLocale().formattedDataSize(part.weightBytes));
    }
    QString memory = tr("weights %1").arg(QLocale().formattedDataSize(bytes, 1));
    // The best forecast of the next question is what the last one took; of a rollout, its own plan.
    std::int64_t forecast = m_run.record() ? m_run.record()->cost.peakMemoryBytes : 0;
    const widgets::RolloutBranch* branch = m_rolloutPanel->rollout().current();
    if (branch != nullptr && branch->record != nullptr)
        forecast = std::max(forecast, widgets::forecastBytes(branch->record->memoryPlan, false));
    if (forecast > 0) {
        memory = tr("memory %1").arg(QLocale().formattedDataSize(forecast, 0));
        parts << tr("A run like the last one takes %1 at its peak").arg(QLocale().formattedDataSize(forecast));
    }
    const QString models = tr("world %1 · VLM ✓").arg(hasWorld ? QStringLiteral("✓") : QStringLiteral("–"));
    m_plan->setWordings({QStringLiteral("%1 · %2").arg(models, memory), models, tr("VLM ✓")});
    m_plan->setToolTip(parts.join(QLatin1Char('\n')));
}

}  // namespace armillary::app
