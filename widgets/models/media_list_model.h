// The pictures and videos a person has opened, each with its chosen frame and whether the next question shows it.
// Reading files is not done here: who owns a reader listens to `frameWanted` and answers with `setFrame`.
// Thread rule: GUI thread.
#pragma once

#include "records/image.h"
#include "records/temporal_grid.h"

#include <QAbstractListModel>
#include <QIcon>
#include <QImage>
#include <QString>

#include <memory>
#include <optional>
#include <vector>

namespace armillary::widgets {

using MediaId = qint64;

struct MediaItem {
    MediaId id = 0;
    QString path;        // where it came from; a made-up name for pasted pictures
    QString name;        // shown
    int frameCount = 0;  // 0 while it is being opened
    double framesPerSecond = 0;
    int wantedFrame = 0;  // what the slider stands on
    int shownFrame = -1;  // what `picture` holds
    bool used = true;     // part of the next question
    // Four moments of a video that the next question shows as one picture; null: the frame of the slider. Its pixels come a
    // little later than the recipe.
    std::shared_ptr<const TemporalGrid> grid;
    QImage gridPicture;  // for the screen; of an earlier recipe while the next is composed
    Image image;         // full size
    QImage picture;      // for the screen, perhaps smaller
    QIcon thumbnail;

    [[nodiscard]] bool ready() const { return frameCount > 0; }
    [[nodiscard]] bool isVideo() const { return frameCount > 1; }
};

// One decoded frame with what the screen needs of it, made off the GUI thread.
struct MediaFrame {
    int index = 0;
    Image image;
    QImage picture;
    QImage thumbnail;
};

class MediaListModel : public QAbstractListModel {
    Q_OBJECT
public:
    using QAbstractListModel::QAbstractListModel;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;

    [[nodiscard]] const std::vector<MediaItem>& items() const { return m_items; }
    [[nodiscard]] const MediaItem* find(MediaId id) const;
    [[nodiscard]] int rowOf(MediaId id) const;  // -1 if it is gone
    [[nodiscard]] const MediaItem* current() const;
    [[nodiscard]] bool anyUsed() const;

    // A new row that is being opened; it becomes the current one.
    MediaId add(const QString& path, const QString& name);
    void setOpened(MediaId id, int frameCount, double framesPerSecond);
    void setFrame(MediaId id, const MediaFrame& frame);
    void remove(MediaId id);
    void setCurrent(MediaId id);
    // Moves the chosen frame, clamped to the item's frames; asks for it by `frameWanted`.
    void wantFrame(MediaId id, int frame);
    // Null: the item is shown by its frame again. Asks for the pixels by `gridWanted`. Pictures have no grid.
    void setGrid(MediaId id, std::shared_ptr<const TemporalGrid> grid);
    // The pixels of a recipe; those of one that is no longer wanted are dropped.
    void setGridPicture(MediaId id, const std::shared_ptr<const TemporalGrid>& composed, const QImage& picture);

Q_SIGNALS:
    void currentChanged();                             // another item
    void itemChanged(armillary::widgets::MediaId id);  // its frame, state or use
    void frameWanted(armillary::widgets::MediaId id, int frame);
    void gridWanted(armillary::widgets::MediaId id, const std::shared_ptr<const armillary::TemporalGrid>& grid);
    void removed(armillary::widgets::MediaId id);

private:
    [[nodiscard]] MediaItem* findMutable(MediaId id);
    void announce(MediaId id);

    std::vector<MediaItem> m_items;
    MediaId m_nextId = 1;
    MediaId m_current = 0;
};

}  // namespace armillary::widgets
