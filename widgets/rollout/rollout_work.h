// What the rollout panel computes beside the interface thread: small copies of frames, and frames against what really
// happened. One background thread; work for frames that are shown no more is skipped.
// Thread rule: made and used on the GUI thread; signals come on it.
#pragma once

#include "inspect/image_compare.h"
#include "records/image.h"

#include <QImage>
#include <QObject>
#include <QThreadPool>

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

namespace armillary::widgets {

// A view of the image's own pixels, kept alive by it.
[[nodiscard]] QImage viewOf(const Image& image);

struct FrameComparison {
    inspect::ImageDistance distance;
    QImage real;        // in the size of the predicted frame
    QImage difference;  // coloured, 0 ... distance.largestDifference
};

// The rows of the filmstrip.
enum class FilmRow { Shown, Real };

class RolloutWork : public QObject {
    Q_OBJECT
public:
    // Gives frame `index`; called on the background thread, so it must hold what it reads by itself.
    using FrameSource = std::function<Image(int index)>;

    explicit RolloutWork(QObject* parent = nullptr);
    // Waits for the frame that is being worked on.
    ~RolloutWork() override;

    // Copies of frames 0 ... count-1, `height` pixels high, in place of whatever was asked for that row before.
    void makeThumbnails(FilmRow row, int count, FrameSource frame, int height);
    // Numbers for every frame first ... count-1, in place of those asked for before.
    void compareAll(int first, int count, FrameSource predicted, FrameSource real);
    // The difference map of one frame, before everything else that waits.
    void compareOne(int index, const Image& predicted, const Image& real);
    // Nothing that was asked for is wanted any more.
    void forget();

Q_SIGNALS:
    void thumbnailReady(armillary::widgets::FilmRow row, int index, const QImage& thumbnail);
    void measured(int index, const armillary::inspect::ImageDistance& distance);
    void compared(int index, const armillary::widgets::FrameComparison& comparison);

private:
    using Ticket = std::shared_ptr<std::atomic<quint64>>;

    // `work` runs on the background thread and gives what to do here with its result. Neither happens once the ticket has
    // moved on.
    void post(const Ticket& ticket, int priority, std::function<std::function<void()>()> work);

    QThreadPool m_pool;
    Ticket m_shownTicket = std::make_shared<std::atomic<quint64>>(0);
    Ticket m_realTicket = std::make_shared<std::atomic<quint64>>(0);
    Ticket m_measureTicket = std::make_shared<std::atomic<quint64>>(0);
    Ticket m_compareTicket = std::make_shared<std::atomic<quint64>>(0);
};

}  // namespace armillary::widgets
