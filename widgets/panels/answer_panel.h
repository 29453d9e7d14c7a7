// The conversation: questions, streamed answers, where an answer stopped, what its words are coloured by, and what else could
// have stood in their place.
// Thread rule: GUI thread.
#pragma once

#include "widgets/analysis/analysis_view.h"
#include "widgets/panel.h"
#include "widgets/text/word_colors.h"

class QAction;
class QComboBox;
class QStackedLayout;

namespace armillary::widgets {

class AnalysisStrip;
class ConversationView;
class TokenAlternatives;
class WordLegend;

class AnswerPanel : public Panel {
    Q_OBJECT
public:
    explicit AnswerPanel(const PanelContext& context, QWidget* parent = nullptr);

    void showRun() override;
    void showNewTokens(qint64 first, qint64 count) override;
    void showState() override;
    void showSelection() override;
    void showFocus() override;
    void showOverlays() override;
    void showPair() override;
    [[nodiscard]] QJsonObject saveView() const override;
    void restoreView(const QJsonObject& view) override;
    [[nodiscard]] QString caption() const override;
    [[nodiscard]] std::optional<AnalysisResult> viewData() const override;

    void setMeasure(WordMeasure measure);
    [[nodiscard]] WordMeasure measure() const;
    [[nodiscard]] ConversationView* view() const { return m_view; }
    [[nodiscard]] TokenAlternatives* alternatives() const { return m_alternatives; }
    [[nodiscard]] WordLegend* legend() const { return m_legend; }
    [[nodiscard]] AnalysisStrip* worldBitsStrip() const { return m_strip; }
    [[nodiscard]] QComboBox* measureChoice() const { return m_choice; }

Q_SIGNALS:
    // This question again, perhaps with a given beginning of the answer.
    void branchRequested(const armillary::Question& question);
    // Put it into the question field.
    void editRequested(const QString& question);

private:
    QAction* makeAction(const QString& name, const QKeySequence& key, const QString& tip, void (AnswerPanel::*slot)());
    void makeActions();
    void nextMeasure();
    void showAlternatives();
    void showAlternativesAt(std::int64_t position);
    void askAgain();
    void editQuestion();
    void branch(std::int64_t position, std::int64_t id);
    void showValues();
    void showWorldBits();
    void showLayer();
    void showLegend(const QString& lack);

    QStackedLayout* m_pages = nullptr;
    ConversationView* m_view = nullptr;
    TokenAlternatives* m_alternatives = nullptr;
    QComboBox* m_choice = nullptr;
    WordLegend* m_legend = nullptr;
    AnalysisView* m_worldBits = nullptr;
    AnalysisStrip* m_strip = nullptr;
    QWidget* m_stripPlace = nullptr;
    QAction* m_askAgain = nullptr;
    QAction* m_edit = nullptr;
    QAction* m_showAlternatives = nullptr;
    const Question* m_shownQuestion = nullptr;  // compared only
};

}  // namespace armillary::widgets
