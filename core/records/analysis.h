// What an analysis is asked and what it gives: numbers with names and units, tables, arrays with named axes, and what a reader
// must know to judge them. One form for panels, the terminal, files and tests.
// Thread rule: plain values; a finished result is immutable behind std::shared_ptr<const AnalysisResult> and may cross threads.
#pragma once

#include "records/tensor_snapshot.h"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace armillary {

struct AnalysisRequest {
    std::string name;                              // of AnalysisEntry
    std::map<std::string, std::string> arguments;  // by AnalysisArgument::name; missing ones take their defaults
};

struct AnalysisArgument {
    std::string name;
    std::string standard;  // the default, as text
    std::string meaning;   // with units and allowed values
};

// One line of the list of analyses.
struct AnalysisEntry {
    std::string name;        // as typed: "attention-row"
    std::string title;       // as shown: "Attention of one position"
    std::string definition;  // formula and source in a sentence
    std::vector<AnalysisArgument> arguments;
    std::string needs;  // what a record must hold: "capture qkv"; empty: every record will do
    bool needsModel = false;
};

struct AnalysisNumber {
    std::string name;
    double value = 0;  // NaN where there is none, with a caution that says why
    std::string unit;  // "bits", "ms", "" for plain ratios
};

using AnalysisCell = std::variant<double, std::string>;

struct AnalysisTable {
    std::string name;
    std::vector<std::string> columns;
    std::vector<std::vector<AnalysisCell>> rows;  // each as long as `columns`
};

struct AnalysisArray {
    std::vector<std::string> axes;  // one name a dimension: {"layer", "head"}
    TensorSnapshot values;
};

struct AnalysisResult {
    AnalysisRequest request;  // arguments as used, defaults filled in
    std::vector<AnalysisNumber> numbers;
    std::vector<AnalysisTable> tables;
    std::map<std::string, AnalysisArray> arrays;
    std::vector<std::string> cautions;

    // The number of this name; nothing when the analysis gave none.
    [[nodiscard]] std::optional<double> number(const std::string& name) const
    {
        for (const AnalysisNumber& each : numbers) {
            if (each.name == name)
                return each.value;
        }
        return std::nullopt;
    }
};

}  // namespace armillary
