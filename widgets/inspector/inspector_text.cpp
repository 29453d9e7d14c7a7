#include "widgets/inspector/inspector_text.h"

#include "widgets/crop_name.h"
#include "widgets/kind_colors.h"
#include "widgets/rollout/shown_rollout.h"
#include "widgets/token_description.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <cmath>
#include <map>

namespace armillary::widgets {
namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(InspectorText)
};

QString number(double value, int digits = 4)
{
    return std::isfinite(value) ? QLocale().toString(value, 'g', digits) : QStringLiteral("–");
}

QString percent(double fraction)
{
    return Words::tr("%1 %").arg(QLocale().toString(100 * fraction, 'g', 3));
}

QString quoted(const std::string& piece)
{
    return QStringLiteral("“%1”").arg(readablePiece(piece));
}

const AnalysisTable* findTable(const AnalysisResult& result, const std::string& name)
{
    const auto found = std::find_if(result.tables.begin(), result.tables.end(),
                                    [&name](const AnalysisTable& table) { return table.name == name; });
    return found == result.tables.end() ? nullptr : &*found;
}

// Cells of a row by column names, so that added columns do no harm.
class RowReader {
public:
    explicit RowReader(const AnalysisTable& table) : m_table(table) {}

    [[nodiscard]] double number(std::size_t row, const std::string& column) const
    {
        const AnalysisCell* found = cell(row, column);
        return found != nullptr && std::holds_alternative<double>(*found) ? std::get<double>(*found) : std::nan("");
    }
    [[nodiscard]] std::int64_t position(std::size_t row) const
    {
        const double value = number(row, "position");
        return std::isfinite(value) ? std::llround(value) : -1;
    }
    [[nodiscard]] std::string text(std::size_t row, const std::string& column) const
    {
        const AnalysisCell* found = cell(row, column);
        return found != nullptr && std::holds_alternative<std::string>(*found) ? std::get<std::string>(*found) : "";
    }
    [[nodiscard]] std::size_t rows() const { return m_table.rows.size(); }

private:
    [[nodiscard]] const AnalysisCell* cell(std::size_t row, const std::string& column) const
    {
        const auto at = std::find(m_table.columns.begin(), m_table.columns.end(), column);
        const auto index = static_cast<std::size_t>(at - m_table.columns.begin());
        return at == m_table.columns.end() || index >= m_table.rows[row].size() ? nullptr : &m_table.rows[row][index];
    }

    const AnalysisTable& m_table;
};

const TokenGrid* worldGrid(const ShownRun& run, int media)
{
    if (run.layout() == nullptr)
        return nullptr;
    const auto& grids = run.layout()->grids;
    const auto found = std::find_if(grids.begin(), grids.end(), [media](const TokenGrid& grid) {
        return grid.kind == TokenKind::World && grid.media == media;
    });
    return found == grids.end() ? nullptr : &*found;
}

// Source frames [first, last] of a latent frame, as indices into `clip`.
struct FrameSpan {
    const Clip* clip = nullptr;
    int first = 0;
    int last = 0;
    double framesPerSecond = 0;
};

std::optional<FrameSpan> framesOf(const ShownRun& run, int media, int latentFrame)
{
    const TokenGrid* grid = worldGrid(run, media);
    const Question* question = run.question();
    if (grid == nullptr || question == nullptr || latentFrame < 0 || latentFrame >= grid->latentFrames ||
        question->world.source == WorldSource::Still)
        return std::nullopt;
    const int frames = framesFromLatentFrame(grid->latentFrames - 1).second + 1;
    FrameSpan out;
    int offset = 0;
    if (question->world.source == WorldSource::Rollout) {
        if (!run.record() || !run.record()->rolloutFrames)
            return std::nullopt;
        out.clip = run.record()->rolloutFrames.get();
        out.framesPerSecond =
            question->world.rollout ? question->world.rollout->framesPerSecond : out.clip->framesPerSecond;
    } else {
        if (media < 0 || media >= static_cast<int>(question->media.size()))
            return std::nullopt;
        out.clip = &question->media[static_cast<std::size_t>(media)];
        out.framesPerSecond = out.clip->framesPerSecond;
        offset = static_cast<int>(out.clip->frames.size()) - frames;
    }
    if (offset < 0 || offset + frames > static_cast<int>(out.clip->frames.size()))
        return std::nullopt;
    const auto [first, last] = framesFromLatentFrame(latentFrame);
    out.first = offset + first;
    out.last = offset + last;
    return out;
}

