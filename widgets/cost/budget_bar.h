// Tokens of a question by kind as one bar, with marks for the local window and the context, and the sum in words.
// Thread rule: GUI thread.
#pragma once

#include "records/token_budget.h"

#include <QColor>
#include <QString>
#include <QWidget>

#include <memory>
#include <vector>

namespace armillary::widgets {

// One part of an account, in reading order.
struct BudgetPart {
    QString name;         // "image"
    QString explanation;  // one sentence
    std::int64_t TokenCounts::*tokens = nullptr;
    TokenKind kind = TokenKind::Text;  // whose colour it has
    bool isDense = false;              // crops: the colour of images, hatched
};
[[nodiscard]] const std::vector<BudgetPart>& budgetParts();

class BudgetBar : public QWidget {
    Q_OBJECT
public:
    explicit BudgetBar(QWidget* parent = nullptr);

    // Null: nothing is counted, and `problem` says why; hidden without both.
    void setBudget(std::shared_ptr<const TokenBudget> budget, const QString& problem);
    [[nodiscard]] const TokenBudget* budget() const { return m_budget.get(); }

    // What stands below the bar.
    [[nodiscard]] QString words() const;
    // The longest form of it that fits so many pixels.
    [[nodiscard]] QString wordsFor(int widthPixels) const;
    // A mark's place in the widget; negative where it is not drawn.
    [[nodiscard]] double windowMark() const;
    [[nodiscard]] double contextMark() const;
    [[nodiscard]] QRectF partRect(std::size_t part) const;
    [[nodiscard]] static QColor partColor(const BudgetPart& part, bool dark);

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    [[nodiscard]] QRectF barRect() const;
    // Tokens that the whole bar stands for.
    [[nodiscard]] double scale() const;
    [[nodiscard]] QString tip() const;

    std::shared_ptr<const TokenBudget> m_budget;
    QString m_problem;
};

}  // namespace armillary::widgets
