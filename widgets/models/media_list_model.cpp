#include "widgets/models/media_list_model.h"

#include <QPixmap>

#include <algorithm>

namespace armillary::widgets {
namespace {

QString stateText(const MediaItem& item)
{
    if (!item.ready())
        return MediaListModel::tr("opening …");
    if (item.grid) {
        const auto& moments = item.grid->moments;
        return MediaListModel::tr("grid of frames %1, %2, %3, %4")
            .arg(moments[0].sourceFrame)
            .arg(moments[1].sourceFrame)
            .arg(moments[2].sourceFrame)
            .arg(moments[3].sourceFrame);
    }
    if (item.isVideo()) {
        return MediaListModel::tr("frame %1 of %2\n%3 × %4")
            .arg(item.wantedFrame + 1)
            .arg(item.frameCount)
            .arg(item.image.width())
            .arg(item.image.height());
    }
    return MediaListModel::tr("%1 × %2").arg(item.image.width()).arg(item.image.height());
}

}  // namespace

int MediaListModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_items.size());
}

QVariant MediaListModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const MediaItem& item = m_items[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole: return QStringLiteral("%1\n%2").arg(item.name, stateText(item));
    case Qt::DecorationRole: return item.thumbnail.isNull() ? QVariant() : QVariant(item.thumbnail);
    case Qt::CheckStateRole: return static_cast<int>(item.used ? Qt::Checked : Qt::Unchecked);
    case Qt::ToolTipRole:
        return tr("%1\n%2\nTicked pictures are shown with the next question.").arg(item.path, stateText(item));
    case Qt::AccessibleTextRole: return QStringLiteral("%1, %2").arg(item.name, stateText(item));
    default: return {};
    }
}

bool MediaListModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (!index.isValid() || role != Qt::CheckStateRole)
        return false;
    MediaItem& item = m_items[static_cast<std::size_t>(index.row())];
    item.used = value.toInt() == Qt::Checked;
    announce(item.id);
    return true;
}

Qt::ItemFlags MediaListModel::flags(const QModelIndex& index) const
{
    if (!index.isValid())
        return Qt::NoItemFlags;
    return Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable | Qt::ItemNeverHasChildren;
}

const MediaItem* MediaListModel::find(MediaId id) const
{
    const int row = rowOf(id);
    return row < 0 ? nullptr : &m_items[static_cast<std::size_t>(row)];
}

MediaItem* MediaListModel::findMutable(MediaId id)
{
    const int row = rowOf(id);
    return row < 0 ? nullptr : &m_items[static_cast<std::size_t>(row)];
}

int MediaListModel::rowOf(MediaId id) const
{
    const auto found =
        std::find_if(m_items.begin(), m_items.end(), [id](const MediaItem& item) { return item.id == id; });
    return found == m_items.end() ? -1 : static_cast<int>(found - m_items.begin());
}

const MediaItem* MediaListModel::current() const
{
    return find(m_current);
}

bool MediaListModel::anyUsed() const
{
    return std::any_of(m_items.begin(), m_items.end(), [](const MediaItem& item) { return item.used; });
}

void MediaListModel::announce(MediaId id)
{
    const QModelIndex at = index(rowOf(id));
    Q_EMIT dataChanged(at, at);
    Q_EMIT itemChanged(id);
}

MediaId MediaListModel::add(const QString& path, const QString& name)
{
    const int row = rowCount();
    beginInsertRows({}, row, row);
    MediaItem item;
    item.id = m_nextId++;
    item.path = path;
    item.name = name;
    m_items.push_back(item);
    endInsertRows();
    setCurrent(item.id);
    return item.id;
}

void MediaListModel::setOpened(MediaId id, int frameCount, double framesPerSecond)
{
    MediaItem* item = findMutable(id);
    if (item == nullptr)
        return;
    item->frameCount = frameCount;
    item->framesPerSecond = framesPerSecond;
    announce(id);
}

void MediaListModel::setFrame(MediaId id, const MediaFrame& frame)
{
    MediaItem* item = findMutable(id);
    if (item == nullptr)
        return;
    item->shownFrame = frame.index;
    item->image = frame.image;
    item->picture = frame.picture;
    item->thumbnail = QIcon(QPixmap::fromImage(frame.thumbnail));
    announce(id);
}

void MediaListModel::remove(MediaId id)
{
    const int row = rowOf(id);
    if (row < 0)
        return;
    beginRemoveRows({}, row, row);
    m_items.erase(m_items.begin() + row);
    endRemoveRows();
    if (m_current == id) {
        const int next = std::min(row, rowCount() - 1);
        m_current = next < 0 ? 0 : m_items[static_cast<std::size_t>(next)].id;
        Q_EMIT currentChanged();
    }
    Q_EMIT removed(id);
}

void MediaListModel::setCurrent(MediaId id)
{
    if (id == m_current)
        return;
    m_current = id;
    Q_EMIT currentChanged();
}

void MediaListModel::wantFrame(MediaId id, int frame)
{
    MediaItem* item = findMutable(id);
    if (item == nullptr || !item->ready())
        return;
    const int clamped = std::clamp(frame, 0, item->frameCount - 1);
    if (clamped == item->wantedFrame)
        return;
    item->wantedFrame = clamped;
    Q_EMIT frameWanted(id, clamped);
    announce(id);
}

void MediaListModel::setGrid(MediaId id, std::shared_ptr<const TemporalGrid> grid)
{
    MediaItem* item = findMutable(id);
    if (item == nullptr || !item->isVideo())
        return;
    const bool isSame = grid && item->grid ? grid->sameRecipe(*item->grid) : grid == item->grid;
    if (isSame)
        return;
    item->grid = std::move(grid);
    if (item->grid)
        Q_EMIT gridWanted(id, item->grid);
    else
        item->gridPicture = QImage();
    announce(id);
}

void MediaListModel::setGridPicture(MediaId id, const std::shared_ptr<const TemporalGrid>& composed,
                                    const QImage& picture)
{
    MediaItem* item = findMutable(id);
    if (item == nullptr || !item->grid || !item->grid->sameRecipe(*composed))
        return;
    item->grid = composed;
    item->gridPicture = picture;
    announce(id);
}

}  // namespace armillary::widgets
