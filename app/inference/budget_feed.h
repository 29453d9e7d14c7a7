// Keeps the account of the question that is being written up to date: listens to everything that it depends on, and shows it in
// the question panel and in the panel of its own.
// Thread rule: GUI thread. Lives no longer than the panels.
#pragma once

#include "app/inference/budget_service.h"

#include <QObject>

#include <functional>

namespace armillary::widgets {
class BudgetPanel;
class MediaListModel;
class QuestionPanel;
class RolloutPanel;
}  // namespace armillary::widgets

namespace armillary::app {

class InferenceService;
class RunController;

struct BudgetFeedParts {
    InferenceService& inference;
    RunController& runs;
    widgets::MediaListModel& media;
    widgets::QuestionPanel& question;
    widgets::RolloutPanel* rollout = nullptr;
    widgets::BudgetPanel* budget = nullptr;
};

class BudgetFeed : public QObject {
    Q_OBJECT
public:
    // `draft`: the question as it stands.
    BudgetFeed(const BudgetFeedParts& parts, std::function<Question()> draft, QObject* parent);

    [[nodiscard]] BudgetService& service() { return m_service; }

private:
    BudgetService m_service;
};

}  // namespace armillary::app
