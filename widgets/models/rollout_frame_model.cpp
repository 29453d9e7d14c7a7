#include "widgets/models/rollout_frame_model.h"

#include "widgets/rollout/shown_rollout.h"

#include <cmath>

namespace armillary::widgets {

int RolloutFrameModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_distances.size());
}

int RolloutFrameModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant RolloutFrameModel::text(int frame, int column) const
{
    const std::optional<inspect::ImageDistance>& distance = m_distances[static_cast<std::size_t>(frame)];
    const QString unknown = QStringLiteral("–");
    switch (column) {
    case FrameColumn: return frame;
    case LatentColumn: return latentFrameFromFrame(frame);
    case TimeColumn: return m_framesPerSecond > 0 ? tr("%1 s").arg(frame / m_framesPerSecond, 0, 'f', 2) : unknown;
    case KindColumn: return frame < m_given ? tr("given") : tr("predicted");
    case PsnrColumn:
        if (!distance)
            return unknown;
        return std::isinf(distance->psnrDecibels) ? QStringLiteral("∞ dB")
                                                  : tr("%1 dB").arg(distance->psnrDecibels, 0, 'f', 2);
    case SsimColumn: return distance && !std::isnan(distance->ssim) ? QString::number(distance->ssim, 'f', 4) : unknown;
    case LargestColumn: return distance ? QString::number(distance->largestDifference) : unknown;
    default: return {};
    }
}

QVariant RolloutFrameModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    if (role == Qt::DisplayRole)
        return text(index.row(), index.column());
    if (role == Qt::TextAlignmentRole && index.column() != KindColumn)
        return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
    return {};
}

QVariant RolloutFrameModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || (role != Qt::DisplayRole && role != Qt::ToolTipRole))
        return {};
    const bool tip = role == Qt::ToolTipRole;
    switch (section) {
    case FrameColumn: return tip ? tr("Index of the frame in the rollout") : tr("Frame");
    case LatentColumn: return tip ? tr("Latent 0 = frame 0, latent k = frames 4k-3 ... 4k") : tr("Latent");
    case TimeColumn: return tip ? tr("At the rollout's frames a second") : tr("Time");
    case KindColumn: return tip ? tr("Given frames are the condition") : tr("Kind");
    case PsnrColumn: return tip ? tr("Against the real frame, over all colours; more is nearer") : tr("PSNR");
    case SsimColumn: return tip ? tr("Structural similarity of the luma (Wang et al. 2004); 1 = alike") : tr("SSIM");
    case LargestColumn: return tip ? tr("Largest difference of one colour of one pixel, of 255") : tr("Largest");
    default: return {};
    }
}

void RolloutFrameModel::setFrames(int count, int given, double framesPerSecond)
{
    beginResetModel();
    m_distances.assign(static_cast<std::size_t>(count), std::nullopt);
    m_given = given;
    m_framesPerSecond = framesPerSecond;
    endResetModel();
}

void RolloutFrameModel::setDistance(int frame, const inspect::ImageDistance& distance)
{
    if (frame < 0 || frame >= rowCount())
        return;
    m_distances[static_cast<std::size_t>(frame)] = distance;
    Q_EMIT dataChanged(index(frame, PsnrColumn), index(frame, LargestColumn));
}

void RolloutFrameModel::clearDistances()
{
    if (m_distances.empty())
        return;
    m_distances.assign(m_distances.size(), std::nullopt);
    Q_EMIT dataChanged(index(0, PsnrColumn), index(rowCount() - 1, LargestColumn));
}

}  // namespace armillary::widgets
