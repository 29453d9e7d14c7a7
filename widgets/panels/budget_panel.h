// The account of the question that is being written, before anything runs: tokens by kind against the context and the local
// window, and the forecast of keys and values and of the peak.
// Thread rule: GUI thread; it is told the account and counts nothing.
#pragma once

#include "records/token_budget.h"
#include "widgets/panel.h"

#include <memory>

class QLabel;
class QStackedLayout;
class QTableView;

namespace armillary::widgets {

class BudgetBar;
class BudgetTableModel;
class HintPage;

class BudgetPanel : public Panel {
    Q_OBJECT
public:
    explicit BudgetPanel(const PanelContext& context, QWidget* parent = nullptr);

    // Null: there is none, and `problem` says why; both empty: no model is loaded.
    void showBudget(const std::shared_ptr<const TokenBudget>& budget, const QString& problem);

    void showSelection() override;

    [[nodiscard]] QString caption() const override;
    [[nodiscard]] std::optional<AnalysisResult> viewData() const override;

    [[nodiscard]] BudgetBar* bar() const { return m_bar; }
    [[nodiscard]] BudgetTableModel* model() const { return m_model; }
    [[nodiscard]] QTableView* table() const { return m_table; }
    [[nodiscard]] QLabel* sentences() const { return m_sentences; }

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    // The kind of tokens of a row; nothing for sums and bytes.
    [[nodiscard]] std::optional<TokenKind> kindOf(const QModelIndex& index) const;

    QStackedLayout* m_pages = nullptr;
    QLabel* m_problem = nullptr;
    BudgetBar* m_bar = nullptr;
    QLabel* m_sentences = nullptr;
    QTableView* m_table = nullptr;
    BudgetTableModel* m_model = nullptr;
};

}  // namespace armillary::widgets