double valueAt(const AnalysisResult& result, const std::string& name, std::int64_t index)
{
    const auto found = result.arrays.find(name);
    return found == result.arrays.end() || index < 0 || index >= found->second.values.elementCount()
               ? std::nan("")
               : found->second.values.floatAt(index);
}

// The place of every position of the sequence in a result of its tokens, -1 without one: kinds may stand in any order there.
std::vector<std::int64_t> indicesByPosition(const AnalysisResult& result, std::int64_t length)
{
    std::vector<std::int64_t> out(static_cast<std::size_t>(length), -1);
    const auto found = result.arrays.find("position");
    if (found == result.arrays.end())
        return out;
    for (std::int64_t i = 0; i < found->second.values.elementCount(); ++i) {
        const auto position = static_cast<std::int64_t>(found->second.values.floatAt(i));
        if (position >= 0 && position < length)
            out[static_cast<std::size_t>(position)] = i;
    }
    return out;
}

const TokenPiece* generatedAt(const ShownRun& run, std::int64_t position)
{
    const std::int64_t index = position - run.prefillLength();
    return index < 0 || index >= static_cast<std::int64_t>(run.generated().size())
               ? nullptr
               : &run.generated()[static_cast<std::size_t>(index)];
}

}  // namespace

QString positionName(const ShownRun& run, std::int64_t position)
{
    if (position < 0 || position >= run.size())
        return QString::number(position);
    const TokenKind kind = run.kindAt(position);
    const TokenOrigin origin = run.originAt(position);
    if (origin.row < 0)
        return QStringLiteral("%1 %2").arg(position).arg(quoted(run.pieceAt(position)));
    QString place = QStringLiteral("r%1 c%2").arg(origin.row).arg(origin.column);
    if (origin.latentFrame >= 0)
        place.prepend(QStringLiteral("t%1 ").arg(origin.latentFrame));
    return QStringLiteral("%1 %2 %3").arg(position).arg(kindName(kind), place);
}

QString latentTime(const ShownRun& run, int media, int latentFrame)
{
    const auto span = framesOf(run, media, latentFrame);
    if (!span)
        return {};
    const int firstFrame = span->clip->firstFrameIndex;
    const QString frames = span->first == span->last
                               ? Words::tr("frame %1").arg(firstFrame + span->first)
                               : Words::tr("frames %1–%2").arg(firstFrame + span->first).arg(firstFrame + span->last);
    if (span->framesPerSecond <= 0)
        return frames;
    const auto seconds = [&](int frame) {
        return QLocale().toString((firstFrame + frame) / span->framesPerSecond, 'f', 2);
    };
    return span->first == span->last ? Words::tr("%1 · %2 s").arg(frames, seconds(span->first))
                                     : Words::tr("%1 · %2–%3 s").arg(frames, seconds(span->first), seconds(span->last));
}

Image pictureOf(const ShownRun& run, std::int64_t position)
{
    if (run.question() == nullptr || position < 0 || position >= run.size())
        return {};
    const TokenOrigin origin = run.originAt(position);
    if (origin.row < 0)
        return {};
    if (const auto span = framesOf(run, origin.media, origin.latentFrame))
        return span->clip->frames[static_cast<std::size_t>(span->last)];
    return stillImage(*run.question(), origin.media);
}

