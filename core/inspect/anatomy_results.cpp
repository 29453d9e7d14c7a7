#include "inspect/anatomy_results.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace armillary::inspect {
namespace {

std::string shapeOf(const std::vector<std::int64_t>& shape)
{
    return fmt::format("{}", fmt::join(shape, "x"));
}

double real(std::int64_t number)
{
    return static_cast<double>(number);
}

void addModule(const SnapshotModule& module, const std::string& path, AnalysisTable& modules, AnalysisTable& tensors)
{
    if (!path.empty())
        modules.rows.push_back({path, real(module.elements), real(module.bytes)});
    for (const SnapshotTensor& tensor : module.tensors) {
        const std::string name = path.empty() ? tensor.name : path + "." + tensor.name;
        tensors.rows.push_back({name, shapeOf(tensor.shape), std::string(numberFormatName(tensor.type)),
                                real(tensor.elements), real(tensor.bytes), tensor.file, tensor.sameAs});
    }
    for (const SnapshotModule& child : module.modules)
        addModule(child, path.empty() ? child.name : path + "." + child.name, modules, tensors);
}

std::vector<AnalysisCell> healthCells(const WeightHealth& health)
{
    return {real(health.elements),
            real(health.nans),
            real(health.infinities),
            real(health.zeros),
            real(health.subnormals),
            real(health.outliers),
            health.min,
            health.max,
            health.mean,
            health.deviation,
            health.norm,
            health.kurtosis,
            health.low,
            health.median,
            health.high};
}

const std::vector<std::string> kHealthColumns = {"numbers",  "nan",      "infinite", "zeros",  "subnormal",
                                                 "outliers", "min",      "max",      "mean",   "deviation",
                                                 "norm",     "kurtosis", "0.1 %",    "median", "99.9 %"};

std::vector<std::string> with(std::vector<std::string> first, const std::vector<std::string>& then)
{
    first.insert(first.end(), then.begin(), then.end());
    return first;
}

std::vector<AnalysisCell> with(std::vector<AnalysisCell> first, const std::vector<AnalysisCell>& then)
{
    first.insert(first.end(), then.begin(), then.end());
    return first;
}

std::string verdictOf(const WeightHealth& health, bool isVector)
{
    const std::vector<WeightFinding> findings = findingsOf(health, isVector);
    if (findings.empty())
        return "pass";
    return std::any_of(findings.begin(), findings.end(), [](const WeightFinding& each) { return each.isFault; })
               ? "fail"
               : "note";
}

}  // namespace

std::string remarkOf(const WeightHealth& health, bool isVector)
{
    std::vector<std::string> sentences;
    for (const WeightFinding& finding : findingsOf(health, isVector))
        sentences.push_back(finding.sentence);
    return sentences.empty() ? "OK" : fmt::format("{}", fmt::join(sentences, ", "));
}

std::string_view nameOf(DifferenceKind kind)
{
    switch (kind) {
    case DifferenceKind::OnlyInA: return "only in A";
    case DifferenceKind::OnlyInB: return "only in B";
    case DifferenceKind::OtherShape: return "other shape";
    case DifferenceKind::Compared: return "compared";
    }
    return "?";
}

AnalysisResult resultOf(const SnapshotContents& contents)
{
    AnalysisResult out;
    out.request = {"anatomy", {{"folder", contents.folder}, {"architecture", contents.architecture}}};
    out.numbers = {{"parameters", real(contents.parameters()), ""},
                   {"numbers stored", real(contents.root.elements), ""},
                   {"tensors", real(contents.tensorCount), ""},
                   {"bytes", real(contents.root.bytes), "bytes"}};
    for (const auto& [type, bytes] : contents.bytesByType)
        out.numbers.push_back({fmt::format("bytes of {}", numberFormatName(type)), real(bytes), "bytes"});
    AnalysisTable modules{"modules", {"module", "parameters", "bytes"}, {}};
    AnalysisTable tensors{"tensors", {"tensor", "shape", "format", "parameters", "bytes", "file", "same as"}, {}};
    addModule(contents.root, {}, modules, tensors);
    AnalysisTable tied{"tied", {"name", "stands in"}, {}};
    for (const auto& [name, standIn] : contents.tied)
        tied.rows.push_back({name, standIn});
    AnalysisTable facts{"configuration", {"key", "value"}, {}};
    for (const auto& [key, value] : contents.facts)
        facts.rows.push_back({key, value});
    out.tables = {std::move(modules), std::move(tensors), std::move(tied), std::move(facts)};
    out.cautions = contents.problems;
    return out;
}

