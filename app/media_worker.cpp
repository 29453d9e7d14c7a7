#include "app/media_worker.h"

#include "picture/grid_picture.h"

#include <QImage>

#include <algorithm>
#include <cstring>
#include <utility>

namespace armillary::app {
namespace {

// Longest side of what the screen gets; larger pictures would cost uploads and show no more.
constexpr int kScreenSide = 1600;
constexpr QSize kThumbnailSize(144, 108);

// A view of the picture's bytes, good as long as `image` lives.
QImage viewOf(const Image& image)
{
    return {image.rgb().data(), image.width(), image.height(), 3 * image.width(), QImage::Format_RGB888};
}

Image imageFromQt(const QImage& picture)
{
    const QImage rgb = picture.convertToFormat(QImage::Format_RGB888);
    const auto rowBytes = static_cast<std::size_t>(rgb.width()) * 3;
    std::vector<std::uint8_t> bytes(rowBytes * static_cast<std::size_t>(rgb.height()));
    for (int row = 0; row < rgb.height(); ++row)
        std::memcpy(bytes.data() + rowBytes * static_cast<std::size_t>(row), rgb.constScanLine(row), rowBytes);
    return {rgb.height(), rgb.width(), std::move(bytes)};
}

widgets::MediaFrame frameForScreen(int index, const Image& image)
{
    widgets::MediaFrame out;
    out.index = index;
    out.image = image;
    const QImage full = viewOf(image);
    const bool large = std::max(full.width(), full.height()) > kScreenSide;
    out.picture =
        (large ? full.scaled(kScreenSide, kScreenSide, Qt::KeepAspectRatio, Qt::SmoothTransformation) : full.copy())
            .convertToFormat(QImage::Format_RGBA8888);
    out.thumbnail = out.picture.scaled(kThumbnailSize, Qt::KeepAspectRatio, Qt::SmoothTransformation);
    return out;
}

QString sentenceOf(const Error& error)
{
    return QString::fromStdString(error.message);
}

}  // namespace

void MediaWorker::requestFrame(widgets::MediaId id, int frame)
{
    const std::lock_guard lock(m_mutex);
    m_wanted[id] = frame;
    wake();
}

void MediaWorker::requestGrid(widgets::MediaId id, std::shared_ptr<const TemporalGrid> grid)
{
    const std::lock_guard lock(m_mutex);
    m_wantedGrids[id] = std::move(grid);
    wake();
}

// Under m_mutex.
void MediaWorker::wake()
{
    if (!std::exchange(m_wakePending, true))
        QMetaObject::invokeMethod(
            this, [this] { workerDecodeWanted(); }, Qt::QueuedConnection);
}

void MediaWorker::workerDecodeWanted()
{
    std::map<widgets::MediaId, int> wanted;
    std::map<widgets::MediaId, std::shared_ptr<const TemporalGrid>> grids;
    {
        const std::lock_guard lock(m_mutex);
        wanted.swap(m_wanted);
        grids.swap(m_wantedGrids);
        m_wakePending = false;
    }
    for (const auto& [id, frame] : wanted)
        workerDecode(id, frame);
    for (const auto& [id, grid] : grids)
        workerCompose(id, *grid);
}

Result<Image> MediaWorker::workerFrame(Source& source, int frame) const
{
    if (!source.reader)
        return source.pasted;
    return source.reader->frame(frame);
}

void MediaWorker::workerDecode(widgets::MediaId id, int frame)
{
    const auto found = m_sources.find(id);
    if (found == m_sources.end() || m_abandoned)
        return;
    const Result<Image> image = workerFrame(found->second, frame);
    if (image)
        Q_EMIT decoded(id, frameForScreen(frame, *image));
    else
        Q_EMIT frameFailed(id, sentenceOf(image.error()));
}

void MediaWorker::workerCompose(widgets::MediaId id, const TemporalGrid& grid)
{
    const auto found = m_sources.find(id);
    if (found == m_sources.end() || !found->second.reader || m_abandoned)
        return;
    auto clip = io::readGridClip(*found->second.reader, grid, 1);
    if (clip)
        clip = picture::withGridPicture(std::move(*clip));
    if (!clip) {
        Q_EMIT frameFailed(id, sentenceOf(clip.error()));
        return;
    }
    // The recipe as it was asked for, with its pixels: what the clip's frames are called in it is no business of the list.
    auto composed = std::make_shared<TemporalGrid>(grid);
    composed->picture = clip->grid->picture;
    Q_EMIT gridComposed(id, composed, frameForScreen(0, composed->picture).picture);
}

void MediaWorker::workerOpen(widgets::MediaId id, const std::string& path)
{
    if (m_abandoned)
        return;
    std::string warning;
    auto reader = io::openMedia(path, &warning);
    if (!reader) {
        Q_EMIT openFailed(id, sentenceOf(reader.error()));
        return;
    }
    const int frames = (*reader)->frameCount();
    const double rate = (*reader)->framesPerSecond();
    const Result<Image> first = (*reader)->frame(0);
    if (!first) {
        Q_EMIT openFailed(id, sentenceOf(first.error()));
        return;
    }
    m_sources[id] = Source{std::move(*reader), {}, path};
    if (!warning.empty())
        Q_EMIT warned(QString::fromStdString(warning));
    Q_EMIT decoded(id, frameForScreen(0, *first));
    Q_EMIT opened(id, frames, rate);
}

void MediaWorker::workerAddPicture(widgets::MediaId id, const QImage& picture, const std::string& label)
{
    Source source{nullptr, imageFromQt(picture), label};
    const widgets::MediaFrame frame = frameForScreen(0, source.pasted);
    m_sources[id] = std::move(source);
    Q_EMIT decoded(id, frame);
    Q_EMIT opened(id, 1, 0);
}

void MediaWorker::workerForget(widgets::MediaId id)
{
    m_sources.erase(id);
}

Result<Clip> MediaWorker::workerClip(Source& source, const ClipRequest& request) const
{
    if (request.grid && source.reader) {
        auto composed = io::readGridClip(*source.reader, *request.grid, request.before + 1);
        return composed ? picture::withGridPicture(std::move(*composed)) : composed;
    }
    Clip clip;
    clip.path = source.path;
    clip.firstFrameIndex = std::max(0, request.frame - request.before);
    clip.framesPerSecond = source.reader && source.reader->isVideo() ? source.reader->framesPerSecond() : 0;
    const int count = source.reader ? source.reader->frameCount() : 1;
    const int last = std::max(request.frame, std::min(request.frame + request.after, count - 1));
    for (int frame = clip.firstFrameIndex; frame <= last && !m_abandoned; ++frame) {
        Result<Image> image = workerFrame(source, frame);
        if (!image)
            return tl::unexpected(image.error());
        if (frame > request.frame && !request.afterSize.isEmpty())
            *image =
                imageFromQt(viewOf(*image).scaled(request.afterSize, Qt::IgnoreAspectRatio, Qt::SmoothTransformation));
        clip.frames.push_back(std::move(*image));
    }
    return clip;
}

void MediaWorker::workerReadClips(quint64 ticket, const std::vector<ClipRequest>& wanted)
{
    std::vector<Clip> clips;
    for (const ClipRequest& request : wanted) {
        const auto found = m_sources.find(request.id);
        if (found == m_sources.end()) {
            Q_EMIT clipsFailed(ticket, tr("a picture of the question was removed before it could be read; ask again"));
            return;
        }
        Result<Clip> clip = workerClip(found->second, request);
        if (!clip) {
            Q_EMIT clipsFailed(ticket, sentenceOf(clip.error()));
            return;
        }
        clips.push_back(std::move(*clip));
    }
    Q_EMIT clipsRead(ticket, clips);
}

}  // namespace armillary::app
