#include "app/views/film_player.h"

#include <algorithm>

namespace armillary::app {
namespace {

constexpr double kUsualPace = 25;  // of a video that does not say

}  // namespace

FilmPlayer::FilmPlayer(widgets::MediaListModel& media, QObject* parent) : QObject(parent), m_media(media)
{
    connect(&m_tick, &QTimer::timeout, this, &FilmPlayer::advance);
    connect(&m_media, &widgets::MediaListModel::currentChanged, this, [this] { setPlaying(false); });
}

bool FilmPlayer::canPlay() const
{
    return m_media.current() != nullptr && m_media.current()->isVideo();
}

void FilmPlayer::setPlaying(bool playing)
{
    if (!playing || !canPlay()) {
        m_tick.stop();
        return;
    }
    const double pace = m_media.current()->framesPerSecond;
    m_tick.start(static_cast<int>(1000 / std::clamp(pace > 0 ? pace : kUsualPace, 1.0, 60.0)));
}

void FilmPlayer::stepFrame(int step)
{
    setPlaying(false);
    if (const widgets::MediaItem* item = m_media.current())
        m_media.wantFrame(item->id, item->wantedFrame + step);
}

void FilmPlayer::advance()
{
    if (!canPlay()) {
        m_tick.stop();
        return;
    }
    const widgets::MediaItem& item = *m_media.current();
    // A slow reader drops no frame; the film goes slower.
    if (item.shownFrame != item.wantedFrame)
        return;
    m_media.wantFrame(item.id, item.wantedFrame + 1 < item.frameCount ? item.wantedFrame + 1 : 0);
}

}  // namespace armillary::app
