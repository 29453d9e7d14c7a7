#include "widgets/inspector/token_crops.h"

#include "widgets/rollout/shown_rollout.h"
#include "widgets/token_description.h"

#include <QPainter>
#include <QRectF>

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

constexpr int kSide = 72;  // pixels of the longer side
constexpr int kMostKept = 2000;

Image worldFrame(const ShownRun& run, const TokenOrigin& origin)
{
    const Question& question = *run.question();
    const int first = framesFromLatentFrame(std::max(origin.latentFrame, 0)).first;
    if (question.world.source == WorldSource::Rollout) {
        const auto record = run.record();
        const bool haveFrames = record && record->rolloutFrames && !record->rolloutFrames->frames.empty();
        if (haveFrames && first < static_cast<int>(record->rolloutFrames->frames.size()))
            return record->rolloutFrames->frames[static_cast<std::size_t>(first)];
        // What was given is known, what was predicted and not decoded is not.
        return first == 0 ? stillImage(question, origin.media) : Image();
    }
    if (question.world.source == WorldSource::Clip && origin.media >= 0 &&
        origin.media < static_cast<int>(question.media.size())) {
        const std::vector<Image>& frames = question.media[static_cast<std::size_t>(origin.media)].frames;
        int latentFrames = 1;
        for (const TokenGrid& grid : run.layout()->grids) {
            if (grid.kind == TokenKind::World && grid.media == origin.media)
                latentFrames = grid.latentFrames;
        }
        // The last frames of the clip are what the autoencoder saw.
        const int count = static_cast<int>(frames.size());
        const int begin = std::max(0, count - (4 * (latentFrames - 1) + 1));
        if (begin + first < count)
            return frames[static_cast<std::size_t>(begin + first)];
    }
    return stillImage(question, origin.media);
}

}  // namespace

Image pictureOfToken(const ShownRun& run, std::int64_t position)
{
    if (run.question() == nullptr || run.layout() == nullptr || position < 0 || position >= run.prefillLength())
        return {};
    const TokenOrigin origin = run.originAt(position);
    if (origin.media < 0)
        return {};
    return run.kindAt(position) == TokenKind::World ? worldFrame(run, origin)
                                                    : stillImage(*run.question(), origin.media);
}

QImage TokenCrops::of(std::int64_t position)
{
    const auto found = m_cut.constFind(position);
    if (found != m_cut.constEnd())
        return *found;
    if (m_cut.size() >= kMostKept)
        m_cut.clear();
    return *m_cut.insert(position, cut(position));
}

QImage TokenCrops::cut(std::int64_t position) const
{
    const Image picture = pictureOfToken(m_run, position);
    const PixelBox box = m_run.boxAt(position);
    if (picture.empty() || box.right <= box.left || box.bottom <= box.top)
        return {};
    const QRectF own(box.left * picture.width(), box.top * picture.height(), (box.right - box.left) * picture.width(),
                     (box.bottom - box.top) * picture.height());
    // Tokens are small: without what lies around, nobody knows what is seen.
    const double side = std::min<double>(std::max({3.0 * own.width(), 3.0 * own.height(), 24.0}),
                                         std::min(picture.width(), picture.height()));
    QRectF seen(own.center() - QPointF(side / 2, side / 2), QSizeF(side, side));
    seen.moveLeft(std::clamp(seen.left(), 0.0, picture.width() - side));
    seen.moveTop(std::clamp(seen.top(), 0.0, picture.height() - side));
    const QRect whole = seen.toAlignedRect() & QRect(0, 0, picture.width(), picture.height());
    const QImage all(picture.rgb().data(), picture.width(), picture.height(), 3 * picture.width(),
                     QImage::Format_RGB888);
    QImage out = all.copy(whole)
                     .scaled(kSide, kSide, Qt::KeepAspectRatio, Qt::SmoothTransformation)
                     .convertToFormat(QImage::Format_RGB32);
    const double scale = static_cast<double>(out.width()) / whole.width();
    const QRectF frame((own.topLeft() - whole.topLeft()) * scale, own.size() * scale);
    QPainter painter(&out);
    painter.setPen(QPen(QColor(0, 0, 0, 200), 3));
    painter.drawRect(frame);
    painter.setPen(QPen(Qt::white, 1));
    painter.drawRect(frame);
    return out;
}

}  // namespace armillary::widgets
