#include "embedding/embedding_results.h"

#include <limits>

namespace armillary::embedding {
namespace {

template <class Value>
Value valueOr(Result<Value> read, std::optional<Error>& problem)
{
    if (read)
        return *read;
    if (!problem)
        problem = read.error();
    return {};
}

}  // namespace

std::int64_t ArgumentReader::integer(const std::string& name, std::int64_t lowest, std::int64_t highest)
{
    return valueOr(m_arguments.integer(name, lowest, highest), m_problem);
}

double ArgumentReader::real(const std::string& name, double lowest, double highest)
{
    return valueOr(m_arguments.real(name, lowest, highest), m_problem);
}

bool ArgumentReader::flag(const std::string& name)
{
    return valueOr(m_arguments.flag(name), m_problem);
}

std::size_t ArgumentReader::choice(const std::string& name, const std::vector<std::string>& allowed)
{
    return valueOr(m_arguments.choice(name, allowed), m_problem);
}

AnalysisArgument tensorArgument()
{
    return {"tensor", "auto",
            "vectors to read: inputs.embeds, hidden.N, image.embeds, world.embeds, siglip.N.last_hidden_state, "
            "world.latents; auto: "
            "the input of layer 0 where it was captured, else image and world tokens as they entered the sequence"};
}

AnalysisArgument segmentsArgument(const std::string& standard)
{
    return {"segments", standard, "all, or kinds parted by commas: text, control, image, world, bracket, generated"};
}

AnalysisArgument byArgument(const std::string& standard)
{
    return {"by", standard,
            "what makes a segment: kind, span (runs of the sequence), picture (media and crops apart), frame (latent "
            "frames of the world apart)"};
}

AnalysisArgument seedArgument()
{
    return {"seed", "0", "of every random number; the same seed gives the same result"};
}

AnalysisArgument mostArgument(const std::string& standard)
{
    return {"most", standard, "vectors used at most, spread evenly over every segment"};
}

Result<TokenVectors> pickedTokens(const RunRecord& record, const std::string& tensor, const std::string& segments,
                                  std::int64_t most, std::vector<std::string>& cautions)
{
    const auto all = tokenVectors(record, tensor);
    if (!all)
        return tl::unexpected(all.error());
    const auto picked = tokensOfSegments(*all, segments);
    if (!picked)
        return tl::unexpected(picked.error());
    return thinnedTokens(finiteTokens(*picked, cautions), most, cautions);
}

AnalysisArray arrayOf(std::vector<std::string> axes, std::vector<std::int64_t> shape, const std::vector<float>& values)
{
    return {std::move(axes), snapshotFromFloats(std::move(shape), values)};
}

AnalysisArray arrayOf(std::vector<std::string> axes, std::vector<std::int64_t> shape, const std::vector<double>& values)
{
    return arrayOf(std::move(axes), std::move(shape), std::vector<float>(values.begin(), values.end()));
}

AnalysisArray arrayOf(std::vector<std::string> axes, std::vector<std::int64_t> shape,
                      const std::vector<std::int64_t>& values)
{
    return {std::move(axes), snapshotFromIntegers(std::move(shape), values)};
}

void addTokenArrays(AnalysisResult& result, const TokenVectors& tokens)
{
    std::vector<std::int64_t> kinds, origins;
    for (std::size_t i = 0; i < tokens.kinds.size(); ++i) {
        const TokenOrigin& origin = tokens.origins[i];
        kinds.push_back(static_cast<std::int64_t>(tokens.kinds[i]));
        origins.insert(origins.end(), {origin.media, origin.crop, origin.latentFrame, origin.row, origin.column});
    }
    result.arrays["position"] = arrayOf({"token"}, {tokens.size()}, tokens.positions);
    result.arrays["kind"] = arrayOf({"token"}, {tokens.size()}, kinds);
    result.arrays["origin"] = arrayOf({"token", "part"}, {tokens.size(), 5}, origins);
}

void addBandColumns(std::vector<std::string>& columns, const std::string& prefix)
{
    for (const char* name : {"mean", "deviation", "low", "high", "p", "draws"})
        columns.push_back(prefix + " " + name);
}

void addBandCells(std::vector<AnalysisCell>& row, const NullBand& band)
{
    row.insert(row.end(), {band.mean, band.deviation, band.low, band.high, band.pValue, cell(band.draws)});
}

AnalysisCell cell(std::int64_t value)
{
    return static_cast<double>(value);
}

}  // namespace armillary::embedding
