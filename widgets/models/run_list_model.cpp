#include "widgets/models/run_list_model.h"

#include <QDateTime>
#include <QLocale>
#include <QMimeData>

#include <algorithm>
#include <utility>

namespace armillary::widgets {
namespace {

constexpr auto kMimeType = "application/x-armillary-run";

// A run that goes on from one that another run goes on from already is a branch, one level deeper than its parent.
constexpr int kMostLevels = 8;

QString whenOf(const QString& createdUtc)
{
    const QDateTime when = QDateTime::fromString(createdUtc, Qt::ISODate).toLocalTime();
    if (!when.isValid())
        return {};
    const QLocale locale;
    return when.date() == QDate::currentDate() ? locale.toString(when.time(), QLocale::ShortFormat)
                                               : locale.toString(when.date(), QLocale::ShortFormat);
}

}  // namespace

int RunListModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

QString RunListModel::costOf(const RunRow& row)
{
    QStringList parts;
    if (!row.isRollout)
        parts << tr("%1 + %2 tokens")
                     .arg(QLocale().toString(row.promptPositions), QLocale().toString(row.generatedTokens));
    if (row.seconds > 0)
        parts << tr("%1 s").arg(QLocale().toString(row.seconds, 'f', row.seconds < 10 ? 1 : 0));
    if (row.isPending)
        parts << tr("being written");
    else if (const QString when = whenOf(row.createdUtc); !when.isEmpty())
        parts << when;
    return parts.join(QStringLiteral(" · "));
}

int RunListModel::depthOf(const RunRow& row) const
{
    int depth = 0;
    const RunRow* child = &row;
    while (!child->parentId.isEmpty() && depth < kMostLevels) {
        const auto first = std::find_if(m_rows.begin(), m_rows.end(),
                                        [child](const RunRow& each) { return each.parentId == child->parentId; });
        if (&*first != child)
            ++depth;
        const RunRow* parent = find(child->parentId);
        if (parent == nullptr || parent >= child)
            break;
        child = parent;
    }
    return depth;
}

QVariant RunListModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const RunRow& row = m_rows[static_cast<std::size_t>(index.row())];
    const QString title = row.isRollout && row.question.isEmpty() ? tr("Rollout") : row.question;
    switch (role) {
    case Qt::DisplayRole: return title;
    case Qt::AccessibleTextRole: {
        const QString side = data(index, SideRole).toString();
        return side.isEmpty() ? title : tr("%1, shown as %2").arg(title, side);
    }
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
    case Qt::EditRole:
    case NoteRole: return row.note;
    case ProblemRole: return row.problem;
    case AnswerRole: return row.answer.isEmpty() && !row.isRollout ? tr("no answer") : row.answer;
    case CostRole: return costOf(row);
    case DepthRole: return depthOf(row);
    case IsRolloutRole: return row.isRollout;
    default: return {};
    }
}

bool RunListModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (role != Qt::EditRole || !index.isValid() || index.row() >= rowCount())
        return false;
    setNote(m_rows[static_cast<std::size_t>(index.row())].id, value.toString().trimmed());
    return true;
}

Qt::ItemFlags RunListModel::flags(const QModelIndex& index) const
{
    const Qt::ItemFlags flags = QAbstractListModel::flags(index);
    return index.isValid() ? flags | Qt::ItemIsEditable | Qt::ItemIsDragEnabled | Qt::ItemIsDropEnabled : flags;
}

QStringList RunListModel::mimeTypes() const
{
    return {QString::fromLatin1(kMimeType)};
}

QMimeData* RunListModel::mimeData(const QModelIndexList& indexes) const
{
    if (indexes.isEmpty())
        return nullptr;
    auto* data = new QMimeData;
    data->setData(QString::fromLatin1(kMimeType), indexes.front().data(IdRole).toString().toUtf8());
    return data;
}

bool RunListModel::canDropMimeData(const QMimeData* data, Qt::DropAction, int, int, const QModelIndex& parent) const
{
    return parent.isValid() && data->hasFormat(QString::fromLatin1(kMimeType)) &&
           QString::fromUtf8(data->data(QString::fromLatin1(kMimeType))) != parent.data(IdRole).toString();
}

bool RunListModel::dropMimeData(const QMimeData* data, Qt::DropAction action, int row, int column,
                                const QModelIndex& parent)
{
    if (!canDropMimeData(data, action, row, column, parent))
        return false;
    const QString target = parent.data(IdRole).toString();
    const QString dropped = QString::fromUtf8(data->data(QString::fromLatin1(kMimeType)));
    if (target != m_a)
        wantShown(target);
    wantCompared(dropped);
    return true;
}

int RunListModel::indexOf(const QString& id) const
{
    const auto found = std::find_if(m_rows.begin(), m_rows.end(), [&id](const RunRow& row) { return row.id == id; });
    return found == m_rows.end() ? -1 : static_cast<int>(found - m_rows.begin());
}

const RunRow* RunListModel::find(const QString& id) const
{
    const int row = indexOf(id);
    return row < 0 ? nullptr : &m_rows[static_cast<std::size_t>(row)];
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

void RunListModel::replace(const QString& id, RunRow row)
{
    const int at = indexOf(id);
    if (at < 0)
        return;
    const QString newId = row.id;
    m_rows[static_cast<std::size_t>(at)] = std::move(row);
    for (RunRow& each : m_rows) {
        if (each.parentId == id)
            each.parentId = newId;
    }
    for (QString* side : {&m_a, &m_b}) {
        if (*side == id)
            *side = newId;
    }
    // The levels of those below may have changed too.
    Q_EMIT dataChanged(index(at), index(rowCount() - 1));
}

void RunListModel::remove(const QString& id)
{
    const int at = indexOf(id);
    if (at < 0)
        return;
    beginRemoveRows({}, at, at);
    m_rows.erase(m_rows.begin() + at);
    endRemoveRows();
}

void RunListModel::setNote(const QString& id, const QString& note)
{
    const int at = indexOf(id);
    if (at < 0 || m_rows[static_cast<std::size_t>(at)].note == note)
        return;
    m_rows[static_cast<std::size_t>(at)].note = note;
    Q_EMIT dataChanged(index(at), index(at));
    Q_EMIT noteChanged(id, note);
}

void RunListModel::setSides(const QString& a, const QString& b)
{
    if (a == m_a && b == m_b)
        return;
    m_a = a;
    m_b = b;
    if (!m_rows.empty())
        Q_EMIT dataChanged(index(0), index(rowCount() - 1), {SideRole, Qt::AccessibleTextRole});
}

void RunListModel::setSessionName(const QString& name)
{
    if (std::exchange(m_sessionName, name) != name)
        Q_EMIT sessionNameChanged();
}

void RunListModel::setSessionNotes(const QString& notes)
{
    if (std::exchange(m_sessionNotes, notes) != notes)
        Q_EMIT sessionNotesChanged();
}

}  // namespace armillary::widgets
