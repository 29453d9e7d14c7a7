// Every frame of the shown rollout as a table: the filmstrip as text, with PSNR and SSIM against the real continuation.
// Thread rule: GUI thread.
#pragma once

#include "inspect/image_compare.h"

#include <QAbstractTableModel>

#include <optional>
#include <vector>

namespace armillary::widgets {

class RolloutFrameModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column {
        FrameColumn,
        LatentColumn,
        TimeColumn,
        KindColumn,
        PsnrColumn,
        SsimColumn,
        LargestColumn,
        ColumnCount
    };

    using QAbstractTableModel::QAbstractTableModel;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    void setFrames(int count, int given, double framesPerSecond);
    void setDistance(int frame, const inspect::ImageDistance& distance);
    void clearDistances();

private:
    [[nodiscard]] QVariant text(int frame, int column) const;

    std::vector<std::optional<inspect::ImageDistance>> m_distances;
    int m_given = 0;
    double m_framesPerSecond = 16;
};

}  // namespace armillary::widgets
