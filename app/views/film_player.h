// Plays the video that is looked at: walks its frames at its own pace, waiting for each to be decoded.
// Thread rule: GUI thread.
#pragma once

#include "widgets/models/media_list_model.h"

#include <QObject>
#include <QTimer>

namespace armillary::app {

class FilmPlayer : public QObject {
    Q_OBJECT
public:
    explicit FilmPlayer(widgets::MediaListModel& media, QObject* parent = nullptr);

    [[nodiscard]] bool canPlay() const;
    [[nodiscard]] bool isPlaying() const { return m_tick.isActive(); }
    void setPlaying(bool playing);
    void stepFrame(int step);

private:
    void advance();

    widgets::MediaListModel& m_media;
    QTimer m_tick;
};

}  // namespace armillary::app
