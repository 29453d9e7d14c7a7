// Errors, warnings and notes of the session, newest first: what other programs put into modal boxes.
// Thread rule: GUI thread.
#pragma once

#include <QAbstractTableModel>
#include <QDateTime>
#include <QString>

#include <deque>

namespace armillary::widgets {

enum class MessageKind { Note, Warning, Error };

struct Message {
    QDateTime time;
    MessageKind kind = MessageKind::Note;
    QString text;
};

class MessageListModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { TimeColumn, KindColumn, TextColumn, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    [[nodiscard]] const std::deque<Message>& messages() const { return m_messages; }
    // At most kMostMessages are kept; the oldest go.
    void add(MessageKind kind, const QString& text);
    void clear();

    static constexpr std::size_t kMostMessages = 1000;

Q_SIGNALS:
    void added(const armillary::widgets::Message& message);

private:
    std::deque<Message> m_messages;
};

[[nodiscard]] QString messageKindName(MessageKind kind);

}  // namespace armillary::widgets
