#include "widgets/models/message_list_model.h"

#include "widgets/theme.h"

#include <QApplication>

namespace armillary::widgets {

QString messageKindName(MessageKind kind)
{
    switch (kind) {
    case MessageKind::Note: return MessageListModel::tr("note");
    case MessageKind::Warning: return MessageListModel::tr("warning");
    case MessageKind::Error: return MessageListModel::tr("error");
    }
    return {};
}

int MessageListModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_messages.size());
}

int MessageListModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant MessageListModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    const Message& message = m_messages[static_cast<std::size_t>(index.row())];
    if (role == Qt::ToolTipRole)
        return message.text;
    if (role == Qt::ForegroundRole && message.kind == MessageKind::Error && index.column() == KindColumn)
        return themeColors(QApplication::palette()).error;
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case TimeColumn: return message.time.toString(QStringLiteral("HH:mm:ss"));
    case KindColumn: return messageKindName(message.kind);
    case TextColumn: return message.text;
    default: return {};
    }
}

QVariant MessageListModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case TimeColumn: return tr("Time");
    case KindColumn: return tr("Kind");
    case TextColumn: return tr("Message");
    default: return {};
    }
}

void MessageListModel::add(MessageKind kind, const QString& text)
{
    if (m_messages.size() >= kMostMessages) {
        const int last = rowCount() - 1;
        beginRemoveRows({}, last, last);
        m_messages.pop_back();
        endRemoveRows();
    }
    beginInsertRows({}, 0, 0);
    m_messages.push_front({QDateTime::currentDateTime(), kind, text});
    endInsertRows();
    Q_EMIT added(m_messages.front());
}

void MessageListModel::clear()
{
    beginResetModel();
    m_messages.clear();
    endResetModel();
}

}  // namespace armillary::widgets
