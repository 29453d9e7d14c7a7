#include "widgets/models/word_list_model.h"

#include "widgets/text/word_colors.h"

#include <QFont>

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

QString percent(double share)
{
    if (share <= 0)
        return WordListModel::tr("0 %");
    return share < 0.0005 ? WordListModel::tr("< 0.1 %") : WordListModel::tr("%1 %").arg(100 * share, 0, 'f', 1);
}

QString shown(const WordRow& row, int column)
{
    switch (column) {
    case WordListModel::Word: return row.word;
    case WordListModel::Probability: return percent(row.probability);
    case WordListModel::Bits: {
        const double bits = surprisalBits(row.probability);
        return std::isfinite(bits) ? QString::number(bits, 'f', 2) : QStringLiteral("∞");
    }
    case WordListModel::Logit: return row.logit ? QString::number(*row.logit, 'f', 2) : QStringLiteral("–");
    case WordListModel::Drawn:
        if (!row.cut.isEmpty())
            return WordListModel::tr("cut: %1").arg(row.cut);
        return row.drawn ? percent(*row.drawn) : QStringLiteral("–");
    case WordListModel::Id: return QString::number(row.id);
    default: return {};
    }
}

}  // namespace

int WordListModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int WordListModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : kColumns;
}

QVariant WordListModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const WordRow& row = m_rows[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole: return shown(row, index.column());
    case Qt::TextAlignmentRole:
        return QVariant(index.column() == Word ? Qt::AlignLeft | Qt::AlignVCenter : Qt::AlignRight | Qt::AlignVCenter);
    case Qt::FontRole: {
        QFont font;
        font.setBold(row.isTaken);
        return row.isTaken ? QVariant(font) : QVariant();
    }
    case Qt::ToolTipRole:
    case Qt::AccessibleTextRole:
        return tr("“%1”, id %2: probability %3, %4 bits%5")
            .arg(row.word)
            .arg(row.id)
            .arg(row.probability, 0, 'g', 7)
            .arg(shown(row, Bits), row.isTaken ? tr(", taken") : QString());
    case BarRole:
        if (index.column() == Probability)
            return static_cast<double>(row.probability);
        return index.column() == Drawn && row.drawn ? QVariant(*row.drawn) : QVariant();
    case TakenRole: return row.isTaken;
    case IdRole: return QVariant::fromValue<qlonglong>(row.id);
    default: return {};
    }
}

QVariant WordListModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::DisplayRole) {
        switch (section) {
        case Word: return tr("Word");
        case Probability: return tr("Probability");
        case Bits: return tr("Bits");
        case Logit: return tr("Logit");
        case Drawn: return tr("Drawn");
        case Id: return tr("Id");
        default: return {};
        }
    }
    if (role == Qt::ToolTipRole) {
        switch (section) {
        case Probability: return tr("Softmax of the logits as they are, before temperature");
        case Bits: return tr("Surprisal: -log2 of the probability");
        case Drawn: return tr("Chance of a draw with this run's temperature, top k, top p and min p");
        default: return {};
        }
    }
    return {};
}

void WordListModel::setRows(std::vector<WordRow> rows)
{
    beginResetModel();
    m_rows = std::move(rows);
    endResetModel();
}

int WordListModel::takenRow() const
{
    const auto found = std::find_if(m_rows.begin(), m_rows.end(), [](const WordRow& row) { return row.isTaken; });
    return found == m_rows.end() ? -1 : static_cast<int>(found - m_rows.begin());
}

}  // namespace armillary::widgets
