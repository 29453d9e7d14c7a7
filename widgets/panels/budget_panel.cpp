#include "widgets/panels/budget_panel.h"

#include "widgets/analysis/result_table_view.h"
#include "widgets/cost/budget_bar.h"
#include "widgets/hint_page.h"
#include "widgets/models/budget_table_model.h"

#include <QHeaderView>
#include <QLabel>
#include <QStackedLayout>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace armillary::widgets {
namespace {

// In a lower panel the rows come first; the bar says by how much, and its tooltip holds the sentences.
constexpr int kRoomForSentences = 240;

}  // namespace

BudgetPanel::BudgetPanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("budget"), tr("Budget"), context, parent)
{
    auto* hint = new HintPage(tr("No model is loaded"),
                              tr("With a model the tokens of the question that you write are counted here, against its "
                                 "context and its local window, before anything runs."),
                              {});
    m_problem = new QLabel;
    m_problem->setWordWrap(true);
    m_problem->setAlignment(Qt::AlignCenter);
    m_problem->setContentsMargins(24, 12, 24, 12);
    m_bar = new BudgetBar;
    m_sentences = new QLabel;
    m_sentences->setWordWrap(true);
    m_sentences->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_sentences->setAccessibleName(tr("What is exceeded"));
    m_model = new BudgetTableModel(this);
    m_table = new QTableView;
    m_table->setModel(m_model);
    m_table->setAccessibleName(tr("Tokens and bytes of the question"));
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->verticalHeader()->hide();
    fitRows(m_table, 6);
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    m_table->horizontalHeader()->setSectionResizeMode(BudgetTableModel::PartColumn, QHeaderView::ResizeToContents);
    m_table->setTabKeyNavigation(false);

    auto* shown = new QWidget;
    auto* column = new QVBoxLayout(shown);
    column->setContentsMargins(12, 8, 12, 8);
    column->setSpacing(6);
    column->addWidget(m_bar);
    column->addWidget(m_sentences);
    column->addWidget(m_table, 1);
    m_pages = new QStackedLayout(this);
    m_pages->setContentsMargins(0, 0, 0, 0);
    m_pages->addWidget(hint);
    m_pages->addWidget(m_problem);
    m_pages->addWidget(shown);

    // A row chosen here chooses the tokens of its kind in the shown run.
    connect(m_table, &QTableView::clicked, this, [this](const QModelIndex& index) {
        const auto kind = kindOf(index);
        if (!kind || run().layout() == nullptr)
            return;
        Positions positions;
        for (std::int64_t i = 0; i < run().size(); ++i) {
            if (run().kindAt(i) == *kind)
                positions.push_back(i);
        }
        if (!positions.empty())
            selection().choose(std::move(positions));
    });
    connect(m_table, &QTableView::activated, m_table, &QTableView::clicked);
}

std::optional<TokenKind> BudgetPanel::kindOf(const QModelIndex& index) const
{
    const QString name = index.siblingAtColumn(BudgetTableModel::PartColumn).data().toString();
    for (const BudgetPart& part : budgetParts()) {
        if (part.name == name)
            return part.kind;
    }
    return std::nullopt;
}

void BudgetPanel::showBudget(const std::shared_ptr<const TokenBudget>& budget, const QString& problem)
{
    m_model->setBudget(budget);
    m_bar->setBudget(budget, {});
    m_problem->setText(problem);
    QStringList sentences;
    if (budget) {
        for (const std::string& sentence : {budget->contextSentence(), budget->windowSentence()}) {
            if (!sentence.empty())
                sentences << QString::fromStdString(sentence);
        }
    }
    m_sentences->setText(sentences.join(QLatin1Char('\n')));
    m_sentences->setVisible(!sentences.isEmpty() && height() >= kRoomForSentences);
    m_pages->setCurrentIndex(budget ? 2 : problem.isEmpty() ? 0 : 1);
    showSelection();
}

void BudgetPanel::showSelection()
{
    // The row of the pointed or chosen token's kind stands out.
    const auto position = selection().described();
    const bool isThere = position && *position < run().size() && run().layout() != nullptr;
    for (int row = 0; row < m_model->rowCount(); ++row) {
        const QModelIndex at = m_model->index(row, 0);
        const auto kind = kindOf(at);
        if (isThere && kind && *kind == run().kindAt(*position)) {
            m_table->selectRow(row);
            return;
        }
    }
    m_table->clearSelection();
}

void BudgetPanel::resizeEvent(QResizeEvent* event)
{
    Panel::resizeEvent(event);
    m_sentences->setVisible(!m_sentences->text().isEmpty() && height() >= kRoomForSentences);
}

QString BudgetPanel::caption() const
{
    QStringList parts{Panel::caption()};
    if (m_bar->budget() != nullptr)
        parts << m_bar->words();
    if (!m_sentences->text().isEmpty())
        parts << m_sentences->text();
    return parts.join(QStringLiteral(". "));
}

std::optional<AnalysisResult> BudgetPanel::viewData() const
{
    if (m_bar->budget() == nullptr)
        return std::nullopt;
    return m_model->asResult();
}

}  // namespace armillary::widgets
