#include "app/demo/scene_desk.h"

#include "scenes/scene_renderer.h"
#include "scenes/scene_show.h"

#include <QDir>
#include <QImage>
#include <QStandardPaths>

#include <utility>

namespace armillary::app {
namespace {

using scenes::WorldGiven;

// The frames of the scene as a folder of pictures; its name is the scene's label.
bool writeFrames(std::int64_t number, const QString& folder)
{
    if (!QDir().mkpath(folder))
        return false;
    const scenes::ExamScene scene = scenes::shownScene(number);
    const Clip clip = scenes::renderClip(scene.scene, scene.grainSeed);
    int index = 0;
    for (const Image& frame : clip.frames) {
        const QImage picture(frame.rgb().data(), frame.width(), frame.height(), 3 * frame.width(),
                             QImage::Format_RGB888);
        if (!picture.save(QStringLiteral("%1/frame_%2.png").arg(folder).arg(index++)))
            return false;
    }
    return true;
}

WorldGiven worldFrom(const WorldOptions& options)
{
    if (options.fusion == FusionOption::None || options.source == WorldSource::Still)
        return WorldGiven::Absent;
    return options.source == WorldSource::Clip ? WorldGiven::True : WorldGiven::Rollout;
}

}  // namespace

SceneDesk::SceneDesk(widgets::MediaListModel& media, MediaService& mediaFiles, QObject* parent)
    : QObject(parent),
      m_media(media),
      m_mediaFiles(mediaFiles),
      m_folder(QStandardPaths::writableLocation(QStandardPaths::CacheLocation) + QStringLiteral("/scenes/"))
{
    m_pool.setMaxThreadCount(1);
    connect(&m_media, &widgets::MediaListModel::itemChanged, this, &SceneDesk::frameChosen);
}

SceneDesk::~SceneDesk()
{
    m_pool.clear();
    m_pool.waitForDone();
}

void SceneDesk::show(std::int64_t number)
{
    m_number = number;
    const QString path = m_folder + QString::fromStdString(scenes::sceneLabel(number));
    m_pool.start([this, number, path] {
        const bool isThere = writeFrames(number, path);
        QMetaObject::invokeMethod(
            this,
            [this, number, path, isThere] {
                if (number != m_number)
                    return;
                if (!isThere) {
                    Q_EMIT failed(tr("The scene's frames cannot be written; make room: %1").arg(path));
                    return;
                }
                const widgets::MediaId before = m_item;
                m_mediaFiles.open({path});
                m_item = m_media.current() == nullptr ? 0 : m_media.current()->id;
                m_placing = true;
                if (before != 0)
                    m_media.remove(before);
                Q_EMIT shown(number);
            },
            Qt::QueuedConnection);
    });
}

void SceneDesk::take(std::int64_t number)
{
    m_number = number;
    if (const widgets::MediaId before = std::exchange(m_item, 0); before != 0)
        m_media.remove(before);
    Q_EMIT shown(number);
}

void SceneDesk::frameChosen(widgets::MediaId id)
{
    const widgets::MediaItem* item = id == m_item ? m_media.find(id) : nullptr;
    if (!m_placing || item == nullptr || !item->ready())
        return;
    m_placing = false;
    m_media.wantFrame(id, scenes::kNow);
}

bool SceneDesk::isCurrent() const
{
    const widgets::MediaItem* item = m_media.current();
    if (m_number == 0 || item == nullptr)
        return m_number != 0 && m_item == 0;
    return item->id == m_item && item->used;
}

Question SceneDesk::question(const Question& settings, const QString& text) const
{
    Question out = scenes::shownQuestion(m_number, text.toStdString(), worldFrom(settings.world));
    if (settings.world.fusion != FusionOption::None) {
        out.world.fusion = settings.world.fusion;
        out.world.source = settings.world.source;
    }
    // Panels know a run's picture by where it was opened from.
    if (const widgets::MediaItem* item = m_item == 0 ? nullptr : m_media.find(m_item)) {
        for (Clip& clip : out.media)
            clip.path = item->path.toStdString();
    }
    out.imageAttention = settings.imageAttention;
    out.capture = settings.capture;
    return out;
}

}  // namespace armillary::app
