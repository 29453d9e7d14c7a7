// Stages of runs as rows of a chart: of a finished record, and of a run that goes on, with the time that is probably left.
// Thread rule: plain values.
#pragma once

#include "records/run_record.h"

#include <QString>

#include <cstdint>
#include <optional>
#include <vector>

namespace armillary::widgets {

struct StageRow {
    QString name;
    double startSeconds = 0;
    double durationSeconds = 0;
    int depth = 0;          // how many other stages it lies inside of
    std::int64_t done = 0;  // units; total 0: unknown
    std::int64_t total = 0;
    bool isRunning = false;
};

[[nodiscard]] std::vector<StageRow> stageRows(const RunRecord& record);

class LiveStages {
public:
    // Seconds on any one clock.
    void begin(double now);
    void note(const QString& name, std::int64_t done, std::int64_t total, double now);
    void end(double now);

    [[nodiscard]] bool isRunning() const { return m_isRunning; }
    [[nodiscard]] std::vector<StageRow> rows(double now) const;
    [[nodiscard]] double elapsedSeconds(double now) const;
    // Of the open stage by its units, or by what it took in `earlier`, and of the stages that came after it there. Nothing
    // where neither tells.
    [[nodiscard]] std::optional<double> secondsLeft(const std::vector<StageRow>& earlier, double now) const;

private:
    std::vector<StageRow> m_rows;
    double m_origin = 0;
    double m_ended = 0;
    bool m_isRunning = false;
};

// Which tokens a stage makes or reads; nothing where it is of none.
[[nodiscard]] std::optional<TokenKind> kindOfStage(const QString& name);
// "0.24 s", "12 ms", "3:05 min".
[[nodiscard]] QString secondsText(double seconds);

}  // namespace armillary::widgets