AnalysisResult resultOf(const std::vector<WeightMemoryRow>& rows, const QuantisationRule& rule)
{
    AnalysisResult out;
    out.request = {"memory", {}};
    AnalysisTable table{"memory", {"part", "parameters", "stored bytes", "float32", "bfloat16", "int8", "int4"}, {}};
    for (const WeightMemoryRow& row : rows)
        table.rows.push_back({row.part, real(row.parameters), real(row.stored), real(row.float32), real(row.bfloat16),
                              real(row.int8), real(row.int4)});
    out.tables = {std::move(table)};
    out.cautions = {sentenceOf(rule)};
    return out;
}

AnalysisResult resultOf(const SnapshotHealth& health)
{
    AnalysisResult out;
    out.request = {"weights", {{"folder", health.folder}}};
    std::int64_t faulty = 0;
    AnalysisTable weights{"weights",
                          with(std::vector<std::string>{"tensor", "part", "format", "shape", "verdict", "remark"},
                               kHealthColumns),
                          {}};
    for (const TensorHealth& tensor : health.tensors) {
        const bool isVector = tensor.shape.size() < 2;
        const std::string verdict = verdictOf(tensor.health, isVector);
        faulty += verdict == "fail" ? 1 : 0;
        weights.rows.push_back(
            with(std::vector<AnalysisCell>{tensor.name, tensor.part, std::string(numberFormatName(tensor.type)),
                                           shapeOf(tensor.shape), verdict, remarkOf(tensor.health, isVector)},
                 healthCells(tensor.health)));
    }
    AnalysisTable parts{"parts", with(std::vector<std::string>{"part", "tensors"}, kHealthColumns), {}};
    AnalysisTable histograms{"histograms", {"part", "from", "to", "numbers"}, {}};
    AnalysisTable magnitudes{"magnitudes", {"part", "from", "numbers"}, {}};
    const auto addPart = [&](const std::string& name, std::int64_t tensors, const WeightHealth& each) {
        parts.rows.push_back(with(std::vector<AnalysisCell>{name, real(tensors)}, healthCells(each)));
        const auto bins = static_cast<double>(std::max<std::size_t>(each.histogram.size(), 1));
        const double width = (each.histogramHigh - each.histogramLow) / bins;
        for (std::size_t bin = 0; bin < each.histogram.size(); ++bin)
            histograms.rows.push_back({name, each.histogramLow + width * static_cast<double>(bin),
                                       each.histogramLow + width * static_cast<double>(bin + 1),
                                       real(each.histogram[bin])});
        for (std::size_t i = 0; i < each.byExponent.size(); ++i)
            magnitudes.rows.push_back(
                {name, std::ldexp(1.0, each.firstExponent + static_cast<int>(i)), real(each.byExponent[i])});
    };
    for (const PartHealth& part : health.parts)
        addPart(part.name, part.tensors, part.health);
    addPart("all", static_cast<std::int64_t>(health.tensors.size()), health.whole);
    out.numbers = {{"tensors read", real(static_cast<std::int64_t>(health.tensors.size())), ""},
                   {"tensors with faults", real(faulty), ""},
                   {"numbers", real(health.whole.elements), ""},
                   {"NaN", real(health.whole.nans), ""},
                   {"infinite", real(health.whole.infinities), ""},
                   {"bytes read", real(health.bytes), "bytes"},
                   {"seconds", health.seconds, "s"},
                   {"bytes a second", health.seconds > 0 ? real(health.bytes) / health.seconds : 0, "bytes/s"}};
    out.tables = {std::move(parts), std::move(weights), std::move(histograms), std::move(magnitudes)};
    out.cautions = {
        fmt::format("outliers lie further than {:g} standard deviations from the mean of their own tensor or "
                    "part; numbers wider than 16 bits are cut to bfloat16's precision for quantiles, "
                    "histograms and outliers",
                    kOutlierSigmas)};
    return out;
}

