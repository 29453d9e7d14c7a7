// What the inspector says about a position in the attention of the run: what it may see, what it looks at, who looks at it.
#include "widgets/inspector/inspector_text.h"
#include "widgets/inspector/mask_reach.h"
#include "widgets/inspector/token_vector.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(InspectorAttentionText)
};

constexpr std::size_t kStrongest = 5;

QString whole(std::int64_t value)
{
    return QLocale().toString(static_cast<qlonglong>(value));
}

void addReach(std::vector<InspectorLine>& out, const QString& label, const MaskReach& reach, std::int64_t length)
{
    out.push_back(
        {label,
         Words::tr("%1–%2, %3 of %4").arg(reach.begin).arg(reach.end - 1).arg(whole(reach.seen()), whole(length))});
    if (reach.hiddenByWindow > 0)
        out.push_back({Words::tr("hidden by the window"),
                       Words::tr("%1 earlier, window %2").arg(whole(reach.hiddenByWindow), whole(reach.window))});
}

}  // namespace

std::vector<InspectorLine> reachLines(const ShownRun& run, std::int64_t position, const Focus& focus)
{
    const auto record = run.record();
    if (!record || record->model.layers == 0)
        return {};
    const ModelFacts& facts = record->model;
    const std::int64_t length = run.size();
    std::vector<InspectorLine> out;
    const auto reachWith = [&](std::int64_t window) {
        return maskReach(position, length, window, record->bidirectionalBlocks);
    };
    if (focus.layer) {
        const std::int64_t window = facts.window(*focus.layer);
        addReach(out,
                 window > 0 ? Words::tr("Layer %1, local").arg(*focus.layer)
                            : Words::tr("Layer %1, global").arg(*focus.layer),
                 reachWith(window), length);
    } else {
        const auto locals = std::count(facts.layerIsLocal.begin(), facts.layerIsLocal.end(), true);
        if (locals < facts.layers)
            addReach(out, Words::tr("%1 global layers").arg(facts.layers - locals), reachWith(0), length);
        if (locals > 0)
            addReach(out, Words::tr("%1 local layers").arg(locals), reachWith(facts.slidingWindow), length);
    }
    const MaskReach any = reachWith(0);
    if (any.block)
        out.push_back({Words::tr("both ways with"), Words::tr("%1–%2").arg(any.block->begin).arg(any.block->end - 1)});
    out.push_back({Words::tr("not seen, later"), whole(any.hiddenAsFuture)});
    return out;
}

std::vector<InspectorLine> paysLines(const ShownRun& run, const AnalysisResult& row)
{
    std::vector<InspectorLine> out;
    for (const AnalysisTable& table : row.tables) {
        if (table.name != "strongest")
            continue;
        const auto columnOf = [&table](const std::string& name) {
            return static_cast<std::size_t>(std::find(table.columns.begin(), table.columns.end(), name) -
                                            table.columns.begin());
        };
        const std::size_t positionColumn = columnOf("position"), weightColumn = columnOf("mean weight");
        for (const auto& cells : table.rows) {
            if (out.size() == kStrongest || positionColumn >= cells.size() || weightColumn >= cells.size())
                break;
            const auto* position = std::get_if<double>(&cells[positionColumn]);
            const auto* weight = std::get_if<double>(&cells[weightColumn]);
            if (position != nullptr && weight != nullptr)
                out.push_back({QLocale().toString(*weight, 'f', 4), positionName(run, std::llround(*position)),
                               std::llround(*position)});
        }
    }
    return out;
}

std::vector<InspectorLine> receivesLines(const ShownRun& run, std::int64_t position, const Focus& focus)
{
    std::vector<InspectorLine> out;
    if (const auto record = run.record()) {
        for (const ReceivedWeight& each : strongestQueries(*record, position, focus.layer, focus.head, kStrongest))
            out.push_back({QLocale().toString(each.weight, 'f', 4), positionName(run, each.query), each.query});
    }
    return out;
}

}  // namespace armillary::widgets
