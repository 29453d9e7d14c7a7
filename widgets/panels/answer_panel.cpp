#include "widgets/panels/answer_panel.h"

#include "widgets/conversation_view.h"
#include "widgets/hint_page.h"

#include <QStackedLayout>

namespace armillary::widgets {

AnswerPanel::AnswerPanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("answer"), tr("Conversation"), context, parent)
{
    m_view = new ConversationView(run(), selection());
    m_pages = new QStackedLayout(this);
    m_pages->setContentsMargins(0, 0, 0, 0);
    m_pages->addWidget(new HintPage(tr("Ask about the picture"),
                                    tr("Write a question below and press Ctrl+Enter. The answer streams in here; point "
                                       "at a word to see its token in the strip."),
                                    {}));
    m_pages->addWidget(m_view);
    showRun();
}

void AnswerPanel::showRun()
{
    m_pages->setCurrentIndex(run().question() == nullptr ? 0 : 1);
    // A layout that arrives changes no text.
    if (run().question() != m_shownQuestion || run().generated().empty())
        m_view->showTurns();
    m_shownQuestion = run().question();
}

void AnswerPanel::showNewTokens(qint64 first, qint64 count)
{
    m_view->appendTokens(first, count);
}

void AnswerPanel::showState()
{
    m_view->showState();
}

void AnswerPanel::showSelection()
{
    m_view->showSelection();
}

}  // namespace armillary::widgets
