#include "widgets/models/budget_table_model.h"

#include "widgets/cost/budget_bar.h"
#include "widgets/theme.h"

#include <QApplication>
#include <QFont>
#include <QLocale>

#include <utility>

namespace armillary::widgets {

int BudgetTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int BudgetTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

void BudgetTableModel::setBudget(std::shared_ptr<const TokenBudget> budget)
{
    std::vector<Row> rows;
    if (budget) {
        for (std::size_t i = 0; i < budgetParts().size(); ++i) {
            const BudgetPart& part = budgetParts()[i];
            // Every kind keeps its row, so that rows stay where they are while a person types; brackets come with a world.
            const bool isRare = part.tokens == &TokenCounts::crops || part.tokens == &TokenCounts::brackets;
            if (isRare && budget->conversation.*part.tokens == 0)
                continue;
            rows.push_back({part.name, part.explanation, budget->question.*part.tokens,
                            budget->conversation.*part.tokens, false, false, static_cast<int>(i)});
        }
        rows.push_back({tr("together"), tr("The whole sequence at the end of the answer"), budget->question.total(),
                        budget->conversation.total(), false, true, -1});
        const MemoryForecast& memory = budget->memory;
        const auto bytes = [&rows](const QString& name, const QString& explanation, std::int64_t size, bool isSum) {
            rows.push_back({name, explanation, std::nullopt, size, true, isSum, -1});
        };
        bytes(tr("keys and values"),
              tr("Of all layers; local layers keep theirs too. %1 a token")
                  .arg(QLocale().formattedDataSize(memory.bytesPerToken)),
              memory.keyValueBytes, false);
        bytes(tr("weights"), tr("Of everything that is loaded"), memory.weightBytes, false);
        bytes(tr("work"), tr("The largest of what SigLIP, the world's encoder and the prefill need; a forecast"),
              memory.workBytes, false);
        if (memory.captureBytes > 0)
            bytes(tr("captures"), tr("What the record keeps beside the usual"), memory.captureBytes, false);
        bytes(tr("peak, about"), tr("All of these at once; the program itself comes on top"), memory.peakBytes(), true);
    }
    // While a person types only numbers change; a reset would take the selection and the scroll position away.
    const bool sameShape = rows.size() == m_rows.size();
    if (!sameShape)
        beginResetModel();
    m_budget = std::move(budget);
    m_rows = std::move(rows);
    if (!sameShape)
        endResetModel();
    else if (!m_rows.empty())
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

QString BudgetTableModel::words(const Row& row, int column) const
{
    const QLocale locale;
    const auto amount = [&](std::int64_t value) {
        return row.isBytes ? locale.formattedDataSize(value) : locale.toString(static_cast<qlonglong>(value));
    };
    switch (column) {
    case PartColumn: return row.name;
    case QuestionColumn: return row.question ? amount(*row.question) : QString();
    case ConversationColumn: return amount(row.conversation);
    case ShareColumn:
        if (row.isBytes || !m_budget || m_budget->contextLength <= 0)
            return {};
        return tr("%1 %").arg(100.0 * static_cast<double>(row.conversation) /
                                  static_cast<double>(m_budget->contextLength),
                              0, 'f', 1);
    default: return {};
    }
}

QVariant BudgetTableModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const Row& row = m_rows[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole: return words(row, index.column());
    case Qt::ToolTipRole: return row.explanation;
    case Qt::TextAlignmentRole:
        return index.column() == PartColumn ? QVariant() : QVariant(int(Qt::AlignRight | Qt::AlignVCenter));
    case Qt::FontRole: {
        if (!row.isSum)
            return {};
        QFont font;
        font.setBold(true);
        return font;
    }
    case Qt::DecorationRole:
        if (index.column() != PartColumn || row.part < 0)
            return {};
        return BudgetBar::partColor(budgetParts()[static_cast<std::size_t>(row.part)],
                                    themeColors(QApplication::palette()).dark);
    default: return {};
    }
}

QVariant BudgetTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::ToolTipRole) {
        switch (section) {
        case QuestionColumn: return tr("What the question that is being written adds");
        case ConversationColumn: return tr("The whole sequence: earlier turns, the question and its answer");
        case ShareColumn: return tr("Of the context that the model was trained for");
        default: return {};
        }
    }
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case PartColumn: return tr("Part");
    case QuestionColumn: return tr("Question");
    case ConversationColumn: return tr("All turns");
    case ShareColumn: return tr("Share");
    default: return {};
    }
}

AnalysisResult BudgetTableModel::asResult() const
{
    AnalysisResult out;
    AnalysisTable table;
    table.name = "budget";
    table.columns = {"part", "question", "conversation", "unit"};
    for (const Row& row : m_rows)
        table.rows.push_back({row.name.toStdString(), static_cast<double>(row.question.value_or(0)),
                              static_cast<double>(row.conversation), row.isBytes ? "bytes" : "tokens"});
    out.tables.push_back(std::move(table));
    return out;
}

}  // namespace armillary::widgets