AnalysisResult resultOf(const SnapshotDifference& difference)
{
    AnalysisResult out;
    out.request = {"difference", {{"a", difference.folderA}, {"b", difference.folderB}}};
    out.numbers = {{"only in A", real(difference.onlyInA), "tensors"},
                   {"only in B", real(difference.onlyInB), "tensors"},
                   {"other shape", real(difference.otherShape), "tensors"},
                   {"other format", real(difference.otherType), "tensors"},
                   {"other name", real(difference.otherName), "tensors"},
                   {"compared", real(difference.compared), "tensors"},
                   {"equal tensors", real(difference.equalTensors), "tensors"},
                   {"relative RMS", difference.relativeRms, ""},
                   {"cosine", difference.cosine, ""},
                   {"equal numbers", difference.equalShare, ""},
                   {"bytes read", real(difference.bytes), "bytes"},
                   {"seconds", difference.seconds, "s"}};
    AnalysisTable table{"differences",
                        {"tensor", "in B", "kind", "format A", "format B", "shape A", "shape B", "max absolute",
                         "relative RMS", "cosine", "equal share", "not finite"},
                        {}};
    for (const TensorDifference& tensor : difference.tensors) {
        const bool hasA = tensor.kind != DifferenceKind::OnlyInB;
        const bool hasB = tensor.kind != DifferenceKind::OnlyInA;
        const bool isCompared = tensor.kind == DifferenceKind::Compared;
        const auto number = [isCompared](double value) {
            return isCompared ? AnalysisCell(value) : AnalysisCell(std::string());
        };
        table.rows.push_back({tensor.name, tensor.nameB, std::string(nameOf(tensor.kind)),
                              hasA ? std::string(numberFormatName(tensor.typeA)) : std::string(),
                              hasB ? std::string(numberFormatName(tensor.typeB)) : std::string(),
                              hasA ? shapeOf(tensor.shapeA) : std::string(),
                              hasB ? shapeOf(tensor.shapeB) : std::string(), number(tensor.maxAbsolute),
                              number(tensor.relativeRms), number(tensor.cosine), number(tensor.equalShare()),
                              number(real(tensor.notFinite))});
    }
    out.tables = {std::move(table)};
    out.cautions = {"relative RMS is |A - B| / |A|; equal means the same bits, or the same value where formats differ; "
                    "pairs with a "
                    "number that is not finite count in no other column"};
    return out;
}

AnalysisResult resultOf(const RunTiming& timing)
{
    AnalysisResult out;
    out.request = {"times", {}};
    out.numbers = {{"runs", real(static_cast<std::int64_t>(timing.runs)), ""},
                   {"median", timing.medianSeconds, "s"},
                   {"shortest", timing.leastSeconds, "s"},
                   {"longest", timing.mostSeconds, "s"}};
    const std::vector<std::string> columns = {"calls", "median s",      "shortest s",  "longest s",
                                              "share", "call median s", "call 25 % s", "call 75 % s"};
    const auto cells = [](const TimingRow& row) -> std::vector<AnalysisCell> {
        return {real(row.calls), row.median, row.least, row.most, row.share, row.callMedian, row.callLow, row.callHigh};
    };
    AnalysisTable stages{"stages", with(std::vector<std::string>{"stage"}, columns), {}};
    for (const TimingRow& row : timing.stages)
        stages.rows.push_back(with(std::vector<AnalysisCell>{row.stage}, cells(row)));
    AnalysisTable layers{"layers", with(std::vector<std::string>{"stage", "layer"}, columns), {}};
    for (const TimingRow& row : timing.layers)
        layers.rows.push_back(with(std::vector<AnalysisCell>{row.stage, static_cast<double>(row.layer)}, cells(row)));
    out.tables = {std::move(stages), std::move(layers)};
    out.cautions = timing.cautions;
    return out;
}

}  // namespace armillary::inspect
