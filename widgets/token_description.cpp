#include "widgets/token_description.h"

#include "records/shown_media.h"
#include "records/temporal_grid.h"
#include "widgets/crop_name.h"
#include "widgets/kind_colors.h"

#include <QCoreApplication>
#include <QFileInfo>

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(TokenDescription)
};

bool hasMedia(const Question& question, int media)
{
    return media >= 0 && media < static_cast<int>(question.media.size()) &&
           !question.media[static_cast<std::size_t>(media)].frames.empty();
}

QString gridLine(const TokenLayout* layout, const TokenOrigin& origin)
{
    QStringList parts;
    if (const QString crop = cropName(layout, origin); !crop.isEmpty())
        parts << crop;
    if (origin.latentFrame >= 0)
        parts << Words::tr("latent frame %1").arg(origin.latentFrame);
    if (origin.row >= 0)
        parts << Words::tr("row %1").arg(origin.row);
    if (origin.column >= 0)
        parts << Words::tr("column %1").arg(origin.column);
    return parts.join(QStringLiteral(" · "));
}

QString pixelLine(const ShownRun& run, std::int64_t position, const TokenOrigin& origin)
{
    const PixelBox box = run.boxAt(position);
    if (box.right <= box.left || box.bottom <= box.top || run.question() == nullptr)
        return {};
    const Image image = stillImage(*run.question(), origin.media);
    if (image.empty())
        return {};
    const auto pixel = [](double fraction, int side) { return static_cast<int>(std::lround(fraction * side)); };
    return Words::tr("pixels x %1–%2, y %3–%4 of %5 (%6 × %7)")
        .arg(pixel(box.left, image.width()))
        .arg(pixel(box.right, image.width()))
        .arg(pixel(box.top, image.height()))
        .arg(pixel(box.bottom, image.height()))
        .arg(mediaName(*run.question(), origin.media))
        .arg(image.width())
        .arg(image.height());
}

}  // namespace

QString TokenDescription::oneLine() const
{
    return (QStringList{title} + lines).join(QStringLiteral("  ·  "));
}

QString readablePiece(const std::string& piece)
{
    QString text = QString::fromStdString(piece);
    text.replace(QChar(0x2581), QLatin1Char(' '));
    text.replace(QLatin1Char('\n'), QStringLiteral("\\n"));
    text.replace(QLatin1Char('\t'), QStringLiteral("\\t"));
    return text;
}

QString mediaName(const Question& question, int media)
{
    const QString number = Words::tr("picture %1").arg(media + 1);
    if (media < 0 || media >= static_cast<int>(question.media.size()))
        return number;
    const QString name =
        QFileInfo(QString::fromStdString(question.media[static_cast<std::size_t>(media)].path)).fileName();
    return name.isEmpty() ? number : name;
}

Image stillImage(const Question& question, int media)
{
    if (!hasMedia(question, media))
        return {};
    const Image* seen = stillPicture(question, media);
    return seen == nullptr ? Image() : *seen;
}

int stillFrameIndex(const Question& question, int media)
{
    if (!hasMedia(question, media))
        return 0;
    // A grid has four: no frame of the source is what was seen.
    if (question.media[static_cast<std::size_t>(media)].grid)
        return -1;
    return question.media[static_cast<std::size_t>(media)].firstFrameIndex + stillIndex(question, media);
}

QString gridCellLine(const ShownRun& run, std::int64_t position)
{
    const Question* question = run.question();
    const PixelBox box = run.boxAt(position);
    const int media = run.originAt(position).media;
    if (question == nullptr || box.right <= box.left || !hasMedia(*question, media))
        return {};
    const Clip& clip = question->media[static_cast<std::size_t>(media)];
    // World tokens of a clip or of a prediction stand for its frames, not for the picture beside them.
    const bool isOfPicture = run.kindAt(position) == TokenKind::Image || question->world.source == WorldSource::Still;
    if (clip.grid == nullptr || !isOfPicture)
        return {};
    const auto first = static_cast<std::size_t>(clip.grid->moments[0].frame);
    const Image& frame = clip.frames[std::min(first, clip.frames.size() - 1)];
    const auto cells = gridCellsOf(gridSizes(*clip.grid, frame.height(), frame.width()), box);
    if (cells.empty())
        return Words::tr("in the black bars beside the grid");
    QStringList names;
    for (const CellShare& at : cells) {
        const GridMoment& moment = clip.grid->moments[static_cast<std::size_t>(at.cell)];
        QString name = Words::tr("cell %1,%2 of the grid, frame %3")
                           .arg(at.cell / kGridColumns + 1)
                           .arg(at.cell % kGridColumns + 1)
                           .arg(moment.sourceFrame);
        if (clip.framesPerSecond > 0)
            name += Words::tr(", %1 s").arg(moment.seconds, 0, 'f', 2);
        if (cells.size() > 1)
            name += Words::tr(" (%1 %)").arg(100 * at.share, 0, 'f', 0);
        names << name;
    }
    return cells.size() == 1
               ? names.front()
               : Words::tr("over a border, of %1 cells: %2").arg(cells.size()).arg(names.join(Words::tr(" and ")));
}

TokenDescription describeToken(const ShownRun& run, std::int64_t position)
{
    TokenDescription out;
    if (position < 0 || position >= run.size())
        return out;
    const TokenKind kind = run.kindAt(position);
    out.title = QStringLiteral("%1 · %2").arg(position).arg(kindName(kind));
    const std::int64_t id = run.idAt(position);
    if (id >= 0)
        out.lines << Words::tr("id %1 · “%2”").arg(id).arg(readablePiece(run.pieceAt(position)));
    else
        out.lines << Words::tr("no vocabulary id");
    if (kind == TokenKind::Generated) {
        const auto index = static_cast<std::size_t>(position - run.prefillLength());
        if (index < run.generated().size())
            out.lines << Words::tr("probability %1 %").arg(100.0 * run.generated()[index].probability, 0, 'f', 1);
        return out;
    }
    const TokenOrigin origin = run.originAt(position);
    for (const QString& line :
         {gridLine(run.layout(), origin), gridCellLine(run, position), pixelLine(run, position, origin)}) {
        if (!line.isEmpty())
            out.lines << line;
    }
    return out;
}

}  // namespace armillary::widgets
