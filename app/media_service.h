// The window's door to the media thread: fills the media list, decodes the frames that scrubbing asks for (the latest wish
// wins), and reads the frames of a question.
// Thread rule: GUI thread.
#pragma once

#include "app/media_worker.h"
#include "widgets/models/media_list_model.h"

#include <QImage>
#include <QObject>
#include <QStringList>
#include <QThread>

#include <vector>

namespace armillary::app {

class MediaService : public QObject {
    Q_OBJECT
public:
    explicit MediaService(widgets::MediaListModel& media, QObject* parent = nullptr);
    ~MediaService() override;

    // Pictures, folders of numbered frames, videos.
    void open(const QStringList& paths);
    void addPicture(const QImage& picture);
    // The chosen frames of the ticked items, in list order; the answer comes as clipsRead or clipsFailed with this ticket.
    quint64 readClips(const std::vector<ClipRequest>& wanted);

Q_SIGNALS:
    void failed(const QString& sentence);
    void warned(const QString& sentence);
    void clipsRead(quint64 ticket, const std::vector<armillary::Clip>& clips);
    void clipsFailed(quint64 ticket, const QString& sentence);

private:
    template <class Call>
    void post(Call call);

    widgets::MediaListModel& m_media;
    QThread* m_thread = nullptr;
    MediaWorker* m_worker = nullptr;  // deleted by its thread
    quint64 m_lastTicket = 0;
    int m_pasted = 0;
};

}  // namespace armillary::app