std::vector<InspectorLine> tokenLines(const ShownRun& run, std::int64_t position)
{
    const TokenKind kind = run.kindAt(position);
    const TokenOrigin origin = run.originAt(position);
    std::vector<InspectorLine> out;
    out.push_back({Words::tr("Position"), Words::tr("%1 of %2").arg(position).arg(run.size())});
    out.push_back({Words::tr("Kind"), kindName(kind)});
    const std::int64_t id = run.idAt(position);
    out.push_back({Words::tr("Id"), id < 0 ? Words::tr("none") : QString::number(id)});
    if (!run.pieceAt(position).empty())
        out.push_back({Words::tr("Piece"), quoted(run.pieceAt(position))});
    if (origin.media >= 0 && run.question() != nullptr)
        out.push_back({Words::tr("Picture"), mediaName(*run.question(), origin.media)});
    if (const QString crop = cropName(run.layout(), origin); !crop.isEmpty())
        out.push_back({Words::tr("Part"), crop});
    if (origin.row >= 0)
        out.push_back({Words::tr("Row, column"), QStringLiteral("%1, %2").arg(origin.row).arg(origin.column)});
    if (origin.latentFrame >= 0) {
        const QString time = latentTime(run, origin.media, origin.latentFrame);
        out.push_back({Words::tr("Latent frame"), time.isEmpty()
                                                      ? QString::number(origin.latentFrame)
                                                      : QStringLiteral("%1 · %2").arg(origin.latentFrame).arg(time)});
    }
    if (const QString cell = gridCellLine(run, position); !cell.isEmpty())
        out.push_back({Words::tr("Moment"), cell});
    const PixelBox box = run.boxAt(position);
    const Image image = pictureOf(run, position);
    if (box.right > box.left && !image.empty()) {
        const auto pixel = [](double fraction, int side) { return static_cast<int>(std::lround(fraction * side)); };
        out.push_back({Words::tr("Pixels"), Words::tr("x %1–%2, y %3–%4 of %5 × %6")
                                                .arg(pixel(box.left, image.width()))
                                                .arg(pixel(box.right, image.width()))
                                                .arg(pixel(box.top, image.height()))
                                                .arg(pixel(box.bottom, image.height()))
                                                .arg(image.width())
                                                .arg(image.height())});
    }
    return out;
}

