#include "app/inference/budget_feed.h"

#include "app/inference/inference_service.h"
#include "app/inference/run_controller.h"
#include "widgets/models/media_list_model.h"
#include "widgets/panels/budget_panel.h"
#include "widgets/panels/question_panel.h"
#include "widgets/panels/rollout_panel.h"

#include <utility>

namespace armillary::app {

BudgetFeed::BudgetFeed(const BudgetFeedParts& parts, std::function<Question()> draft, QObject* parent)
    : QObject(parent), m_service(std::move(draft))
{
    connect(&parts.inference, &InferenceService::runFinished, this, [this](RunId, const RunResult& result) {
        if (result.kind == RequestKind::Load && result.outcome == RunOutcome::Completed)
            m_service.setBudgeter(result.budgeter);
    });
    connect(&parts.runs, &RunController::stateChanged, &m_service, &BudgetService::refresh);
    connect(&parts.media, &QAbstractItemModel::dataChanged, &m_service, &BudgetService::refresh);
    connect(&parts.media, &QAbstractItemModel::rowsRemoved, &m_service, &BudgetService::refresh);
    connect(&parts.question, &widgets::QuestionPanel::draftChanged, &m_service, &BudgetService::refresh);
    connect(&m_service, &BudgetService::counted, &parts.question, &widgets::QuestionPanel::showBudget);
    if (parts.rollout != nullptr)
        connect(parts.rollout, &widgets::RolloutPanel::readinessChanged, &m_service, &BudgetService::refresh);
    if (parts.budget != nullptr)
        connect(&m_service, &BudgetService::counted, parts.budget, &widgets::BudgetPanel::showBudget);
}

}  // namespace armillary::app
