#include "app/media_service.h"

#include <QDeadlineTimer>
#include <QFileInfo>
#include <QLoggingCategory>

namespace armillary::app {
namespace {

Q_LOGGING_CATEGORY(lcMedia, "armillary.media")

constexpr int kCloseLimitMilliseconds = 3000;

}  // namespace

MediaService::MediaService(widgets::MediaListModel& media, QObject* parent) : QObject(parent), m_media(media)
{
    m_thread = new QThread;
    m_thread->setObjectName(QStringLiteral("media"));
    m_worker = new MediaWorker;
    m_worker->moveToThread(m_thread);
    connect(m_thread, &QThread::finished, m_worker, &QObject::deleteLater);
    connect(m_worker, &MediaWorker::opened, &m_media, &widgets::MediaListModel::setOpened);
    connect(m_worker, &MediaWorker::decoded, &m_media, &widgets::MediaListModel::setFrame);
    connect(m_worker, &MediaWorker::openFailed, this, [this](widgets::MediaId id, const QString& sentence) {
        m_media.remove(id);
        Q_EMIT failed(sentence);
    });
    connect(m_worker, &MediaWorker::frameFailed, this,
            [this](widgets::MediaId, const QString& sentence) { Q_EMIT failed(sentence); });
    connect(m_worker, &MediaWorker::warned, this, &MediaService::warned);
    connect(m_worker, &MediaWorker::clipsRead, this, &MediaService::clipsRead);
    connect(m_worker, &MediaWorker::clipsFailed, this, &MediaService::clipsFailed);
    connect(&m_media, &widgets::MediaListModel::frameWanted, this,
            [this](widgets::MediaId id, int frame) { m_worker->requestFrame(id, frame); });
    connect(m_worker, &MediaWorker::gridComposed, &m_media, &widgets::MediaListModel::setGridPicture);
    connect(&m_media, &widgets::MediaListModel::gridWanted, this,
            [this](widgets::MediaId id, const std::shared_ptr<const TemporalGrid>& grid) {
                m_worker->requestGrid(id, grid);
            });
    connect(&m_media, &widgets::MediaListModel::removed, this,
            [this](widgets::MediaId id) { post([id](MediaWorker& worker) { worker.workerForget(id); }); });
    m_thread->start();
}

MediaService::~MediaService()
{
    m_worker->abandon();
    m_thread->quit();
    if (m_thread->wait(QDeadlineTimer(kCloseLimitMilliseconds)))
        delete m_thread;
    else
        qCWarning(lcMedia, "the media thread is still decoding; it is left to the system");
}

template <class Call>
void MediaService::post(Call call)
{
    MediaWorker* worker = m_worker;
    QMetaObject::invokeMethod(
        worker, [worker, call] { call(*worker); }, Qt::QueuedConnection);
}

void MediaService::open(const QStringList& paths)
{
    for (const QString& path : paths) {
        const QFileInfo info(path);
        const widgets::MediaId id = m_media.add(info.absoluteFilePath(), info.fileName());
        post([id, name = info.absoluteFilePath().toStdString()](MediaWorker& worker) { worker.workerOpen(id, name); });
    }
}

void MediaService::addPicture(const QImage& picture)
{
    const QString name = tr("pasted picture %1").arg(++m_pasted);
    const widgets::MediaId id = m_media.add(name, name);
    post([id, picture, label = name.toStdString()](MediaWorker& worker) {
        worker.workerAddPicture(id, picture, label);
    });
}

quint64 MediaService::readClips(const std::vector<ClipRequest>& wanted)
{
    const quint64 ticket = ++m_lastTicket;
    post([ticket, wanted](MediaWorker& worker) { worker.workerReadClips(ticket, wanted); });
    return ticket;
}

}  // namespace armillary::app
