// The recorded sessions that the program carries. One that is opened is unpacked into the user's own data first, as it was recorded;
// what a person asks in it is kept there beside it.
// Thread rule: GUI thread; unpacking happens on a thread of its own.
#pragma once

#include <QObject>
#include <QString>
#include <QThreadPool>

#include <set>
#include <vector>

namespace armillary::app {

struct RecordedSession {
    QString name;   // of its folder, without the ending
    QString title;  // "What comes next"
    QString tip;    // what it shows
};

class RecordedShelf : public QObject {
    Q_OBJECT
public:
    explicit RecordedShelf(QObject* parent = nullptr);
    // Waits for what is being unpacked.
    ~RecordedShelf() override;

    // In their order; empty when the program carries none.
    [[nodiscard]] const std::vector<RecordedSession>& sessions() const { return m_sessions; }
    // Where session `index` lies once it is unpacked.
    [[nodiscard]] QString pathOf(std::size_t index) const;
    // One of unpacked and failed follows, never before this returns.
    void unpack(std::size_t index);

    // Whether run `id` of the session at `path` came with the program.
    [[nodiscard]] bool isRecorded(const QString& path, const QString& id) const;
    // Which one lies at `path`; -1: none.
    [[nodiscard]] int indexOf(const QString& path) const;

Q_SIGNALS:
    void unpacked(std::size_t index, const QString& path);
    void failed(const QString& sentence);

private:
    std::vector<RecordedSession> m_sessions;
    std::vector<std::set<QString>> m_runs;  // ids, by session
    QString m_folder;
    QThreadPool m_pool;
};

}  // namespace armillary::app
