#include "widgets/text/word_colors.h"

#include <QCoreApplication>

#include <cmath>
#include <limits>

namespace armillary::widgets {
namespace {

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();
// A word that one in a thousand would guess; rarer ones take the same colour.
constexpr float kMostBits = 10;

struct Words {
    Q_DECLARE_TR_FUNCTIONS(WordColors)
};

double luminance(const QColor& color)
{
    const auto linear = [](double part) {
        return part <= 0.04045 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

WordScale scaleOf(WordMeasure measure)
{
    switch (measure) {
    case WordMeasure::Probability: return {Words::tr("probability"), {}, 0, 1, ColorScale::Magnitude, false};
    case WordMeasure::Surprisal:
        return {Words::tr("surprisal"), Words::tr("bits"), 0, kMostBits, ColorScale::Magnitude, true};
    default: return {};
    }
}

}  // namespace

QString wordMeasureTitle(WordMeasure measure)
{
    switch (measure) {
    case WordMeasure::None: return Words::tr("No colours");
    case WordMeasure::Probability: return Words::tr("Probability");
    case WordMeasure::Surprisal: return Words::tr("Surprisal");
    case WordMeasure::WorldBits: return Words::tr("Bits gained");
    case WordMeasure::Layer: return Words::tr("Overlay layer");
    }
    return {};
}

QString wordMeasureId(WordMeasure measure)
{
    switch (measure) {
    case WordMeasure::None: return QStringLiteral("none");
    case WordMeasure::Probability: return QStringLiteral("probability");
    case WordMeasure::Surprisal: return QStringLiteral("surprisal");
    case WordMeasure::WorldBits: return QStringLiteral("world-bits");
    case WordMeasure::Layer: return QStringLiteral("layer");
    }
    return {};
}

std::optional<WordMeasure> wordMeasureFromId(const QString& id)
{
    for (const WordMeasure measure : kWordMeasures) {
        if (wordMeasureId(measure) == id)
            return measure;
    }
    return std::nullopt;
}

float surprisalBits(float probability)
{
    return -std::log2(probability);
}

QColor inkOn(const QColor& ground)
{
    // Where the contrast with black, (L + 0.05) / 0.05, equals that with white, 1.05 / (L + 0.05).
    return luminance(ground) > 0.1791 ? QColor(Qt::black) : QColor(Qt::white);
}

float wordValue(WordMeasure measure, const TokenPiece& token)
{
    if (measure == WordMeasure::Probability)
        return token.probability;
    return measure == WordMeasure::Surprisal ? surprisalBits(token.probability) : kNone;
}

WordScale differenceScale(WordMeasure measure)
{
    WordScale scale = scaleOf(measure);
    scale.lowest = -scale.highest;
    scale.scale = ColorScale::Signed;
    return scale;
}

void WordColors::setMeasure(WordMeasure measure)
{
    m_measure = measure;
    m_values.clear();
    m_scale = scaleOf(measure);
}

void WordColors::clear()
{
    m_values.clear();
}

void WordColors::append(const TokenPiece& token)
{
    m_values.push_back(wordValue(m_measure, token));
    ++m_valuesMade;
}

void WordColors::setValues(WordScale scale, std::vector<float> values)
{
    m_scale = std::move(scale);
    m_values = std::move(values);
}

float WordColors::value(std::size_t index) const
{
    return index < m_values.size() ? m_values[index] : kNone;
}

QColor WordColors::color(std::size_t index) const
{
    const float value = this->value(index);
    if (std::isnan(value) || m_scale.title.isEmpty())
        return {};
    const double span = static_cast<double>(m_scale.highest) - m_scale.lowest;
    return QColor(scaleColor(m_scale.scale, span > 0 ? (value - m_scale.lowest) / span : 0.5));
}

}  // namespace armillary::widgets
