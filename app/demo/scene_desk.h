// The scene that the demo is asked about: drawn afresh from the row of shown scenes, its frames among the opened media, and a
// person's questions of it.
// Thread rule: GUI thread; frames are drawn and written on a thread of their own.
#pragma once

#include "app/media_service.h"
#include "records/question.h"
#include "widgets/models/media_list_model.h"

#include <QObject>
#include <QString>
#include <QThreadPool>

#include <optional>

namespace armillary::app {

class SceneDesk : public QObject {
    Q_OBJECT
public:
    SceneDesk(widgets::MediaListModel& media, MediaService& mediaFiles, QObject* parent = nullptr);
    // Waits for what is being drawn.
    ~SceneDesk() override;

    // Scene `number` of the row is current from now on; its clip takes the place of the last scene's, on its still.
    void show(std::int64_t number);
    // The same of a scene that a run shows already: nothing is opened, and the last scene's clip goes.
    void take(std::int64_t number);
    // 0: none yet.
    [[nodiscard]] std::int64_t number() const { return m_number; }

    // Whether a question means the scene: its clip is the current medium, or it was taken and there is none.
    [[nodiscard]] bool isCurrent() const;
    // `text` asked of the scene with what `settings` say about the world and the record.
    [[nodiscard]] Question question(const Question& settings, const QString& text) const;

Q_SIGNALS:
    // Another scene is among the media.
    void shown(qint64 number);
    void failed(const QString& sentence);

private:
    void frameChosen(widgets::MediaId id);

    widgets::MediaListModel& m_media;
    MediaService& m_mediaFiles;
    QString m_folder;
    std::int64_t m_number = 0;
    widgets::MediaId m_item = 0;
    bool m_placing = false;  // on its still, once it is opened
    QThreadPool m_pool;
};

}  // namespace armillary::app
