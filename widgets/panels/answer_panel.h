// The conversation: questions, streamed answers, and where an answer stopped.
// Thread rule: GUI thread.
#pragma once

#include "widgets/panel.h"

class QStackedLayout;

namespace armillary::widgets {

class ConversationView;

class AnswerPanel : public Panel {
    Q_OBJECT
public:
    explicit AnswerPanel(const PanelContext& context, QWidget* parent = nullptr);

    void showRun() override;
    void showNewTokens(qint64 first, qint64 count) override;
    void showState() override;
    void showSelection() override;

    [[nodiscard]] ConversationView* view() const { return m_view; }

private:
    QStackedLayout* m_pages = nullptr;
    ConversationView* m_view = nullptr;
    const Question* m_shownQuestion = nullptr;  // compared only
};

}  // namespace armillary::widgets
