#include "widgets/cost/stage_timing.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(StageTiming)
};

}  // namespace

std::vector<StageRow> stageRows(const RunRecord& record)
{
    std::vector<StageRow> out;
    for (const StageTime& stage : record.cost.stages)
        out.push_back({QString::fromStdString(stage.name), stage.startSeconds, stage.durationSeconds});
    const auto lies = [](const StageRow& inner, const StageRow& outer) {
        return inner.startSeconds >= outer.startSeconds && inner.durationSeconds < outer.durationSeconds &&
               inner.startSeconds + inner.durationSeconds <= outer.startSeconds + outer.durationSeconds;
    };
    for (StageRow& row : out) {
        row.depth = static_cast<int>(
            std::count_if(out.begin(), out.end(), [&](const StageRow& other) { return lies(row, other); }));
    }
    return out;
}

void LiveStages::begin(double now)
{
    m_rows.clear();
    m_origin = now;
    m_isRunning = true;
}

void LiveStages::note(const QString& name, std::int64_t done, std::int64_t total, double now)
{
    if (!m_isRunning)
        begin(now);
    if (m_rows.empty() || m_rows.back().name != name) {
        if (!m_rows.empty()) {
            m_rows.back().durationSeconds = now - m_origin - m_rows.back().startSeconds;
            m_rows.back().isRunning = false;
        }
        m_rows.push_back({name, now - m_origin, 0, 0, 0, 0, true});
    }
    m_rows.back().done = done;
    m_rows.back().total = total;
}

void LiveStages::end(double now)
{
    if (!m_isRunning)
        return;
    m_isRunning = false;
    m_ended = now;
    if (!m_rows.empty()) {
        m_rows.back().durationSeconds = now - m_origin - m_rows.back().startSeconds;
        m_rows.back().isRunning = false;
    }
}

std::vector<StageRow> LiveStages::rows(double now) const
{
    std::vector<StageRow> out = m_rows;
    if (m_isRunning && !out.empty())
        out.back().durationSeconds = now - m_origin - out.back().startSeconds;
    return out;
}

double LiveStages::elapsedSeconds(double now) const
{
    return (m_isRunning ? now : m_ended) - m_origin;
}

std::optional<double> LiveStages::secondsLeft(const std::vector<StageRow>& earlier, double now) const
{
    if (!m_isRunning || m_rows.empty())
        return std::nullopt;
    const StageRow& open = m_rows.back();
    const double inStage = now - m_origin - open.startSeconds;
    const auto before =
        std::find_if(earlier.rbegin(), earlier.rend(), [&open](const StageRow& row) { return row.name == open.name; });
    std::optional<double> left;
    if (open.total > 0 && open.done > 0)
        left = inStage / static_cast<double>(open.done) * static_cast<double>(open.total - open.done);
    else if (before != earlier.rend())
        left = std::max(0.0, before->durationSeconds - inStage);
    if (before != earlier.rend()) {
        for (auto later = before.base(); later != earlier.end(); ++later) {
            if (later->depth == 0)
                left = left.value_or(0) + later->durationSeconds;
        }
    }
    return left;
}

std::optional<TokenKind> kindOfStage(const QString& name)
{
    if (name == QLatin1String("SigLIP"))
        return TokenKind::Image;
    if (name == QLatin1String("World") || name == QLatin1String("VAE encode") || name == QLatin1String("Rollout"))
        return TokenKind::World;
    if (name == QLatin1String("Answer"))
        return TokenKind::Generated;
    return std::nullopt;
}

QString secondsText(double seconds)
{
    const QLocale locale;
    if (seconds < 0.1)
        return Words::tr("%1 ms").arg(locale.toString(1000 * seconds, 'f', seconds < 0.01 ? 2 : 1));
    if (seconds < 100)
        return Words::tr("%1 s").arg(locale.toString(seconds, 'f', seconds < 10 ? 2 : 1));
    const auto whole = std::llround(seconds);
    return Words::tr("%1:%2 min").arg(whole / 60).arg(whole % 60, 2, 10, QLatin1Char('0'));
}

}  // namespace armillary::widgets
