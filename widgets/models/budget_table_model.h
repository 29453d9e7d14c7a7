// The account of a question as rows: tokens by kind, their sum and the limits, then the bytes of the forecast.
// Thread rule: GUI thread.
#pragma once

#include "records/analysis.h"
#include "records/token_budget.h"

#include <QAbstractTableModel>

#include <memory>
#include <optional>
#include <vector>

namespace armillary::widgets {

class BudgetTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { PartColumn, QuestionColumn, ConversationColumn, ShareColumn, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role = Qt::DisplayRole) const override;

    void setBudget(std::shared_ptr<const TokenBudget> budget);
    [[nodiscard]] AnalysisResult asResult() const;

private:
    struct Row {
        QString name;
        QString explanation;
        std::optional<std::int64_t> question;
        std::int64_t conversation = 0;
        bool isBytes = false;
        bool isSum = false;
        int part = -1;  // index into budgetParts(), for its colour
    };

    [[nodiscard]] QString words(const Row& row, int column) const;

    std::shared_ptr<const TokenBudget> m_budget;
    std::vector<Row> m_rows;
};

}  // namespace armillary::widgets
