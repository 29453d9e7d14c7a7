#include "widgets/panels/comparison_panel.h"

#include "widgets/analysis/analysis_strip.h"
#include "widgets/analysis/analysis_view.h"
#include "widgets/checks/option_matrix_view.h"
#include "widgets/checks/run_pair_view.h"
#include "widgets/hint_page.h"
#include "widgets/models/result_table_model.h"

#include <QAction>
#include <QStackedWidget>
#include <QTabWidget>
#include <QVBoxLayout>

namespace armillary::widgets {
namespace {

enum Tab { OptionsTab, RunsTab };

}  // namespace

ComparisonPanel::ComparisonPanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("comparison"), tr("Comparison"), context, parent)
{
    m_options = new OptionMatrixView(context);
    m_twoRuns = new RunPairView(context);
    m_optionPages = new QStackedWidget;
    m_optionPages->addWidget(
        new HintPage(tr("Nothing to compare yet"),
                     tr("Ask a question or open a recorded run: here it is asked again in every way that world tokens "
                        "can come in, one row each, with what it costs and how the answer moves."),
                     {}));
    m_optionPages->addWidget(m_options);
    m_tabs = new QTabWidget;
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(m_optionPages, tr("Options"));
    m_tabs->addTab(m_twoRuns, tr("Two runs"));
    m_tabs->setTabToolTip(OptionsTab, tr("One question in every integration option and setting"));
    m_tabs->setTabToolTip(RunsTab, tr("What differs between two runs of the session"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_tabs);

    addAction(m_options->strip()->startAction());
    addAction(m_options->strip()->stopAction());
    const auto add = [this](const QString& name, const QString& tip, Tab tab) {
        auto* action = new QAction(name, this);
        action->setToolTip(tip);
        connect(action, &QAction::triggered, this, [this, tab] { m_tabs->setCurrentIndex(tab); });
        addAction(action);
    };
    add(tr("Compare options"), tr("Show the matrix of integration options"), OptionsTab);
    add(tr("Compare two runs"), tr("Show what differs between A and B"), RunsTab);
    showRun();
}

void ComparisonPanel::showRun()
{
    m_optionPages->setCurrentIndex(run().record() ? 1 : 0);
}

void ComparisonPanel::showState()
{
    showRun();
}

void ComparisonPanel::showPair()
{
    m_twoRuns->showPair();
}

QJsonObject ComparisonPanel::saveView() const
{
    return {{QStringLiteral("tab"), m_tabs->currentIndex()},
            {QStringLiteral("options"), m_options->saveView()},
            {QStringLiteral("runs"), m_twoRuns->saveView()}};
}

void ComparisonPanel::restoreView(const QJsonObject& view)
{
    m_tabs->setCurrentIndex(view[QLatin1String("tab")].toInt(m_tabs->currentIndex()));
    m_options->restoreView(view[QLatin1String("options")].toObject());
    m_twoRuns->restoreView(view[QLatin1String("runs")].toObject());
}

QString ComparisonPanel::caption() const
{
    if (m_tabs->currentIndex() == RunsTab)
        return pair().isPair() ? tr("What differs between A “%1” and B “%2”.").arg(pair().a().title, pair().b().title)
                               : Panel::caption();
    const QString identities = m_options->identityWords();
    return identities.isEmpty() ? Panel::caption() : QStringLiteral("%1; %2.").arg(Panel::caption(), identities);
}

std::optional<AnalysisResult> ComparisonPanel::viewData() const
{
    if (m_tabs->currentIndex() == RunsTab) {
        const AnalysisTable* table = m_twoRuns->model()->table();
        if (table == nullptr)
            return std::nullopt;
        AnalysisResult out;
        out.request.name = "run differences";
        out.tables = {*table};
        return out;
    }
    const auto result = m_options->view()->sharedResult();
    return result ? std::optional(*result) : std::nullopt;
}

}  // namespace armillary::widgets
