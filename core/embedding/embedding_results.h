// What the named analyses of this folder share: arguments read in one go, vectors picked by them, and values as results.
// Thread rule: plain values and pure functions.
#pragma once

#include "embedding/null_band.h"
#include "embedding/token_groups.h"
#include "inspect/record_analysis.h"

#include <optional>
#include <string>
#include <vector>

namespace armillary::embedding {

// Reads arguments one after the other and keeps the first error, so that a function asks once at the end.
class ArgumentReader {
public:
    explicit ArgumentReader(const inspect::AnalysisArguments& arguments) : m_arguments(arguments) {}

    // 0 when wrong.
    [[nodiscard]] std::int64_t integer(const std::string& name, std::int64_t lowest, std::int64_t highest);
    [[nodiscard]] double real(const std::string& name, double lowest, double highest);
    [[nodiscard]] bool flag(const std::string& name);
    [[nodiscard]] std::size_t choice(const std::string& name, const std::vector<std::string>& allowed);
    [[nodiscard]] const std::string& text(const std::string& name) const { return m_arguments.text(name); }
    [[nodiscard]] GroupBy groupBy() { return static_cast<GroupBy>(choice("by", groupByNames())); }
    [[nodiscard]] std::uint64_t seed() { return static_cast<std::uint64_t>(integer("seed", 0, std::int64_t{1} << 53)); }

    [[nodiscard]] const std::optional<Error>& problem() const { return m_problem; }

private:
    const inspect::AnalysisArguments& m_arguments;
    std::optional<Error> m_problem;
};

[[nodiscard]] AnalysisArgument tensorArgument();
[[nodiscard]] AnalysisArgument segmentsArgument(const std::string& standard);
[[nodiscard]] AnalysisArgument byArgument(const std::string& standard);
[[nodiscard]] AnalysisArgument seedArgument();
[[nodiscard]] AnalysisArgument mostArgument(const std::string& standard);

// The vectors that `tensor` and `segments` name, finite ones, thinned to `most`. Errors: InvalidInput.
[[nodiscard]] Result<TokenVectors> pickedTokens(const RunRecord& record, const std::string& tensor,
                                                const std::string& segments, std::int64_t most,
                                                std::vector<std::string>& cautions);

[[nodiscard]] AnalysisArray arrayOf(std::vector<std::string> axes, std::vector<std::int64_t> shape,
                                    const std::vector<float>& values);
[[nodiscard]] AnalysisArray arrayOf(std::vector<std::string> axes, std::vector<std::int64_t> shape,
                                    const std::vector<double>& values);
[[nodiscard]] AnalysisArray arrayOf(std::vector<std::string> axes, std::vector<std::int64_t> shape,
                                    const std::vector<std::int64_t>& values);
// Arrays `position`, `kind` (numbers of record.md) and `origin` [token, 5], that say what each row of the others is.
void addTokenArrays(AnalysisResult& result, const TokenVectors& tokens);

// Columns "null mean", "null deviation", "null low", "null high", "p", "draws", led by `prefix`, and the cells beneath.
void addBandColumns(std::vector<std::string>& columns, const std::string& prefix);
void addBandCells(std::vector<AnalysisCell>& row, const NullBand& band);

[[nodiscard]] AnalysisCell cell(std::int64_t value);

// The lists of the files embedding_*_analyses.cpp.
[[nodiscard]] std::vector<inspect::RecordAnalysis> tokenAnalyses();
[[nodiscard]] std::vector<inspect::RecordAnalysis> mapAnalyses();
[[nodiscard]] std::vector<inspect::RecordAnalysis> comparisonAnalyses();
[[nodiscard]] std::vector<inspect::RecordAnalysis> latentAnalyses();

}  // namespace armillary::embedding
