#include "widgets/models/run_list_model.h"

#include <QLocale>

#include <algorithm>
#include <utility>

namespace armillary::widgets {

int RunListModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

QVariant RunListModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const RunRow& row = m_rows[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole:
    case Qt::AccessibleTextRole: return row.isRollout && row.question.isEmpty() ? tr("Rollout") : row.question;
    case Qt::ToolTipRole: {
        QStringList lines{row.answer.isEmpty() ? tr("No answer") : row.answer,
                          tr("%1 positions, %2 tokens, %3 · %4 · %5")
                              .arg(row.promptPositions)
                              .arg(row.generatedTokens)
                              .arg(QLocale().formattedDataSize(row.fileBytes), row.outcome, row.createdUtc)};
        if (!row.note.isEmpty())
            lines << row.note;
        if (!row.problem.isEmpty())
            lines << row.problem;
        return lines.join(QLatin1Char('\n'));
    }
    case IdRole: return row.id;
    case SideRole: return row.id == m_a ? QStringLiteral("A") : row.id == m_b ? QStringLiteral("B") : QString();
    case NoteRole: return row.note;
    case ProblemRole: return row.problem;
    default: return {};
    }
}

const RunRow* RunListModel::find(const QString& id) const
{
    const auto found = std::find_if(m_rows.begin(), m_rows.end(), [&id](const RunRow& row) { return row.id == id; });
    return found == m_rows.end() ? nullptr : &*found;
}

void RunListModel::setRows(std::vector<RunRow> rows)
{
    beginResetModel();
    m_rows = std::move(rows);
    m_a.clear();
    m_b.clear();
    endResetModel();
}

void RunListModel::append(RunRow row)
{
    beginInsertRows({}, rowCount(), rowCount());
    m_rows.push_back(std::move(row));
    endInsertRows();
}

void RunListModel::setNote(const QString& id, const QString& note)
{
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        if (m_rows[i].id != id || m_rows[i].note == note)
            continue;
        m_rows[i].note = note;
        const QModelIndex index = this->index(static_cast<int>(i));
        Q_EMIT dataChanged(index, index);
        Q_EMIT noteChanged(id, note);
    }
}

void RunListModel::setSides(const QString& a, const QString& b)
{
    if (a == m_a && b == m_b)
        return;
    m_a = a;
    m_b = b;
    if (!m_rows.empty())
        Q_EMIT dataChanged(index(0), index(rowCount() - 1), {SideRole});
}

}  // namespace armillary::widgets
