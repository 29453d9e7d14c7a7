#include "widgets/cost/memory_figures.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <fstream>
#include <map>
#include <unistd.h>

namespace armillary::widgets {
namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(MemoryFigures)
};

std::int64_t numberBytes(const RunRecord& record)
{
    const auto format = record.settings.find("dtype");
    return format != record.settings.end() && format->second == "float32" ? 4 : 2;
}

std::int64_t sequenceLength(const RunRecord& record)
{
    return (record.layout ? record.layout->size() : 0) + static_cast<std::int64_t>(record.generated.size());
}

// What a person calls the tensors of this name.
QString groupOf(const std::string& name)
{
    const auto starts = [&name](std::string_view text) { return name.starts_with(text); };
    if (starts("attention.") || starts("attention_output."))
        return Words::tr("attention rows and maps");
    if (starts("query.") || starts("key.") || starts("value."))
        return Words::tr("queries, keys, values");
    if (starts("hidden."))
        return Words::tr("hidden states");
    if (starts("media."))
        return Words::tr("pixels as the encoders saw them");
    if (starts("siglip."))
        return Words::tr("SigLIP output");
    if (starts("image.") || starts("inputs."))
        return Words::tr("image tokens and input");
    if (starts("world.") || starts("vae."))
        return Words::tr("world latents and tokens");
    if (starts("logits"))
        return Words::tr("logits");
    if (starts("rollout."))
        return Words::tr("rollout");
    return Words::tr("ids, kinds and places");
}

bool isOnDevice(const MemoryPlanRow& row)
{
    return row.place.starts_with("cuda") || row.place.starts_with("hip") || row.place.starts_with("mps");
}

}  // namespace

std::int64_t cacheBytesPerPosition(const RunRecord& record)
{
    const ModelFacts& facts = record.model;
    return 2 * facts.layers * facts.keyValueHeads * facts.headWidth * numberBytes(record);
}

std::int64_t cacheBytes(const RunRecord& record)
{
    return cacheBytesPerPosition(record) * sequenceLength(record);
}

std::int64_t forecastBytes(const MemoryPlan& plan, bool onDevice)
{
    std::int64_t held = 0;
    std::int64_t most = 0;
    for (const MemoryPlanRow& row : plan.rows) {
        if (isOnDevice(row) != onDevice || row.place.starts_with("not needed"))
            continue;
        most = std::max(most, held + row.weightBytes);
        if (row.after == "kept")
            held += row.weightBytes;
    }
    return most;
}

std::vector<ModelNode> memoryNodes(const ModelReport* report)
{
    if (report == nullptr)
        return {};
    ModelNode weights{.name = Words::tr("weights")};
    weights.bytes = 0;
    weights.isWhole = true;
    for (const ModelPart& part : report->parts) {
        weights.children.push_back({.name = QString::fromStdString(part.name),
                                    .shape = QString::fromStdString(part.device),
                                    .type = QString::fromStdString(part.weightFormat),
                                    .parameters = part.parameterCount,
                                    .bytes = part.weightBytes});
        weights.bytes += part.weightBytes;
    }
    return {weights};
}

std::vector<ModelNode> memoryNodes(const RunRecord& record, const QString& prefix)
{
    std::vector<ModelNode> out;
    if (const std::int64_t bytes = cacheBytes(record); bytes > 0) {
        const ModelFacts& facts = record.model;
        ModelNode cache{.name = prefix + Words::tr("keys and values")};
        cache.shape = Words::tr("2 × %1 layers × %2 heads × %3 × %4 positions")
                          .arg(facts.layers)
                          .arg(facts.keyValueHeads)
                          .arg(facts.headWidth)
                          .arg(sequenceLength(record));
        cache.type = numberBytes(record) == 4 ? QStringLiteral("float32") : QStringLiteral("bfloat16");
        cache.bytes = bytes;
        cache.isWhole = true;
        cache.note = Words::tr("by the formula, of this sequence; local layers keep theirs too");
        out.push_back(std::move(cache));
    }
    std::map<QString, ModelNode> groups;
    ModelNode captured{.name = prefix + Words::tr("recorded tensors")};
    captured.bytes = 0;
    captured.isWhole = true;
    for (const auto& [name, snapshot] : record.tensors) {
        const auto bytes = static_cast<qint64>(snapshot.bytes ? snapshot.bytes->size() : 0);
        ModelNode& group = groups[groupOf(name)];
        group.bytes = std::max<qint64>(group.bytes, 0) + bytes;
        group.parameters = std::max<qint64>(group.parameters, 0) + snapshot.elementCount();
        captured.bytes += bytes;
    }
    for (auto& [name, group] : groups) {
        group.name = name;
        captured.children.push_back(std::move(group));
    }
    std::stable_sort(captured.children.begin(), captured.children.end(),
                     [](const ModelNode& left, const ModelNode& right) { return left.bytes > right.bytes; });
    if (!captured.children.empty())
        out.push_back(std::move(captured));
    return out;
}

std::optional<std::int64_t> residentBytes()
{
    std::ifstream file("/proc/self/statm");
    std::int64_t all = 0, resident = 0;
    if (!(file >> all >> resident))
        return std::nullopt;
    return resident * ::sysconf(_SC_PAGESIZE);
}

}  // namespace armillary::widgets
