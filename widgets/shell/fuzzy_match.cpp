#include "widgets/shell/fuzzy_match.h"

#include <QStringList>

#include <algorithm>

namespace armillary::widgets {
namespace {

constexpr int kLetter = 1;
constexpr int kNext = 5;    // to the letter before
constexpr int kStart = 8;   // of a word
constexpr int kFirst = 4;   // of the name
constexpr int kWhole = 12;  // the word as typed occurs in one piece

bool startsWord(const QString& name, qsizetype at)
{
    return at == 0 || !name[at - 1].isLetterOrNumber();
}

// Greedy from `from` on.
std::optional<FuzzyMatch> matchFrom(const QString& word, const QString& name, qsizetype from)
{
    FuzzyMatch out;
    qsizetype at = from;
    for (const QChar letter : word) {
        const qsizetype found = name.indexOf(letter, at, Qt::CaseInsensitive);
        if (found < 0)
            return std::nullopt;
        out.score += kLetter + (startsWord(name, found) ? kStart : 0) + (found == 0 ? kFirst : 0);
        if (!out.places.empty())
            out.score += found == out.places.back() + 1 ? kNext : -static_cast<int>(std::min<qsizetype>(found - at, 3));
        out.places.push_back(found);
        at = found + 1;
    }
    return out;
}

std::optional<FuzzyMatch> matchWord(const QString& word, const QString& name)
{
    std::optional<FuzzyMatch> best;
    for (qsizetype from = 0; from < name.size(); ++from) {
        if (name[from].toCaseFolded() != word[0].toCaseFolded())
            continue;
        std::optional<FuzzyMatch> match = matchFrom(word, name, from);
        if (!match)
            break;
        if (name.mid(from, word.size()).compare(word, Qt::CaseInsensitive) == 0)
            match->score += kWhole;
        if (!best || match->score > best->score)
            best = std::move(match);
    }
    return best;
}

}  // namespace

std::optional<FuzzyMatch> fuzzyMatch(const QString& typed, const QString& name)
{
    FuzzyMatch out;
    for (const QString& word : typed.split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
        std::optional<FuzzyMatch> match = matchWord(word, name);
        if (!match)
            return std::nullopt;
        out.score += match->score;
        out.places.insert(out.places.end(), match->places.begin(), match->places.end());
    }
    std::sort(out.places.begin(), out.places.end());
    return out;
}

}  // namespace armillary::widgets
