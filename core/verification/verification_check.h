// The form of a check: what it is called, what number it gives, where it stops passing, and how it came out. The checks are
// those of the design notes: V1-V7 ask whether SigLIP ran and its tokens stand where they should, W1-W16 ask the same of the
// world tokens.
// Thread rule: plain values; the list is immutable.
#pragma once

#include "base/error.h"

#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace armillary::verification {

enum class Verdict { Pass, Warn, Fail, Skip };

[[nodiscard]] constexpr std::string_view verdictName(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Pass: return "pass";
    case Verdict::Warn: return "warn";
    case Verdict::Fail: return "fail";
    case Verdict::Skip: return "skip";
    }
    return "?";
}

// How one check came out; its name is known to whoever judged.
struct Judgement {
    double value = std::numeric_limits<double>::quiet_NaN();  // NaN when skipped
    Verdict verdict = Verdict::Skip;
    std::string reason;                   // one sentence for a person
    std::vector<std::int64_t> positions;  // of the fused sequence, where to look; the most telling first
};

[[nodiscard]] inline Judgement skipped(std::string reason)
{
    return {std::numeric_limits<double>::quiet_NaN(), Verdict::Skip, std::move(reason), {}};
}

// A line of the list of checks.
struct CheckRule {
    std::string id;  // "V1"
    std::string title;
    std::string measure;    // what the value is, with its unit
    double threshold = 0;   // the default; starting values until measured on published checkpoints
    std::string condition;  // when it passes, in words with {} for the threshold
};

// V1 ... V7, W1 ... W16, in this order.
[[nodiscard]] const std::vector<CheckRule>& checkRules();
// Null when there is none of that id.
[[nodiscard]] const CheckRule* checkRule(std::string_view id);

// Thresholds by id: the defaults with `text` ("W5=2,V2=0.01") laid over. Errors: InvalidInput (an unknown id, no number).
[[nodiscard]] Result<std::map<std::string, double>> readThresholds(const std::string& text);
// "all" or ids joined by commas. Errors: InvalidInput (an unknown id).
[[nodiscard]] Result<std::set<std::string>> readCheckIds(const std::string& text);

}  // namespace armillary::verification
