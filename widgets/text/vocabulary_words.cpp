#include "widgets/text/vocabulary_words.h"

#include "widgets/token_description.h"

#include <QCoreApplication>

#include <algorithm>

namespace armillary::widgets {
namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(VocabularyWords)
};

}  // namespace

QString wordFromPiece(const std::string& piece, std::int64_t id)
{
    if (piece.empty())
        return Words::tr("token %1").arg(id);
    QString word = readablePiece(piece);
    if (word.trimmed().isEmpty())
        word.replace(QLatin1Char(' '), QChar(0x2423));
    return word;
}

QString wordFromId(const ShownRun& run, std::int64_t id)
{
    if (const auto record = run.record()) {
        const auto named = record->vocabulary.find(id);
        if (named != record->vocabulary.end())
            return wordFromPiece(named->second, id);
    }
    const auto generated = std::find_if(run.generated().begin(), run.generated().end(),
                                        [id](const TokenPiece& token) { return token.id == id; });
    if (generated != run.generated().end())
        return wordFromPiece(generated->piece, id);
    if (const TokenLayout* layout = run.layout()) {
        const auto found = std::find(layout->ids.begin(), layout->ids.end(), id);
        if (found != layout->ids.end())
            return wordFromPiece(layout->pieces[static_cast<std::size_t>(found - layout->ids.begin())], id);
    }
    return wordFromPiece({}, id);
}

}  // namespace armillary::widgets
