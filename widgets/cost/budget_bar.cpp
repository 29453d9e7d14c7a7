#include "widgets/cost/budget_bar.h"

#include "widgets/kind_colors.h"
#include "widgets/theme.h"

#include <QLocale>
#include <QPainter>

#include <algorithm>

namespace armillary::widgets {
namespace {

constexpr int kBarHeight = 8;

QString count(std::int64_t tokens)
{
    return QLocale().toString(static_cast<qlonglong>(tokens));
}

}  // namespace

const std::vector<BudgetPart>& budgetParts()
{
    static const std::vector<BudgetPart> kParts = {
        {BudgetBar::tr("control"), BudgetBar::tr("Marks of turns, pictures and tiles"), &TokenCounts::control,
         TokenKind::Control, false},
        {BudgetBar::tr("text"), BudgetBar::tr("Words of the question, the template and earlier answers"),
         &TokenCounts::text, TokenKind::Text, false},
        {BudgetBar::tr("brackets"), BudgetBar::tr("Around the world tokens"), &TokenCounts::brackets,
         TokenKind::Bracket, false},
        {BudgetBar::tr("world"), BudgetBar::tr("Latents of the world model, one token each"), &TokenCounts::world,
         TokenKind::World, false},
        {BudgetBar::tr("image"), BudgetBar::tr("Of whole pictures"), &TokenCounts::image, TokenKind::Image, false},
        {BudgetBar::tr("crops"), BudgetBar::tr("Image tokens of crops and tiles"), &TokenCounts::crops,
         TokenKind::Image, true},
        {BudgetBar::tr("answer"), BudgetBar::tr("As many new tokens as the answer may have"), &TokenCounts::answer,
         TokenKind::Generated, false},
    };
    return kParts;
}

BudgetBar::BudgetBar(QWidget* parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(tr("Tokens of the question"));
    hide();
}

void BudgetBar::setBudget(std::shared_ptr<const TokenBudget> budget, const QString& problem)
{
    m_budget = std::move(budget);
    m_problem = problem;
    setVisible(m_budget != nullptr || !m_problem.isEmpty());
    setAccessibleDescription(words());
    setToolTip(tip());
    update();
}

QColor BudgetBar::partColor(const BudgetPart& part, bool dark)
{
    return kindColor(part.kind, dark);
}

QString BudgetBar::words() const
{
    if (!m_budget)
        return m_problem;
    const TokenBudget& budget = *m_budget;
    QStringList parts;
    parts << tr("%1 tokens with the answer").arg(count(budget.conversation.total()));
    parts << (budget.isRefused()
                  ? tr("prompt %1 too long").arg(count(budget.conversation.prompt() - budget.mostPositions))
              : budget.overContext() > 0
                  ? tr("%1 over the context of %2").arg(count(budget.overContext()), count(budget.contextLength))
                  : tr("context %1").arg(count(budget.contextLength)));
    if (budget.localWindow > 0)
        parts << (budget.overWindow() > 0
                      ? tr("%1 beyond the window of %2").arg(count(budget.overWindow()), count(budget.localWindow))
                      : tr("window %1").arg(count(budget.localWindow)));
    parts << tr("keys and values %1").arg(QLocale().formattedDataSize(budget.memory.keyValueBytes));
    return parts.join(QStringLiteral(" · "));
}

QString BudgetBar::wordsFor(int widthPixels) const
{
    const auto fits = [&](const QString& text) { return fontMetrics().horizontalAdvance(text) <= widthPixels; };
    if (!m_budget || fits(words()))
        return words();
    const TokenBudget& budget = *m_budget;
    const QString total = tr("%1 of %2 tokens").arg(count(budget.conversation.total()), count(budget.contextLength));
    const QString over = budget.overContext() > 0 ? tr("%1 over").arg(count(budget.overContext())) : QString();
    const QString local = count(budget.localWindow);
    const QString window = budget.overWindow() > 0  ? tr("%1 beyond window %2").arg(count(budget.overWindow()), local)
                           : budget.localWindow > 0 ? tr("window %1").arg(local)
                                                    : QString();
    const QString beyond = budget.overWindow() > 0 ? tr("%1 beyond window").arg(count(budget.overWindow())) : QString();
    const QString bytes = tr("keys and values %1").arg(QLocale().formattedDataSize(budget.memory.keyValueBytes));
    // From the end: what is left out first.
    for (QStringList shown : {QStringList{total, over, window, bytes}, QStringList{total, over, window},
                              QStringList{total, over, beyond}, QStringList{total, over}}) {
        shown.removeAll(QString());
        if (const QString text = shown.join(QStringLiteral(" · ")); fits(text))
            return text;
    }
    return budget.overContext() > 0 ? over : count(budget.conversation.total());
}

QString BudgetBar::tip() const
{
    if (!m_budget)
        return m_problem;
    const TokenBudget& budget = *m_budget;
    const QLocale locale;
    QString rows;
    for (const BudgetPart& part : budgetParts()) {
        if (budget.conversation.*part.tokens > 0)
            rows +=
                QStringLiteral("<tr><td><span style=\"color:%4\">■</span> %1&nbsp;&nbsp;</td><td "
                               "align=right>%2</td><td align=right>&nbsp;&nbsp;%3</td></tr>")
                    .arg(part.name.toHtmlEscaped(), count(budget.question.*part.tokens),
                         count(budget.conversation.*part.tokens), partColor(part, themeColors(palette()).dark).name());
    }
    QString out =
        QStringLiteral("<table><tr><td></td><td align=right>%1</td><td align=right>&nbsp;&nbsp;%2</td></tr>%3</table>")
            .arg(tr("this question").toHtmlEscaped(), tr("all turns").toHtmlEscaped(), rows);
    out += QStringLiteral("<p>%1</p>")
               .arg((budget.localWindow > 0 ? tr("Marks: dotted, the local window; solid, the context.")
                                            : tr("Mark: the context."))
                        .toHtmlEscaped());
    const MemoryForecast& memory = budget.memory;
    out +=
        QStringLiteral("<p>%1</p>")
            .arg(tr("Forecast: keys and values %1 (%2 a token), weights %3, work %4, captures %5; peak about %6")
                     .arg(locale.formattedDataSize(memory.keyValueBytes),
                          locale.formattedDataSize(memory.bytesPerToken), locale.formattedDataSize(memory.weightBytes),
                          locale.formattedDataSize(memory.workBytes), locale.formattedDataSize(memory.captureBytes),
                          locale.formattedDataSize(memory.peakBytes()))
                     .toHtmlEscaped());
    for (const std::string& sentence : {budget.contextSentence(), budget.windowSentence()}) {
        if (!sentence.empty())
            out += QStringLiteral("<p>%1</p>").arg(QString::fromStdString(sentence).toHtmlEscaped());
    }
    return out;
}

QRectF BudgetBar::barRect() const
{
    return {0, 3, static_cast<double>(width()), kBarHeight};
}

double BudgetBar::scale() const
{
    if (!m_budget)
        return 1;
    const auto total = static_cast<double>(m_budget->conversation.total());
    const auto context = static_cast<double>(m_budget->contextLength);
    const auto window = static_cast<double>(m_budget->localWindow);
    // The nearest limit that is not yet passed is in sight, with a little room behind it; a context that is far away would
    // leave nothing to see.
    if (window > 0 && total < window)
        return window * 1.08;
    if (context > 0 && total > context / 8)
        return std::max(total, context) * 1.08;
    return std::max(total, window) * 1.15;
}

double BudgetBar::windowMark() const
{
    return m_budget && m_budget->localWindow > 0 && static_cast<double>(m_budget->localWindow) <= scale()
               ? barRect().width() * static_cast<double>(m_budget->localWindow) / scale()
               : -1;
}

double BudgetBar::contextMark() const
{
    return m_budget && m_budget->contextLength > 0 && static_cast<double>(m_budget->contextLength) <= scale()
               ? barRect().width() * static_cast<double>(m_budget->contextLength) / scale()
               : -1;
}

QRectF BudgetBar::partRect(std::size_t part) const
{
    if (!m_budget)
        return {};
    const QRectF bar = barRect();
    double before = 0;
    for (std::size_t i = 0; i < part; ++i)
        before += static_cast<double>(m_budget->conversation.*budgetParts()[i].tokens);
    const auto own = static_cast<double>(m_budget->conversation.*budgetParts()[part].tokens);
    return {bar.left() + bar.width() * before / scale(), bar.top(), bar.width() * own / scale(), bar.height()};
}

QSize BudgetBar::sizeHint() const
{
    return {240, kBarHeight + 8 + fontMetrics().height()};
}

QSize BudgetBar::minimumSizeHint() const
{
    return {100, sizeHint().height()};
}

void BudgetBar::paintEvent(QPaintEvent*)
{
    const ThemeColors& colors = themeColors(palette());
    QPainter painter(this);
    if (m_budget) {
        painter.fillRect(barRect(), colors.raised);
        for (std::size_t i = 0; i < budgetParts().size(); ++i) {
            const QRectF at = partRect(i);
            if (at.width() <= 0)
                continue;
            const BudgetPart& part = budgetParts()[i];
            painter.fillRect(at, partColor(part, colors.dark));
            if (part.isDense)
                painter.fillRect(at, QBrush(kindInk(part.kind, colors.dark), Qt::BDiagPattern));
        }
        const auto mark = [&](double x, const QColor& color, Qt::PenStyle style) {
            if (x < 0)
                return;
            painter.setPen(QPen(color, 2, style));
            painter.drawLine(QPointF(x, 0), QPointF(x, barRect().bottom() + 3));
        };
        mark(windowMark(), colors.text, Qt::DotLine);
        mark(contextMark(), m_budget->overContext() > 0 ? colors.error : colors.text, Qt::SolidLine);
    }
    const bool isOver = !m_budget || m_budget->overContext() > 0 || m_budget->isRefused();
    painter.setPen(isOver ? colors.error : colors.muted);
    const double top = m_budget ? barRect().bottom() + 4 : 2;
    painter.drawText(QRectF(0, top, width(), height() - top), Qt::AlignLeft | Qt::AlignTop,
                     fontMetrics().elidedText(wordsFor(width()), Qt::ElideRight, width()));
}

}  // namespace armillary::widgets