std::vector<InspectorLine> setLines(const ShownRun& run, const Positions& positions, const AnalysisResult* norms)
{
    std::map<TokenKind, std::int64_t> counts;
    std::map<int, PixelBox> boxes;  // by picture
    double probability = 0, norm = 0;
    std::int64_t probabilities = 0, normCount = 0;
    std::vector<int> latentFrames;
    const std::vector<std::int64_t> places =
        norms == nullptr ? std::vector<std::int64_t>() : indicesByPosition(*norms, run.size());
    for (const std::int64_t position : positions) {
        if (position < 0 || position >= run.size())
            continue;
        ++counts[run.kindAt(position)];
        const TokenOrigin origin = run.originAt(position);
        const PixelBox box = run.boxAt(position);
        if (box.right > box.left) {
            const auto [found, isNew] = boxes.emplace(origin.media, box);
            PixelBox& all = found->second;
            all = {std::min(all.top, box.top), std::min(all.left, box.left), std::max(all.bottom, box.bottom),
                   std::max(all.right, box.right)};
        }
        if (origin.latentFrame >= 0)
            latentFrames.push_back(origin.latentFrame);
        if (const TokenPiece* piece = generatedAt(run, position)) {
            probability += piece->probability;
            ++probabilities;
        }
        if (norms != nullptr && places[static_cast<std::size_t>(position)] >= 0) {
            const double value = valueAt(*norms, "norms", places[static_cast<std::size_t>(position)]);
            if (std::isfinite(value)) {
                norm += value;
                ++normCount;
            }
        }
    }
    std::vector<InspectorLine> out;
    out.push_back({Words::tr("Positions"), Words::tr("%1, from %2 to %3")
                                               .arg(QLocale().toString(static_cast<qlonglong>(positions.size())))
                                               .arg(positions.front())
                                               .arg(positions.back())});
    for (const TokenKind kind : kTokenKinds) {
        if (counts.contains(kind))
            out.push_back({kindName(kind), QLocale().toString(static_cast<qlonglong>(counts[kind]))});
    }
    if (!latentFrames.empty()) {
        const auto [least, most] = std::minmax_element(latentFrames.begin(), latentFrames.end());
        out.push_back({Words::tr("Latent frames"),
                       *least == *most ? QString::number(*least) : QStringLiteral("%1–%2").arg(*least).arg(*most)});
    }
    for (const auto& [media, box] : boxes) {
        const Image image = run.question() == nullptr ? Image() : stillImage(*run.question(), media);
        const auto pixel = [](double fraction, int side) { return static_cast<int>(std::lround(fraction * side)); };
        if (!image.empty())
            out.push_back({Words::tr("Box in %1").arg(mediaName(*run.question(), media)),
                           Words::tr("x %1–%2, y %3–%4")
                               .arg(pixel(box.left, image.width()))
                               .arg(pixel(box.right, image.width()))
                               .arg(pixel(box.top, image.height()))
                               .arg(pixel(box.bottom, image.height()))});
    }
    if (probabilities > 0)
        out.push_back({Words::tr("Mean probability"), percent(probability / static_cast<double>(probabilities))});
    if (normCount > 0)
        out.push_back(
            {Words::tr("Mean norm"),
             Words::tr("%1 of %2 vectors").arg(number(norm / static_cast<double>(normCount))).arg(normCount)});
    return out;
}

std::vector<InspectorLine> probabilityLines(const ShownRun& run, std::int64_t position, const AnalysisResult* surprisal)
{
    std::vector<InspectorLine> out;
    std::map<std::int64_t, std::string> wordOfId;
    const AnalysisTable* scored = surprisal == nullptr ? nullptr : findTable(*surprisal, "tokens");
    const AnalysisTable* others = surprisal == nullptr ? nullptr : findTable(*surprisal, "alternatives");
    const TokenPiece* piece = generatedAt(run, position);
    if (piece != nullptr) {
        out.push_back({Words::tr("Probability"), percent(piece->probability)});
        out.push_back({Words::tr("Surprisal"), Words::tr("%1 bits").arg(number(-std::log2(piece->probability), 3))});
    } else if (scored != nullptr) {
        const RowReader read(*scored);
        for (std::size_t row = 0; row < read.rows(); ++row) {
            if (read.position(row) != position)
                continue;
            out.push_back({Words::tr("Probability"), percent(read.number(row, "probability"))});
            out.push_back({Words::tr("Surprisal"), Words::tr("%1 bits").arg(number(read.number(row, "bits"), 3))});
            out.push_back({Words::tr("Rank"), number(read.number(row, "rank") + 1)});
            out.push_back(
                {Words::tr("Entropy"), Words::tr("%1 bits").arg(number(read.number(row, "entropy_bits"), 3))});
        }
    }
    if (others != nullptr) {
        const RowReader read(*others);
        for (std::size_t row = 0; row < read.rows(); ++row) {
            if (piece != nullptr)
                wordOfId.emplace(static_cast<std::int64_t>(read.number(row, "id")), read.text(row, "word"));
            else if (read.position(row) == position)
                out.push_back({percent(read.number(row, "probability")), quoted(read.text(row, "word"))});
        }
    }
    if (piece == nullptr)
        return out;
    for (const TokenPiece& each : run.generated())
        wordOfId.emplace(each.id, each.piece);
    if (const TokenLayout* layout = run.layout()) {
        for (std::size_t i = 0; i < layout->ids.size(); ++i) {
            if (layout->ids[i] >= 0 && !layout->pieces[i].empty())
                wordOfId.emplace(layout->ids[i], layout->pieces[i]);
        }
    }
    for (const auto& [id, chance] : piece->alternatives) {
        const auto word = wordOfId.find(id);
        out.push_back({percent(chance), word == wordOfId.end() ? Words::tr("id %1").arg(id) : quoted(word->second)});
    }
    return out;
}

