// The results of analyses that are at hand: those computed since the start, least recently used first to go, and those that
// the open session keeps. Runs are told apart by what names them, not by the record's address: a record is replaced by one
// with more of its tensors, and a run that was just made gets its name when the session has written it.
// Thread rule: GUI thread; plain values. No Qt objects here.
#pragma once

#include "records/analysis.h"
#include "records/run_record.h"

#include <QString>

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <vector>

namespace armillary::app {

class AnalysisMemory {
public:
    // 0 is no run.
    using RunKey = std::uint64_t;
    static constexpr std::int64_t kBytes = std::int64_t{256} << 20;

    // `record` is of the run `name`; results that were computed of it before stay at hand.
    void name(const std::shared_ptr<const RunRecord>& record, const QString& name);
    // The run of a record; a new one for a record that nobody named.
    [[nodiscard]] RunKey keyOf(const std::shared_ptr<const RunRecord>& record);
    // 0 for a record that was never seen.
    [[nodiscard]] RunKey knownKeyOf(const RunRecord* record) const;

    // `request` must have all arguments; so must those of the following.
    void keep(RunKey run, const AnalysisRequest& request, std::shared_ptr<const AnalysisResult> result);
    // What a session keeps of the run `name`; replaces what was said of it before.
    void keepOfSession(const QString& name, const std::vector<std::shared_ptr<const AnalysisResult>>& results);
    void forgetSession();

    // The result of exactly this request; null if there is none.
    [[nodiscard]] std::shared_ptr<const AnalysisResult> find(RunKey run, const AnalysisRequest& request) const;
    // The last result of this name that the session keeps, whatever its arguments.
    [[nodiscard]] std::shared_ptr<const AnalysisResult> findByName(RunKey run, const std::string& name) const;

private:
    struct Known {
        std::weak_ptr<const RunRecord> record;
        RunKey run = 0;
    };
    struct Kept {
        RunKey run = 0;
        AnalysisRequest request;
        std::shared_ptr<const AnalysisResult> result;
        std::int64_t bytes = 0;
    };

    void forgetGone();
    [[nodiscard]] RunKey keyOfName(const QString& name);

    std::map<const RunRecord*, Known> m_records;
    std::map<QString, RunKey> m_names;
    RunKey m_lastRun = 0;
    mutable std::list<Kept> m_computed;  // last used first
    std::int64_t m_bytes = 0;
    std::vector<Kept> m_ofSession;  // in the order of keeping
};

// `request` with the defaults of `entry` filled in.
[[nodiscard]] AnalysisRequest completed(const AnalysisEntry& entry, AnalysisRequest request);

}  // namespace armillary::app
