#include "widgets/checks/run_differences.h"

#include "widgets/models/result_table_model.h"

#include "records/setting_names.h"

#include <QCoreApplication>
#include <QString>

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <utility>

namespace armillary::widgets {
namespace {

QString words(const char* text)
{
    return QCoreApplication::translate("RunDifferences", text);
}

QString outcomeWord(const RunRecord& run)
{
    switch (run.outcome) {
    case RunOutcome::Completed:
        return run.stopReason == StopReason::TokenLimit ? words("completed at the token limit") : words("completed");
    case RunOutcome::Cancelled: return words("cancelled");
    case RunOutcome::Failed: return words("failed");
    }
    return {};
}

QString asked(const RunRecord& run)
{
    if (run.question.rawPrompt)
        return QString::fromStdString(*run.question.rawPrompt);
    return run.question.turns.empty() ? QString() : QString::fromStdString(run.question.turns.back().text);
}

QString mediaNames(const RunRecord& run)
{
    QStringList names;
    for (const Clip& clip : run.question.media)
        names << QString::fromStdString(clip.path).section(QLatin1Char('/'), -1);
    return names.join(QStringLiteral(", "));
}

double rate(const RunRecord& run)
{
    // The first token comes out of the prefill.
    return run.cost.decodeSeconds > 0 && run.generated.size() > 1
               ? static_cast<double>(run.generated.size() - 1) / run.cost.decodeSeconds
               : std::numeric_limits<double>::quiet_NaN();
}

QString tokens(const RunRecord& run, TokenKind kind)
{
    return numberText(run.layout ? static_cast<double>(run.layout->count(kind)) : 0);
}

double totalSeconds(const RunRecord& run)
{
    double end = 0;
    for (const StageTime& stage : run.cost.stages)
        end = std::max(end, stage.startSeconds + stage.durationSeconds);
    return end;
}

}  // namespace

AnalysisTable runDifferences(const RunRecord& a, const RunRecord& b)
{
    AnalysisTable out{"run differences", {"what", "A", "B", "same"}, {}};
    const auto add = [&out](const QString& what, const QString& inA, const QString& inB) {
        if (inA.isEmpty() && inB.isEmpty())
            return;
        out.rows.push_back(
            {what.toStdString(), inA.toStdString(), inB.toStdString(), std::string(inA == inB ? "yes" : "no")});
    };
    const auto both = [&](const char* what, auto value) { add(words(what), value(a), value(b)); };
    both("question", asked);
    both("system prompt", [](const RunRecord& run) { return QString::fromStdString(run.question.systemPrompt); });
    both("media", mediaNames);
    both("answer", [](const RunRecord& run) { return QString::fromStdString(run.answer).simplified(); });
    both("outcome", outcomeWord);
    both("prompt positions",
         [](const RunRecord& run) { return numberText(run.layout ? static_cast<double>(run.layout->size()) : 0); });
    both("world tokens", [](const RunRecord& run) { return tokens(run, TokenKind::World); });
    both("image tokens", [](const RunRecord& run) { return tokens(run, TokenKind::Image); });
    both("answer tokens", [](const RunRecord& run) { return numberText(static_cast<double>(run.generated.size())); });
    both("prefill", [](const RunRecord& run) { return numberText(run.cost.prefillSeconds, QStringLiteral("s")); });
    both("positions reused",
         [](const RunRecord& run) { return numberText(static_cast<double>(run.cost.reusedTokens)); });
    both("decoding", [](const RunRecord& run) { return numberText(rate(run), words("tokens/s")); });
    both("whole run", [](const RunRecord& run) { return numberText(totalSeconds(run), QStringLiteral("s")); });
    both("peak memory", [](const RunRecord& run) {
        return numberText(static_cast<double>(run.cost.peakMemoryBytes), QStringLiteral("bytes"));
    });
    both("seed", [](const RunRecord& run) { return QString::number(run.question.sampling.seed); });
    both("temperature", [](const RunRecord& run) { return QString::number(run.question.sampling.temperature); });
    both("most new tokens", [](const RunRecord& run) { return QString::number(run.question.sampling.maxNewTokens); });
    both("world source",
         [](const RunRecord& run) { return QString::fromStdString(std::string(nameOf(run.question.world.source))); });
    both("fusion asked for", [](const RunRecord& run) {
        return run.question.world.fusion ? QString::fromStdString(std::string(nameOf(*run.question.world.fusion)))
                                         : words("by the model");
    });
    both("pan and scan", [](const RunRecord& run) { return run.question.panAndScan ? words("on") : words("off"); });
    // As run, defaults filled in; what only one run has shows as a gap.
    std::set<std::string> keys;
    for (const RunRecord* run : {&a, &b}) {
        for (const auto& [key, value] : run->settings)
            keys.insert(key);
    }
    for (const std::string& key : keys) {
        const auto setting = [&key](const RunRecord& run) {
            const auto found = run.settings.find(key);
            return found == run.settings.end() ? QStringLiteral("–") : QString::fromStdString(found->second);
        };
        add(words("setting %1").arg(QString::fromStdString(key)), setting(a), setting(b));
    }
    return out;
}

std::optional<std::size_t> firstDifferingToken(const RunRecord& a, const RunRecord& b)
{
    const std::size_t common = std::min(a.generated.size(), b.generated.size());
    for (std::size_t i = 0; i < common; ++i) {
        if (a.generated[i].id != b.generated[i].id)
            return i;
    }
    return a.generated.size() == b.generated.size() ? std::nullopt : std::optional(common);
}

}  // namespace armillary::widgets