std::vector<InspectorLine> normLines(const AnalysisResult& norms, std::int64_t position)
{
    const auto places = indicesByPosition(norms, position + 1);
    const std::int64_t index = position < 0 ? -1 : places[static_cast<std::size_t>(position)];
    if (index < 0)
        return {};
    std::vector<InspectorLine> out;
    out.push_back({Words::tr("Norm"), number(valueAt(norms, "norms", index))});
    const double score = valueAt(norms, "scores", index);
    out.push_back({Words::tr("z in its segment"), std::isfinite(score)
                                                      ? Words::tr("%1 MAD from the median").arg(number(score, 3))
                                                      : Words::tr("none")});
    const double kind = valueAt(norms, "kind", index);
    if (const AnalysisTable* segments = findTable(norms, "segments"); segments != nullptr && std::isfinite(kind)) {
        const RowReader read(*segments);
        const auto name = std::string(tokenKindName(static_cast<TokenKind>(static_cast<int>(kind))));
        for (std::size_t row = 0; row < read.rows(); ++row) {
            if (read.text(row, "segment") == name)
                out.push_back({Words::tr("Median, MAD of %1").arg(QString::fromStdString(name)),
                               Words::tr("%1, %2 (%3)")
                                   .arg(number(read.number(row, "median")), number(read.number(row, "MAD")),
                                        QString::fromStdString(read.text(row, "tensor")))});
        }
    }
    return out;
}

std::vector<InspectorLine> neighbourLines(const ShownRun& run, const AnalysisResult& neighbours)
{
    std::vector<InspectorLine> out;
    const AnalysisTable* table = findTable(neighbours, "neighbours");
    if (table == nullptr)
        return out;
    const RowReader read(*table);
    for (std::size_t row = 0; row < read.rows(); ++row)
        out.push_back({QLocale().toString(read.number(row, "cosine"), 'f', 4), positionName(run, read.position(row)),
                       read.position(row)});
    return out;
}

std::vector<InspectorLine> wordLines(const AnalysisResult& words, std::int64_t position)
{
    std::vector<InspectorLine> out;
    const AnalysisTable* table = findTable(words, "words");
    if (table == nullptr)
        return out;
    const RowReader read(*table);
    for (std::size_t row = 0; row < read.rows(); ++row) {
        if (read.position(row) == position)
            out.push_back({QLocale().toString(read.number(row, "cosine"), 'f', 4), quoted(read.text(row, "word"))});
    }
    if (const auto noise = words.number("noise_95_best_cosine"); noise && !out.empty())
        out.push_back({QLocale().toString(*noise, 'f', 4), Words::tr("what the best 5 % of noise reach")});
    return out;
}

std::vector<InspectorLine> lensLines(const AnalysisResult& lens, std::int64_t position)
{
    std::vector<InspectorLine> out;
    const AnalysisTable* table = findTable(lens, "words");
    if (table == nullptr)
        return out;
    const RowReader read(*table);
    std::string last;
    for (std::size_t row = 0; row < read.rows(); ++row) {
        if (read.number(row, "rank") != 0 || read.position(row) != position)
            continue;
        const std::string word = read.text(row, "word");
        // Layers that agree with the one before say nothing new.
        if (!out.empty() && word == last)
            continue;
        last = word;
        out.push_back({Words::tr("from layer %1").arg(read.number(row, "layer")),
                       QStringLiteral("%1 %2").arg(quoted(word), percent(read.number(row, "probability")))});
    }
    return out;
}

}  // namespace armillary::widgets
