// The media thread's side: opens pictures and videos, decodes frames, and makes the smaller copies the screen needs.
// Thread rule: lives in the media thread; only the request functions may be called from elsewhere.
#pragma once

#include "io/media_reader.h"
#include "records/temporal_grid.h"
#include "widgets/models/media_list_model.h"

#include <QObject>
#include <QSize>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace armillary::app {

// A picture or frame of a question: the item and the frame it shows; for a clip also frames before and after it, as far as
// there are any.
struct ClipRequest {
    widgets::MediaId id = 0;
    int frame = 0;
    int before = 0;
    int after = 0;
    QSize afterSize;  // frames after it in this size, since many of them are only looked at; empty = their own
    // Set: its moments in place of the frame; `before` above 0 also brings what lies between them.
    std::shared_ptr<const TemporalGrid> grid = nullptr;
};

class MediaWorker : public QObject {
    Q_OBJECT
public:
    // From any thread: the newest wanted frame of an item replaces an older one that was not decoded yet.
    void requestFrame(widgets::MediaId id, int frame);
    // From any thread: the newest recipe of an item's grid replaces an older one that was not composed yet.
    void requestGrid(widgets::MediaId id, std::shared_ptr<const TemporalGrid> grid);
    // From any thread: what is not yet opened or decoded is skipped from now on.
    void abandon() { m_abandoned = true; }

    // On the media thread.
    void workerOpen(widgets::MediaId id, const std::string& path);
    void workerAddPicture(widgets::MediaId id, const QImage& picture, const std::string& label);
    void workerForget(widgets::MediaId id);
    void workerReadClips(quint64 ticket, const std::vector<ClipRequest>& wanted);

Q_SIGNALS:
    void opened(armillary::widgets::MediaId id, int frameCount, double framesPerSecond);
    void decoded(armillary::widgets::MediaId id, const armillary::widgets::MediaFrame& frame);
    void gridComposed(armillary::widgets::MediaId id, const std::shared_ptr<const armillary::TemporalGrid>& grid,
                      const QImage& picture);
    void openFailed(armillary::widgets::MediaId id, const QString& sentence);
    void frameFailed(armillary::widgets::MediaId id, const QString& sentence);
    void warned(const QString& sentence);
    void clipsRead(quint64 ticket, const std::vector<armillary::Clip>& clips);
    void clipsFailed(quint64 ticket, const QString& sentence);

private:
    struct Source {
        std::unique_ptr<io::MediaReader> reader;  // null for a pasted picture
        Image pasted;
        std::string path;
    };

    void workerDecodeWanted();
    void workerDecode(widgets::MediaId id, int frame);
    void workerCompose(widgets::MediaId id, const TemporalGrid& grid);
    void wake();
    [[nodiscard]] Result<Image> workerFrame(Source& source, int frame) const;
    [[nodiscard]] Result<Clip> workerClip(Source& source, const ClipRequest& request) const;

    std::map<widgets::MediaId, Source> m_sources;
    std::mutex m_mutex;
    std::map<widgets::MediaId, int> m_wanted;                                       // guarded by m_mutex
    std::map<widgets::MediaId, std::shared_ptr<const TemporalGrid>> m_wantedGrids;  // guarded by m_mutex
    bool m_wakePending = false;                                                     // guarded by m_mutex
    std::atomic<bool> m_abandoned = false;
};

}  // namespace armillary::app
