// What joins the view shell with runs and files: messages of saving, dropped pictures that bring a view back, the run plan.
#include "app/main_window.h"

#include "widgets/status_line.h"

#include <QFileInfo>
#include <QLabel>
#include <QLocale>

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
    showPlan();
}

void MainWindow::showPlan()
{
    const ModelReport* report = m_controller.report();
    if (report == nullptr) {
        m_plan->setText(m_controller.isLoading() ? tr("loading models …") : tr("no model"));
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
    m_plan->setText(
        tr("world %1 · VLM ✓ · weights %2")
            .arg(hasWorld ? QStringLiteral("✓") : QStringLiteral("–"), QLocale().formattedDataSize(bytes, 1)));
    m_plan->setToolTip(parts.join(QLatin1Char('\n')));
}

}  // namespace armillary::app
