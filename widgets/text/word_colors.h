// What the words of an answer are coloured by, with the scale that goes with it. Probability and surprisal have fixed scales, so
// that a word keeps its colour while the answer grows and two answers can be compared.
// Thread rule: plain values; GUI thread.
#pragma once

#include "records/run_record.h"
#include "widgets/colormap.h"

#include <QColor>
#include <QString>

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

namespace armillary::widgets {

enum class WordMeasure { None, Probability, Surprisal, WorldBits, Layer };

// In the order of the choice.
inline constexpr std::array kWordMeasures = {WordMeasure::None, WordMeasure::Probability, WordMeasure::Surprisal,
                                             WordMeasure::WorldBits, WordMeasure::Layer};

[[nodiscard]] QString wordMeasureTitle(WordMeasure measure);
// Stable, for saved views.
[[nodiscard]] QString wordMeasureId(WordMeasure measure);
[[nodiscard]] std::optional<WordMeasure> wordMeasureFromId(const QString& id);
// -log2 p; infinite for 0.
[[nodiscard]] float surprisalBits(float probability);
// The one of black and white that is read more easily on `ground`.
[[nodiscard]] QColor inkOn(const QColor& ground);

struct WordScale {
    QString title;  // "surprisal"; empty: nothing is coloured
    QString unit;   // "bits"
    float lowest = 0;
    float highest = 1;
    ColorScale scale = ColorScale::Magnitude;
    bool isOpen = false;  // values past the ends are there and take the ends' colours

    bool operator==(const WordScale&) const = default;
};

class WordColors {
public:
    // Probability and surprisal take their values from the tokens, the others by setValues.
    void setMeasure(WordMeasure measure);
    [[nodiscard]] WordMeasure measure() const { return m_measure; }
    void clear();
    // The next token of the answer.
    void append(const TokenPiece& token);
    // Of all tokens, NaN where there is none.
    void setValues(WordScale scale, std::vector<float> values);

    [[nodiscard]] const WordScale& scale() const { return m_scale; }
    // NaN where there is no value.
    [[nodiscard]] float value(std::size_t index) const;
    // Invalid where there is no value.
    [[nodiscard]] QColor color(std::size_t index) const;
    // Values worked out from tokens since this was made; tests of the growth rule read it.
    [[nodiscard]] qint64 valuesMade() const { return m_valuesMade; }

private:
    WordMeasure m_measure = WordMeasure::None;
    WordScale m_scale;
    std::vector<float> m_values;
    qint64 m_valuesMade = 0;
};

// What `measure` says of a token by itself; NaN for measures that need more.
[[nodiscard]] float wordValue(WordMeasure measure, const TokenPiece& token);
// The scale of differences of such values, symmetric.
[[nodiscard]] WordScale differenceScale(WordMeasure measure);

}  // namespace armillary::widgets
