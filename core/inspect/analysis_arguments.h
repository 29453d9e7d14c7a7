// The arguments of an analysis as typed values, with its defaults filled in and every wrong one named.
// Thread rule: plain values.
#pragma once

#include "base/error.h"
#include "records/analysis.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace armillary::inspect {

class AnalysisArguments {
public:
    // Errors: InvalidInput (an argument that `entry` does not know).
    [[nodiscard]] static Result<AnalysisArguments> read(const AnalysisEntry& entry, const AnalysisRequest& request);

    // All of them, defaults filled in: AnalysisResult::request.
    [[nodiscard]] const AnalysisRequest& used() const { return m_request; }
    [[nodiscard]] const std::string& text(const std::string& name) const;
    // Errors of the following: InvalidInput with the argument's name, what it says and what is allowed.
    [[nodiscard]] Result<std::int64_t> integer(const std::string& name, std::int64_t lowest,
                                               std::int64_t highest) const;
    [[nodiscard]] Result<double> real(const std::string& name, double lowest, double highest) const;
    [[nodiscard]] Result<bool> flag(const std::string& name) const;  // on | off
    // The index of the value in `allowed`.
    [[nodiscard]] Result<std::size_t> choice(const std::string& name, const std::vector<std::string>& allowed) const;

private:
    AnalysisRequest m_request;
};

}  // namespace armillary::inspect
