#include "widgets/rollout/rollout_work.h"

#include "widgets/colormap.h"

#include <utility>

namespace armillary::widgets {
namespace {

constexpr int kComparePriority = 2;
constexpr int kThumbnailPriority = 1;
constexpr int kMeasurePriority = 0;

}  // namespace

QImage viewOf(const Image& image)
{
    if (image.empty())
        return {};
    auto* owner = new Image(image);
    return {image.rgb().data(),
            image.width(),
            image.height(),
            qsizetype{3} * image.width(),
            QImage::Format_RGB888,
            [](void* held) { delete static_cast<Image*>(held); },
            owner};
}

RolloutWork::RolloutWork(QObject* parent) : QObject(parent)
{
    m_pool.setMaxThreadCount(1);
    m_pool.setThreadPriority(QThread::LowPriority);
}

RolloutWork::~RolloutWork()
{
    forget();
    m_pool.waitForDone();
}

void RolloutWork::forget()
{
    for (const Ticket& ticket : {m_shownTicket, m_realTicket, m_measureTicket, m_compareTicket})
        ++*ticket;
    m_pool.clear();
}

void RolloutWork::post(const Ticket& ticket, int priority, std::function<std::function<void()>()> work)
{
    const quint64 wanted = ticket->load();
    m_pool.start(
        [this, ticket, wanted, work = std::move(work)] {
            if (ticket->load() != wanted)
                return;
            std::function<void()> deliver = work();
            if (!deliver)
                return;
            // The pool is emptied before this object goes, so it is still there.
            QMetaObject::invokeMethod(
                this,
                [ticket, wanted, deliver = std::move(deliver)] {
                    if (ticket->load() == wanted)
                        deliver();
                },
                Qt::QueuedConnection);
        },
        priority);
}

void RolloutWork::makeThumbnails(FilmRow row, int count, FrameSource frame, int height)
{
    const Ticket& ticket = row == FilmRow::Shown ? m_shownTicket : m_realTicket;
    ++*ticket;
    for (int index = 0; index < count; ++index) {
        post(ticket, kThumbnailPriority, [this, row, index, frame, height]() -> std::function<void()> {
            const QImage full = viewOf(frame(index));
            if (full.isNull())
                return {};
            const QImage small =
                full.height() > height ? full.scaledToHeight(height, Qt::SmoothTransformation) : full.copy();
            return [this, row, index, small] { Q_EMIT thumbnailReady(row, index, small); };
        });
    }
}

void RolloutWork::compareAll(int first, int count, FrameSource predicted, FrameSource real)
{
    ++*m_measureTicket;
    for (int index = first; index < count; ++index) {
        post(m_measureTicket, kMeasurePriority, [this, index, predicted, real]() -> std::function<void()> {
            const Image made = predicted(index);
            const auto fitted = inspect::resizedImage(real(index), made.height(), made.width());
            if (!fitted)
                return {};
            const auto distance = inspect::compareImages(made, *fitted);
            if (!distance)
                return {};
            return [this, index, distance = *distance] { Q_EMIT measured(index, distance); };
        });
    }
}

void RolloutWork::compareOne(int index, const Image& predicted, const Image& real)
{
    ++*m_compareTicket;
    post(m_compareTicket, kComparePriority, [this, index, predicted, real]() -> std::function<void()> {
        const auto fitted = inspect::resizedImage(real, predicted.height(), predicted.width());
        if (!fitted)
            return {};
        const auto distance = inspect::compareImages(predicted, *fitted);
        const auto map = inspect::differenceMap(predicted, *fitted);
        if (!distance || !map)
            return {};
        FrameComparison out;
        out.distance = *distance;
        out.real = viewOf(*fitted);
        out.difference = imageFromBytes(map->values, map->heightPixels, map->widthPixels, distance->largestDifference,
                                        ColorScale::Magnitude);
        return [this, index, out] { Q_EMIT compared(index, out); };
    });
}

}  // namespace armillary::widgets
